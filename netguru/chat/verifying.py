"""Verified answers: every number, address, port and command of a text is looked for in the evidence it cites."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from netguru.llm.facts import FactKind, facts, known

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netguru.chat.ledger import Entry, Ledger
    from netguru.llm.facts import Fact, Known

_CITATION = re.compile(r"\[(\d{1,4})\]")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-Ý`*\"(])")
_FENCE = re.compile(r"^\s*```")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A fact at `start` to `end` of the text that its evidence does not hold."""

    start: int
    end: int
    text: str
    kind: FactKind
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What the check found: facts looked for, those found, those marked, and the numbers cited.

    `unknown` are cited numbers that no tool gave.
    """

    status: Literal["grounded", "partial", "not_found"]
    facts: int
    marks: tuple[Mark, ...]
    cited: tuple[int, ...]
    unknown: tuple[int, ...]


def verify(text: str, ledger: Ledger, question: str = "") -> Verified:
    """Look for each fact of an answer in the evidence that its sentence cites, else its paragraph.

    A fact that the question itself states needs no evidence. One that another tool result of the turn holds is
    marked as cited in the wrong place, any other as not in the evidence.
    """
    numbers = [int(match[1]) for match in _CITATION.finditer(text)]
    cited = tuple(dict.fromkeys(number for number in numbers if ledger.entry(number)))
    unknown = tuple(dict.fromkeys(number for number in numbers if not ledger.entry(number)))
    entries = {entry.number: entry for entry in ledger.entries}
    given, everything = known(question), known(ledger.shown)
    marks: list[Mark] = []
    looked = 0
    for start, part, near in _parts(text):
        held = _held(near, entries)
        for fact in facts(part, start):
            looked += 1
            reason = _judge(fact, held, everything, given)
            if reason:
                marks.append(Mark(start=fact.start, end=fact.end, text=fact.text, kind=fact.kind, reason=reason))
    marks.sort(key=lambda mark: (mark.start, mark.end))
    if not cited:
        status: Literal["grounded", "partial", "not_found"] = "not_found"
    else:
        status = "partial" if marks or unknown else "grounded"
    return Verified(status=status, facts=looked, marks=tuple(marks), cited=cited, unknown=unknown)


def footnote(found: Verified, texts: Mapping[str, str]) -> str:
    """List what was not found, as a paragraph that goes behind a text that has been streamed already.

    `texts` gives the words for each reason and for cited numbers that do not exist (`unknown`).

    >>> mark = Mark(start=7, end=11, text="1500", kind="number", reason="not in the evidence")
    >>> found = Verified(status="partial", facts=1, marks=(mark,), cited=(1,), unknown=(9,))
    >>> print(footnote(found, {"not in the evidence": "Not in the evidence", "unknown": "No such evidence"}))
    > Not in the evidence: `1500`
    > No such evidence: `9`
    """
    rows = []
    for reason in dict.fromkeys(mark.reason for mark in found.marks):
        shown = dict.fromkeys(mark.text for mark in found.marks if mark.reason == reason)
        rows.append(f"> {texts[reason]}: {', '.join(f'`{text}`' for text in shown)}")
    if found.unknown:
        rows.append(f"> {texts['unknown']}: {', '.join(f'`{number}`' for number in found.unknown)}")
    return "\n".join(rows)


def _judge(fact: Fact, held: Known, everything: Known, given: Known) -> str:
    if held.has(fact) or given.has(fact):
        return ""
    return "not at the cited place" if everything.has(fact) else "not in the evidence"


def _parts(text: str) -> Iterable[tuple[int, str, tuple[int, ...]]]:
    """Cut a text into sentences, each with the numbers that it cites, else those of its paragraph.

    A block of code goes with the paragraph before it.
    """
    offset = 0
    before: tuple[int, ...] = ()
    for block in _blocks(text):
        numbers = _numbers(block)
        near = numbers or before
        if _FENCE.match(block):
            yield offset, block, near
        else:
            for start, sentence in _sentences(block):
                yield offset + start, sentence, _numbers(sentence) or near
        before = near
        offset += len(block)


def _blocks(text: str) -> list[str]:
    blocks: list[str] = [""]
    fenced = False
    for line in text.splitlines(keepends=True):
        if _FENCE.match(line):
            if not fenced:
                blocks.append("")
            blocks[-1] += line
            if fenced:
                blocks.append("")
            fenced = not fenced
        elif not line.strip() and not fenced:
            blocks[-1] += line
            blocks.append("")
        else:
            blocks[-1] += line
    return blocks


def _sentences(block: str) -> Iterable[tuple[int, str]]:
    start = 0
    for line in block.splitlines(keepends=True):
        at = 0
        for match in _SENTENCE.finditer(line):
            yield start + at, line[at : match.end()]
            at = match.end()
        yield start + at, line[at:]
        start += len(line)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(match[1]) for match in _CITATION.finditer(text))


def _held(numbers: tuple[int, ...], entries: dict[int, Entry]) -> Known:
    words = [
        f"{entry.evidence.where}\n{entry.evidence.text}\n{entry.said}"
        for number in numbers
        if (entry := entries.get(number))
    ]
    return known("\n".join(words))
