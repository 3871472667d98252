"""Joining findings: one fault that several sources show is one finding; an effect hangs under its cause."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from netguru import resources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.checks import Scope
    from netguru.model.finding import Finding

# Whose title is shown for one fault: those who name devices and values go before those who name addresses.
_ORDER: tuple[Scope, ...] = ("network", "facts", "joined", "configs", "config", "capture", "states", "state")


@dataclass(frozen=True, slots=True)
class Sourced:
    """A finding and the scope of the check that made it."""

    scope: Scope
    finding: Finding


def join(found: Iterable[Sourced]) -> list[Finding]:
    """Join what is the same, then hang effects under their causes."""
    return _under_causes(_same(found))


def _same(found: Iterable[Sourced]) -> list[Finding]:
    groups: list[list[Sourced]] = []
    for item in sorted(found, key=lambda row: _ORDER.index(row.scope)):
        for group in groups:
            if any(_is_same(item, other) for other in group):
                group.append(item)
                break
        else:
            groups.append([item])
    return [_one(group) for group in groups]


def _is_same(one: Sourced, other: Sourced) -> bool:
    a, b = one.finding, other.finding
    if a.check != b.check:
        return False
    if one.scope == other.scope:
        # One room may report a check twice on one device (two undefined names): only a repetition is the same.
        return a.title == b.title and overlap(a, b)
    return overlap(a, b)


def overlap(a: Finding, b: Finding) -> bool:
    """Say whether two findings are about the same ports, devices or addresses.

    Ports decide where both name them, then devices, then addresses: one must hold the other.
    """
    for name in ("interfaces", "devices", "addresses"):
        left, right = set(getattr(a.subject, name)), set(getattr(b.subject, name))
        if left and right:
            return left <= right or right <= left
    return False


def _one(group: list[Sourced]) -> Finding:
    first = group[0].finding
    rest = [item.finding for item in group[1:]]
    subject = first.subject
    for other in rest:
        subject |= other.subject
    titles = [other.title for other in rest if other.title != first.title]
    symptoms = [text for item in (first, *rest) for text in item.symptoms]
    return replace(
        first,
        severity=max(item.finding.severity for item in group),
        subject=subject,
        symptoms=tuple(dict.fromkeys([*titles, *symptoms])),
        evidence=tuple(dict.fromkeys(proof for item in (first, *rest) for proof in item.evidence)),
    )


@cache
def _causes() -> dict[str, frozenset[str]]:
    return {effect: frozenset(causes) for effect, causes in resources.table("causes.toml")["causes"].items()}


def _under_causes(findings: list[Finding]) -> list[Finding]:
    """Fold an effect into the findings that explain it; an effect without a cause stands by itself."""
    folded: dict[int, list[Finding]] = {}
    gone: set[int] = set()
    for position, effect in enumerate(findings):
        causes = _causes().get(effect.check, frozenset())
        explained = [
            place
            for place, cause in enumerate(findings)
            if place != position and cause.check in causes and _explains(cause, effect)
        ]
        for place in explained:
            folded.setdefault(place, []).append(effect)
        if explained:
            gone.add(position)
    return [
        _with_effects(finding, folded.get(position, []))
        for position, finding in enumerate(findings)
        if position not in gone
    ]


def _explains(cause: Finding, effect: Finding) -> bool:
    """A cause explains an effect when the effect's devices and addresses are among those that it names."""
    if cause.subject.devices and effect.subject.devices:
        return set(effect.subject.devices) <= set(cause.subject.devices) or (
            bool(cause.subject.addresses) and set(cause.subject.addresses) <= set(effect.subject.addresses)
        )
    return overlap(cause, effect)


def _with_effects(finding: Finding, effects: list[Finding]) -> Finding:
    if not effects:
        return finding
    told = [f"{effect.title}" for effect in effects]
    return replace(
        finding,
        severity=max([finding.severity, *(effect.severity for effect in effects)]),
        symptoms=tuple(dict.fromkeys([*finding.symptoms, *told, *(text for e in effects for text in e.symptoms)])),
        evidence=tuple(dict.fromkeys([*finding.evidence, *(proof for e in effects for proof in e.evidence)])),
    )
