"""What nobody foresaw: one line on stderr and a status, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netguru import cli

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.mark.parametrize("error", [RecursionError("too deep"), ValueError("two\nlines"), MemoryError()])
def test_a_mistake_of_our_own(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Sequence[str]) -> int:
        raise error

    monkeypatch.setattr(cli, "_dispatch", fail)

    assert cli.run(["samples.list"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("netguru: a mistake of NetGuru itself: ")
    assert err.count("\n") == 1
    assert type(error).__name__ in err


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no device that is always full")
def test_a_full_disk_behind_standard_output() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "netguru", "samples.list", "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert done.returncode == 2
    assert done.stderr == b"netguru: standard output: cannot be written: No space left on device\n"
