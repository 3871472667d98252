"""Where a workspace keeps its things: the folder of stored files and the URL of the database."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netguru.errors import FileRejectedError, InputError
from netguru.operations.context import context
from netguru.settings import data_folder, settings

if TYPE_CHECKING:
    from pathlib import Path

MARKER = ".netguru"


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Tell where the things of one workspace are kept.

    `url` may hold a password: it is never shown. `key` names the workspace in a database that
    several workspaces share; it is empty in the workspace's own file, so that a workspace folder
    can be moved.
    """

    folder: Path
    url: str = field(repr=False)
    key: str = ""

    @property
    def store(self) -> Path:
        """Give the folder of the stored files."""
        return self.folder / MARKER

    @property
    def own_database(self) -> Path | None:
        """Give the workspace's own database file, None when the settings name another database."""
        return None if self.key else self.store / "netguru.db"

    def make(self) -> Path:
        """Make the store's folder, for its owner only; raises InputError."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.store.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(
                f"the workspace cannot be made: {reason}",
                place=str(self.store),
                hint="choose another folder with --workspace or NETGURU_WORKSPACE",
            ) from None
        return self.store


def location(workspace: Path | None = None) -> Location:
    """Find the store: stated, of the running operation, from the settings, else the user's own workspace."""
    folder = workspace or context().workspace or settings().workspace or data_folder() / "default"
    folder = folder.expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise FileRejectedError("is not a folder, a workspace is one", place=str(folder))
    stated = settings().database_url.get_secret_value()
    if stated:
        key = hashlib.sha256(str(folder.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:32]
        return Location(folder=folder, url=stated, key=key)
    return Location(folder=folder, url=f"sqlite:///{folder / MARKER / 'netguru.db'}")
