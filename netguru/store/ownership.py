"""Whose files and jobs are whose, where several people share a workspace.

What nobody claimed was brought in by the console or a notebook: it belongs to the account that runs the program.
The same content under the same name is one stored file for all; each owner sees it with the time of his own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, select

from netguru.errors import UnknownNameError
from netguru.store import database, files
from netguru.store.conversation_owner import default_owner
from netguru.store.places import location
from netguru.store.tables import FileOwnerRow, JobOwnerRow

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.store.results import StoredFile


def claim_file(number: int, owner: str, *, workspace: Path) -> None:
    """Let a stored file be the owner's; claiming it again changes nothing."""
    with database.write(location(workspace)) as session:
        if session.get(FileOwnerRow, (number, owner)) is None:
            session.add(FileOwnerRow(file_id=number, owner=owner, added_at=datetime.now(UTC)))


def files_of(owner: str, *, workspace: Path) -> tuple[StoredFile, ...]:
    """List the files of an owner, in the order in which they came."""
    where = location(workspace)
    if not database.exists(where):
        return ()
    with database.read(where) as session:
        rows = session.execute(select(FileOwnerRow.file_id, FileOwnerRow.owner, FileOwnerRow.added_at)).all()
    claimed = {number for number, _, _ in rows}
    own = {number: at for number, whose, at in rows if whose == owner}
    local = owner == default_owner()
    return tuple(
        replace(item, added_at=own.get(item.id, item.added_at))
        for item in files.list(workspace=workspace).files
        if item.id in own or (local and item.id not in claimed)
    )


def file_of(number: int, owner: str, *, workspace: Path) -> StoredFile:
    """Find a file of an owner; raises UnknownNameError, also for another's."""
    for item in files_of(owner, workspace=workspace):
        if item.id == number:
            return item
    raise UnknownNameError("stored file", str(number), ())


def release_file(number: int, owner: str, *, workspace: Path) -> StoredFile:
    """Take a file away from its owner, and out of the store when it is nobody else's; raises UnknownNameError."""
    found = file_of(number, owner, workspace=workspace)
    with database.write(location(workspace)) as session:
        session.execute(delete(FileOwnerRow).where(FileOwnerRow.file_id == number, FileOwnerRow.owner == owner))
        others = session.scalars(select(FileOwnerRow.owner).where(FileOwnerRow.file_id == number)).first()
    if others is None:
        files.remove(number, workspace=workspace)
    return found


def claim_job(number: int, owner: str, *, workspace: Path) -> None:
    """Let a job be the owner's."""
    with database.write(location(workspace)) as session:
        session.add(JobOwnerRow(job_id=number, owner=owner))


def check_job(number: int, owner: str, *, workspace: Path) -> None:
    """Raise UnknownNameError unless the job is the owner's."""
    where = location(workspace)
    owners: set[str] = set()
    if database.exists(where):
        with database.read(where) as session:
            owners = set(session.scalars(select(JobOwnerRow.owner).where(JobOwnerRow.job_id == number)))
    if owner not in (owners or {default_owner()}):
        raise UnknownNameError("job", str(number), ())
