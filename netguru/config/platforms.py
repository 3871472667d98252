"""Platforms: the tables that say how a system's configuration is recognised, cut and read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from netguru import resources

if TYPE_CHECKING:
    from collections.abc import Mapping

HEAD_CHARACTERS = 200_000
"""How much of a text decides about its platform."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """A pattern that speaks for a platform with its weight (negative: against it) and the reason in words.

    It counts when it is found at `least` so many times.
    """

    pattern: re.Pattern[str]
    weight: float
    reason: str
    least: int = 1

    def first(self, text: str) -> re.Match[str] | None:
        """Give the first match when there are enough of them."""
        found = list(islice(self.pattern.finditer(text), self.least))
        return found[0] if len(found) >= self.least else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiline:
    """A value over several lines: from a line that matches `open` to the mark or to `close`."""

    open: re.Pattern[str]
    close: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section whose content stands at the indentation of its heading, up to `close`."""

    open: re.Pattern[str]
    close: re.Pattern[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Everything that one platform's table says; `data/tables/platforms/*.toml` explains the keys."""

    name: str
    title: str
    style: str
    statements: tuple[str, ...]
    set_words: tuple[str, ...]
    comments: tuple[str, ...]
    negations: tuple[str, ...]
    closings: re.Pattern[str]
    sections: tuple[Section, ...]
    multiline: tuple[Multiline, ...]
    builtin: frozenset[str]
    builtin_patterns: tuple[re.Pattern[str], ...]
    audit: frozenset[str]
    unused_port: re.Pattern[str] | None
    remote_logins: re.Pattern[str] | None
    telnet_transports: frozenset[str]
    clear_text_types: frozenset[str]
    defaults: Mapping[str, int] = field(default_factory=dict)
    markers: tuple[Marker, ...] = ()

    def is_builtin(self, name: str) -> bool:
        """Say whether the system brings a named thing along."""
        return name in self.builtin or any(pattern.fullmatch(name) for pattern in self.builtin_patterns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The platform that a text's content speaks for; `score` adds up the weights of the markers seen."""

    platform: Platform
    score: float
    reason: str


def _pattern(text: str) -> re.Pattern[str] | None:
    return re.compile(text) if text else None


def _platform(name: str, row: dict[str, Any]) -> Platform:
    return Platform(
        name=name,
        title=row["title"],
        style=row["style"],
        statements=tuple(row["statements"]),
        set_words=tuple(row.get("set_words", ())),
        comments=tuple(row["comments"]),
        negations=tuple(row["negations"]),
        closings=re.compile("|".join(row["closings"]) or r"(?!)"),
        sections=tuple(
            Section(open=re.compile(item["open"]), close=re.compile(item["close"])) for item in row["sections"]
        ),
        multiline=tuple(
            Multiline(open=re.compile(item["open"]), close=item.get("close", "")) for item in row["multiline"]
        ),
        builtin=frozenset(row["builtin"]),
        builtin_patterns=tuple(re.compile(item) for item in row.get("builtin_patterns", ())),
        audit=frozenset(row["audit"]),
        unused_port=_pattern(row["unused_port"]),
        remote_logins=_pattern(row["remote_logins"]),
        telnet_transports=frozenset(row["telnet_transports"]),
        clear_text_types=frozenset(row["clear_text_types"]),
        defaults=row["defaults"],
        markers=tuple(
            Marker(
                pattern=re.compile(item["pattern"]),
                weight=item["weight"],
                reason=item["reason"],
                least=item.get("least", 1),
            )
            for item in row["markers"]
        ),
    )


@cache
def platforms() -> dict[str, Platform]:
    """Read the tables of all platforms, by name."""
    files = sorted(resources.path("data", "tables", "platforms").glob("*.toml"))
    names = [file.stem for file in files if not file.stem.startswith("_")]
    return {name: _platform(name, resources.table("platforms", f"{name}.toml")) for name in names}


def platform(name: str) -> Platform:
    """Give a platform's table; a name that is not known has the plainest grammar.

    >>> platform("frr").title
    'FRRouting'
    """
    return platforms().get(name) or platforms()["ios"]


def detect(text: str) -> Verdict | None:
    r"""Find the platform whose markers weigh most in a text; None when nothing speaks for any.

    >>> detect("frr version 8.4.4\nhostname r1\n").platform.name
    'frr'
    """
    # Line ends are unified first: `$` knows LF only.
    head = text[:HEAD_CHARACTERS].replace("\r\n", "\n").replace("\r", "\n")
    best: Verdict | None = None
    for item in platforms().values():
        verdict = _judge(item, head)
        if verdict is not None and (best is None or verdict.score > best.score):
            best = verdict
    return best


def _judge(item: Platform, head: str) -> Verdict | None:
    score, reasons = 0.0, []
    for marker in item.markers:
        match = marker.first(head)
        if match is not None:
            score += marker.weight
            if marker.weight > 0:
                line = head.count("\n", 0, match.start()) + 1
                reasons.append((-marker.weight, line, f"line {line}: {marker.reason}"))
    if score <= 0:
        return None
    told = "; ".join(text for _, _, text in sorted(reasons)[:3])
    return Verdict(platform=item, score=round(score, 3), reason=f"{item.title} by {told}")
