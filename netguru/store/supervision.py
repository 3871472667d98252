"""Looking after jobs: anyone who asks about them, or works on them, also finds dead workers and ends overdue ones.

There is no supervisor process that could itself die. What has to be done follows from the rows
alone, every step is conditional, so several may look at once.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from netguru.store import crew, jobqueue
from netguru.store.executor import LocalExecutor

if TYPE_CHECKING:
    from netguru.store.executor import Executor
    from netguru.store.jobqueue import Claim
    from netguru.store.places import Location

GRACE = timedelta(seconds=2)
"""How long a job may take to stop by itself, and then its process to end after a termination."""

executor: Executor = LocalExecutor()


def tend(where: Location) -> None:
    """Mark lost jobs, end those that do not stop, free the places of the dead, start missing workers."""
    held = jobqueue.running(where)
    for job in held:
        if not executor.alive(job.worker, job.heartbeat_at):
            lose(where, job)
        elif job.cancel_asked_at is not None:
            press(job, job.cancel_asked_at)
    members = crew.members(where)
    living = [name for name, heard in members.items() if executor.alive(name, heard)]
    for name in members.keys() - set(living):
        crew.leave(where, name)
    waiting = jobqueue.waiting(where)
    if waiting:
        executor.ensure(where, wanted=min(crew.size(), waiting + len(held)), present=living)


def press(job: Claim, asked: datetime) -> None:
    """End a job's worker when the time to stop by itself is over: termination, then the kill."""
    overdue = datetime.now(UTC) - asked
    if overdue >= GRACE:
        executor.stop(job.worker, hard=overdue >= 2 * GRACE)


def lose(where: Location, job: Claim) -> None:
    """Note that a job's worker died: cancelled if that was asked for, else tried again or failed."""
    if job.cancel_asked_at is not None:
        jobqueue.finish(where, job, "cancelled")
    else:
        jobqueue.again(where, job, "lost", worker_lost(f"worker {job.worker} died"))


def worker_lost(reason: str) -> dict[str, str]:
    """Give the error of a job whose worker is gone."""
    return {"type": "WorkerLost", "message": reason}
