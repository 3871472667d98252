"""What a database's failure means for the user: whose fault, and what to do."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from netguru.errors import DamagedFileError, InputError, NetGuruError, ServiceDownError, ServiceError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL
    from sqlalchemy.exc import DBAPIError

# Primary result codes, https://www.sqlite.org/rescode.html: error class, what is wrong, what to do.
_SQLITE: dict[int, tuple[type[NetGuruError], str, str]] = {
    sqlite3.SQLITE_NOTADB: (DamagedFileError, "is not a database", "move the file away, a new one is made"),
    sqlite3.SQLITE_CORRUPT: (DamagedFileError, "is damaged", "move the file away or put a backup in its place"),
    sqlite3.SQLITE_READONLY: (InputError, "may not be written", "make the file and its folder writable"),
    sqlite3.SQLITE_PERM: (InputError, "may not be opened", "make the file and its folder readable and writable"),
    sqlite3.SQLITE_CANTOPEN: (InputError, "cannot be opened", "make its folder exist and be writable"),
    sqlite3.SQLITE_FULL: (ServiceError, "cannot grow: the disk is full", "free some space"),
    sqlite3.SQLITE_IOERR: (ServiceError, "cannot be read or written: the disk failed or is full", "check the disk"),
    sqlite3.SQLITE_BUSY: (ServiceDownError, "is locked by another program", "try again"),
    sqlite3.SQLITE_LOCKED: (ServiceDownError, "is locked by another program", "try again"),
}


def shown(url: URL) -> str:
    """Name a database for a person: the file, or the URL without its password."""
    return url.database or "" if url.get_backend_name() == "sqlite" else url.render_as_string(hide_password=True)


def translate(error: DBAPIError, url: URL) -> NetGuruError:
    """Turn a driver's error into ours; passwords are never in it."""
    place = shown(url)
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None and code & 0xFF in _SQLITE:
        kind, message, hint = _SQLITE[code & 0xFF]
        return kind(f"the database {message}", place=place, hint=hint)
    reason = str(error.orig).strip().splitlines()[0] if str(error.orig).strip() else type(error.orig).__name__
    if isinstance(url.password, str) and url.password:
        reason = reason.replace(url.password, "***")
    return ServiceDownError(f"the database failed: {reason}", place=place, hint="check NETGURU_DATABASE_URL")
