"""Processes that we own: named so that a number used again by another process is never taken for ours."""

from __future__ import annotations

import os
import re
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal

_FORM = re.compile(r"([^/]+)/(\d+)/([^/]*)")
# Field 22 of /proc/PID/stat is the start time; counted after the name in brackets (proc(5)).
_START_FIELD = 19


@cache
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()[:8]
    except OSError:
        return ""


def _started(pid: int) -> str:
    # Empty for a process that is gone, or dead and not yet collected by its parent.
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else f"{_boot()}-{fields[_START_FIELD]}"


@dataclass(frozen=True, slots=True)
class ProcessId:
    """Name a process by machine, number and start time.

    >>> me = ProcessId.current()
    >>> me.alive(), ProcessId.parse(str(me)) == me
    (True, True)
    """

    host: str
    pid: int
    started: str

    @classmethod
    def current(cls) -> ProcessId:
        """Name the running process."""
        return cls(socket.gethostname(), os.getpid(), _started(os.getpid()))

    @classmethod
    def parse(cls, text: str) -> ProcessId | None:
        """Read a name; None for any other text."""
        match = _FORM.fullmatch(text)
        return cls(match[1], int(match[2]), match[3]) if match else None

    def __str__(self) -> str:
        return f"{self.host}/{self.pid}/{self.started}"

    def alive(self) -> bool | None:
        """Say whether the process runs; None when it cannot be known from here (another machine)."""
        if self.host != socket.gethostname() or not self.started:
            return None
        return _started(self.pid) == self.started

    def signal_group(self, number: signal.Signals) -> bool:
        """Send a signal to the process and its children; only while it is the one that was named.

        A process that leads no group of its own is left alone: the group would be its parent's.
        """
        try:
            if self.alive() is not True or os.getpgid(self.pid) != self.pid:
                return False
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            return False
        return True
