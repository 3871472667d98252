"""Named things: used and not defined, defined and not used."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from netguru.checks import check, finding
from netguru.config.platforms import platform
from netguru.config.quoting import absence, heading, proof
from netguru.config.tree import path_of, walk
from netguru.model.finding import Finding, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.config import DeviceConfig, Reference, Structure

_UNUSED_KINDS = frozenset(
    "acl prefix-list route-map community-list as-path-list policy-statement key-chain class-map policy-map "
    "object-group peer-group route-policy prefix-set filter policer".split()
)
_WORDS = re.compile(r"[^\s;{}\[\]()\",]+")
# What a peer group is set to is no use of it: "neighbor GROUP send-community".
_OWN_SETTING = re.compile(r"neighbor (\S+) ")
_NUMBER = re.compile(r"\d+$")


def is_whole(config: DeviceConfig) -> bool:
    """Say whether a text is a whole configuration: it names its host; a snippet proves no absence."""
    return bool(config.system.at.get("hostname"))


def _interfaces_by_line(config: DeviceConfig) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for item in config.interfaces:
        for number in item.lines:
            found[number].append((config.hostname, item.name))
    return found


@check("config", "ref.undefined", profile="references")
def undefined(config: DeviceConfig) -> Iterator[Finding]:
    """Find statements that use a name which the configuration does not define."""
    if not is_whole(config):
        return
    interfaces = _interfaces_by_line(config)
    for (kinds, name), rows in undefined_names(config).items():
        lines = tuple(number for row in rows for number in row.lines)
        ports = tuple(dict.fromkeys(pair for number in lines for pair in interfaces.get(number, ())))
        yield finding(
            "ref.undefined",
            device=config.hostname,
            kind=_KIND_TEXT.get(kinds[0], kinds[0]),
            name=name,
            where=rows[0].context,
            subject=Subject(devices=(config.hostname,), interfaces=ports),
            evidence=[*proof(config, lines), *absence(config)],
        )


def undefined_names(config: DeviceConfig) -> dict[tuple[tuple[str, ...], str], list[Reference]]:
    """Map each name that is used and not defined, with the kinds that would satisfy it, to its uses."""
    known = platform(config.platform)
    defined = {(row.kind, row.name) for row in config.structures}
    # A name defined by a statement that no table covers is not called missing.
    loose = _words_of_unmodelled(config)
    missing: dict[tuple[tuple[str, ...], str], list[Reference]] = defaultdict(list)
    for row in config.references:
        found = any((kind, row.name) in defined for kind in row.kinds)
        if not found and not known.is_builtin(row.name) and row.name not in loose:
            missing[row.kinds, row.name].append(row)
    return missing


def _words_of_unmodelled(config: DeviceConfig) -> set[str]:
    numbers = set(config.unmodelled)
    found: set[str] = set()
    for line in walk(config.tree):
        if line.number in numbers:
            found.update(_WORDS.findall(line.text)[1:])
    return found


@check("config", "ref.unused", profile="references")
def unused(config: DeviceConfig) -> Iterator[Finding]:
    """Find named things that no other statement mentions."""
    if not is_whole(config):
        return
    for row in unused_structures(config):
        yield finding(
            "ref.unused",
            device=config.hostname,
            kind=_KIND_TEXT.get(row.kind, row.kind),
            name=row.name,
            subject=Subject(devices=(config.hostname,)),
            evidence=[*heading(config, row.lines), *absence(config)],
        )


def unused_structures(config: DeviceConfig) -> Iterator[Structure]:
    """Give the named things that no other statement mentions."""
    used = {row.name for row in config.references}
    elsewhere = _mentions(config)
    for row in config.structures:
        if row.kind in _UNUSED_KINDS and row.name not in used and not _is_mentioned(row, elsewhere):
            yield row


def _mentions(config: DeviceConfig) -> dict[str, set[int]]:
    """Map every word of the statements to the lines that hold it."""
    found: dict[str, set[int]] = defaultdict(set)
    for line in walk(config.tree):
        words = _WORDS.findall(path_of(line) if not line.children else line.text)
        own = _OWN_SETTING.match(line.text)
        for word in words:
            if own is None or word != own[1]:
                found[word].add(line.number)
    return found


def _is_mentioned(row: Structure, elsewhere: dict[str, set[int]]) -> bool:
    # A number occurs everywhere (sequence numbers, VLANs); only statements that no table covers could hide
    # a use of it, and those that can use a list are covered.
    if _NUMBER.fullmatch(row.name):
        return False
    return bool(elsewhere.get(row.name, set()) - set(row.lines))


_KIND_TEXT = {
    "acl": "access list",
    "prefix-list": "prefix list",
    "route-map": "route map",
    "community-list": "community list",
    "as-path-list": "AS path list",
    "policy-statement": "policy",
    "key-chain": "key chain",
    "class-map": "class map",
    "policy-map": "policy map",
    "object-group": "object group",
    "peer-group": "peer group or template",
    "route-policy": "route policy",
    "prefix-set": "set",
    "filter": "firewall filter",
    "vrf": "VRF",
}
