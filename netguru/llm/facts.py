"""Facts that a model states: commands, addresses, ports and numbers, to be looked for in what it was shown."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from netguru.model.names import canonical_mac, port_key

if TYPE_CHECKING:
    from collections.abc import Iterable

FactKind = Literal["address", "mac", "port", "number", "command"]

_CITATION = re.compile(r"\[(\d{1,4})\]")
# A block that is not closed is shown as code to the end.
_CODE = re.compile(r"(?:```|~~~)[^\n`]*\n(.*?)(?:```|~~~|\Z)|`([^`\n]+)`", re.DOTALL)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact at `start` to `end` of a text."""

    start: int
    end: int
    text: str
    kind: FactKind


_WHOLE = r"(?<![\w-])(?<!\w[.:/]){}(?![\w-]|[.:/]\w)"
_PATTERNS: tuple[tuple[re.Pattern[str], FactKind], ...] = (
    (_MAC, "mac"),
    (_ADDRESS, "address"),
    (_PORT, "port"),
    (_NUMBER, "number"),
)


def facts(text: str, offset: int = 0, *, words: int = 2) -> Iterable[Fact]:
    """Give the facts of a sentence; what one pattern took, the next does not see.

    Code is a command when it has so many words.

    >>> [(fact.kind, fact.text) for fact in facts("Set `ip mtu 1500` on 10.0.0.1 [3].")]
    [('command', 'ip mtu 1500'), ('address', '10.0.0.1')]
    """
    rest = _ORDINAL.sub(_blank, _CITATION.sub(_blank, text))
    yield from _commands(rest, offset, words)
    # The numbers of a command are part of it.
    rest = _CODE.sub(lambda found: _blank(found) if _size(found[1] or found[2] or "") >= words else found[0], rest)
    for pattern, kind in _PATTERNS:
        kept = list(rest)
        for match in pattern.finditer(rest):
            if kind != "address" or _address(match[0]):
                yield Fact(start=offset + match.start(), end=offset + match.end(), text=match[0], kind=kind)
                kept[match.start() : match.end()] = _blank(match)
        rest = "".join(kept)


def _size(code: str) -> int:
    return len(code.split())


def _commands(text: str, offset: int, least: int) -> Iterable[Fact]:
    """Give the lines of code that have enough words; their end is that of the code, where a note can stand."""
    for match in _CODE.finditer(text):
        start = match.start(1 if match[1] is not None else 2)
        for line in (match[1] or match[2] or "").splitlines(keepends=True):
            words = line.strip()
            if _size(words) >= least:
                yield Fact(
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
class Known:
    """The facts that a text holds, in the spelling in which two are compared."""

    values: frozenset[tuple[str, str]]
    words: str

    def has(self, fact: Fact) -> bool:
        """Say whether the text holds a fact; a command as whole words, so that `mtu 150` is not in `mtu 1500`."""
        if fact.kind == "command":
            return re.search(_WHOLE.format(re.escape(_plain(fact.text))), self.words) is not None
        return (fact.kind, _key(fact)) in self.values


def known(text: str) -> Known:
    """Read the facts of a text that is evidence.

    >>> held = known("ip mtu 1500")
    >>> [held.has(fact) for fact in facts("`ip mtu 1500`, `ip mtu 150`")]
    [True, False]
    """
    values = {(fact.kind, key) for fact in facts(_CITATION.sub(r"(\1)", text), 0) for key in _keys(fact)}
    bare = text.replace(",", "")
    values |= {("number", repr(float(match[0]))) for source in (text, bare) for match in _ANY_NUMBER.finditer(source)}
    return Known(frozenset(values), _plain(text))


def _plain(text: str) -> str:
    return " ".join(text.replace('\\"', '"').split()).lower()


def _keys(fact: Fact) -> tuple[str, ...]:
    """Give the spellings under which a fact of the evidence is found; an address also without its prefix length."""
    key = _key(fact)
    return (key, key.partition("/")[0]) if fact.kind == "address" else (key,)


def _key(fact: Fact) -> str:
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
