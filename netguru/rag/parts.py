"""Files that other documents take in: each text is indexed once, where it is best cited.

A fragment (taken in by several documents, or without headings of its own) stands in the documents that take it in.
A chapter (one document takes it in, it has headings of its own) stands under its own name, and its passages are left
out of the document around it, so that a citation names the file and the line that the text is written at.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from netguru import resources
from netguru.rag.chunks import chunked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netguru.rag.documents import Block, Chunk, Document
    from netguru.rag.writing import Writer

Role = Literal["fragment", "chapter"]
_VARIABLE = "{{"
_BETWEEN = "; "
FRAGMENT = "fragment"
_WITHOUT = "without "
# Characters from which a block is told again by its text alone, where a chapter is not taken in as it stands.
_LONG = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What of the documents of a root is left out of the index, since it is found elsewhere."""

    fragments: frozenset[str]
    chapters: dict[str, tuple[str, ...]]
    """The chapters of each document that takes some in."""

    def note(self, uri: str) -> str:
        """Tell what was left out of a document; kept beside it, so that a change is seen."""
        if uri in self.fragments:
            return FRAGMENT
        inside = self.chapters.get(uri, ())
        return _WITHOUT + hashlib.sha256("\n".join(inside).encode()).hexdigest()[:12] if inside else ""


def with_note(maker: str, note: str) -> str:
    """Put the note behind what made a document.

    >>> with_note("1 rst/1", "fragment"), maker_of("1 rst/1; fragment"), note_of("1 rst/1; fragment")
    ('1 rst/1; fragment', '1 rst/1', 'fragment')
    """
    return f"{maker}{_BETWEEN}{note}" if note else maker


def maker_of(stored: str) -> str:
    """Give what made a document, without the note."""
    return stored.partition(_BETWEEN)[0]


def note_of(stored: str) -> str:
    """Give the note of what was left out of a document."""
    return stored.partition(_BETWEEN)[2]


def parts_of(writer: Writer, root: str) -> Parts:
    """Find the fragments and chapters among the documents of a root."""
    rows = writer.base.execute("SELECT uri, includes FROM documents WHERE root = ?", (root,)).fetchall()
    takers: dict[str, list[str]] = defaultdict(list)
    for uri, includes in rows:
        for name, _ in json.loads(includes):
            takers[name].append(uri)
    there = {uri for uri, _ in rows}
    roles = {name: _role(writer, root, name, users) for name, users in takers.items() if name in there}
    chapters: dict[str, list[str]] = defaultdict(list)
    for name, role in sorted(roles.items()):
        if role == "chapter":
            chapters[takers[name][0]].append(name)
    return Parts(
        fragments=frozenset(name for name, role in roles.items() if role == "fragment"),
        chapters={uri: tuple(names) for uri, names in chapters.items()},
    )


def _role(writer: Writer, root: str, name: str, users: Sequence[str]) -> Role | None:
    text = text_of(writer, root, name)
    if len(users) == 1 and users[0] != name and _VARIABLE not in text and _headed(writer, root, name):
        return "chapter"
    least = float(resources.table("rag", "loading.toml")["parts"]["share"])
    share = _share(text, (text_of(writer, root, user) for user in users if user != name))
    return "fragment" if share >= least else None


def text_of(writer: Writer, root: str, uri: str) -> str:
    """Give the stored text of a document."""
    row = writer.base.execute("SELECT text FROM documents WHERE root = ? AND uri = ?", (root, uri)).fetchone()
    return str(row[0]) if row else ""


def _headed(writer: Writer, root: str, uri: str) -> bool:
    """Say whether a document begins with a heading of its own."""
    sql = "SELECT title, text, includes FROM documents WHERE root = ? AND uri = ?"
    title, text, _ = writer.base.execute(sql, (root, uri)).fetchone()
    return str(text).lstrip().startswith(str(title))


def _share(text: str, others: Iterable[str]) -> float:
    """Give the share of a text's lines that stand in others; lines with variables change on the way."""
    lines = {line for line in _lines(text) if _VARIABLE not in line}
    left = set(lines)
    for other in others:
        left.difference_update(_lines(other))
    return 1 - len(left) / len(lines) if lines else 1.0


def _lines(text: str) -> set[str]:
    return {line.strip() for line in text.split("\n") if line.strip()}


def without(document: Document, chapters: Iterable[str]) -> tuple[Chunk, ...]:
    """Cut a document into passages, each stretch between the chapters on its own."""
    inside = list(chapters)
    spans = [span for text in inside if (span := _span(document.text, text.strip()))]
    others = [" ".join(text.split()) for text in inside if not _span(document.text, text.strip())]
    kept: list[list[Block]] = [[]]
    for block in document.blocks:
        taken = any(start <= block.start and block.end <= end for start, end in spans)
        if taken or (block.end - block.start >= _LONG and any(_said(document, block) in text for text in others)):
            kept.append([])
        else:
            kept[-1].append(block)
    return tuple(chunk for blocks in kept if blocks for chunk in chunked(replace(document, blocks=tuple(blocks))))


def _span(text: str, part: str) -> tuple[int, int] | None:
    found = text.find(part) if part else -1
    return None if found < 0 else (found, found + len(part))


def _said(document: Document, block: Block) -> str:
    return " ".join(document.text[block.start : block.end].split())
