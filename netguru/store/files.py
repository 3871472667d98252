"""Stored files: uploads kept once by content, under the names that they came with.

A content arrives in a temporary file and is renamed into its place, so that nothing half-written
is ever visible: not after a crash, not on a full disk.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
import unicodedata
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from sqlalchemy import select

from netguru.errors import FileRejectedError, InputError, ServiceError, UnknownNameError
from netguru.settings import settings
from netguru.store import database
from netguru.store.filetypes import HEAD_BYTES, kind_of
from netguru.store.locks import locked
from netguru.store.places import Location, location
from netguru.store.processes import ProcessId
from netguru.store.results import StoredFile, StoredFiles
from netguru.store.tables import FileRow

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 1 << 20
_NAME_LIMIT = 200


class _Received(NamedTuple):
    file: Path
    sha256: str
    size: int
    kind: str


def add(path: str | Path, *, workspace: Path | None = None) -> StoredFile:
    """Take a file into the store; the same content under the same name is there once.

    Raises FileRejectedError when it is missing, unreadable, empty, over the size cap or no
    regular file.
    """
    path = Path(path).expanduser()
    with _opened(path) as stream:
        return receive(stream, path.name, workspace=workspace, place=str(path))


def receive(stream: BinaryIO, name: str, *, workspace: Path | None = None, place: str = "") -> StoredFile:
    """Take a content from a stream (an upload) into the store under a name.

    Raises FileRejectedError when it is empty or over the size cap; the cap holds while reading.
    """
    where = location(workspace)
    clean = clean_name(name)
    folder = _incoming(where)
    received = _copy(stream, folder, place or clean)
    try:
        with locked(where.store / "files.lock"), database.write(where) as session:
            known = session.scalars(
                select(FileRow).filter_by(workspace=where.key, sha256=received.sha256, name=clean)
            ).one_or_none()
            if known is not None and content(where, received.sha256).exists():
                return _result(known)
            _put(received.file, content(where, received.sha256))
            if known is not None:
                return _result(known)
            row = FileRow(
                workspace=where.key,
                sha256=received.sha256,
                name=clean,
                size=received.size,
                kind=received.kind,
                added_at=datetime.now(UTC),
            )
            session.add(row)
            session.flush()
            return _result(row, new=True)
    finally:
        received.file.unlink(missing_ok=True)


def list(*, workspace: Path | None = None) -> StoredFiles:  # noqa: A001 - the operation is files.list
    """List the stored files, in the order in which they came."""
    where = location(workspace)
    if not database.exists(where):
        return StoredFiles(files=())
    with database.read(where) as session:
        rows = session.scalars(select(FileRow).filter_by(workspace=where.key).order_by(FileRow.id))
        return StoredFiles(files=tuple(_result(row) for row in rows))


def get(number: int, *, workspace: Path | None = None) -> StoredFile:
    """Find a stored file; raises UnknownNameError."""
    found = {item.id: item for item in list(workspace=workspace).files}
    if number not in found:
        raise UnknownNameError("stored file", str(number), map(str, found))
    return found[number]


def path(number: int, *, workspace: Path | None = None) -> Path:
    """Give where the content of a stored file lies; it is never written again. Raises UnknownNameError."""
    where = location(workspace)
    found = content(where, get(number, workspace=where.folder).sha256)
    if not found.exists():
        raise FileRejectedError("the content is gone from the store", place=str(found), hint="add the file again")
    return found


def remove(number: int, *, workspace: Path | None = None) -> StoredFile:
    """Remove a stored file; its content goes with the last of its names. Raises UnknownNameError."""
    where = location(workspace)
    removed = get(number, workspace=where.folder)
    with locked(where.make() / "files.lock"):
        with database.write(where) as session:
            row = session.get(FileRow, number)
            if row is not None:
                session.delete(row)
                session.flush()
            # The digest may be stored for another workspace of a shared database: that is another folder.
            others = session.scalars(select(FileRow.id).filter_by(workspace=where.key, sha256=removed.sha256)).first()
        # After the commit: a crash in between leaves a content without a name, never the other way round.
        if others is None:
            content(where, removed.sha256).unlink(missing_ok=True)
    return removed


def content(where: Location, sha256: str) -> Path:
    """Give the place of a content in the store."""
    return where.store / "files" / sha256[:2] / sha256


def clean_name(name: str) -> str:
    r"""Make a name harmless: no folders, no control or direction characters, not endless, never empty.

    >>> clean_name("../../etc/passwd"), clean_name("C:\\logs\\r1.cfg"), clean_name("..")
    ('passwd', 'r1.cfg', 'file')
    """
    last = re.split(r"[/\\]", name)[-1]
    text = unicodedata.normalize("NFC", last.encode("utf-8", "replace").decode("utf-8"))
    # Category C: control, format (direction marks), surrogate, private, unassigned.
    kept = "".join(char for char in text if not unicodedata.category(char).startswith("C")).strip()
    stem, dot, ending = kept.rpartition(".")
    if len(kept) > _NAME_LIMIT:
        kept = stem[: _NAME_LIMIT - 1 - len(ending)] + dot + ending if dot and len(ending) < 20 else kept[:_NAME_LIMIT]  # noqa: PLR2004 - longer is no file ending
    return "file" if kept.strip(".") == "" else kept


def _result(row: FileRow, *, new: bool = False) -> StoredFile:
    return StoredFile(
        id=row.id, name=row.name, kind=row.kind, size=row.size, sha256=row.sha256, added_at=row.added_at, new=new
    )


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        # Not blocking: opening a named pipe would wait for its writer.
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        reason = {FileNotFoundError: "does not exist", PermissionError: "may not be read: permission denied"}
        text = (
            next((text for kind, text in reason.items() if isinstance(error, kind)), "")
            or f"cannot be read: {getattr(error, 'strerror', None) or error}"
        )
        raise FileRejectedError(text, place=str(path)) from None
    mode = os.fstat(number).st_mode
    if not stat.S_ISREG(mode):
        os.close(number)
        what = "is a folder, a file is needed" if stat.S_ISDIR(mode) else "is not a regular file"
        raise FileRejectedError(what, place=str(path))
    with os.fdopen(number, "rb") as stream:
        yield stream


def _incoming(where: Location) -> Path:
    folder = where.make() / "incoming"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        # What a process that died left behind; its name says whose it is.
        for left in folder.iterdir():
            owner = ProcessId.parse(left.name.partition("~")[0].replace(",", "/"))
            if owner is None or owner.alive() is False:
                left.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"the store cannot be written: {error.strerror or error}", place=str(folder)) from None
    return folder


def _copy(stream: BinaryIO, folder: Path, place: str) -> _Received:
    prefix = str(ProcessId.current()).replace("/", ",") + "~"
    target: Path | None = None
    try:
        number, made = tempfile.mkstemp(prefix=prefix, dir=folder)
        target = Path(made)
        with os.fdopen(number, "wb") as out:
            received = _pump(stream, out, target, place)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        _discard(target)
        raise ServiceError(
            f"the file cannot be stored: {error.strerror or error}", place=place, hint=f"check the disk of {folder}"
        ) from None
    except BaseException:
        _discard(target)
        raise
    return received


def _pump(stream: BinaryIO, out: BinaryIO, target: Path, place: str) -> _Received:
    cap = settings().max_file_bytes
    digest, size, head = hashlib.sha256(), 0, b""
    while block := stream.read(_BLOCK):
        size += len(block)
        if size > cap:
            reason = f"is over the cap of {cap / 1e6:.0f} MB"
            raise FileRejectedError(reason, place=place, hint="set NETGURU_MAX_FILE_MB to raise it")
        head = head or block[:HEAD_BYTES]
        digest.update(block)
        out.write(block)
    if size == 0:
        raise FileRejectedError("is empty", place=place)
    return _Received(target, digest.hexdigest(), size, kind_of(head))


def _discard(file: Path | None) -> None:
    if file is not None:
        file.unlink(missing_ok=True)


def _put(file: Path, target: Path) -> None:
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.replace(target)
        # The rename itself must survive a power cut, else the row names a content that is not there.
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise ServiceError(f"the file cannot be stored: {error.strerror or error}", place=str(target)) from None
