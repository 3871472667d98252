"""The workers of a workspace: numbered places in the database, so that there are never more than wanted."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from netguru.settings import settings
from netguru.store import database
from netguru.store.tables import WorkerRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netguru.store.places import Location


def size() -> int:
    """Give how many workers there may be: the setting, else one a processor that we may use."""
    return settings().job_workers or len(os.sched_getaffinity(0))


def take_place(where: Location, worker: str) -> bool:
    """Take a free place; False when all are taken."""
    for place in range(size()):
        try:
            with database.write(where) as session:
                if session.get(WorkerRow, (where.key, place)) is None:
                    at = datetime.now(UTC)
                    session.add(WorkerRow(workspace=where.key, place=place, worker=worker, heartbeat_at=at))
                    session.flush()
                    return True
        except IntegrityError:
            # Another worker was faster (only where writers do not exclude each other).
            continue
    return False


def leave(where: Location, worker: str) -> None:
    """Give a worker's place back; also for one that died."""
    with database.write(where) as session:
        session.execute(delete(WorkerRow).where(WorkerRow.workspace == where.key, WorkerRow.worker == worker))


def beat(where: Location, worker: str) -> None:
    """Tell that a worker lives."""
    with database.write(where) as session:
        mine = update(WorkerRow).where(WorkerRow.workspace == where.key, WorkerRow.worker == worker)
        session.execute(mine.values(heartbeat_at=datetime.now(UTC)))


def members(where: Location) -> Mapping[str, datetime]:
    """Give the workers that hold a place, and when each was heard last."""
    with database.read(where) as session:
        rows = session.scalars(select(WorkerRow).filter_by(workspace=where.key))
        return {row.worker: row.heartbeat_at for row in rows}
