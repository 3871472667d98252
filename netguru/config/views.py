"""Views read by patterns: AAA, NTP, SNMP, VRFs, IS-IS, NAT, DHCP, QoS, policies; the table `_views.toml` says how."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.config.parsing import grow
from netguru.config.platforms import platform
from netguru.config.secrets import without_secret
from netguru.config.statements import is_inactive, unquote, with_groups
from netguru.config.tree import path_of, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netguru.model.config import DeviceConfig, Lines

Row = dict[str, Any]
_NUMBER = re.compile(r"(?:seq )?\d+ (?=permit|deny|remark)")


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One view of the table: which paths it reads, into which columns, and what makes one row of several lines."""

    name: str
    first: frozenset[str]
    rules: tuple[re.Pattern[str], ...]
    columns: tuple[str, ...]
    key: tuple[str, ...]
    lists: frozenset[str]
    open: bool


@cache
def views() -> dict[str, View]:
    """Read the table of views."""
    return {name: _view(name, row) for name, row in resources.table("platforms", "_views.toml").items()}


def _view(name: str, row: dict[str, Any]) -> View:
    rules = tuple(re.compile(text) for text in row["rules"])
    columns = dict.fromkeys(column for rule in rules for column in rule.groupindex)
    return View(
        name=name,
        first=frozenset(row["first"]),
        rules=rules,
        columns=tuple(columns),
        key=tuple(row.get("key", ())),
        lists=frozenset(row.get("lists", ())),
        open=row.get("open", False),
    )


@dataclass(frozen=True, slots=True)
class _Statement:
    path: str
    lines: Lines


def rows_of(config: DeviceConfig) -> dict[str, list[Row]]:
    """Give the rows of all views of a configuration; each row has its `lines`."""
    by_first: dict[str, list[_Statement]] = {}
    for statement in _statements(config):
        by_first.setdefault(statement.path.split(None, 1)[0], []).append(statement)
    return {name: _rows(view, by_first) for name, view in views().items()}


def _statements(config: DeviceConfig) -> Iterator[_Statement]:
    known = platform(config.platform)
    if known.style != "braces":
        for line in walk(config.tree):
            path = " > ".join((*line.parents, line.text.split("\n", 1)[0]))
            if path.strip():
                yield _Statement(" ".join(path.split()), tuple(range(line.number, line.end + 1)))
        return
    grown = grow(config.piece.text, known, config.piece.first_line)
    for line, _, path in with_groups(grown):
        if path.strip() and not is_inactive(path_of(line), grown.inactive):
            yield _Statement(path, tuple(range(line.number, line.end + 1)))


def _rows(view: View, by_first: dict[str, list[_Statement]]) -> list[Row]:
    found: dict[object, _Made] = {}
    for first in view.first:
        for statement in by_first.get(first, ()):
            values = _match(view, statement.path)
            if values is not None:
                key = tuple(values.get(name, "") for name in view.key) if view.key else statement.lines
                found.setdefault(key, _Made()).add(values, statement.lines)
    return sorted((made.row(view) for made in found.values()), key=lambda row: row["lines"])


@dataclass(slots=True)
class _Made:
    """A row while it is put together: values in the order of the file, each once."""

    values: dict[str, dict[str, None]] = field(default_factory=dict)
    lines: set[int] = field(default_factory=set)

    def add(self, values: dict[str, str], lines: Lines) -> None:
        self.lines.update(lines)
        for name, value in values.items():
            bare = _NUMBER.sub("", value) if name == "name" else value
            self.values.setdefault(name, {}).setdefault(unquote(bare))

    def row(self, view: View) -> Row:
        made: Row = {}
        for name in view.columns:
            texts = list(self.values.get(name, ()))
            shown = texts if view.open else [without_secret(text) for text in texts]
            made[name] = shown if name in view.lists else (shown[0] if shown else "")
        return {**made, "lines": sorted(self.lines)}


def _match(view: View, path: str) -> dict[str, str] | None:
    for rule in view.rules:
        match = rule.fullmatch(path)
        if match is not None:
            return {name: value for name, value in match.groupdict().items() if value is not None}
    return None


def lines_of(rows: Iterable[Row]) -> set[int]:
    """Give the numbers of the lines that rows were read from."""
    return {number for row in rows for number in row["lines"]}
