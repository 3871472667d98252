"""Registering and running checks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from netguru.model.finding import Finding, rank
from netguru.registry import Registry

Scope = Literal["capture", "config", "configs", "state", "states", "facts", "joined", "network"]
"""What a check looks at: one thing, all things of one kind, the facts of all sources, or the whole Network."""

CheckFunction = Callable[[Any], Iterable[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One check: its scope, the ids it may report, its profile and function."""

    name: str
    scope: Scope
    ids: tuple[str, ...]
    profile: str
    function: CheckFunction


checks: Registry[Check] = Registry("check", group="netguru.checks")


def check(scope: Scope, *ids: str, profile: str = "") -> Callable[[CheckFunction], CheckFunction]:
    """Register a pure function `subject -> findings` under the check ids that it may report."""

    def decorate(function: CheckFunction) -> CheckFunction:
        name = f"{function.__module__}.{function.__qualname__}"
        checks.register(name, Check(name=name, scope=scope, ids=ids, profile=profile, function=function))
        return function

    return decorate


def run(scope: Scope, subject: Any, *, profile: str = "all") -> tuple[Finding, ...]:
    """Run every check of a scope on a subject and rank what they report."""
    found: list[Finding] = []
    for item in checks.values():
        if item.scope == scope and profile in ("all", item.profile):
            found.extend(item.function(subject))
    return rank(found)
