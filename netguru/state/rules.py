"""The rule engine: line rules of a format turn a text into rows of several tables, with their lines.

A format is a list of rules in `data/tables/state/*.toml`, tried in order on every line; the first
that matches decides, unless it says `more`. A rule is one of

    row = KIND    begin a row of that table; the named groups are its columns
    add = KIND    add the groups to the last row of that table and stretch it to this line
    like = KIND   begin a row that repeats the last one but for the groups (a further next hop)
    set = true    remember the groups for all rows to come (an area, an address family)
    skip = true   the line is understood and holds nothing to keep

`like` with `first = COLUMN` completes the last row when it has no such column yet. All go together
with `values` (constant columns), `from` (column = "KIND.column" of the last row of another table),
`when` (a KIND whose last row must exist), `unless` (a "KIND.column" that must be empty), and
`forget` (remembered names, or kinds whose last row ends here).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netguru.state.schema import columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

MAX_LINE = 4000
"""Characters of a line that rules look at: patterns stay quick on hostile text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line rule (see the module's text)."""

    match: re.Pattern[str]
    verb: str
    kind: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, str] = field(default_factory=dict)
    when: str = ""
    unless: str = ""
    first: str = ""
    forget: tuple[str, ...] = ()
    more: bool = False

    @classmethod
    def of(cls, declared: Mapping[str, Any]) -> Rule:
        """Compile a declared rule."""
        verb = next(verb for verb in ("row", "add", "like", "set", "skip") if verb in declared)
        kind = declared[verb] if verb in ("row", "add", "like") else ""
        return cls(
            match=re.compile(declared["match"]),
            verb=verb,
            kind=kind,
            values=declared.get("values", {}),
            source=declared.get("from", {}),
            when=declared.get("when", kind if verb in ("add", "like") else ""),
            unless=declared.get("unless", ""),
            first=declared.get("first", ""),
            forget=tuple(declared.get("forget", ())),
            more=declared.get("more", False),
        )


@dataclass(slots=True)
class Reading:
    """What the rules made of a text: rows by kind, and the numbers of lines not understood."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    total: int = 0
    unknown: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Run:
    rules: Sequence[Rule]
    reading: Reading = field(default_factory=Reading)
    remembered: dict[str, Any] = field(default_factory=dict)
    last: dict[str, dict[str, Any]] = field(default_factory=dict)

    def line(self, number: int, text: str) -> bool:
        understood = False
        for rule, match in self._matching(text):
            understood = True
            for name in rule.forget:
                self.remembered.pop(name, None)
                self.last.pop(name, None)
            found = {name: value.strip() for name, value in match.groupdict().items() if value is not None}
            self._apply(rule, {**rule.values, **found}, number)
        return understood

    def _matching(self, text: str) -> Iterator[tuple[Rule, re.Match[str]]]:
        for rule in self.rules:
            if rule.when and rule.when not in self.last:
                continue
            if rule.unless and self._known(rule.unless):
                continue
            match = rule.match.search(text)
            if match is not None:
                yield rule, match
                if not rule.more:
                    return

    def _known(self, place: str) -> bool:
        kind, column = place.split(".")
        return bool(self.last.get(kind, {}).get(column))

    def _apply(self, rule: Rule, found: dict[str, Any], number: int) -> None:
        if rule.verb == "set":
            self.remembered.update(found)
        elif rule.verb == "add" or (rule.first and not self._known(f"{rule.kind}.{rule.first}")):
            self._add(self.last[rule.kind], found, number)
        elif rule.verb in ("row", "like"):
            self._begin(rule, found, number)

    @staticmethod
    def _add(row: dict[str, Any], found: dict[str, Any], number: int) -> None:
        for name, value in found.items():
            # A list (ports, virtual addresses, flags) goes on over several lines.
            row[name] = f"{row[name]} {value}" if name in ("addresses", "ports") and row.get(name) else value
        row["end_line"] = number

    def _begin(self, rule: Rule, found: dict[str, Any], number: int) -> None:
        known = {column.name for column in columns(rule.kind)} | {"mask"}
        row: dict[str, Any] = {name: value for name, value in self.remembered.items() if name in known}
        row["line"] = number
        if rule.verb == "like":
            row = dict(self.last[rule.kind])
        for name, place in rule.source.items():
            kind, column = place.split(".")
            row[name] = self.last.get(kind, {}).get(column)
        row.update(found)
        row["end_line"] = number
        self.reading.rows.setdefault(rule.kind, []).append(row)
        self.last[rule.kind] = row


def run(rules: Sequence[Rule], lines: Sequence[str], first_line: int = 1) -> Reading:
    """Run the rules over lines whose first has the number `first_line` in its file.

    Columns of a row begun later than the facts it needs are filled by `add` rules; rows hold the
    texts as shown (`schema.row` converts them).
    """
    current = _Run(rules=rules)
    for number, text in enumerate(lines, first_line):
        if not text.strip():
            continue
        current.reading.total += 1
        if not current.line(number, text[:MAX_LINE]):
            current.reading.unknown.append(number)
    return current.reading
