"""Bringing a folder of documents into a collection: only what changed is read, only what is new is embedded."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from netguru.errors import FileRejectedError, OperationCancelled
from netguru.model.coverage import Coverage, Gap
from netguru.rag import chunks, embedders
from netguru.rag.embedding import embed_missing
from netguru.rag.reading import Reading, reading
from netguru.rag.results import Ingested
from netguru.rag.writing import Known, Stamp, Writer, writing
from netguru.settings import settings

if TYPE_CHECKING:
    from netguru.operations.context import CancelToken, Progress
    from netguru.rag.database import CollectionName

_PLACES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """The files below what is ingested, by their uri, and whether all of it could be looked at."""

    root: Path
    prefix: str
    files: dict[str, Path]
    complete: bool


@dataclass(slots=True)
class _Tally:
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    passages: int = 0
    embedded: int = 0
    refused: dict[str, list[str]] = field(default_factory=dict)
    damaged: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def ingest(path: Path, collection: CollectionName, progress: Progress, cancel: CancelToken) -> Ingested:
    """Bring a file or folder into a collection; what was written when it is stopped stays and is gone on with.

    Raises FileRejectedError for a path that is not there, OperationCancelled, and what the embedder raises.
    """
    if not path.exists():
        raise FileRejectedError("does not exist", place=str(path))
    with writing(collection) as writer:
        scan = _scan(path.resolve(), [Path(root) for root in writer.roots()])
        tally = _Tally()
        known = writer.known(str(scan.root))
        try:
            _read_all(writer, scan, known, tally, progress, cancel)
        except OperationCancelled:
            writer.flush()
            raise
        writer.flush()
        _remove_missing(writer, scan, known, tally)
        name, embedder = embedders.chosen()
        if embedder is not None:
            tally.embedded = embed_missing(writer, name, embedder, progress, cancel)
        else:
            tally.notes.append("no embedder is here: passages are searched by words alone")
    return _result(collection, scan, tally, embedder.id if embedder else "")


def _scan(path: Path, roots: list[Path]) -> Scan:
    """List the files; a folder inside one that was ingested before belongs to that one."""
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
            if not name.startswith(".") and _inside(file, root):
                files[file.relative_to(root).as_posix()] = file
    prefix = "" if path == root else path.relative_to(root).as_posix() + "/"
    return Scan(root=root, prefix=prefix, files=files, complete=not failed)


def _inside(file: Path, root: Path) -> bool:
    """Say whether a file is a regular one that does not lead out of the root."""
    return file.is_file() and (not file.is_symlink() or file.resolve().is_relative_to(root))


def _read_all(
    writer: Writer, scan: Scan, known: dict[str, Known], tally: _Tally, progress: Progress, cancel: CancelToken
) -> None:
    digests = _Digests(scan.root)
    with reading(scan.root) as source:
        for position, (uri, file) in enumerate(scan.files.items()):
            cancel.check()
            progress(position, len(scan.files), uri)
            try:
                _read(writer, source, scan, uri, file, known.get(uri), digests, tally)
            except FileRejectedError as error:
                tally.refused.setdefault(error.message, []).append(uri)
                if uri in known:
                    # What is stored is of a file that is no longer like that.
                    writer.flush()
                    writer.remove([known[uri].id])
                    tally.removed += 1
    progress(len(scan.files), len(scan.files), "documents read")


def _read(
    writer: Writer,
    source: Reading,
    scan: Scan,
    uri: str,
    file: Path,
    known: Known | None,
    digests: _Digests,
    tally: _Tally,
) -> None:
    status = file.stat()
    stamp = Stamp(size=status.st_size, modified=status.st_mtime_ns)
    same = known is not None and known.complete and known.chunker == chunks.CHUNKER_VERSION
    if same and known is not None and all(digests.of(name) == digest for name, digest in known.includes):
        if known.stamp == stamp:
            tally.unchanged += 1
            return
        if stamp.size <= settings().max_file_bytes and digests.of(uri) == known.sha256:
            writer.touch(known.id, stamp)
            tally.unchanged += 1
            return
    document, made = source.read(file, uri)
    tally.damaged += [f"{uri}: {damage}" for damage in document.damages]
    tally.passages += writer.put(str(scan.root), document, made, stamp, chunks.CHUNKER_VERSION)
    if known is None:
        tally.added += 1
    else:
        tally.changed += 1


class _Digests:
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


def _remove_missing(writer: Writer, scan: Scan, known: dict[str, Known], tally: _Tally) -> None:
    """Take out what is no longer in the folder, once all of it was looked at."""
    if not scan.complete:
        return
    gone = [item.id for uri, item in known.items() if uri.startswith(scan.prefix) and uri not in scan.files]
    # A folder ingested before that lies inside this one was read as a part of it.
    inner = [root for root in writer.roots() if Path(root) != scan.root and Path(root).is_relative_to(scan.root)]
    gone += [item.id for root in inner for item in writer.known(root).values()]
    writer.remove(gone)
    tally.removed += len(gone)


def _result(collection: CollectionName, scan: Scan, tally: _Tally, embedder: str) -> Ingested:
    total = len(scan.files)
    gaps = tuple(
        Gap(reason=reason, count=len(names), places=tuple(names[:_PLACES])) for reason, names in tally.refused.items()
    )
    read = total - sum(gap.count for gap in gaps)
    kinds = Counter(Path(uri).suffix.lower() for uri in scan.files)
    notes = [
        *tally.notes,
        "files by name: " + ", ".join(f"{name or 'none'} {count}" for name, count in sorted(kinds.items())),
    ]
    return Ingested(
        collection=collection,
        root=str(scan.root),
        added=tally.added,
        changed=tally.changed,
        unchanged=tally.unchanged,
        removed=tally.removed,
        passages=tally.passages,
        embedded=tally.embedded,
        embedder=embedder,
        damaged=tuple(tally.damaged),
        coverage=Coverage(unit="files", total=total, read=read, gaps=gaps, notes=tuple(notes)),
    )
