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
    # Only these can be the same: of one check, and of one scope only with the same title.
    titled: dict[tuple[str, Scope, str], list[int]] = {}
    scoped: dict[str, dict[Scope, list[int]]] = {}
    for item in sorted(found, key=lambda row: _ORDER.index(row.scope)):
        key = (item.finding.check, item.scope, item.finding.title)
        scopes = scoped.setdefault(item.finding.check, {})
        near = {*titled.get(key, ()), *(place for scope in scopes if scope != item.scope for place in scopes[scope])}
        place = next((at for at in sorted(near) if any(_is_same(item, other) for other in groups[at])), len(groups))
        if place == len(groups):
            groups.append([])
        groups[place].append(item)
        titled.setdefault(key, []).append(place)
        scopes.setdefault(item.scope, []).append(place)
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
    """Fold every effect into the finding that explains it; an effect without a cause stands by itself."""
    places: dict[str, list[int]] = {}
    for place, item in enumerate(findings):
        places.setdefault(item.check, []).append(place)
    parent = {place: cause for place in range(len(findings)) if (cause := _cause(place, findings, places)) is not None}
    folded: dict[int, list[Finding]] = {}
    for place in parent:
        folded.setdefault(_root(place, parent), []).append(findings[place])
    # A root that is reached in a circle of causes stands by itself: nothing is lost.
    roots = [place for place in range(len(findings)) if place not in parent or _root(place, parent) == place]
    return [
        _with_effects(findings[place], [item for item in folded.get(place, []) if item is not findings[place]])
        for place in roots
    ]


def _cause(place: int, findings: list[Finding], places: dict[str, list[int]]) -> int | None:
    """Give the worst finding that explains the one at a place; `places` lists the findings of each check."""
    effect = findings[place]
    found = [
        (-findings[position].severity, position)
        for check in _causes().get(effect.check, frozenset())
        for position in places.get(check, ())
        if position != place and _explains(findings[position], effect)
    ]
    return min(found)[1] if found else None


def _root(place: int, parent: dict[int, int]) -> int:
    seen = [place]
    while seen[-1] in parent and parent[seen[-1]] not in seen:
        seen.append(parent[seen[-1]])
    # In a circle the first of its members is the root, whoever asks.
    circle = parent.get(seen[-1])
    return seen[-1] if circle is None else min(seen[seen.index(circle) :])


def _explains(cause: Finding, effect: Finding) -> bool:
    """A cause explains an effect that shares a port, or all of whose devices or addresses it names."""
    why, what = cause.subject, effect.subject
    if not what.interfaces and not what.addresses:
        # A device alone says too little, everything on it would be explained: the same lines decide.
        return bool(set(cause.evidence) & set(effect.evidence))
    if set(why.interfaces) & set(what.interfaces):
        return True
    if why.addresses and set(why.addresses) <= set(what.addresses):
        return True
    return bool(what.devices) and set(what.devices) <= set(why.devices)


def _with_effects(finding: Finding, effects: list[Finding]) -> Finding:
    if not effects:
        return finding
    subject = finding.subject
    for effect in effects:
        subject |= effect.subject
    told = [*finding.symptoms, *(effect.title for effect in effects), *(text for e in effects for text in e.symptoms)]
    return replace(
        finding,
        severity=max([finding.severity, *(effect.severity for effect in effects)]),
        subject=subject,
        symptoms=tuple(dict.fromkeys(told)),
        evidence=tuple(dict.fromkeys([*finding.evidence, *(proof for e in effects for proof in e.evidence)])),
    )
