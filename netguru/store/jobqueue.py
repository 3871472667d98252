"""The rows of jobs: every change of a job's state is one conditional update, so that no two processes make it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import func, or_, select, update

from netguru.store import database
from netguru.store.database import text_for_database
from netguru.store.results import ENDED, Job, JobEvent
from netguru.store.tables import JobEventRow, JobRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from netguru.store.places import Location

RETRIES = 3
FIRST_DELAY_S = 1.0
LONGEST_DELAY_S = 600.0
_WAITING = ("queued", "lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A job that a worker took: the worker's name and the count of attempts make it his alone."""

    id: int
    operation: str
    arguments: dict[str, Any]
    worker: str
    attempts: int
    repeatable: bool
    cancel_asked_at: datetime | None = None
    heartbeat_at: datetime | None = None


def now() -> datetime:
    """Give the time in UTC."""
    return datetime.now(UTC)


def add(
    where: Location, operation: str, arguments: dict[str, Any], *, repeatable: bool, cached_from: int | None = None
) -> int:
    """Put a job into the queue; one whose result is known from an earlier job is done at once."""
    with database.write(where) as session:
        at = now()
        row = JobRow(
            workspace=where.key,
            operation=operation,
            arguments=arguments,
            repeatable=repeatable,
            state="queued" if cached_from is None else "done",
            created_at=at,
            due_at=at,
            ended_at=None if cached_from is None else at,
            cached_from=cached_from,
        )
        session.add(row)
        session.flush()
        _note(session, row.id, "queued")
        if cached_from is not None:
            _note(session, row.id, "done", f"the result of job {cached_from}: same operation, arguments and contents")
        return row.id


def known_result(where: Location, key: str) -> int | None:
    """Find a finished job by its content key."""
    with database.read(where) as session:
        chosen = select(JobRow.id).filter_by(workspace=where.key, cache_key=key, state="done")
        return session.scalars(chosen.order_by(JobRow.id.desc()).limit(1)).first()


def claim(where: Location, worker: str) -> Claim | None:
    """Take the first job that is due; None when there is none."""
    while True:
        with database.write(where) as session:
            due = select(JobRow).where(
                JobRow.workspace == where.key, JobRow.state.in_(_WAITING), JobRow.due_at <= now()
            )
            row = session.scalars(due.order_by(JobRow.due_at, JobRow.id).limit(1)).first()
            if row is None:
                return None
            taken = session.execute(
                update(JobRow)
                .where(JobRow.id == row.id, JobRow.state.in_(_WAITING), JobRow.attempts == row.attempts)
                .values(
                    state="running",
                    worker=worker,
                    attempts=row.attempts + 1,
                    started_at=now(),
                    heartbeat_at=now(),
                    done=0.0,
                    total=0.0,
                    message="",
                    error=None,
                ),
                execution_options={"synchronize_session": False},
            )
            if taken.rowcount == 1:  # type: ignore[attr-defined]  # an update's result has a count
                _note(session, row.id, "started", f"attempt {row.attempts + 1} by {worker}")
                return Claim(
                    id=row.id,
                    operation=row.operation,
                    arguments=row.arguments,
                    worker=worker,
                    attempts=row.attempts + 1,
                    repeatable=row.repeatable,
                )


def beat(where: Location, mine: Claim, progress: tuple[float, float, str]) -> Literal["go on", "cancel", "gone"]:
    """Tell that the worker lives and how far it is; gives what is wanted of it."""
    done, total, message = progress
    with database.write(where) as session:
        values = {"heartbeat_at": now(), "done": done, "total": total, "message": text_for_database(message)}
        if not _change(session, mine, values):
            return "gone"
        asked = session.scalars(select(JobRow.cancel_asked_at).where(JobRow.id == mine.id)).one()
        return "go on" if asked is None else "cancel"


def finish(
    where: Location,
    mine: Claim,
    state: Literal["done", "failed", "cancelled"],
    *,
    result: Any = None,
    error: dict[str, Any] | None = None,
    cache_key: str | None = None,
) -> bool:
    """End a job; False when it is not the worker's any more."""
    with database.write(where) as session:
        values = {"state": state, "result": result, "error": error, "cache_key": cache_key, "ended_at": now()}
        if not _change(session, mine, values):
            return False
        _note(session, mine.id, state, str((error or {}).get("message", "")))
        return True


def again(
    where: Location, mine: Claim, state: Literal["queued", "lost"], error: dict[str, Any], wait_s: float = 0.0
) -> bool:
    """Let a job be tried again after a while, or fail it when that was the last attempt."""
    reason = error["message"]
    if mine.attempts > RETRIES or not mine.repeatable:
        why = f"tried {mine.attempts} times" if mine.repeatable else "not safe to repeat"
        return finish(where, mine, "failed", error={**error, "message": f"{reason}; {why}"})
    delay = min(max(FIRST_DELAY_S * 2 ** (mine.attempts - 1), wait_s), LONGEST_DELAY_S)
    with database.write(where) as session:
        if not _change(session, mine, {"state": state, "error": error, "due_at": now() + timedelta(seconds=delay)}):
            return False
        _note(session, mine.id, "lost" if state == "lost" else "retry", f"{reason}; again in {delay:g} s")
        return True


def ask_cancel(where: Location, number: int) -> None:
    """Cancel a waiting job, ask a running one to stop; nothing happens to one that ended."""
    with database.write(where) as session:
        mine = (JobRow.id == number, JobRow.workspace == where.key)
        values = {"state": "cancelled", "ended_at": now(), "cancel_asked_at": now()}
        waiting = update(JobRow).where(*mine, JobRow.state.in_(_WAITING)).values(values)
        if session.execute(waiting).rowcount == 1:  # type: ignore[attr-defined]  # as above
            _note(session, number, "cancelled")
            return
        running = update(JobRow).where(*mine, JobRow.state == "running", JobRow.cancel_asked_at.is_(None))
        if session.execute(running.values(cancel_asked_at=now())).rowcount == 1:  # type: ignore[attr-defined]  # as above
            _note(session, number, "cancel asked")


def running(where: Location) -> Sequence[Claim]:
    """Give the jobs that workers hold."""
    with database.read(where) as session:
        rows = session.scalars(select(JobRow).filter_by(workspace=where.key, state="running"))
        return [
            Claim(
                id=row.id,
                operation=row.operation,
                arguments=row.arguments,
                worker=row.worker,
                attempts=row.attempts,
                repeatable=row.repeatable,
                cancel_asked_at=row.cancel_asked_at,
                heartbeat_at=row.heartbeat_at,
            )
            for row in rows
        ]


def waiting(where: Location) -> int:
    """Count the jobs that wait for a worker, due or not."""
    with database.read(where) as session:
        chosen = select(func.count()).where(JobRow.workspace == where.key, JobRow.state.in_(_WAITING))
        return session.scalars(chosen).one()


def load(where: Location, number: int) -> Job | None:
    """Read a job with its result and events."""
    with database.read(where) as session:
        row = session.scalars(select(JobRow).filter_by(workspace=where.key, id=number)).one_or_none()
        if row is None:
            return None
        events = session.scalars(select(JobEventRow).filter_by(job_id=number).order_by(JobEventRow.id))
        seen = tuple(JobEvent(at=item.at, kind=item.kind, text=item.text) for item in events)
        source = row if row.cached_from is None else session.get_one(JobRow, row.cached_from)
        return _job(row, result=source.result, events=seen)


def load_all(where: Location, *, limit: int, unfinished: bool) -> tuple[Job, ...]:
    """Read the jobs, the newest first, without results."""
    with database.read(where) as session:
        chosen = select(JobRow).filter_by(workspace=where.key)
        if unfinished:
            chosen = chosen.where(or_(*(JobRow.state == state for state in ("queued", "running", "lost"))))
        return tuple(_job(row) for row in session.scalars(chosen.order_by(JobRow.id.desc()).limit(limit)))


def _job(row: JobRow, *, result: Any = None, events: tuple[JobEvent, ...] = ()) -> Job:
    return Job(
        id=row.id,
        operation=row.operation,
        arguments=row.arguments,
        state=row.state,  # type: ignore[arg-type]  # only this module writes states
        done=row.done,
        total=row.total,
        message=row.message,
        attempts=row.attempts,
        created_at=row.created_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        cancel_asked=row.cancel_asked_at is not None,
        cached_from=row.cached_from,
        error=row.error,
        result=result if row.state in ENDED else None,
        events=events,
    )


def _change(session: Session, mine: Claim, values: dict[str, Any]) -> bool:
    held = (JobRow.id == mine.id, JobRow.state == "running", JobRow.worker == mine.worker)
    changed = session.execute(update(JobRow).where(*held, JobRow.attempts == mine.attempts).values(values))
    return bool(changed.rowcount == 1)  # type: ignore[attr-defined]  # an update's result has a count


def _note(session: Session, number: int, kind: str, text: str = "") -> None:
    session.add(JobEventRow(job_id=number, at=now(), kind=kind, text=text_for_database(text)))
