"""Bringing a folder of documents into a collection: only what changed is read, only what is new is embedded."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from netguru.errors import FileRejectedError, OperationCancelled
from netguru.model.coverage import Coverage, Gap
from netguru.rag import corpus, embedders, networks, own, parts
from netguru.rag.database import get_meta, set_meta
from netguru.rag.embedding import embed_missing
from netguru.rag.reading import Reading, cut, maker, reading
from netguru.rag.results import Ingested
from netguru.rag.scanning import Digests, Scan, scan
from netguru.rag.writing import Known, Stamp, Writer, writing
from netguru.settings import settings
from netguru.workspace.opening import open_network

if TYPE_CHECKING:
    from netguru.operations.context import CancelToken, Progress
    from netguru.rag.database import CollectionName
    from netguru.rag.documents import Chunk, Document

_PLACES = 5
_OPEN = "parts open:"
"""Written before a document of a root changes, removed when what other documents take in was looked at again."""
_NETWORK = "network:"
"""What the description of a network's cabling was made of; behind it that there was nothing to say."""
_NOTHING = " nothing"


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


def ingest(
    path: Path, collection: CollectionName, progress: Progress, cancel: CancelToken, *, embed: bool = True
) -> Ingested:
    """Bring a file or folder into a collection; what was written when it is stopped stays and is gone on with.

    Without `embed` passages are found by their words alone until the next run makes their vectors.
    Raises FileRejectedError for a path that is not there, OperationCancelled, and what the embedder raises.
    """
    if not path.exists():
        raise FileRejectedError("does not exist", place=str(path))
    with writing(collection) as writer:
        found = scan(path, [Path(root) for root in writer.roots()])
        run = _Run(writer, found, progress, cancel)
        try:
            run.read_all()
            run.remove_missing()
            run.describe_networks()
            run.unite()
            corpus.label(writer, found.root)
        except OperationCancelled:
            writer.flush()
            raise
        name, embedder = embedders.chosen() if embed else ("", None)
        if embedder is not None:
            run.tally.embedded = embed_missing(writer, name, embedder, progress, cancel)
        elif embed:
            run.tally.notes.append("no embedder is here: passages are searched by words alone")
    return _result(collection, found, run.tally, embedder.id if embedder else "")


class _Run:
    """One run over the files of a scan."""

    def __init__(self, writer: Writer, found: Scan, progress: Progress, cancel: CancelToken) -> None:
        self.writer = writer
        self.scan = found
        self.root = str(found.root)
        self.known = writer.known(self.root)
        self.tally = _Tally()
        self._digests = Digests(found.root)
        self._makers: dict[str, str] = {}
        self._progress = progress
        self._cancel = cancel

    def read_all(self) -> None:
        """Read what is new or changed; a refused file leaves the index."""
        files = self.scan.files
        with reading(self.scan.root) as source:
            for position, (uri, file) in enumerate(files.items()):
                self._cancel.check()
                self._progress(position, len(files), uri)
                try:
                    self._read(source, uri, file)
                except FileRejectedError as error:
                    self._refused(uri, error)
        self.writer.flush()
        self._progress(len(files), len(files), "documents read")

    def _refused(self, uri: str, error: FileRejectedError) -> None:
        self.tally.refused.setdefault(error.message, []).append(uri)
        if uri in self.known:
            # What is stored is of a file that is no longer like that.
            self.writer.flush()
            self._change()
            self.writer.remove([self.known[uri].id])
            self.tally.removed += 1

    def _read(self, source: Reading, uri: str, file: Path) -> None:
        known = self.known.get(uri)
        status = file.stat()
        stamp = Stamp(size=status.st_size, modified=status.st_mtime_ns)
        if known is not None and self._unchanged(known, uri, stamp):
            self.tally.unchanged += 1
            return
        document, made = source.read(file, uri)
        self.tally.damaged += [f"{uri}: {damage}" for damage in document.damages]
        note = parts.note_of(known.maker) if known else ""
        self.tally.passages += self._put(document, made, stamp, note)
        if known is None:
            self.tally.added += 1
        else:
            self.tally.changed += 1

    def _unchanged(self, known: Known, uri: str, stamp: Stamp) -> bool:
        """Say whether what is stored is of this file as it is now, made as it would be made now."""
        if not known.complete or parts.maker_of(known.maker) != self._maker(known.format):
            return False
        if any(self._digests.of(name) != digest for name, digest in known.includes):
            return False
        if known.stamp == stamp:
            return True
        if stamp.size <= settings().max_file_bytes and self._digests.of(uri) == known.sha256:
            self.writer.touch(known.id, stamp)
            return True
        return False

    def _put(self, document: Document, made: tuple[Chunk, ...], stamp: Stamp, note: str) -> int:
        """Write a document, without what is found elsewhere."""
        self._change()
        if note == parts.FRAGMENT:
            made = ()
        elif note:
            inside = parts.parts_of(self.writer, self.root).chapters.get(document.uri, ())
            made = parts.without(document, (parts.text_of(self.writer, self.root, name) for name in inside))
        return self.writer.put(self.root, document, made, stamp, parts.with_note(self._maker(document.format), note))

    def _maker(self, form: str) -> str:
        """Tell what makes the passages of a format, asked once a run."""
        if form not in self._makers:
            self._makers[form] = maker(form)
        return self._makers[form]

    def _change(self) -> None:
        if not get_meta(self.writer.base, _OPEN + self.root):
            set_meta(self.writer.base, _OPEN + self.root, "yes")

    def remove_missing(self) -> None:
        """Take out what is no longer in the folder, once all of it was looked at."""
        if not self.scan.complete:
            return
        gone = [
            item.id
            for uri, item in self.known.items()
            if uri.startswith(self.scan.prefix) and uri not in self.scan.files and not networks.is_made(uri)
        ]
        # A folder ingested before that lies inside this one was read as a part of it.
        roots = [Path(root) for root in self.writer.roots()]
        inner = [root for root in roots if root != self.scan.root and root.is_relative_to(self.scan.root)]
        gone += [item.id for root in inner for item in self.writer.known(str(root)).values()]
        if gone:
            self._change()
        self.writer.remove(gone)
        self.tally.removed += len(gone)

    def describe_networks(self) -> None:
        """Tell the cabling of each network whose files changed."""
        found = networks.networks(self.writer, self.root)
        made = {uri: item for uri, item in self.writer.known(self.root).items() if networks.is_made(uri)}
        wanted = {networks.topology_uri(folder): folder for folder in found}
        self.writer.remove([item.id for uri, item in made.items() if uri not in wanted])
        for uri, folder in wanted.items():
            state = f"{found[folder]} {maker('network')}"
            known = get_meta(self.writer.base, f"{_NETWORK}{self.root}/{uri}")
            if known == (state if uri in made else f"{state}{_NOTHING}"):
                continue
            self._cancel.check()
            document = own.of_network(open_network(self.scan.root / folder), uri)
            if document is not None:
                self.tally.passages += self._put(document, cut(document), Stamp(size=0, modified=0), "")
            elif uri in made:
                self.writer.remove([made[uri].id])
            self.writer.flush()
            told = state if document is not None else f"{state}{_NOTHING}"
            set_meta(self.writer.base, f"{_NETWORK}{self.root}/{uri}", told)

    def unite(self) -> None:
        """Index each text once: what other documents take in, where it is best cited."""
        base = self.writer.base
        if not get_meta(base, _OPEN + self.root):
            return
        found = parts.parts_of(self.writer, self.root)
        with reading(self.scan.root) as source:
            for uri, item in sorted(self.writer.known(self.root).items()):
                note = found.note(uri)
                if parts.note_of(item.maker) == note:
                    continue
                self._cancel.check()
                try:
                    document, made = source.read(self.scan.root / uri, uri)
                except FileRejectedError:
                    # It changed a moment ago: the next run reads it.
                    continue
                before = base.execute("SELECT count(*) FROM chunks WHERE document = ?", (item.id,)).fetchone()[0]
                self.tally.passages += self._put(document, made, item.stamp, note) - before
        self.writer.flush()
        base.execute("DELETE FROM meta WHERE key = ?", (_OPEN + self.root,))


def _result(collection: CollectionName, found: Scan, tally: _Tally, embedder: str) -> Ingested:
    total = len(found.files)
    gaps = tuple(
        Gap(reason=reason, count=len(names), places=tuple(names[:_PLACES])) for reason, names in tally.refused.items()
    )
    read = total - sum(gap.count for gap in gaps)
    kinds = Counter(Path(uri).suffix.lower() for uri in found.files)
    notes = [
        *tally.notes,
        "files by name: " + ", ".join(f"{name or 'none'} {count}" for name, count in sorted(kinds.items())),
    ]
    return Ingested(
        collection=collection,
        root=str(found.root),
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
