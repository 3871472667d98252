"""The database: engines, transactions, and its failures as one clear line.

SQLite runs in WAL mode with foreign keys on. A writing transaction takes the write lock at its
start (`BEGIN IMMEDIATE`): a transaction that reads first and writes later would otherwise fail
at once, without waiting, when another process wrote in between.
"""

from __future__ import annotations

import json
import math
import os
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, NoSuchModuleError
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from netguru.errors import InputError, MissingExtraError
from netguru.store.failures import translate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.store.places import Location

_BUSY_SECONDS = 30
_WRITE = "netguru_write"
_engines: dict[str, Engine] = {}
_ready: set[tuple[str, int]] = set()
_lock = RLock()


def _forget_connections() -> None:
    # A connection must not be used on both sides of a fork; the child opens its own.
    for engine in _engines.values():
        engine.dispose(close=False)


os.register_at_fork(after_in_child=_forget_connections)


def exists(location: Location) -> bool:
    """Say whether there is a database to read; a workspace that keeps nothing has none."""
    return location.own_database is None or location.own_database.exists()


@contextmanager
def read(location: Location) -> Iterator[Session]:
    """Open a transaction for reading."""
    with _session(location, write=False) as session:
        yield session


@contextmanager
def write(location: Location) -> Iterator[Session]:
    """Open a transaction for writing; it is committed at the block's end, undone on an error."""
    with _session(location, write=True) as session:
        yield session


@contextmanager
def _session(location: Location, *, write: bool) -> Iterator[Session]:
    engine = engine_of(location)
    try:
        _bring_up_to_date(engine, location)
        bound = engine.execution_options(**{_WRITE: write})
        # Values stay readable after the commit: what leaves this room is made from them.
        with Session(bound, expire_on_commit=False) as session, session.begin():
            yield session
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise translate(error, engine.url) from None


def _bring_up_to_date(engine: Engine, location: Location) -> None:
    file = location.own_database
    # A database file that was deleted under a running program is a new one.
    mark = (location.url, file.stat().st_ino if file is not None and file.exists() else 0)
    if mark in _ready:
        return
    from netguru.store.migrate import migrate

    with _lock:
        migrate(engine, location)
        _ready.add((location.url, file.stat().st_ino if file is not None else 0))


def engine_of(location: Location) -> Engine:
    """Give the engine of a database, made once a process; raises InputError for a wrong URL."""
    with _lock:
        if location.url not in _engines:
            _engines[location.url] = _make_engine(location)
        return _engines[location.url]


def _make_engine(location: Location) -> Engine:
    hint = "NETGURU_DATABASE_URL is a SQLAlchemy URL such as postgresql+psycopg://user:password@host/database"
    try:
        # A folder's name may hold ? and %, which mean something in a URL.
        own = location.own_database
        url = make_url(location.url) if own is None else URL.create("sqlite", database=str(own))
        sqlite = url.get_backend_name() == "sqlite"
        options: dict[str, Any] = {"json_serializer": to_json}
        if sqlite:
            options |= {"poolclass": NullPool, "connect_args": {"timeout": _BUSY_SECONDS}}
        else:
            options |= {"pool_pre_ping": True}
        engine = create_engine(url, **options)
    except (ArgumentError, NoSuchModuleError, ValueError):
        # The text of these errors quotes the URL, and that may hold a password.
        raise InputError("the setting database_url is not a database URL", hint=hint) from None
    except ModuleNotFoundError as error:
        package = "'psycopg[binary]'" if error.name == "psycopg" else error.name
        raise MissingExtraError(f"the database driver {error.name!r}", f"pip install {package}") from None
    if sqlite:
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own transactions start too late (at the first change); ours are explicit.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get(_WRITE, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def to_json(value: Any) -> str:
    """Write JSON that every database takes: numbers that are none become null.

    >>> to_json({"loss": float("nan")})
    '{"loss": null}'
    """
    try:
        return json.dumps(value, allow_nan=False)
    except ValueError:
        return json.dumps(_finite(value), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


def text_for_database(text: str, limit: int = 10_000) -> str:
    r"""Give a text that every database takes: no NUL, no lone surrogate, not endless.

    >>> text_for_database("eth\x000")
    'eth\ufffd0'
    """
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")[:limit]
