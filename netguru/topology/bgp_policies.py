"""Holding a BGP route against route maps and prefix lists."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import ip_network
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from netguru.model.config import DeviceConfig, PolicyTerm, PrefixRule
    from netguru.topology.routing_ports import Prefix, Router


@dataclass(frozen=True)
class Attributes:
    """The attributes of a BGP route that decide which one is best (RFC 4271 section 9.1)."""

    path: tuple[int, ...] = ()
    local_preference: int = 100
    med: int = 0
    origin: int = 0
    weight: int = 0


def passes(
    router: Router, names: Iterable[str], prefix: Prefix, attributes: Attributes, notes: set[str]
) -> Attributes | None:
    """Give the attributes that a route has behind some policies; None when one of them drops it.

    What a route map asks for and cannot be decided here (communities, AS paths) is told in `notes` and
    taken as not matching.
    """
    for name in names:
        found = _one(router, name, prefix, attributes, notes)
        if found is None:
            return None
        attributes = found
    return attributes


def _one(router: Router, name: str, prefix: Prefix, attributes: Attributes, notes: set[str]) -> Attributes | None:
    terms = [term for config in router.configs for term in config.policy_terms if term.policy == name]
    if terms:
        return _terms(router, terms, prefix, attributes, notes)
    if any(rule.name == name for config in router.configs for rule in config.prefix_rules):
        return attributes if permits(router.configs, name, prefix) else None
    notes.add(f"{router.name}: the policy {name} is not defined or not of a kind that is read")
    return attributes if router.default("bgp", "undefined") == "permit" else None


def _terms(
    router: Router, terms: list[PolicyTerm], prefix: Prefix, attributes: Attributes, notes: set[str]
) -> Attributes | None:
    for term in terms:
        if all(_matches(router, term, kind, value, prefix, notes) for kind, value in term.matches):
            return _changed(router, term, attributes, notes) if term.action == "permit" else None
    return None


def _matches(router: Router, term: PolicyTerm, kind: str, value: str, prefix: Prefix, notes: set[str]) -> bool:
    if kind in ("ip address prefix-list", "ipv6 address prefix-list"):
        wanted = 6 if kind.startswith("ipv6") else 4
        return prefix.version == wanted and any(permits(router.configs, name, prefix) for name in value.split())
    notes.add(f"{router.name}: 'match {kind} {value}' of route map {term.policy} is not decided here")
    return False


def permits(configs: Iterable[DeviceConfig], name: str, prefix: Prefix) -> bool:
    """Say whether a prefix list permits a prefix: the first rule that holds it decides, none denies."""
    for config in configs:
        for rule in config.prefix_rules:
            if rule.name == name and _holds(rule, prefix):
                return rule.action == "permit"
    return False


def _holds(rule: PrefixRule, prefix: Prefix) -> bool:
    network = ip_network(rule.prefix)
    if network.version != prefix.version or not rule.least <= prefix.prefixlen <= rule.most:
        return False
    return network.prefixlen <= prefix.prefixlen and prefix.network_address in network


_CHANGES: dict[str, Callable[[Attributes, int], Attributes]] = {
    "local-preference": lambda known, value: replace(known, local_preference=value),
    "metric": lambda known, value: replace(known, med=value),
    "weight": lambda known, value: replace(known, weight=value),
}
_HARMLESS = ("community", "extcommunity", "large-community", "comm-list", "tag")


def _changed(router: Router, term: PolicyTerm, attributes: Attributes, notes: set[str]) -> Attributes:
    changed = attributes
    for kind, value in term.sets:
        if kind in _CHANGES and value.isdigit():
            changed = _CHANGES[kind](changed, int(value))
        elif kind == "as-path prepend" and re.fullmatch(r"[\d ]+", value):
            changed = replace(changed, path=(*(int(text) for text in value.split()), *changed.path))
        elif kind not in _HARMLESS:
            notes.add(f"{router.name}: 'set {kind} {value}' of route map {term.policy} is not followed")
    return changed
