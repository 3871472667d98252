"""Bringing a database to the newest tables, safely also when several processes open it at once."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from netguru.errors import InputError
from netguru.store.failures import shown
from netguru.store.locks import locked
from netguru.store.tables import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection, Engine

    from netguru.store.places import Location

# The migration library keeps its state in module globals: one migration at a time in a process.
_one_at_a_time = Lock()
# Any constant that no other program is likely to use as a PostgreSQL advisory lock.
_ADVISORY_LOCK = 7_310_579_120_334


def migrate(engine: Engine, location: Location) -> None:
    """Make or renew the tables; a database that is up to date is only read."""
    file = location.own_database
    if (file is None or file.exists()) and _is_current(engine):
        return
    folder = location.make()
    with _one_at_a_time, locked(folder / "open.lock"):
        _prepare(engine)
        with engine.begin() as connection, _alone(connection):
            # Another process may have done it while this one waited for the locks.
            if revision(connection) != HEAD:
                _upgrade(connection)


def _is_current(engine: Engine) -> bool:
    with engine.execution_options(netguru_write=False).begin() as connection:
        return revision(connection) == HEAD


def revision(connection: Connection) -> str:
    """Give the revision of a database, empty for a new one."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _prepare(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        return
    # The mode is kept in the file. Changing it needs the file for oneself and does not wait, so it
    # is done once, under the lock, outside of any transaction.
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA journal_mode=WAL")
    finally:
        connection.close()


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    # SQLite's BEGIN IMMEDIATE excludes others already; this is for processes on other machines.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
    yield


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    folder = str(Path(__file__).parent / "migrations")
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        found = revision(connection)
        raise InputError(
            f"the database was made by another version of NetGuru (its tables are at {found!r})",
            place=shown(connection.engine.url),
            hint="upgrade NetGuru, or use another workspace",
        ) from None
