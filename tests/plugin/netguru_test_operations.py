"""Operations of a third party: they wait for a file, resist a cancel, fail, or die."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any, ClassVar

from netguru.errors import InputError, ServiceDownError
from netguru.model.result import Result
from netguru.operations import operation

_TICK = Event()


@dataclass(frozen=True, slots=True, kw_only=True)
class Said(Result):
    """What an operation has to say."""

    schema: ClassVar[str] = "test.said/1"

    text: str


def _pause() -> None:
    _TICK.wait(0.01)


@operation("test.gate")
def gate(door: Path, *, progress: Any, cancel: Any) -> Said:
    """Wait until a door (a file) is there; stop when asked."""
    progress(1, 2, "waiting at the door")
    while not door.exists():
        cancel.check()
        _pause()
    progress(2, 2, "through")
    return Said(text=f"through {door.name}")


@operation("test.note", effect="write")
def note(book: Path, line: str) -> Said:
    """Write a line into a book: every run leaves one."""
    with book.open("a") as stream:
        stream.write(f"{line}\n")
    return Said(text=line)


@operation("test.read")
def read(book: Path, runs: str) -> Said:
    """Give the text of a book, and count the runs beside it."""
    with Path(runs).open("a") as stream:
        stream.write("run\n")
    return Said(text=book.read_text())


@operation("test.deaf")
def deaf(mark: Path, *, cancel: Any) -> Said:
    """Do not look at the cancel token; end at a termination only."""
    del cancel
    mark.write_text(str(os.getpid()))
    while True:
        with suppress(Exception):
            _pause()


@operation("test.immovable")
def immovable(mark: Path) -> Said:
    """Ignore the cancel token and the termination, with a child process that does too."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen(["sleep", "1000"])  # ignores SIGTERM as well: it inherits that
    mark.write_text(f"{os.getpid()} {child.pid}")
    while True:
        _pause()


@operation("test.flaky")
def flaky(book: Path, failures: int) -> Said:
    """Fail so many times as a service that is down, then work."""
    with book.open("a") as stream:
        stream.write("try\n")
    tries = len(book.read_text().splitlines())
    if tries <= failures:
        raise ServiceDownError("the service is away")
    return Said(text=f"worked at try {tries}")


@operation("test.wrong")
def wrong(kind: str) -> Said:
    """Fail in a way that is not worth another try."""
    if kind == "input":
        raise InputError("the input is wrong", place="line 3")
    if kind == "exit":
        raise SystemExit(7)
    return Said(text=str(1 / 0))


@operation("test.die")
def die(book: Path) -> Said:
    """Kill the own process at the first run."""
    first = not book.exists()
    book.write_text("was here")
    if first:
        os.kill(os.getpid(), signal.SIGKILL)
    return Said(text="alive")


@operation("test.pay", effect="spend")
def pay(book: Path) -> Said:
    """Kill the own process after having paid."""
    with book.open("a") as stream:
        stream.write("paid\n")
    os.kill(os.getpid(), signal.SIGKILL)
    return Said(text="never")


@operation("test.odd")
def odd() -> Said:
    """Give a text that databases dislike."""
    return Said(text="nul \0 and half a pair \ud800")


@operation("test.serve", effect="serve")
def serve() -> Said:
    """Serve for ever."""
    return Said(text="")
