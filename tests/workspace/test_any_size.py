"""Files of any size: captures are not held and not refused, digests are computed when asked for, and stay true."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import sys
from typing import TYPE_CHECKING

import pytest

from netguru.errors import FileRejectedError
from netguru.model.source import SourceFile
from netguru.settings import settings
from netguru.workspace import open_capture
from netguru.workspace.files import admit
from netguru.workspace.opening import open_network

if TYPE_CHECKING:
    from pathlib import Path

CAPTURE = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + struct.pack("<IIII", 1, 0, 60, 60) + bytes(60)


@pytest.fixture
def small_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETGURU_MAX_FILE_MB", "1")
    settings.cache_clear()


def _large(path: Path, head: bytes) -> Path:
    with path.open("wb") as stream:
        stream.write(head)
        stream.truncate(1_100_000)
    return path


def test_a_digest_is_computed_when_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(CAPTURE)
    asked = []
    digest = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda *given: asked.append(given) or digest(*given))

    file = SourceFile.of(path)
    capture = open_capture(path)

    assert (file.name, file.path, file.size) == ("a.pcap", path, len(CAPTURE))
    assert capture.coverage.total == 1
    assert not asked
    assert file.sha256 == file.sha256 == hashlib.sha256(CAPTURE).hexdigest()
    assert len(asked) == 1
    assert file == SourceFile(name="a.pcap", path=path, sha256=file.sha256, size=file.size)
    with pytest.raises(AttributeError, match="sha512"):
        file.sha512  # noqa: B018 - what is not there


def test_a_digest_vouches_for_the_file_that_was_named(tmp_path: Path) -> None:
    path = tmp_path / "a.pcap"
    path.write_bytes(CAPTURE)
    file = SourceFile.of(path)
    path.write_bytes(CAPTURE + CAPTURE[24:])

    with pytest.raises(FileRejectedError, match="changed while it was read"):
        file.sha256  # noqa: B018 - asked for
    same_size = SourceFile.of(path)
    os.utime(path, ns=(1, 1))
    with pytest.raises(FileRejectedError, match="changed while it was read"):
        same_size.sha256  # noqa: B018 - asked for
    path.unlink()
    with pytest.raises(FileRejectedError, match="cannot be read"):
        file.sha256  # noqa: B018 - asked for


@pytest.mark.usefixtures("small_cap")
def test_only_what_is_worked_through_is_spared_from_the_cap(tmp_path: Path) -> None:
    large = _large(tmp_path / "large.pcap", CAPTURE)
    text = _large(tmp_path / "large.cfg", b"hostname r1\n")

    with pytest.raises(FileRejectedError, match="over the cap of 1 MB"):
        admit(large)
    assert admit(large, spared=lambda _: True).size == 1_100_000
    assert open_capture(large).source.size == 1_100_000
    with pytest.raises(FileRejectedError, match="over the cap of 1 MB"):
        open_capture(text)
    network = open_network(tmp_path)
    assert [capture.source.name for capture in network.captures] == ["large.pcap"]
    assert [(item.name, "over the cap" in item.reason) for item in network.unread] == [("large.cfg", True)]


def test_a_terminal_is_no_capture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stdin", Terminal())
    with pytest.raises(FileRejectedError, match="is a terminal"):
        open_capture(tmp_path.__class__("-"))
