"""Listing the files of a folder that is ingested, and whether all of it could be looked at."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from netguru.errors import FileRejectedError

MANIFEST = "corpus.toml"
"""A file that says what the documents of its folder are; it is none itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The files below what is ingested, by their uri, and whether all of it could be looked at."""

    root: Path
    prefix: str
    files: dict[str, Path]
    complete: bool


def scan(path: Path, roots: list[Path]) -> Scan:
    """List the files; a folder inside one that was ingested before belongs to that one.

    Raises FileRejectedError for a path that is not there.
    """
    if not path.exists():
        raise FileRejectedError("does not exist", place=str(path))
    path = path.resolve()
    above = [root for root in roots if path.is_relative_to(root) and (path != root or path.is_dir())]
    root = min(above, key=lambda item: len(item.parts)) if above else path if path.is_dir() else path.parent
    if path.is_file():
        return Scan(root=root, prefix="", files={path.relative_to(root).as_posix(): path}, complete=False)
    failed: list[OSError] = []
    files: dict[str, Path] = {}
    for folder, folders, names in os.walk(path, onerror=failed.append):
        # Hidden folders hold histories and caches, ours among them.
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            file = Path(folder) / name
            if not name.startswith(".") and name != MANIFEST and _inside(file, root):
                files[file.relative_to(root).as_posix()] = file
    prefix = "" if path == root else path.relative_to(root).as_posix() + "/"
    return Scan(root=root, prefix=prefix, files=files, complete=not failed)


def _inside(file: Path, root: Path) -> bool:
    """Say whether a file is a regular one that does not lead out of the root."""
    return file.is_file() and (not file.is_symlink() or file.resolve().is_relative_to(root))


class Digests:
    """The digests of files below a root, each made once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._made: dict[str, str] = {}

    def of(self, uri: str) -> str:
        """Give a file's digest, empty when it cannot be read."""
        if uri not in self._made:
            try:
                with (self._root / uri).open("rb") as stream:
                    self._made[uri] = hashlib.file_digest(stream, "sha256").hexdigest()
            except OSError:
                self._made[uri] = ""
        return self._made[uri]
