"""Jobs: operations that run in worker processes, survive their starter, and can be cancelled for real."""

from __future__ import annotations

import builtins
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netguru.errors import InputError, UnknownNameError
from netguru.model.result import to_plain
from netguru.operations.operation import find
from netguru.store import database, jobqueue, supervision
from netguru.store.contents import content_key
from netguru.store.places import Location, location
from netguru.store.results import Job, Jobs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netguru.operations import Operation

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 0.5


def submit(
    operation_name: str,
    arguments: Mapping[str, Any] | None = None,
    *,
    workspace: Path | None = None,
    fresh: bool = False,
) -> int:
    """Let a worker run an operation; gives the job's number at once.

    Relative paths are those of the caller's current folder. When the same operation has run with
    the same arguments on the same contents, its result is given again and the job says so
    (`cached_from`), unless `fresh`. Raises InputError for arguments that the operation does not take.
    """
    item = find(operation_name)
    if item.effect == "serve" or item.name.startswith("job."):
        raise InputError(f"{item.name} cannot run as a job", hint="call it directly")
    plain = _plain_arguments(item, arguments or {})
    where = location(workspace)
    where.make()
    key = None if fresh else content_key(item, plain)
    known = jobqueue.known_result(where, key) if key is not None else None
    # What costs money must not be repeated behind the user's back.
    number = jobqueue.add(where, item.name, plain, repeatable=item.effect != "spend", cached_from=known)
    supervision.tend(where)
    return number


def status(number: int, *, workspace: Path | None = None) -> Job:
    """Tell how a job stands, with its result when it is done; raises UnknownNameError."""
    where = location(workspace)
    _tend(where)
    return _load(where, number)


def wait(number: int, *, timeout_s: float | None = None, workspace: Path | None = None) -> Job:
    """Wait until a job has ended, or the time is over; the state tells which."""
    where = location(workspace)
    end = None if timeout_s is None else time.monotonic() + timeout_s
    pause = _FIRST_PAUSE_S
    while True:
        _tend(where)
        job = _load(where, number)
        if job.ended or (end is not None and time.monotonic() >= end):
            return job
        time.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)


def cancel(number: int, *, workspace: Path | None = None) -> Job:
    """Stop a job and wait until it stands still; a job that has ended stays as it is.

    A running operation is asked first; after 2 s its process is terminated, after 2 s more killed.
    """
    where = location(workspace)
    _load(where, number)
    jobqueue.ask_cancel(where, number)
    return wait(number, workspace=where.folder)


def list(*, limit: int = 100, unfinished: bool = False, workspace: Path | None = None) -> Jobs:  # noqa: A001 - the operation is job.list
    """List the jobs, the newest first, without their results."""
    where = location(workspace)
    if not database.exists(where):
        return Jobs(jobs=())
    _tend(where)
    return Jobs(jobs=jobqueue.load_all(where, limit=limit, unfinished=unfinished))


def _tend(where: Location) -> None:
    if database.exists(where):
        supervision.tend(where)


def _load(where: Location, number: int) -> Job:
    job = jobqueue.load(where, number) if database.exists(where) else None
    if job is None:
        latest = jobqueue.load_all(where, limit=20, unfinished=False) if database.exists(where) else ()
        raise UnknownNameError("job", str(number), (str(item.id) for item in latest))
    return job


def _plain_arguments(item: Operation, stated: Mapping[str, Any]) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name, value in stated.items():
        plain[name] = to_plain(_absolute(item.parameter(name).coerce(value)))
    for parameter in item.parameters:
        if parameter.required and parameter.name not in plain:
            raise InputError(f"{item.name}: {parameter.option} is missing", hint=f"netguru {item.name} --help")
    return plain


def _absolute(value: Any) -> Any:
    # The worker has another current folder.
    if isinstance(value, Path):
        return value.expanduser().absolute()
    return tuple(_absolute(one) for one in value) if isinstance(value, (tuple, builtins.list)) else value
