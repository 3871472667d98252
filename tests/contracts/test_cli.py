"""The console: exit statuses, and one clear line for every bad input."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netguru import cli

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILE_OPERATIONS = [
    "pcap.summary",
    "pcap.flows",
    "pcap.check",
    "config.parse",
    "config.check",
    "state.parse",
    "diagnose",
]


def _complaint(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    status = cli.run(arguments)
    out, err = capsys.readouterr()

    assert status == 2
    assert out == ""
    assert err.startswith("netguru: ")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize("name", _FILE_OPERATIONS)
def test_missing_file(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = tmp_path / "nowhere.pcap"

    assert f"{missing}: does not exist" in _complaint([name, str(missing)], capsys)


@pytest.mark.parametrize("name", _FILE_OPERATIONS)
def test_empty_file(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.cfg"
    empty.touch()

    assert "empty.cfg: is empty" in _complaint([name, str(empty)], capsys)


@pytest.mark.parametrize("name", _FILE_OPERATIONS)
def test_binary_garbage(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    garbage = tmp_path / "garbage.cfg"
    garbage.write_bytes(bytes(range(256)) * 40)

    assert "garbage.cfg: is" in _complaint([name, str(garbage)], capsys)


@pytest.mark.parametrize("name", ["pcap.summary", "pcap.flows", "pcap.check", "config.parse"])
def test_folder_instead_of_a_file(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is a folder" in _complaint([name, str(tmp_path)], capsys)


@pytest.fixture
def _small_cap(monkeypatch: pytest.MonkeyPatch) -> None:
    from netguru.settings import settings

    monkeypatch.setenv("NETGURU_MAX_FILE_MB", "1")
    settings.cache_clear()


def _big(path: Path, head: bytes) -> Path:
    with path.open("wb") as stream:
        stream.write(head)
        stream.truncate(1_500_000)
    return path


@pytest.mark.usefixtures("_small_cap")
@pytest.mark.parametrize("name", _FILE_OPERATIONS)
def test_over_the_cap(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    big = _big(tmp_path / "big.pcap", b"hostname r1\n")

    assert "over the cap of 1 MB" in _complaint([name, str(big)], capsys)


@pytest.mark.usefixtures("_small_cap")
def test_a_capture_may_have_any_size(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = (1).to_bytes(4, "little") + bytes(4) + (200_000).to_bytes(4, "little") * 2
    big = _big(tmp_path / "big.pcap", bytes.fromhex("d4c3b2a1020004000000000000000000000004007f000000") + record)

    assert cli.run(["pcap.summary", str(big), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["packets"] > 0
    assert "over the cap of 1 MB" in _complaint(["files.add", str(big)], capsys)


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Take root's rights away for a while: root may read every file."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


@pytest.mark.parametrize("name", _FILE_OPERATIONS)
def test_no_permission(name: str, lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kind = "captures/cdp.pcap" if name.startswith("pcap") else "configs/core1.cfg"
    # What is imported lazily is imported now, while it may be read.
    cli.run([name, str(lab / "campus" / "faulty" / kind)])
    capsys.readouterr()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        shut = Path(folder) / "shut.cfg"
        shut.write_text("hostname r1\n")
        shut.chmod(0)

        with _as_nobody():
            assert "permission denied" in _complaint([name, str(shut)], capsys)


def test_wrong_type(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = lab / "campus/faulty/configs/core1.cfg"

    assert "is not a capture" in _complaint(["pcap.summary", str(config)], capsys)
    assert "core1.cfg" in _complaint(["pcap.check", str(config)], capsys)
    assert "cdp.pcap" in _complaint(["config.parse", str(lab / "campus/faulty/captures/cdp.pcap")], capsys)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["pcap.sumary", "x"], "did you mean pcap.summary"),
        (["diagnose"], "PATH"),
        (["diagnose", "x", "--nope"], "--nope"),
        (["diagnose", "x", "--top", "many"], "many"),
        (["--nope"], "--nope"),
        (["pcap.protocol", "{lab}/campus/faulty/captures/cdp.pcap", "cpd"], "did you mean cdp"),
        (["collect.commands", "cisco-unknown"], "cisco-unknown"),
    ],
)
def test_bad_usage(arguments: list[str], told: str, lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert told in _complaint([text.replace("{lab}", str(lab)) for text in arguments], capsys)


def test_rest_of_a_folder_is_analysed(lab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "core1.cfg").write_bytes((lab / "campus/faulty/configs/core1.cfg").read_bytes())
    (tmp_path / "empty.cfg").touch()
    (tmp_path / "garbage.bin").write_bytes(bytes(range(256)) * 40)
    capture = (lab / "campus/faulty/captures/cdp.pcap").read_bytes()
    (tmp_path / "cut.pcap").write_bytes(capture[:-7])

    status = cli.run(["diagnose", str(tmp_path), "--json"])
    document = json.loads(capsys.readouterr().out)
    coverage = document["coverage"]

    assert status == 0
    assert document["findings"]
    assert coverage["total"] == 4
    assert coverage["read"] == 2
    assert {place for gap in coverage["gaps"] for place in gap["places"]} == {"empty.cfg", "garbage.bin"}
    assert any(note.startswith("cut.pcap") for note in coverage["notes"])


def test_folder_without_anything_to_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "holds no file" in _complaint(["diagnose", str(tmp_path)], capsys)

    (tmp_path / "letter.txt").write_text("Dear network,\n")

    assert "letter.txt not recognised" in _complaint(["diagnose", str(tmp_path)], capsys)


def test_fail_on(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    faulty, healthy = (str(lab / "campus" / state) for state in ("faulty", "healthy"))

    assert cli.run(["diagnose", faulty, "--fail-on", "error"]) == 1
    assert cli.run(["diagnose", healthy, "--fail-on", "error"]) == 0
    assert cli.run(["diagnose", faulty]) == 0
    capsys.readouterr()


def test_json_is_alone_on_stdout(lab: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["pcap.summary", str(lab / "campus/faulty/captures/cdp.pcap"), "--json"]) == 0

    assert json.loads(capsys.readouterr().out)["schema"] == "netguru.pcap.summary/1"
