"""The tables of remediation: how the lines of a platform relate to each other, and what takes them away."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from netguru import resources
from netguru.errors import UnknownNameError

_FOLDER = ("platforms", "remediation")


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRule:
    """One row on lines (explained in `remediation/ios.toml`)."""

    pattern: re.Pattern[str]
    within: re.Pattern[str] | None
    kind: str
    key: str = ""
    negate: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionRule:
    """One row on headings: how the body counts, and how the whole is taken away."""

    pattern: re.Pattern[str]
    order: str = ""
    remove: str = "negate"
    close: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """The lines that make a thing, and the lines that go with it."""

    pattern: re.Pattern[str]
    within: re.Pattern[str]
    owns: str
    command: str
    group: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wipe:
    """A line whose change makes the device drop others of the section."""

    pattern: re.Pattern[str]
    within: re.Pattern[str]
    drops: re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What remediation knows of a platform with headings and indentation."""

    negation: str
    default: str
    leave: str
    transaction: str
    fixed: re.Pattern[str]
    expand: tuple[re.Pattern[str], ...]
    ranks: tuple[re.Pattern[str], ...]
    bindings: tuple[re.Pattern[str], ...]
    lines: tuple[LineRule, ...]
    sections: tuple[SectionRule, ...]
    anchors: tuple[Anchor, ...]
    wipes: tuple[Wipe, ...]

    def line(self, text: str, within: str) -> tuple[LineRule, re.Match[str]] | None:
        """Find the row that speaks of a line under a heading."""
        for rule in self.lines:
            if (rule.within.match(within) is None) if rule.within else within:
                continue
            match = rule.pattern.match(text)
            if match is not None:
                return rule, match
        return None

    def section(self, text: str) -> SectionRule | None:
        """Find the row that speaks of a heading."""
        return next((rule for rule in self.sections if rule.pattern.match(text)), None)

    def rank(self, text: str) -> int:
        """Give the place of a top-level line: definitions in their order, then all else."""
        return next((place for place, rank in enumerate(self.ranks) if rank.match(text)), len(self.ranks))


def _rows(name: str) -> dict[str, Any]:
    own = resources.table(*_FOLDER, name)
    if "base" not in own:
        return own
    base = _rows(own["base"])
    listed = {key: [*own.get(key, ()), *base.get(key, ())] for key in ("lines", "sections", "anchors", "wipes")}
    # A platform's own rows are asked first; whole kinds of rows that it brings stand for those of the base.
    for key in ("anchors", "wipes"):
        listed[key] = own.get(key, base.get(key, []))
    return {**base, **own, **listed}


@cache
def names() -> tuple[str, ...]:
    """List the platforms that have a table."""
    folder = resources.path("data", "tables", *_FOLDER)
    return tuple(sorted(file.stem for file in folder.glob("*.toml") if not file.stem.startswith("_")))


@cache
def dialect(name: str) -> Dialect:
    """Read the table of a platform; raise UnknownNameError for one without."""
    if name not in names():
        raise UnknownNameError("platform with remediation", name, names())
    row = _rows(f"{name}.toml")
    return Dialect(
        negation=row["negation"],
        default=row["default"],
        leave=row["leave"],
        transaction=row.get("transaction", ""),
        fixed=re.compile(row["fixed"]),
        expand=tuple(re.compile(text) for text in row["expand"]),
        ranks=tuple(re.compile(text) for text in row["ranks"]),
        bindings=tuple(re.compile(text) for text in row["bindings"]),
        lines=tuple(_line(item) for item in row["lines"]),
        sections=tuple(SectionRule(**{**item, "pattern": re.compile(item["pattern"])}) for item in row["sections"]),
        anchors=tuple(Anchor(**_compiled(item, "pattern", "within")) for item in row["anchors"]),
        wipes=tuple(Wipe(**_compiled(item, "pattern", "within", "drops")) for item in row["wipes"]),
    )


def _compiled(item: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: re.compile(value) if key in keys else value for key, value in item.items()}


def _line(item: dict[str, Any]) -> LineRule:
    within = re.compile(item["within"]) if item["within"] else None
    return LineRule(**{**item, "pattern": re.compile(item["pattern"]), "within": within})


@cache
def junos_table() -> dict[str, Any]:
    """Read what remediation knows of Junos."""
    return resources.table(*_FOLDER, "junos.toml")


@cache
def _features() -> tuple[tuple[str, re.Pattern[str]], ...]:
    rows = resources.table(*_FOLDER, "_features.toml")["features"]
    return tuple((row["name"], re.compile(rf"(?:no )?(?:{row['pattern']})")) for row in rows)


def feature(path: str) -> str:
    """Name the feature that a path of statements belongs to.

    >>> feature("router bgp 65000 > neighbor 10.0.0.1 remote-as 65001")
    'BGP'
    """
    for name, pattern in _features():
        if pattern.match(path):
            return name
    return str(resources.table(*_FOLDER, "_features.toml")["other"])


@cache
def _risks() -> tuple[tuple[re.Pattern[str], str, str], ...]:
    rows = resources.table(*_FOLDER, "_risks.toml")["risks"]
    return tuple((re.compile(row["pattern"]), row["label"], row["why"]) for row in rows)


def risks(paths: list[str]) -> tuple[tuple[str, str], ...]:
    """Give the label and the reason of each risk that commands carry, each behind its headings.

    >>> risks(["interface Gi0/1 > shutdown"])[0][0]
    'session'
    """
    return tuple((label, why) for pattern, label, why in _risks() if any(pattern.search(path) for path in paths))
