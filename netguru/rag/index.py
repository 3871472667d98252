"""Reading a collection: its words, passages and documents."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from netguru.rag import tokens
from netguru.rag.database import COLLECTIONS, CollectionName, connect, file_of, get_meta

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from netguru.rag.postings import Postings


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What passages are looked for in; an empty value takes all."""

    vendor: str = ""
    product: str = ""
    version: str = ""
    source: str = ""

    def sql(self) -> tuple[str, list[str]]:
        """Give the condition on `documents` with its values; empty without filters.

        A document that does not say its vendor, product or version is about any.
        """
        parts, values = [], []
        for name in ("vendor", "product", "version"):
            value = getattr(self, name)
            if value:
                parts.append(f"(documents.{name} IS NULL OR lower(documents.{name}) = ?)")
                values.append(value.lower())
        if self.source:
            parts.append("(documents.uri = ? OR documents.uri LIKE ? ESCAPE '\\')")
            escaped = self.source.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            values += [self.source, f"{escaped.rstrip('/')}/%"]
        return " AND ".join(parts), values


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """One passage as it is stored; `text` is `document text[start:end]`."""

    collection: CollectionName
    id: int
    document: int
    position: int
    source: str
    sha256: str
    title: str
    path: tuple[str, ...]
    kind: str
    start: int
    end: int
    line_start: int
    line_end: int
    page: int | None
    language: str
    licence: str | None
    text: str
    vendor: str | None = None
    product: str | None = None
    version: str | None = None
    trust: str | None = None

    @property
    def heading(self) -> str:
        """Give the heading path in one line, the document's title where it has none."""
        return " > ".join(self.path) or self.title


@dataclass(frozen=True, slots=True)
class Words:
    """The words of one passage by where they stand."""

    body: list[str]
    heading: list[str]
    place: list[str]


# SQLite's limit of values in one statement is 32,766 in older builds.
_VARIABLES = 10_000

_PASSAGE = """
SELECT chunks.id, documents.id, chunks.position, documents.uri, documents.sha256, documents.title, chunks.path,
  chunks.kind, chunks.start, chunks.stop, chunks.line_start, chunks.line_end, chunks.page, chunks.language,
  documents.licence, substr(documents.text, chunks.start + 1, chunks.stop - chunks.start), documents.vendor,
  documents.product, documents.version, documents.trust
FROM chunks JOIN documents ON documents.id = chunks.document
"""


class Index:
    """One collection, opened for reading; another process may write to it meanwhile."""

    def __init__(self, collection: CollectionName, file: Path) -> None:
        self.collection = collection
        self.file = file
        self.base = connect(file)
        self._frequencies: dict[str, int] = {}
        self._postings: Postings | None = None

    @classmethod
    def open(cls, collection: CollectionName) -> Index | None:
        """Open a collection; None when nothing was ever ingested. Raises DamagedFileError."""
        file = file_of(collection)
        if not file.is_file():
            return None
        status = file.stat()
        return _opened(collection, file, status.st_ino)

    def meta(self, key: str) -> str:
        """Give a value that the writer left."""
        return get_meta(self.base, key)

    @property
    def current(self) -> bool:
        """Say whether the words were made by the rules of this version."""
        return self.meta("tokens") == tokens.VERSION

    def count(self) -> int:
        """Count the passages."""
        return int(self.base.execute("SELECT count(*) FROM chunks").fetchone()[0])

    def postings(self) -> Postings:
        """Give the lists of passages by word, as of now."""
        from netguru.rag.postings import Postings

        if self._postings is None:
            self._postings = Postings(self.base)
        if self._postings.refresh():
            self._frequencies = {}
        return self._postings

    def frequencies(self, wanted: Iterable[str]) -> dict[str, int]:
        """Count the passages that hold each word."""
        known = self._frequencies
        for word in wanted:
            if word not in known:
                row = self.base.execute("SELECT doc FROM words_known WHERE term = ?", (word,)).fetchone()
                known[word] = row[0] if row else 0
        return {word: known[word] for word in wanted}

    def numbers(self, filters: Filters) -> list[int] | None:
        """Give the passages that filters let through, None when they are all."""
        condition, values = filters.sql()
        if not condition:
            return None
        sql = f"SELECT chunks.id FROM chunks JOIN documents ON documents.id = chunks.document WHERE {condition}"  # noqa: S608 - no value is in the text
        return [row[0] for row in self.base.execute(sql, values)]

    def subjects_of(self, ids: Sequence[int]) -> dict[int, tuple[str, str, str]]:
        """Give vendor, product and version that the documents of passages are about, empty where they do not say."""
        sql = (
            "SELECT chunks.id, coalesce(vendor, ''), coalesce(product, ''), coalesce(version, '') FROM chunks "  # noqa: S608 - marks alone
            f"JOIN documents ON documents.id = chunks.document WHERE chunks.id IN ({_marks(ids)})"
        )
        return {row[0]: (row[1], row[2], row[3]) for row in self.base.execute(sql, list(ids))}

    def origins_of(self, ids: Sequence[int]) -> list[tuple[int, str, str]]:
        """Give for passages their number, the format of their document, and their path of headings as JSON."""
        sql = (
            "SELECT chunks.id, documents.format, chunks.path FROM chunks "  # noqa: S608 - marks alone
            f"JOIN documents ON documents.id = chunks.document WHERE chunks.id IN ({_marks(ids)})"
        )
        return [(row[0], row[1], row[2]) for row in self.base.execute(sql, list(ids))]

    def beginnings(self, formats: Sequence[str]) -> list[str]:
        """Give the path of headings of the first passage of each document of some formats, as JSON."""
        sql = (
            "SELECT DISTINCT chunks.path FROM documents JOIN chunks ON chunks.document = documents.id AND position = 0 "  # noqa: S608 - marks alone
            f"WHERE documents.format IN ({_marks(formats)})"
        )
        return [row[0] for row in self.base.execute(sql, list(formats))]

    def texts_of(self, ids: Sequence[int]) -> dict[int, tuple[str, int, int]]:
        """Give what tells that two passages are the same text: the document's digest, start and end."""
        sql = (
            "SELECT chunks.id, sha256, start, stop FROM chunks JOIN documents ON documents.id = chunks.document "  # noqa: S608 - marks alone
            f"WHERE chunks.id IN ({_marks(ids)})"
        )
        return {row[0]: (row[1], row[2], row[3]) for row in self.base.execute(sql, list(ids))}

    def subjects(self) -> set[tuple[str, str]]:
        """Give vendor and product that documents are about, each pair once."""
        sql = "SELECT DISTINCT coalesce(vendor, ''), coalesce(product, '') FROM documents"
        return {(row[0], row[1]) for row in self.base.execute(sql)}

    def words_of(self, ids: Sequence[int]) -> dict[int, Words]:
        """Give the words of passages."""
        sql = f"SELECT rowid, body, heading, place FROM words WHERE rowid IN ({_marks(ids)})"  # noqa: S608 - marks alone
        return {row[0]: Words(*(text.split() for text in row[1:])) for row in self.base.execute(sql, ids)}

    def passages(self, ids: Sequence[int]) -> list[Stored]:
        """Give passages in the order of their ids as stated."""
        sql = f"{_PASSAGE} WHERE chunks.id IN ({_marks(ids)})"
        found = {item.id: item for item in self._stored(sql, ids)}
        return [found[number] for number in ids if number in found]

    def passages_of(self, source: str) -> list[Stored]:
        """Give all passages of a document in their order."""
        return list(
            self._stored(f"{_PASSAGE} WHERE documents.uri = ? ORDER BY documents.id, chunks.position", [source])
        )

    def passage_at(self, source: str, offset: int) -> Stored | None:
        """Give the first passage of a document that holds a character of its text."""
        inside = "documents.uri = ? AND chunks.start <= ? AND chunks.stop > ?"
        sql = f"{_PASSAGE} WHERE {inside} ORDER BY documents.id, chunks.position LIMIT 1"
        return next(self._stored(sql, [source, offset, offset]), None)

    def slice(self, document: int, start: int, end: int) -> str:
        """Give a part of a document's stored text."""
        sql = "SELECT substr(text, ?, ?) FROM documents WHERE id = ?"
        row = self.base.execute(sql, (start + 1, end - start, document)).fetchone()
        return str(row[0]) if row else ""

    def _stored(self, sql: str, values: Sequence[Any]) -> Iterator[Stored]:
        names = "id document position source sha256 title path kind start end line_start line_end page language".split()
        names += ["licence", "text", "vendor", "product", "version", "trust"]
        for row in self.base.execute(sql, list(values)):
            fields = dict(zip(names, row, strict=True))
            yield Stored(collection=self.collection, **{**fields, "path": tuple(json.loads(fields["path"]))})

    def text_of(self, sha256: str, source: str = "") -> str | None:
        """Give the stored text of a document by the digest of its file."""
        sql = "SELECT text FROM documents WHERE sha256 = ? AND (? = '' OR uri = ?) LIMIT 1"
        row = self.base.execute(sql, (sha256, source, source)).fetchone()
        return str(row[0]) if row else None

    def document(self, source: str) -> tuple[str, str, str] | None:
        """Give text, digest and title of a document by its source."""
        sql = "SELECT text, sha256, title FROM documents WHERE uri = ? ORDER BY id LIMIT 1"
        row = self.base.execute(sql, (source,)).fetchone()
        return (str(row[0]), str(row[1]), str(row[2])) if row else None

    def chunks_at(self, embedder: str, rows: Sequence[int], filters: Filters) -> list[tuple[int, int]]:
        """Give the passages behind rows of the matrix, as (row, passage); rows no longer in use give none."""
        sql = (
            "SELECT vectors.row, chunks.id FROM vectors JOIN chunks ON chunks.key = vectors.key "
            "JOIN documents ON documents.id = chunks.document WHERE vectors.embedder = ? AND vectors.row"
        )
        return [(int(row), chunk) for row, chunk in self._behind(sql, [embedder], rows, filters)]

    def chunks_of(self, keys: Sequence[str], filters: Filters) -> list[tuple[str, int]]:
        """Give the passages of keys, as (key, passage); keys no longer in use give none."""
        sql = (
            "SELECT chunks.key, chunks.id FROM chunks JOIN documents ON documents.id = chunks.document WHERE chunks.key"
        )
        return [(str(key), chunk) for key, chunk in self._behind(sql, [], keys, filters)]

    def _behind(self, sql: str, first: list[Any], wanted: Sequence[Any], filters: Filters) -> Iterator[tuple[Any, int]]:
        condition, values = filters.sql()
        end = f" AND {condition}" if condition else ""
        for start in range(0, len(wanted), _VARIABLES):
            part = wanted[start : start + _VARIABLES]
            yield from self.base.execute(f"{sql} IN ({_marks(part)}){end}", (*first, *part, *values))


def _marks(values: Sequence[Any]) -> str:
    return ", ".join("?" * len(values))


@lru_cache(8)
def _opened(collection: CollectionName, file: Path, inode: int) -> Index:
    # A file that was removed and made anew has another inode.
    del inode
    return Index(collection, file)


def open_all(collection: str = "") -> list[Index]:
    """Open the stated collection, or all that there are."""
    wanted = [name for name in COLLECTIONS if collection in ("", name)]
    return [index for name in wanted if (index := Index.open(name)) is not None]
