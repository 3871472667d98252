"""Stored files: kept once, whole or not at all, under harmless names."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru.errors import FileRejectedError, InputError, NetGuruError, UnknownNameError
from netguru.settings import settings
from netguru.store import files, location
from netguru.store.filetypes import kind_of

CASES = Path(__file__).parents[1] / "cases" / "store" / "kinds"
PCAP = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")


def stored(folder: Path) -> list[Path]:
    return [
        path for name in ("files", "incoming") for path in (folder / ".netguru" / name).rglob("*") if path.is_file()
    ]


def test_a_file_is_kept_listed_and_removed(workspace, tmp_path):
    (tmp_path / "trace.txt").write_bytes(PCAP)
    made = files.add(tmp_path / "trace.txt", workspace=workspace)
    assert (made.name, made.kind, made.size, made.new) == ("trace.txt", "pcap", 24, True)
    assert made.sha256 == hashlib.sha256(PCAP).hexdigest()
    assert files.path(made.id, workspace=workspace).read_bytes() == PCAP
    assert [item.id for item in files.list(workspace=workspace).files] == [made.id]
    assert files.remove(made.id, workspace=workspace).id == made.id
    assert files.list(workspace=workspace).files == ()
    assert stored(workspace) == []
    with pytest.raises(UnknownNameError, match="unknown stored file"):
        files.remove(made.id, workspace=workspace)


def test_a_content_is_there_once_whatever_its_names(tmp_path):
    first = files.receive(io.BytesIO(b"hostname r1\n"), "r1.cfg", workspace=tmp_path)
    again = files.receive(io.BytesIO(b"hostname r1\n"), "r1.cfg", workspace=tmp_path)
    other = files.receive(io.BytesIO(b"hostname r1\n"), "backup.cfg", workspace=tmp_path)
    assert (again.id, again.new, other.new) == (first.id, False, True)
    assert len(stored(tmp_path)) == 1
    files.remove(first.id, workspace=tmp_path)
    assert files.path(other.id, workspace=tmp_path).read_bytes() == b"hostname r1\n"
    later = files.receive(io.BytesIO(b"x"), "x", workspace=tmp_path)
    assert later.id > other.id, "a number is not given twice"


def test_a_content_that_was_lost_comes_back(tmp_path):
    made = files.receive(io.BytesIO(b"text"), "a", workspace=tmp_path)
    files.content(location(tmp_path), made.sha256).unlink()
    with pytest.raises(FileRejectedError, match="gone from the store"):
        files.path(made.id, workspace=tmp_path)
    assert files.receive(io.BytesIO(b"text"), "a", workspace=tmp_path).id == made.id
    assert files.path(made.id, workspace=tmp_path).read_bytes() == b"text"


def test_the_store_is_private(tmp_path):
    made = files.receive(io.BytesIO(b"enable secret"), "a", workspace=tmp_path)
    assert (tmp_path / ".netguru").stat().st_mode & 0o077 == 0
    assert files.path(made.id, workspace=tmp_path).stat().st_mode & 0o077 == 0


def test_the_cap_holds_while_reading(tmp_path, monkeypatch):
    monkeypatch.setenv("NETGURU_MAX_FILE_MB", "1")
    settings.cache_clear()

    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return bytes(size)

    stream = Endless()
    with pytest.raises(FileRejectedError, match=r"is over the cap of 1 MB \(set NETGURU_MAX_FILE_MB"):
        files.receive(stream, "endless", workspace=tmp_path)
    assert stream.given < 3_000_000
    assert stored(tmp_path) == []
    assert files.receive(io.BytesIO(bytes(1_000_000)), "just", workspace=tmp_path).size == 1_000_000


def test_bad_input_gets_one_line(tmp_path):
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dangling").symlink_to("nowhere")
    reasons = {
        "empty": "is empty",
        "pipe": "is not a regular file",
        "missing": "does not exist",
        "dangling": "does not exist",
        ".": "is a folder, a file is needed",
        "a\0b": "cannot be read",
        "x" * 300: "cannot be read: File name too long",
    }
    for name, reason in reasons.items():
        with pytest.raises(FileRejectedError, match=reason):
            files.add(tmp_path / name, workspace=tmp_path / "w")
    assert stored(tmp_path / "w") == []


def test_a_full_disk_leaves_nothing_half_written(tmp_path):
    (tmp_path / "big").write_bytes(bytes(3_000_000))
    files.receive(io.BytesIO(b"x"), "x", workspace=tmp_path / "w")
    code = (
        "import resource, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))\n"
        "import sys; from pathlib import Path; from netguru.errors import NetGuruError\n"
        "from netguru.store import files\n"
        "try: files.add(sys.argv[1], workspace=Path(sys.argv[2]))\n"
        "except NetGuruError as error: print(type(error).__name__, error)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "big"), str(tmp_path / "w")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("ServiceError")
    assert "the file cannot be stored: File too large" in done.stdout
    assert len(stored(tmp_path / "w")) == 1


def test_what_a_killed_process_left_is_cleared(tmp_path):
    code = (
        "import io, os, signal, sys; from pathlib import Path; from netguru.store import files\n"
        "class Deadly(io.RawIOBase):\n"
        "    count = 0\n"
        "    def read(self, size=-1):\n"
        "        self.count += 1\n"
        "        if self.count > 2: os.kill(os.getpid(), signal.SIGKILL)\n"
        "        return bytes(size)\n"
        "files.receive(Deadly(), 'deadly', workspace=Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert len(stored(tmp_path)) == 1, "the half that came"
    assert files.list(workspace=tmp_path).files == ()
    files.receive(io.BytesIO(b"x"), "x", workspace=tmp_path)
    assert [path.parent.parent.name for path in stored(tmp_path)] == ["files"]


def test_many_processes_add_and_remove_one_content(tmp_path):
    code = (
        "import io, sys; from pathlib import Path; from netguru.errors import UnknownNameError\n"
        "from netguru.store import files\n"
        "for n in range(15):\n"
        "    made = files.receive(io.BytesIO(b'same'), sys.argv[2], workspace=Path(sys.argv[1]))\n"
        "    if n < 14: files.remove(made.id, workspace=Path(sys.argv[1]))\n"
    )
    several = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in ("a", "b", "c")]
    assert [process.wait() for process in several] == [0, 0, 0]
    kept = files.list(workspace=tmp_path).files
    assert sorted(item.name for item in kept) == ["a", "b", "c"]
    assert {files.path(item.id, workspace=tmp_path).read_bytes() for item in kept} == {b"same"}


@pytest.mark.parametrize("case", sorted(tomllib.loads((CASES / "expected.toml").read_text("utf-8")).items()))
def test_kinds_of_files(case):
    name, expected = case
    assert kind_of((CASES / name).read_bytes()) == expected


def test_kinds_of_made_contents():
    assert kind_of(gzip.compress(b"x")) == "gzip"
    assert kind_of(b"\x0a\x0d\x0d\x0a" + bytes(24)) == "pcapng"
    assert kind_of(bytes(257) + b"ustar\x0000") == "tar"
    assert kind_of(bytes(range(256))) == "binary"
    assert kind_of(b"banner motd ^C\x03\n") == "text"


@given(st.text(max_size=400))
def test_names_are_harmless(name):
    clean = files.clean_name(name)
    assert clean
    assert not set(clean) & set("/\\\0\n\r\u202e")
    assert clean not in {".", ".."}
    assert len(clean) <= 200
    assert files.clean_name(clean) == clean
    clean.encode("utf-8")


@given(st.binary(max_size=400))
def test_every_content_has_a_kind(head):
    assert kind_of(head)


def test_the_store_cannot_be_written(tmp_path):
    (tmp_path / ".netguru").mkdir()
    (tmp_path / ".netguru" / "incoming").touch()
    with pytest.raises(InputError, match="the store cannot be written"):
        files.receive(io.BytesIO(b"x"), "x", workspace=tmp_path)
    assert issubclass(InputError, NetGuruError)
