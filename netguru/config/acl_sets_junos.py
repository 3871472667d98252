"""Firewall filters of Junos as filters: conditions of one kind are alternatives, different kinds add up."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import TYPE_CHECKING

from netguru.config import acl_sets_headers as headers
from netguru.config.acl_sets import EMPTY, Space
from netguru.config.acl_sets_headers import Condition, alternatives, exactly, inverse, together, unmodelled
from netguru.config.acl_sets_model import Filter, FilterLine
from netguru.config.parsing import grow
from netguru.config.platforms import platform
from netguru.config.statements import is_inactive, with_groups
from netguru.config.tree import path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netguru.config.acl_sets_headers import Family
    from netguru.config.acl_sets_model import Action
    from netguru.model.config import DeviceConfig

_TERM = re.compile(
    r"firewall (?:family (?P<family>\S+) )?filter (?P<name>\S+) term (?P<term>\"[^\"]+\"|\S+)(?: (?P<rest>.+))?"
)
_LIST = re.compile(r"policy-options prefix-list (?P<name>\S+) (?P<prefix>\S+)")
_VERDICTS: dict[str, Action] = {"accept": "permit", "discard": "deny", "reject": "deny", "routing-instance": "permit"}
_SIDES = {"source": ("src",), "destination": ("dst",), "": ("src", "dst")}
_ADDRESS = re.compile(r"(?P<side>source|destination)?-?(?:address|prefix-list)")
_PORT = re.compile(r"(?P<side>source|destination)?-?port(?P<inverse>-except)?")


@dataclass(slots=True)
class _Term:
    name: str
    lines: set[int] = field(default_factory=set)
    matches: dict[str, list[list[str]]] = field(default_factory=lambda: defaultdict(list))
    action: Action = "permit"


def firewall_filters(config: DeviceConfig) -> Iterator[Filter]:
    """Give the firewall filters of a Junos configuration; a term without an action accepts."""
    found: dict[tuple[Family, str], dict[str, _Term]] = {}
    lists: dict[str, list[str]] = defaultdict(list)
    for path, numbers in _paths(config):
        match = _TERM.fullmatch(path)
        if match is not None and match["family"] in (None, "inet", "inet6"):
            family: Family = "ipv6" if match["family"] == "inet6" else "ipv4"
            terms = found.setdefault((family, match["name"]), {})
            term = terms.setdefault(match["term"], _Term(match["term"]))
            term.lines.update(numbers)
            _take(term, (match["rest"] or "").split())
        named = _LIST.fullmatch(path)
        if named is not None:
            lists[named["name"]].append(named["prefix"])
    for (family, name), terms in found.items():
        space = headers.space_of(family)
        reader = _Reader(space, lists)
        lines = tuple(
            FilterLine(
                text=f"term {term.name}",
                lines=tuple(sorted(term.lines)),
                action=term.action,
                condition=reader.term(term),
            )
            for term in terms.values()
        )
        yield Filter(config=config, name=name, kind="filter", family=family, space=space, lines=lines)


def _paths(config: DeviceConfig) -> Iterator[tuple[str, range]]:
    grown = grow(config.piece.text, platform(config.platform), config.piece.first_line)
    for line, _, path in with_groups(grown):
        if path.startswith(("firewall ", "policy-options prefix-list ")) and not is_inactive(
            path_of(line), grown.inactive
        ):
            yield path, range(line.number, line.end + 1)


def _take(term: _Term, words: list[str]) -> None:
    """Sort one statement of a term under its conditions or its action."""
    if len(words) > 1 and words[0] == "from":
        values = [word for word in words[2:] if word not in ("[", "]")]
        term.matches[words[1]].append(values)
    elif len(words) > 1 and words[0] == "then":
        if words[1:3] == ["next", "term"]:
            term.action = "next"
        else:
            term.action = _VERDICTS.get(words[1], term.action)


@dataclass(slots=True)
class _Reader:
    """Conditions of terms in one header space."""

    space: Space
    lists: dict[str, list[str]]

    def term(self, term: _Term) -> Condition:
        rows = list(self._addresses(term)) + [
            self._match(name, values)
            for name, values in term.matches.items()
            if _ADDRESS.fullmatch(name) is None
        ]  # fmt: skip
        return together(self.space, rows)

    def _addresses(self, term: _Term) -> Iterator[Condition]:
        """Join the addresses and prefix lists of each side: the longest prefix decides, also one with `except`."""
        for side in _SIDES:
            prefixes: list[tuple[str, bool]] = []
            missing: list[str] = []
            for name, values in term.matches.items():
                match = _ADDRESS.fullmatch(name)
                if match is None or (match["side"] or "") != side:
                    continue
                for words in values:
                    prefixes += self._prefixes(name, words, missing)
            if prefixes or missing:
                yield self._side(side, prefixes, missing)

    def _prefixes(self, name: str, words: list[str], missing: list[str]) -> list[tuple[str, bool]]:
        counts = "except" not in words[1:]
        if not name.endswith("prefix-list"):
            return [(word, counts) for word in words if word != "except"]
        if words and words[0] not in self.lists:
            missing.append(f"prefix-list {words[0]}")
        return [(prefix, counts) for prefix in self.lists.get(words[0] if words else "", ())]

    def _side(self, side: str, prefixes: list[tuple[str, bool]], missing: list[str]) -> Condition:
        rows = []
        for field_ in _SIDES[side]:
            found = EMPTY
            # Shorter prefixes first, so that longer ones overrule them.
            for text, counts in sorted(prefixes, key=lambda row: _length(row[0])):
                inside = headers.network(self.space, field_, text)
                if inside is not None:
                    found = self.space.either(found, inside) if counts else self.space.minus(found, inside)
            rows.append(exactly(found))
        if prefixes and not any(counts for _, counts in prefixes):
            missing.append("addresses with except alone")
        return alternatives(self.space, [*rows, *(unmodelled(text) for text in missing)])

    def _match(self, name: str, values: list[list[str]]) -> Condition:
        words = [word for row in values for word in row]
        port = _PORT.fullmatch(name)
        if port is not None:
            return self._ports(port, words)
        negated = name.endswith("-except")
        reader = self._readers().get(name.removesuffix("-except"))
        if reader is None:
            return unmodelled(" ".join([name, *words]))
        rows = [reader(word) for word in words or [""]]
        known = [
            unmodelled(f"{name} {word}") if row is None else exactly(row)
            for word, row in zip(words or [""], rows, strict=True)
        ]
        found = alternatives(self.space, known)
        return inverse(self.space, found) if negated else found

    def _readers(self) -> dict[str, Callable[[str], int | None]]:
        space = self.space
        tcp = space.equal("protocol", headers.TCP)
        return {
            "protocol": lambda word: headers.protocol(space, word),
            "next-header": lambda word: headers.protocol(space, word),
            "payload-protocol": lambda word: headers.protocol(space, word),
            "icmp-type": lambda word: self._numbers("icmp_type", word, headers.icmp(space, word)),
            "icmp-code": lambda word: self._numbers("icmp_code", word, None),
            "dscp": lambda word: self._numbers("dscp", word, self._dscp(word)),
            "tcp-established": lambda _: space.both(tcp, headers.established(space)),
            "tcp-initial": lambda _: space.both(tcp, space.matching("flags", 2, 2 | 16)),
            "is-fragment": lambda _: space.equal("fragment", 1),
            "tcp-flags": self._flags,
        }

    def _dscp(self, word: str) -> int | None:
        number = headers.names("dscp").get(word)
        return None if number is None else self.space.equal("dscp", number)

    def _numbers(self, field_: str, word: str, named: int | None) -> int | None:
        low, _, high = word.partition("-")
        if low.isdecimal() and (not high or high.isdecimal()):
            return self.space.between(field_, int(low), int(high or low))
        return named

    def _flags(self, word: str) -> int | None:
        """Read one flag by name, or the simple forms "(ack|rst)" and "(syn&!ack)"."""
        text = word.strip('"()')
        table = headers.names("flags")
        joint = "&" if "&" in text else "|"
        rows = []
        for part in text.split(joint):
            bit = table.get(part.strip().lstrip("!"))
            if bit is None:
                return None
            rows.append(self.space.matching("flags", 0 if part.strip().startswith("!") else bit, bit))
        return self.space.all_of(rows) if joint == "&" else self.space.any_of(rows)

    def _ports(self, port: re.Match[str], words: list[str]) -> Condition:
        rows = []
        for word in words:
            low, _, high = word.partition("-") if word[:1].isdecimal() else (word, "", "")
            first, last = headers.port_number(low), headers.port_number(high or low)
            if first is None or last is None:
                rows.append(unmodelled(f"port {word}"))
                continue
            rows += [exactly(self.space.between(f"{name}_port", first, last)) for name in _SIDES[port["side"] or ""]]
        found = alternatives(self.space, rows)
        return inverse(self.space, found) if port["inverse"] else found


def _length(text: str) -> int:
    try:
        return ip_network(text, strict=False).prefixlen
    except ValueError:
        return 0
