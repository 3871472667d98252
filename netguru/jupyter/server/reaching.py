"""Which paths a request may name: inside the roots, and in the store those of the user's own files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netguru.chat.scope import inside
from netguru.errors import FileRejectedError, InputError
from netguru.store import files, ownership
from netguru.workspace.workspace import MARKER

if TYPE_CHECKING:
    from netguru.jupyter.server.service import Service


def reach(stated: str, service: Service, owner: str) -> Path:
    """Bring a stated path to a file or folder that the user may read; raises InputError, FileRejectedError."""
    if not stated or "\0" in stated:
        raise InputError("path is missing")
    given = Path(stated)
    # What lies outside is not even looked for: whether it exists is not told.
    known = given.is_absolute() and any(given.is_relative_to(root) for root in service.roots)
    path = given if known else service.folder / stated.lstrip("/")
    if MARKER in path.parts and path.name in _own(service, owner):
        return content(service, _own(service, owner)[path.name])
    inside(path, service.roots)
    if not path.exists():
        raise FileRejectedError("does not exist", place=stated)
    return path


def reach_file(number: int, service: Service, owner: str) -> Path:
    """Give where a file of the user lies; raises UnknownNameError."""
    return content(service, ownership.file_of(number, owner, workspace=service.workspace).id)


def content(service: Service, number: int) -> Path:
    """Give where the content of a stored file lies."""
    return files.path(number, workspace=service.workspace)


def _own(service: Service, owner: str) -> dict[str, int]:
    return {item.sha256: item.id for item in ownership.files_of(owner, workspace=service.workspace)}
