"""Writes a document: normalises every line, keeps offsets and lines of the source; the laws hold in one place."""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from netguru.rag.documents import Block, Document
from netguru.rag.language import detect
from netguru.rag.loaders.source import limits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.rag.documents import Kind
    from netguru.rag.loaders.source import Source

# Control characters, marks that turn the direction of writing or take no room, and lone surrogates.
_DROPPED = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ud800-\udfff]"
)
_SPACES = re.compile("[\u00a0\u2007\u202f\u2028\u2029]")
# Signs for two letters, as PDF files hold them: nobody types them into a search.
_LIGATURES = str.maketrans({0xFB00 + at: text for at, text in enumerate(("ff", "fi", "fl", "ffi", "ffl", "st", "st"))})
_SAMPLE = 20_000


class Line(NamedTuple):
    """A line of text, the line of the source (from 1) that it came from, and what it is if not what is around it."""

    text: str
    number: int
    kind: str = ""


def clean(text: str) -> str:
    r"""Normalise one line: NFC, no control characters, no blanks at its end.

    >>> clean("cafe\u0301\u202e\x1b ")
    'café'
    """
    if text.isascii() and text.isprintable():
        return text.rstrip()
    text = _DROPPED.sub("", _SPACES.sub(" ", text)).translate(_LIGATURES)
    return unicodedata.normalize("NFC", text).rstrip()


class Writer:
    """Collect headings and blocks in the order of the source."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._limits = limits()
        self._lines: list[str] = []
        self._numbers: list[int] = []
        self._starts: list[int] = []
        self._size = 0
        self._blocks: list[Block] = []
        self._pages: list[int] = []
        self._path: list[tuple[int, str]] = []

    @property
    def full(self) -> bool:
        """Tell whether a limit is reached: what follows is left out."""
        full: bool = self._size > self._limits["characters"] or len(self._blocks) >= self._limits["blocks"]
        if full:
            self.source.damaged(f"cut after {self._size:,} characters: the limit of one document")
        return full

    def heading(self, level: int, text: str, number: int) -> None:
        """Open a section."""
        text = clean(" ".join(text.split()))
        if not text or self.full:
            return
        short = text[: self._limits["heading"]].rstrip()
        self._path = [item for item in self._path if item[0] < level]
        self._path.append((level, short))
        self._write("heading", [Line(text, number)], level)

    def under(self, path: Iterable[str]) -> None:
        """Set the headings of what follows without writing them: the source has no such lines."""
        cleaned = (clean(" ".join(part.split()))[: self._limits["heading"]].rstrip() for part in path)
        self._path = list(enumerate((part for part in cleaned if part), 1))

    def block(self, kind: Kind, lines: Iterable[Line]) -> None:
        """Write a block; blank lines around it are dropped, and code inside it is a block of its own.

        A command stays one block with its code.
        """
        if kind == "command":
            self._block(kind, lines)
            return
        for own, part in groupby(lines, key=lambda line: line.kind):
            self._block("code" if own == "code" else kind, part)

    def _block(self, kind: Kind, lines: Iterable[Line]) -> None:
        cleaned = [Line(clean(line.text), line.number) for line in lines]
        kept: list[Line] = []
        for line in cleaned:
            # No more than two blank lines in a row, and none at the start.
            if line.text or (kept and any(before.text for before in kept[-2:])):
                kept.append(line)
        while kept and not kept[-1].text:
            kept.pop()
        if kept and not self.full:
            self._write(kind, kept, 0)

    def page(self) -> None:
        """Begin a page: it starts with the next block."""
        self._pages.append(-1)

    def _write(self, kind: Kind, lines: list[Line], level: int) -> None:
        if self._blocks:
            self._append("", lines[0].number)
        start = self._size
        self._pages = [start if page < 0 else page for page in self._pages]
        for line in lines:
            self._append(line.text, line.number)
        path = tuple(text for _, text in self._path)
        # The line end behind the last line belongs to no block.
        self._blocks.append(Block(start=start, end=self._size - 1, kind=kind, level=level, path=path))

    def _append(self, text: str, number: int) -> None:
        room = self._limits["characters"] + 1 - self._size
        text = text[: max(room, 1)]
        self._starts.append(self._size)
        self._numbers.append(max(number, 1))
        self._lines.append(text)
        self._size += len(text) + 1

    def document(self, form: str, *, title: str = "", licence: str | None = None) -> Document:
        """Give the document."""
        text = "".join(f"{line}\n" for line in self._lines)
        source = self.source
        if not self._blocks and not source.damages:
            source.damaged("holds no text that can be read")
        kept = self._limits["damages"]
        damages = source.damages[:kept]
        if len(source.damages) > kept:
            damages.append(f"and {len(source.damages) - kept} more damages")
        return Document(
            uri=source.uri,
            title=clean(" ".join(title.split()))[: self._limits["heading"]] or self._title(),
            text=text,
            format=form,
            sha256=source.sha256,
            blocks=tuple(self._blocks),
            language=detect(self._sample(text)),
            line_starts=tuple(self._starts),
            source_lines=tuple(self._numbers),
            licence=licence,
            pages=tuple(len(text) if page < 0 else page for page in self._pages),
            damages=tuple(damages),
            includes=tuple(sorted(source.includes.values(), key=lambda item: item.uri)),
        )

    def _title(self) -> str:
        headings = [block for block in self._blocks if block.kind == "heading"]
        if headings:
            return min(headings, key=lambda block: (block.level, block.start)).path[-1]
        return PurePosixPath(self.source.uri).stem or self.source.uri

    def _sample(self, text: str) -> str:
        # Code is in no language; a document of nothing else is judged by what there is.
        prose = []
        size = 0
        for block in self._blocks:
            if block.kind in {"prose", "list", "command"}:
                prose.append(text[block.start : block.end])
                size += block.end - block.start
            if size > _SAMPLE:
                break
        return "\n".join(prose)[:_SAMPLE] if prose else text[:_SAMPLE]
