"""The device itself: names, servers, services, users, terminal lines; and its named structures."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from netguru.config.records import Record, gather
from netguru.config.secrets import without_secret
from netguru.config.statements import unquote
from netguru.model.config import Login, Reference, Structure, System, User

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.config.platforms import Platform
    from netguru.config.statements import Event
    from netguru.model.config import Lines

HIDDEN = "<hidden>"
"""Stands for a community string, which is a secret; the two that everybody knows are kept."""
_KNOWN_COMMUNITIES = frozenset({"public", "private"})


def system(events: Iterable[Event]) -> System:
    """Build the view of the device itself."""
    known = list(events)
    record = Record([event for event in known if event.kind == "system"])
    communities = [unquote(event.own["snmp_community"]) for event in record.every("snmp_community")]
    return System(
        domain=record.text("domain"),
        version=record.text("version").rstrip(";"),
        ntp_servers=record.texts("ntp_server"),
        syslog_servers=record.texts("syslog_server"),
        name_servers=tuple(dict.fromkeys(name for text in record.texts("name_servers") for name in text.split())),
        snmp_communities=tuple(
            dict.fromkeys(text if text.lower() in _KNOWN_COMMUNITIES else HIDDEN for text in communities)
        ),
        services=tuple(dict.fromkeys(event.own["service"] for event in record.every("service"))),
        users=_users(known),
        logins=_logins(known),
        at=_at(record),
    )


def _at(record: Record) -> dict[str, Lines]:
    """Map a value's name, an enabled service ("telnet") and a disabled one ("no http") to their lines."""
    found: dict[str, list[int]] = defaultdict(list)
    for event in record.events:
        for name in event.own:
            if name not in ("service", "secret", "rest"):
                found[name] += event.lines
        service = event.own.get("service")
        if service:
            found[f"no {service}" if event.negated else service] += event.lines
        community = unquote(event.own.get("snmp_community", ""))
        if community.lower() in _KNOWN_COMMUNITIES:
            found[f"community {community.lower()}"] += event.lines
    return {name: tuple(sorted(set(numbers))) for name, numbers in found.items()}


def _users(events: list[Event]) -> tuple[User, ...]:
    return tuple(
        User(
            name=unquote(str(name)),
            privilege=record.number("privilege"),
            secret_type=_storage(record),
            lines=record.lines(),
        )
        for name, record in gather(events, "user", lambda event: event.get("user")).items()
        if not all(event.negated for event in record.events)
    )


def _storage(record: Record) -> str:
    """Tell how a user's secret is stored; a Cisco password without a type is clear text."""
    event = record.stated("storage")
    if event is None:
        return ""
    stated = event.own.get("secret_type")
    if stated:
        return stated
    secret = unquote(event.own.get("secret", ""))
    crypted = re.match(r"\$(\w+)\$", secret)
    if crypted:
        return crypted[1]
    return "0" if event.own["storage"] == "password" else ""


def _logins(events: list[Event]) -> tuple[Login, ...]:
    found = gather(events, "login", lambda event: event.get("login"))
    return tuple(_login(str(name), record) for name, record in found.items() if not record.events[0].negated)


def _login(name: str, record: Record) -> Login:
    event = record.stated("minutes")
    timeout = None
    if event is not None:
        timeout = int(event.own["minutes"]) * 60 + int(event.own.get("seconds", "0"))
    return Login(
        name=name,
        transports=tuple(record.text("transports").split()),
        exec_timeout=timeout,
        access_class=record.text("access_class"),
        lines=record.lines(),
        at=record.at(),
    )


def structures(events: Iterable[Event], platform: Platform) -> tuple[Structure, ...]:
    """Build the named things that are defined."""
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    for event in events:
        if event.kind == "structure" and not platform.is_builtin(event.own["name"]):
            found[event.own["kinds"], event.own["name"]].update(event.lines)
    return tuple(Structure(kind=kind, name=name, lines=tuple(sorted(lines))) for (kind, name), lines in found.items())


def references(events: Iterable[Event]) -> tuple[Reference, ...]:
    """Build the uses of named things, one for each statement."""
    return tuple(
        Reference(
            kinds=tuple(event.own["kinds"].split()),
            name=event.own["name"],
            context=without_secret(event.own["context"]),
            lines=event.lines,
        )
        for event in events
        if event.kind == "reference"
    )


def hostname(events: Iterable[Event]) -> str:
    """Give the name that the configuration states; empty when it states none."""
    return Record([event for event in events if event.kind == "system"]).text("hostname")
