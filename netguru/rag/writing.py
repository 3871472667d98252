"""Writing a collection: one writer at a time, in batches that are whole or not there.

A kill loses the open batch alone; the next run goes on behind the last passage that was written.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netguru.rag import tokens
from netguru.rag.chunks import CHUNKER_VERSION
from netguru.rag.database import connect, get_meta, make_folder, set_meta
from netguru.store.locks import locked

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from netguru.rag.database import CollectionName
    from netguru.rag.documents import Chunk, Document

BATCH = 64
"""Passages that are written, or embedded, as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What tells whether a file changed without reading it: its size and the time of its last change."""

    size: int
    modified: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A document of the index as the scan of its root compares it."""

    id: int
    sha256: str
    stamp: Stamp
    format: str
    maker: str
    complete: bool
    includes: tuple[tuple[str, str], ...]


def headings(title: str, path: Sequence[str]) -> tuple[str, ...]:
    """Give the headings above a passage, with the document's title first.

    >>> headings("OSPF", ["OSPF", "Areas"]), headings("Manual", ["Areas"])
    (('OSPF', 'Areas'), ('Manual', 'Areas'))
    """
    return tuple(path) if title in path else (title, *path)


def embedded_text(title: str, path: Sequence[str], text: str) -> str:
    """Give what is embedded of a passage: where it stands, and itself."""
    return " > ".join(headings(title, path)) + "\n" + text


@contextmanager
def writing(collection: CollectionName) -> Iterator[Writer]:
    """Hold a collection for writing, waiting for another writer; raises InputError and DamagedFileError."""
    folder = make_folder(collection)
    with locked(folder / "write.lock"):
        base = connect(folder / "index.db", write=True)
        try:
            writer = Writer(base, folder)
            yield writer
            writer.flush()
            if writer.forgot:
                from netguru.rag.tidying import tidy

                tidy(base, folder)
        finally:
            base.close()


class Writer:
    """Write documents and passages; what is written is found by readers after each batch."""

    def __init__(self, base: sqlite3.Connection, folder: Path) -> None:
        self.base = base
        self.folder = folder
        self.forgot = False
        self._pending = 0
        self._renew_words()

    def roots(self) -> list[str]:
        """List the folders that were ingested."""
        return [row[0] for row in self.base.execute("SELECT DISTINCT root FROM documents ORDER BY root")]

    def known(self, root: str) -> dict[str, Known]:
        """Give the documents of a root by their uri."""
        sql = (
            "SELECT uri, id, sha256, size, modified, format, chunker, complete, includes FROM documents WHERE root = ?"
        )
        return {
            row[0]: Known(
                id=row[1],
                sha256=row[2],
                stamp=Stamp(size=row[3], modified=row[4]),
                format=row[5],
                maker=row[6],
                complete=bool(row[7]),
                includes=tuple((uri, digest) for uri, digest in json.loads(row[8])),
            )
            for row in self.base.execute(sql, (root,))
        }

    def touch(self, number: int, stamp: Stamp) -> None:
        """Remember that a file with a new date holds the same bytes."""
        self._begin()
        self.base.execute(
            "UPDATE documents SET size = ?, modified = ? WHERE id = ?", (stamp.size, stamp.modified, number)
        )

    def put(self, root: str, document: Document, chunks: Sequence[Chunk], stamp: Stamp, maker: str) -> int:
        """Write a document with its passages and count the new ones; one that was cut off is gone on with."""
        self._begin()
        number, done = self._document(root, document, stamp, maker)
        place = " ".join(tokens.words(document.uri))
        for position in range(done, len(chunks)):
            self._chunk(number, position, chunks[position], document.title, place)
            self._pending += 1
            if self._pending >= BATCH:
                self.flush()
                self._begin()
        self.base.execute("UPDATE documents SET complete = 1 WHERE id = ?", (number,))
        return len(chunks) - done

    def _document(self, root: str, document: Document, stamp: Stamp, maker: str) -> tuple[int, int]:
        """Write the row of a document; give its number and how many passages are there already."""
        found = self.base.execute(
            "SELECT id, sha256, chunker, complete, text FROM documents WHERE root = ? AND uri = ?", (root, document.uri)
        ).fetchone()
        if found:
            if found[1:] == (document.sha256, maker, 0, document.text):
                done = self.base.execute("SELECT count(*) FROM chunks WHERE document = ?", (found[0],)).fetchone()[0]
                return found[0], done
            self._forget(found[0])
        columns = {
            "root": root,
            "uri": document.uri,
            "sha256": document.sha256,
            "size": stamp.size,
            "modified": stamp.modified,
            "title": document.title,
            "text": document.text,
            "format": document.format,
            "language": document.language,
            "licence": document.licence,
            "vendor": document.vendor,
            "product": document.product,
            "version": document.version,
            "pages": json.dumps(document.pages),
            "damages": json.dumps(document.damages),
            "includes": json.dumps([(item.uri, item.sha256) for item in document.includes]),
            "chunker": maker,
            "complete": 0,
        }
        marks = ", ".join("?" * len(columns))
        sql = f"INSERT INTO documents ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 - names of this module
        return int(self.base.execute(sql, tuple(columns.values())).lastrowid or 0), 0

    def _chunk(self, number: int, position: int, chunk: Chunk, title: str, place: str) -> None:
        body = tokens.words(chunk.text)
        embedded = f"{CHUNKER_VERSION}\0{embedded_text(title, chunk.path, chunk.text)}"
        key = hashlib.sha256(embedded.encode("utf-8", "surrogatepass")).hexdigest()
        cursor = self.base.execute(
            "INSERT INTO chunks (document, position, start, stop, path, kind, line_start, line_end, page, language, "
            "key, length) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                position,
                chunk.start,
                chunk.end,
                json.dumps(chunk.path, ensure_ascii=False),
                chunk.kind,
                chunk.line_start,
                chunk.line_end,
                chunk.page,
                chunk.language,
                key,
                len(body),
            ),
        )
        self.base.execute(
            "INSERT INTO words (rowid, body, heading, place) VALUES (?, ?, ?, ?)",
            (cursor.lastrowid, " ".join(body), " ".join(tokens.words(" ".join(headings(title, chunk.path)))), place),
        )

    def remove(self, numbers: Sequence[int]) -> None:
        """Take documents out of the index with their passages."""
        for number in numbers:
            self._begin()
            self._forget(number)
            self._pending += 1
            if self._pending >= BATCH:
                self.flush()
        self.flush()

    def _forget(self, number: int) -> None:
        self.forgot = True
        self.base.execute("DELETE FROM words WHERE rowid IN (SELECT id FROM chunks WHERE document = ?)", (number,))
        self.base.execute("DELETE FROM chunks WHERE document = ?", (number,))
        self.base.execute("DELETE FROM documents WHERE id = ?", (number,))

    def _begin(self) -> None:
        if not self.base.in_transaction:
            self.base.execute("BEGIN IMMEDIATE")

    def flush(self) -> None:
        """End the batch: what it holds is there for everybody from now on."""
        if self.base.in_transaction:
            self.base.execute("COMMIT")
        self._pending = 0

    def _renew_words(self) -> None:
        """Make the words of all passages anew when they were made by other rules."""
        if get_meta(self.base, "tokens") == tokens.VERSION:
            return
        self._begin()
        self.base.execute("DELETE FROM words")
        rows = self.base.execute(
            "SELECT chunks.id, substr(documents.text, start + 1, stop - start), chunks.path, documents.title, "
            "documents.uri FROM chunks JOIN documents ON documents.id = chunks.document"
        ).fetchall()
        for number, text, path, title, uri in rows:
            heading = " ".join(headings(title, json.loads(path)))
            made = (" ".join(tokens.words(part)) for part in (text, heading, uri))
            self.base.execute("INSERT INTO words (rowid, body, heading, place) VALUES (?, ?, ?, ?)", (number, *made))
            self.base.execute("UPDATE chunks SET length = ? WHERE id = ?", (len(tokens.words(text)), number))
        set_meta(self.base, "tokens", tokens.VERSION)
        self.flush()
