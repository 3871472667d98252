"""An answer taken apart for its writers: what is said, passages quoted in it, and citations that stand apart."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.answer import Answer
    from netguru.model.evidence import Evidence

_PLACE = re.compile(r"\[(\d{1,4})\] (.+)")
_QUOTED = "> "
MARK = re.compile(r"\[(\d{1,4})\]")
"""How an answer refers to a citation: by its number from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A paragraph of an answer's own words, which may refer to citations as [1]."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """A citation with its number and the words for its place; `quoted` when the answer shows it in full there."""

    number: int
    place: str
    evidence: Evidence
    quoted: bool


def parts_of(answer: Answer) -> tuple[Said | Cited, ...]:
    """Give an answer's paragraphs and quoted passages in their order, then the citations that it does not quote."""
    parts: list[Said | Cited] = [Said(text=answer.text)] if answer.markdown else [*_parts(answer)]
    shown = {part.number for part in parts if isinstance(part, Cited)}
    rest = [
        Cited(number=number, place=place_of(evidence), evidence=evidence, quoted=False)
        for number, evidence in enumerate(answer.citations, 1)
        if number not in shown
    ]
    return (*parts, *rest)


def _parts(answer: Answer) -> Iterator[Said | Cited]:
    rows = answer.text.split("\n")
    said: list[str] = []
    index = 0
    while index < len(rows):
        cited, index_after = _quoted(answer, rows, index)
        if cited is None:
            said.append(rows[index])
            index += 1
            continue
        yield from _paragraph(said)
        said = []
        yield cited
        index = index_after
    yield from _paragraph(said)


def _paragraph(rows: list[str]) -> Iterator[Said]:
    text = "\n".join(rows).strip("\n")
    if text.strip():
        yield Said(text=text)


def _quoted(answer: Answer, rows: list[str], index: int) -> tuple[Cited | None, int]:
    """Read a place with the quotation below it, if that is what its citation quotes: words alone prove nothing."""
    found = _PLACE.fullmatch(rows[index])
    end = index + 1
    while end < len(rows) and rows[end].startswith(_QUOTED):
        end += 1
    number = int(found[1]) if found else 0
    if found is None or not 1 <= number <= len(answer.citations):
        return None, index
    evidence = answer.citations[number - 1]
    if "\n".join(row.removeprefix(_QUOTED) for row in rows[index + 1 : end]) != evidence.text:
        return None, index
    return Cited(number=number, place=found[2], evidence=evidence, quoted=True), end


def place_of(evidence: Evidence) -> str:
    """Name the place of a citation.

    >>> from netguru.model.evidence import Evidence
    >>> place_of(Evidence(source="a.md", sha256="", kind="passage", start=3, end=9, text=""))
    'a.md, characters 3-9'
    """
    kind, span = kind_and_span(evidence)
    return f"{evidence.source}, {kind} {span}"


def kind_and_span(evidence: Evidence) -> tuple[str, str]:
    """Give what is counted at a place, and the numbers; passages count characters."""
    one = evidence.start == evidence.end
    kind = "characters" if evidence.kind == "passage" else evidence.kind if one else f"{evidence.kind}s"
    return kind, str(evidence.start) if one else f"{evidence.start}-{evidence.end}"


def anchor_of(answer: Answer, number: int) -> str:
    """Name the place of a citation inside a page, where other answers may stand beside this one."""
    digest = sha256(f"{answer.question}\0{answer.text}".encode("utf-8", "replace")).hexdigest()
    return f"ng-{digest[:10]}-{number}"
