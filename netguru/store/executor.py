"""Executors: who runs the workers. Here processes of this machine; a cluster can take their place."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from netguru.errors import ServiceError
from netguru.store.processes import ProcessId

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from netguru.store.places import Location

_LOG_LIMIT = 1_000_000
# A worker of another machine is known by its heartbeat alone, which comes every half second.
_SILENCE = timedelta(seconds=60)


class Executor(Protocol):
    """Run workers that take jobs from the queue."""

    def ensure(self, where: Location, *, wanted: int, present: Collection[str]) -> None:
        """Have so many workers in all; `present` are the names of those that hold a place."""
        ...

    def alive(self, worker: str, heard: datetime | None) -> bool:
        """Say whether a worker lives; `heard` is its last heartbeat."""
        ...

    def stop(self, worker: str, *, hard: bool) -> None:
        """End a worker and its children, politely or at once; nothing happens to what is not ours."""
        ...


class LocalExecutor:
    """Run workers as processes in sessions of their own: they outlive the program that started them."""

    def __init__(self) -> None:
        self._children: list[tuple[Path, subprocess.Popen[bytes]]] = []

    def ensure(self, where: Location, *, wanted: int, present: Collection[str]) -> None:
        """Start what is missing; raises ServiceError when workers cannot start."""
        self._collect(where)
        named = (ProcessId.parse(name) for name in present)
        pids = {item.pid for item in named if item is not None}
        starting = sum(folder == where.folder and child.pid not in pids for folder, child in self._children)
        for _ in range(wanted - len(present) - starting):
            self._children.append((where.folder, _start(where)))

    def alive(self, worker: str, heard: datetime | None) -> bool:
        """Ask the operating system; the heartbeat decides about other machines only."""
        process = ProcessId.parse(worker)
        here = process.alive() if process is not None else False
        if here is not None:
            return here
        return heard is not None and datetime.now(UTC) - heard < _SILENCE

    def stop(self, worker: str, *, hard: bool) -> None:
        """Signal the worker's process group."""
        process = ProcessId.parse(worker)
        if process is not None:
            process.signal_group(signal.SIGKILL if hard else signal.SIGTERM)

    def _collect(self, where: Location) -> None:
        # Asking for the status also collects a child that ended, so that it is no zombie.
        ended = [(folder, child) for folder, child in self._children if child.poll() is not None]
        self._children = [pair for pair in self._children if pair not in ended]
        # A negative status is a signal: a worker that was killed. A positive one is a worker's own failure.
        if any(child.returncode > 0 for folder, child in ended if folder == where.folder):
            last = _last_line(log_file(where))
            raise ServiceError(f"a worker for jobs failed: {last}", place=str(log_file(where)))


def log_file(where: Location) -> Path:
    """Give the file that workers log to."""
    return where.store / "worker.log"


def _start(where: Location) -> subprocess.Popen[bytes]:
    log = log_file(where)
    environment = {**os.environ, "NETGURU_WORKSPACE": str(where.folder)}
    if where.own_database is None:
        # By the environment: a command line is visible to every user of the machine.
        environment["NETGURU_DATABASE_URL"] = where.url
    # -P: a file of the workspace's folder must not be taken for a module of ours.
    command = [sys.executable, "-P", "-m", "netguru.store.worker", "--workspace", str(where.folder)]
    try:
        if log.exists() and log.stat().st_size > _LOG_LIMIT:
            log.replace(log.with_suffix(".log.1"))
        with log.open("ab") as stream:
            return subprocess.Popen(  # noqa: S603 - our own program, no shell
                command,
                cwd=where.store,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
    except OSError as error:
        raise ServiceError(f"a worker for jobs cannot start: {error.strerror or error}", place=str(log)) from None


def _last_line(log: Path) -> str:
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - 4096))
            lines = stream.read().decode("utf-8", "replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1][:300] if lines else "it left no message"
