"""Verified answers: every number, address, port and command of a text is looked for in the evidence it cites."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from netguru.model.names import canonical_mac, port_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netguru.chat.ledger import Entry, Ledger

FactKind = Literal["address", "mac", "port", "number", "command"]

_CITATION = re.compile(r"\[(\d{1,4})\]")
_CODE = re.compile(r"```[^\n]*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?(?!\w)"
    r"|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:/\d{1,3})?(?![\w:]))"
)
_MAC = re.compile(
    r"(?<![\w.:-])(?:[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}|(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4})"
    r"(?![\w.:-])"
)
_PORT = re.compile(
    r"(?<![\w/.-])(?:[A-Za-z][A-Za-z-]{0,22}\d{0,3}[-/]?\d+(?:[/.:]\d+)+|(?:eth|swp|ens|enp|bond|vlan|lo|ae|irb)\d[\w.]*)"
    r"(?![\w/-])",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"(?<![\w.,:/-])-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
    r"(?=$|[^\w.,:/-]|[.,:;/-](?!\d)|(?:[munµ]?s|[kMG]?B|[kMG]?bps)\b)"
)
# In evidence a number may be part of a word: AS65001, mtu=1400, 64k.
_ANY_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_ORDINAL = re.compile(r"^\s*\d{1,3}[.)](?=\s)")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fact:
    start: int
    end: int
    text: str
    kind: FactKind


def verify(text: str, ledger: Ledger, question: str = "") -> Verified:
    """Look for each fact of an answer in the evidence that its sentence cites, else its paragraph.

    A fact that the question itself states needs no evidence. One that another tool result of the turn holds is
    marked as cited in the wrong place, any other as not in the evidence.
    """
    numbers = [int(match[1]) for match in _CITATION.finditer(text)]
    cited = tuple(dict.fromkeys(number for number in numbers if ledger.entry(number)))
    unknown = tuple(dict.fromkeys(number for number in numbers if not ledger.entry(number)))
    entries = {entry.number: entry for entry in ledger.entries}
    given, everything = _known(question), _known(ledger.shown)
    marks: list[Mark] = []
    facts = 0
    for start, part, near in _parts(text):
        held = _held(near, entries)
        for fact in _facts(part, start):
            facts += 1
            reason = _judge(fact, held, everything, given)
            if reason:
                marks.append(Mark(start=fact.start, end=fact.end, text=fact.text, kind=fact.kind, reason=reason))
    marks.sort(key=lambda mark: (mark.start, mark.end))
    if not cited:
        status: Literal["grounded", "partial", "not_found"] = "not_found"
    else:
        status = "partial" if marks or unknown else "grounded"
    return Verified(status=status, facts=facts, marks=tuple(marks), cited=cited, unknown=unknown)


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


def _judge(fact: _Fact, held: _Known, everything: _Known, given: _Known) -> str:
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


def _held(numbers: tuple[int, ...], entries: dict[int, Entry]) -> _Known:
    words = [
        f"{entry.evidence.where}\n{entry.evidence.text}\n{entry.said}"
        for number in numbers
        if (entry := entries.get(number))
    ]
    return _known("\n".join(words))


_PATTERNS: tuple[tuple[re.Pattern[str], FactKind], ...] = (
    (_MAC, "mac"),
    (_ADDRESS, "address"),
    (_PORT, "port"),
    (_NUMBER, "number"),
)


def _facts(text: str, offset: int) -> Iterable[_Fact]:
    """Give the facts of a sentence; what one pattern took, the next does not see."""
    rest = _ORDINAL.sub(_blank, _CITATION.sub(_blank, text))
    yield from _commands(rest, offset)
    # The numbers of a command are part of it.
    rest = _CODE.sub(lambda found: _blank(found) if " " in (found[1] or found[2]).strip() else found[0], rest)
    for pattern, kind in _PATTERNS:
        kept = list(rest)
        for match in pattern.finditer(rest):
            if kind != "address" or _address(match[0]):
                yield _Fact(start=offset + match.start(), end=offset + match.end(), text=match[0], kind=kind)
                kept[match.start() : match.end()] = _blank(match)
        rest = "".join(kept)


def _commands(text: str, offset: int) -> Iterable[_Fact]:
    """Give the lines of code that have more than one word; their end is that of the code, where a note can stand."""
    for match in _CODE.finditer(text):
        start = match.start(1 if match[1] is not None else 2)
        for line in (match[1] or match[2]).splitlines(keepends=True):
            words = line.strip()
            if " " in words:
                yield _Fact(
                    start=offset + start + line.index(words), end=offset + match.end(), text=words, kind="command"
                )
            start += len(line)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_interface(text).ip)
    except ValueError:
        return ""


@dataclass(frozen=True, slots=True)
class _Known:
    """The facts that a text holds, in the spelling in which two are compared."""

    values: frozenset[tuple[str, str]]
    words: str

    def has(self, fact: _Fact) -> bool:
        if fact.kind == "command":
            return _plain(fact.text) in self.words
        return (fact.kind, _key(fact)) in self.values


def _known(text: str) -> _Known:
    values = {(fact.kind, key) for fact in _facts(_CITATION.sub(r"(\1)", text), 0) for key in _keys(fact)}
    bare = text.replace(",", "")
    values |= {("number", repr(float(match[0]))) for source in (text, bare) for match in _ANY_NUMBER.finditer(source)}
    return _Known(frozenset(values), _plain(text))


def _plain(text: str) -> str:
    return " ".join(text.replace('\\"', '"').split()).lower()


def _keys(fact: _Fact) -> tuple[str, ...]:
    """Give the spellings under which a fact of the evidence is found; an address also without its prefix length."""
    key = _key(fact)
    return (key, key.partition("/")[0]) if fact.kind == "address" else (key,)


def _key(fact: _Fact) -> str:
    match fact.kind:
        case "address":
            _, slash, length = fact.text.partition("/")
            return _address(fact.text) + slash + length
        case "mac":
            return canonical_mac(fact.text)
        case "port":
            return port_key(fact.text)
        case "number":
            return repr(float(fact.text.replace(",", "")))
        case _:
            return fact.text
