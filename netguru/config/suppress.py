"""Suppressions: findings that somebody decided to live with, each with its reason and the day it is looked at again."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from netguru.errors import FileRejectedError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from netguru.model.finding import Finding

_TEXTS = ("check", "device", "interface", "title", "source")
_KEYS = frozenset({*_TEXTS, "reason", "expires"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Name findings by patterns (`*`, `?`, `[...]`); what is not given matches all of them."""

    check: str
    device: str = "*"
    interface: str = "*"
    title: str = "*"
    source: str = "*"
    reason: str
    expires: date
    place: str

    def matches(self, finding: Finding) -> bool:
        """Say whether a finding is meant; of several devices or interfaces one is enough."""
        return (
            fnmatchcase(finding.check, self.check)
            and fnmatchcase(finding.title, self.title)
            and _any(self.device, finding.subject.devices)
            and _any(self.interface, (port for _, port in finding.subject.interfaces))
            and _any(self.source, (item.source for item in finding.evidence))
        )


def _any(pattern: str, names: Iterable[str]) -> bool:
    return pattern == "*" or any(fnmatchcase(name, pattern) for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What is left of findings, and what was said about the others."""

    findings: tuple[Finding, ...]
    notes: tuple[str, ...]


def read_suppressions(file: Path) -> tuple[Suppression, ...]:
    """Read a file of `[[suppress]]` tables; raises InputError that names the table and what is wrong with it."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileRejectedError(f"cannot be read: {error.strerror or error}", place=str(file)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FileRejectedError(f"is no TOML: {error}", place=str(file)) from None
    rows = document.get("suppress", [])
    if set(document) - {"suppress"} or not isinstance(rows, list):
        raise FileRejectedError("has other tables than [[suppress]]", place=str(file))
    return tuple(_suppression(row, f"{file.name} [[suppress]] {number}") for number, row in enumerate(rows, 1))


def _suppression(row: Any, place: str) -> Suppression:
    unknown = sorted(set(row) - _KEYS) if isinstance(row, dict) else ["no table"]
    if unknown:
        message = f"{unknown[0]!r} is no key of a suppression"
        raise InputError(message, place=place, hint=f"keys: {', '.join(sorted(_KEYS))}")
    texts = {name: row[name] for name in (*_TEXTS, "reason") if name in row}
    wrong = [name for name, value in texts.items() if not isinstance(value, str) or not value.strip()]
    missing = [name for name in ("check", "reason") if name not in texts]
    if wrong or missing:
        message = f"{(wrong or missing)[0]!r} must be a text"
        raise InputError(message, place=place, hint="a suppression names its check and its reason")
    expires = row.get("expires")
    if isinstance(expires, datetime) or not isinstance(expires, date):
        message = "'expires' must be a day"
        raise InputError(message, place=place, hint="write expires = 2027-03-31: no finding is hidden for ever")
    return Suppression(expires=expires, place=place, **texts)


def suppress(findings: Iterable[Finding], suppressions: Iterable[Suppression], today: date) -> Kept:
    """Leave out the findings that a suppression in force names; tell how many, and which ones have no effect.

    A suppression is in force up to and including the day it expires.
    """
    rows = list(suppressions)
    active = [row for row in rows if today <= row.expires]
    hidden: dict[Suppression, int] = {}
    back: dict[Suppression, int] = {}
    kept = []
    for finding in findings:
        found = next((row for row in active if row.matches(finding)), None)
        if found is not None:
            hidden[found] = hidden.get(found, 0) + 1
            continue
        kept.append(finding)
        for row in rows:
            if row not in active and row.matches(finding):
                back[row] = back.get(row, 0) + 1
    return Kept(findings=tuple(kept), notes=tuple(_note(row, hidden, back, today) for row in rows))


def _note(row: Suppression, hidden: dict[Suppression, int], back: dict[Suppression, int], today: date) -> str:
    if row in hidden:
        return f"{hidden[row]} suppressed until {row.expires} by {row.place} ({row.check}): {row.reason}"
    if today > row.expires:
        return f"{row.place} ({row.check}) expired on {row.expires}, {back.get(row, 0)} shown again: {row.reason}"
    return f"{row.place} ({row.check}) matches no finding: {row.reason}"
