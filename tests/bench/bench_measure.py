"""Whole processes measured: processor seconds, peak memory and what they printed.

Linux hands a process's peak memory on to what it starts: commands are started by a small
process of their own, which is this file, run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time

BLOCK = 1 << 20


class Run:
    """One process from start to end, its children included."""

    def __init__(self, used: dict[str, float], out: str, err: str) -> None:
        """Take what the starter said and what the command printed."""
        self.status = int(used["status"])
        self.seconds = used["seconds"]
        self.cpu = used["cpu"]
        self.peak_mb = used["peak_mb"]
        self.out = out
        self.err = err


def run(command: tuple[str, ...], *, silent: bool = False) -> Run:
    """Run a command to its end; what it prints goes to files, so that no reader slows it down, or nowhere."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.NamedTemporaryFile() as said:
        subprocess.run(
            (sys.executable, "-I", "-S", __file__, said.name, *command),
            stdout=subprocess.DEVNULL if silent else out,
            stderr=err,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode(errors="replace"))
        return Run(json.loads(said.read()), *texts)


def _start(note: str, command: list[str]) -> None:
    start = time.monotonic()
    child = os.posix_spawnp(command[0], command, os.environ)
    _, status, used = os.wait4(child, 0)
    taken = {
        "status": os.waitstatus_to_exitcode(status),
        "seconds": time.monotonic() - start,
        "cpu": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1024,
    }
    with open(note, "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib would make the starter twice as large
        json.dump(taken, file)


def bare_read(path: os.PathLike[str]) -> float:
    """Give the processor seconds of reading a file into one buffer of 1 MiB: the floor of any analysis."""
    taken = []
    for _ in range(5):
        before = time.process_time()
        buffer = bytearray(BLOCK)
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - unbuffered, into a buffer of our own
            while file.readinto(buffer):
                pass
        taken.append(time.process_time() - before)
    return min(taken)


if __name__ == "__main__":
    _start(sys.argv[1], sys.argv[2:])
