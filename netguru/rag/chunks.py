"""Cuts a document into passages that know their place: by headings, commands and code whole, never over a hard cap."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.rag.documents import Chunk
from netguru.rag.language import of_passage

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netguru.rag.documents import Block, Document, Kind

CHUNKER_VERSION = "1"
"""Part of what tells whether a stored passage is still right; grows when cutting changes."""
_BETWEEN = " > "


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(_table()["tokens"]["pattern"])


def _table() -> dict[str, Any]:
    return resources.table("rag", "chunking.toml")


def tokens(text: str) -> int:
    """Estimate how many word pieces a text has.

    >>> tokens("set mtu 1500")
    4
    """
    return len(_pattern().findall(text))


def chunked(document: Document, target: int | None = None, cap: int | None = None) -> tuple[Chunk, ...]:
    """Cut a document into passages of about `target` tokens and never more than `cap`, its path of headings included.

    By law `document.text[chunk.start:chunk.end] == chunk.text`; passages are in order, never overlap, and every
    character that is not blank is in one of them.
    """
    size = _table()["size"]
    cap = max(cap or size["cap"], 16)
    cut = _Cutter(document, min(target or size["target"], cap), cap)
    spans = cut.merged([span for section in _sections(document.blocks) for span in cut.section(section)])
    return tuple(cut.chunk(span) for span in spans)


@dataclass(slots=True)
class _Span:
    """A passage while it grows."""

    start: int
    end: int
    size: int
    path: tuple[str, ...]
    kinds: dict[Kind, int]
    lead: str = ""
    """The first line of a block of which this is a later part."""


def _sections(blocks: Sequence[Block]) -> Iterator[list[Block]]:
    """Group the blocks of one heading."""
    group: list[Block] = []
    for block in blocks:
        if group and (block.kind == "heading" or block.path != group[-1].path):
            yield group
            group = []
        group.append(block)
    if group:
        yield group


class _Cutter:
    """Cut one document."""

    def __init__(self, document: Document, target: int, cap: int) -> None:
        self.document = document
        self.text = document.text
        self.target = target
        self.cap = cap
        self.size: dict[str, float] = _table()["size"]
        self.ends = tuple(_table()["joints"]["ends"])
        self._prefixes: dict[tuple[str, ...], tuple[str, int]] = {}

    def section(self, blocks: list[Block]) -> Iterator[_Span]:
        """Pack the blocks of one section up to the target."""
        open_span: _Span | None = None
        for span in self._units(blocks):
            room = min(self.target, self.cap - self.prefix(span.path)[1])
            if open_span and not span.lead and open_span.size + span.size <= room:
                _extend(open_span, span)
            else:
                if open_span:
                    yield open_span
                open_span = span
        if open_span:
            yield open_span

    def _units(self, blocks: list[Block]) -> Iterator[_Span]:
        """Give what must not be torn apart: a heading, or a line that leads in, with the block behind it."""
        held: _Span | None = None
        for block in blocks:
            room = self.cap - self.prefix(block.path)[1]
            for span in self._spans(block):
                if held and not span.lead and held.size + span.size <= room:
                    _extend(held, span)
                elif held:
                    yield held
                    held = span
                else:
                    held = span
            if held and not (block.kind == "heading" or self.text[block.start : block.end].endswith(self.ends)):
                yield held
                held = None
        if held:
            yield held

    def merged(self, spans: list[_Span]) -> list[_Span]:
        """Join small neighbours of one section, of siblings, or of a section and its first part."""
        found: list[_Span] = []
        for span in spans:
            last = found[-1] if found else None
            if last and self._joins(last, span):
                # A lone heading takes the place of its first part.
                last.path = span.path if _headings(last) else _common(last.path, span.path)
                _extend(last, span)
            else:
                found.append(span)
        return found

    def _joins(self, last: _Span, span: _Span) -> bool:
        near = last.path == span.path or span.path[:-1] in {last.path, last.path[:-1]}
        least = self.target * self.size["small"]
        together = last.size + span.size
        prefix = max(
            self.prefix(last.path)[1], self.prefix(span.path)[1], self.prefix(_common(last.path, span.path))[1]
        )
        # A heading with nothing below it but its first part says where that part stands.
        alone = _headings(last) and span.path[: len(last.path)] == last.path
        if not near or last.lead or span.lead or together + prefix > self.cap:
            return False
        return alone or (together <= self.target and (last.size < least or span.size < least))

    def _spans(self, block: Block) -> Iterator[_Span]:
        """Give a block whole, or in parts when it is over the cap."""
        size = tokens(self.text[block.start : block.end])
        room = self.cap - self.prefix(block.path)[1]
        if size <= room:
            yield _Span(block.start, block.end, size, block.path, {block.kind: block.end - block.start})
            return
        lead = ""
        if block.kind in {"command", "table"}:
            line = self.text[block.start : block.end].partition("\n")[0]
            lead = line if tokens(line) <= self.cap // 8 else ""
        for index, (start, end, part) in enumerate(self._parts(block, room - tokens(lead))):
            yield _Span(start, end, part, block.path, {block.kind: end - start}, lead if index else "")

    def _parts(self, block: Block, room: int) -> Iterator[tuple[int, int, int]]:
        """Cut a block at line ends, if possible at blank lines, each part below the room."""
        lines = [piece for line in self._lines(block) for piece in self._pieces(*line, room)]
        at = 0
        while at < len(lines):
            end, size = at, 0
            blank = 0
            while end < len(lines) and size + lines[end][2] <= room:
                size += lines[end][2]
                if not lines[end][2] and size > room * self.size["backward"]:
                    blank = end
                end += 1
            if end < len(lines) and blank > at:
                end = blank
            used = [line for line in lines[at:end] if line[2]]
            if used:
                yield used[0][0], used[-1][1], sum(line[2] for line in used)
            at = max(end, at + 1)

    def _lines(self, block: Block) -> Iterator[tuple[int, int, int]]:
        start = block.start
        for line in self.text[block.start : block.end].split("\n"):
            yield start, start + len(line), tokens(line)
            start += len(line) + 1

    def _pieces(self, start: int, end: int, size: int, room: int) -> Iterator[tuple[int, int, int]]:
        """Cut a line that alone is over the room, between words if it has any."""
        if size <= room:
            yield start, end, size
            return
        places = [match.start() for match in _pattern().finditer(self.text, start, end)]
        places[0] = start
        at = 0
        while at < len(places):
            stop = min(at + room, len(places))
            if stop < len(places):
                blank = next(
                    (index for index in range(stop, at + room // 2, -1) if self.text[places[index] - 1].isspace()), 0
                )
                stop = blank or stop
            last = places[stop] if stop < len(places) else end
            yield places[at], last, stop - at
            at = stop

    def prefix(self, path: tuple[str, ...]) -> tuple[str, int]:
        """Give the path as it stands before the text in the index, inner headings first to stay, and its size."""
        if path not in self._prefixes:
            parts = path if path and path[0] == self.document.title else (self.document.title, *path)
            room = int(self.cap * self.size["prefix"])
            while len(parts) > 1 and tokens(_BETWEEN.join(parts)) > room:
                parts = parts[1:]
            text = _BETWEEN.join(parts)
            places = [match.start() for match in _pattern().finditer(text)]
            if len(places) > room:
                text = text[: places[room]].rstrip()
            self._prefixes[path] = text, min(len(places), room)
        return self._prefixes[path]

    def chunk(self, span: _Span) -> Chunk:
        """Finish a passage."""
        document = self.document
        # Blanks around a part of a line belong to no passage.
        text = self.text[span.start : span.end].rstrip()
        end = span.start + len(text)
        first = max(bisect_right(document.line_starts, span.start) - 1, 0)
        last = max(bisect_left(document.line_starts, max(end, span.start + 1)), first + 1)
        numbers = document.source_lines[first:last] or (1,)
        kind = max(span.kinds, key=lambda name: (name != "heading", span.kinds[name]))
        head = [self.prefix(span.path)[0], span.lead]
        return Chunk(
            start=span.start,
            end=end,
            text=text,
            path=span.path,
            kind=kind,
            line_start=min(numbers),
            line_end=max(numbers),
            page=document.page_at(span.start),
            language=document.language if kind in {"code", "table"} else of_passage(text, document.language),
            index_text="\n".join([part for part in head if part] + [text]),
        )


def _extend(span: _Span, other: _Span) -> None:
    span.end = other.end
    span.size += other.size
    for kind, size in other.kinds.items():
        span.kinds[kind] = span.kinds.get(kind, 0) + size


def _headings(span: _Span) -> bool:
    return span.kinds.keys() == {"heading"}


def _common(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    count = next(
        (index for index, (one, two) in enumerate(zip(first, second, strict=False)) if one != two),
        min(len(first), len(second)),
    )
    return first[:count]
