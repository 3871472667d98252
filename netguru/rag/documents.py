"""What a loader returns and a chunk is: a stored normalised text, and places in it that lead back to the source."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Literal

Kind = Literal["heading", "prose", "code", "command", "table", "list"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One piece of a document that reads on its own: `text[start:end]`; blocks are in order and never overlap."""

    start: int
    end: int
    kind: Kind
    level: int = 0
    """Depth of a heading from 1; 0 for everything else."""
    path: tuple[str, ...] = ()
    """Headings above this block, outermost first; a heading's own text is the last of its path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Include:
    """A file whose text a document took in; the document changes when it does."""

    uri: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One source as it is stored: normalised text, its structure, and the way back to the source.

    The text is NFC with LF line ends and no control characters but LF and TAB. `line_starts` holds the offset of
    each of its lines and `source_lines` the line of the source that each came from (from 1; for a paged format the
    line of the extracted text, since the source has none).
    """

    uri: str
    """Path below the ingested root with `/` between parts, or a URL."""
    title: str
    text: str
    format: str
    sha256: str
    """Of the source's bytes."""
    blocks: tuple[Block, ...]
    language: str
    """ISO 639-1 code (`en`, `pt`), or `und` where the text is too short or too technical to tell."""
    line_starts: tuple[int, ...]
    source_lines: tuple[int, ...]
    licence: str | None = None
    vendor: str | None = None
    product: str | None = None
    version: str | None = None
    pages: tuple[int, ...] = ()
    """Offset at which each page starts; empty for a source without pages."""
    damages: tuple[str, ...] = ()
    """What could not be read or was left out on purpose, one clear line each."""
    includes: tuple[Include, ...] = ()

    def line_at(self, offset: int) -> int:
        """Return the line of the source (from 1) that the character at this offset came from."""
        if not self.line_starts:
            return 1
        return self.source_lines[max(bisect_right(self.line_starts, offset) - 1, 0)]

    def page_at(self, offset: int) -> int | None:
        """Return the page (from 1) of the character at this offset, or None for a source without pages."""
        return max(bisect_right(self.pages, offset), 1) if self.pages else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One passage to index and to quote; by law `document.text[start:end] == chunk.text`."""

    start: int
    end: int
    text: str
    path: tuple[str, ...]
    kind: Kind
    line_start: int
    line_end: int
    page: int | None
    language: str
    index_text: str
    """The heading path and the text: what is searched and embedded; never quoted."""
