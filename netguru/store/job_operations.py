"""The operations `job.*`: long computations that go on without the program that started them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from netguru.errors import InputError
from netguru.operations import commandline, operation
from netguru.operations.operation import find
from netguru.store.results import Job, Jobs

if TYPE_CHECKING:
    from netguru.operations import Operation

_NO_SECTION = "a report shows findings, it does not start or stop work"


@operation(
    "job.submit",
    effect="write",
    without={
        "report": _NO_SECTION,
        # An approved `job.submit` must not carry an operation that nobody approved.
        "tool": "an agent calls operations themselves, each with its own approval",
    },
)
def submit(operation_name: str, arguments: list[str] | None = None, *, fresh: bool = False) -> Job:
    """Let a worker process run an operation; gives the job at once.

    When the same operation has run with the same arguments on the same contents, its result is
    given again and the job says so.

    Args:
        operation_name: The operation, such as pcap.check.
        arguments: Its arguments: name=value, one JSON object, or after `--` as on its own command line.
        fresh: Compute again even when the result is known.
    """
    from netguru.store import jobs

    item = find(operation_name)
    return jobs.status(jobs.submit(item.name, read_arguments(item, arguments or []), fresh=fresh))


@operation("job.list")
def list_jobs(*, limit: int = 100, unfinished: bool = False) -> Jobs:
    """List the jobs of the workspace, the newest first.

    Args:
        limit: How many to show at most.
        unfinished: Leave out those that have ended.
    """
    from netguru.store import jobs

    return jobs.list(limit=limit, unfinished=unfinished)


@operation("job.status")
def status(number: int) -> Job:
    """Tell how a job stands: state, progress, what happened to it, and its result when it is done.

    Args:
        number: The job's number, as `job.list` shows it.
    """
    from netguru.store import jobs

    return jobs.status(number)


@operation("job.cancel", effect="write", without={"report": _NO_SECTION})
def cancel(number: int) -> Job:
    """Stop a job and wait until it stands still.

    A running operation is asked first; after 2 s its process is terminated, after 2 s more killed.

    Args:
        number: The job's number, as `job.list` shows it.
    """
    from netguru.store import jobs

    return jobs.cancel(number)


def read_arguments(item: Operation, words: list[str]) -> dict[str, Any]:
    """Read the arguments of an operation from words; raises InputError."""
    if len(words) == 1 and words[0].lstrip().startswith("{"):
        try:
            stated = json.loads(words[0])
        except ValueError as error:
            raise InputError(f"the arguments are no JSON object: {error}") from None
        return dict(stated)
    names = {parameter.name: parameter for parameter in item.parameters}
    pairs = [word.partition("=") for word in words]
    if not all(name in names and equals for name, equals, _ in pairs):
        return commandline.parse(item, words)
    found: dict[str, Any] = {}
    for name, _, value in pairs:
        if names[name].multiple:
            found.setdefault(name, []).append(value)
        else:
            found[name] = value
    return found
