"""BGP: the process and its neighbours with groups and templates inherited."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

from netguru.config.records import Record, as_number, classful, gather, prefix
from netguru.config.secrets import digest
from netguru.model.config import BgpNeighbor, BgpProcess

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netguru.config.statements import Event
    from netguru.model.config import Lines

_DEPTH = 8
"""How many groups may inherit from each other: a chain of templates, never a loop."""


@dataclass(frozen=True, slots=True)
class _Key:
    vrf: str
    group: str
    neighbor: str


def bgp_process(events: Iterable[Event]) -> BgpProcess | None:
    """Build the BGP process; None when none is configured."""
    known = list(events)
    process = Record([event for event in known if event.kind == "bgp" and not (event.negated and "asn" in event.own)])
    routing = Record([event for event in known if event.kind == "routing" and not event.get("vrf")])
    neighbors = [event for event in known if event.kind == "neighbor"]
    stated = next((event for event in process.events if "asn" in event.own), None)
    asn = as_number(stated.own["asn"]) if stated else as_number(routing.text("asn"))
    if asn is None or not (process.events or neighbors):
        return None
    confederation = as_number(process.text("confederation"))
    members = {as_number(text) for text in process.text("confederation_peers").split()}
    found = tuple(_seen_as(_times(item, process), asn, confederation, members) for item in _neighbors(neighbors, asn))
    lines = {number for event in (*process.events, *neighbors) for number in event.lines}
    at = process.at()
    if stated is None:
        at |= routing.at()
        lines |= set(routing.lines())
    listen = tuple(
        BgpNeighbor(address=event.own["listen_range"], group=event.own.get("group", ""), lines=event.lines)
        for event in process.every("listen_range")
    )
    return BgpProcess(
        asn=asn,
        router_id=next((e.own["router_id"] for e in process.every("router_id") if not e.get("vrf")), "")
        or routing.text("router_id"),
        neighbors=(*found, *listen),
        networks=tuple(item for event in process.every("network") if (item := _announced(event))),
        redistribute=process.texts("redistribute"),
        requires_policy=process.flag("requires_policy"),
        lines=tuple(sorted(lines)),
        at=at,
    )


def _announced(event: Event) -> str:
    mask = event.own.get("mask", "")
    return prefix(event.own["network"], mask) if mask else classful(event.own["network"])


def _times(item: BgpNeighbor, process: Record) -> BgpNeighbor:
    """Fill in the timers of the process where the neighbour states none."""
    if item.hold_time is not None or process.number("hold_time") is None:
        return item
    lines = process.at().get("hold_time", ())
    return replace(
        item,
        hold_time=process.number("hold_time"),
        keepalive=item.keepalive if item.keepalive is not None else process.number("keepalive"),
        at={**item.at, "hold_time": lines},
    )


def _seen_as(item: BgpNeighbor, asn: int, confederation: int | None, members: set[int | None]) -> BgpNeighbor:
    """Outside its confederation a router shows the identifier as its AS (RFC 5065)."""
    if confederation is None or item.local_as is not None or item.remote_as in {asn, *members}:
        return item
    return replace(item, local_as=confederation)


def _neighbors(events: list[Event], asn: int) -> list[BgpNeighbor]:
    records = gather(events, "neighbor", _key)
    by_key: dict[_Key, Record] = {key: record for key, record in records.items() if isinstance(key, _Key)}
    shared = {key.neighbor: record for key, record in by_key.items() if not _is_address(key.neighbor)}
    found = []
    for key, record in by_key.items():
        if not _is_address(key.neighbor):
            continue
        above = [shared_record for shared_record in _above(key, record, by_key, shared) if shared_record is not record]
        if any("neighbor" in event.own and event.negated and len(event.own) == 1 for event in record.events):
            continue
        if record.text("family") or record.text("activate") or _remote_as([record, *above], asn)[0] is not None:
            found.append(_neighbor(key, record, above, asn))
    return found


def _key(event: Event) -> _Key:
    group = event.get("junos_group")
    return _Key(
        event.get("vrf"),
        group,
        event.get("neighbor").lower() if _is_address(event.get("neighbor")) else event.get("neighbor"),
    )


def _above(key: _Key, record: Record, by_key: Mapping[_Key, Record], shared: Mapping[str, Record]) -> list[Record]:
    """Give the records that a neighbour inherits from, nearest first."""
    if key.group:
        chain = [_Key(key.vrf, key.group, ""), _Key(key.vrf, "", "")]
        return [by_key[item] for item in chain if item in by_key]
    # A statement inside an address family belongs to the neighbour of the same address outside.
    found: list[Record] = []
    names = list(record.texts("group"))
    while names and len(found) < _DEPTH:
        group = shared.get(names.pop(0))
        if group is not None and group not in found:
            found.append(group)
            names += group.texts("group")
    return found


def _remote_as(records: list[Record], asn: int) -> tuple[int | None, Lines]:
    for record in records:
        event = record.stated("remote_as")
        if event is not None:
            text = event.own["remote_as"]
            return (asn if text == "internal" else as_number(text)), event.lines
        event = record.stated("session_type")
        if event is not None and event.own["session_type"] == "internal":
            return asn, event.lines
    return None, ()


def _neighbor(key: _Key, record: Record, above: list[Record], asn: int) -> BgpNeighbor:
    everything = [record, *above]

    def first(name: str) -> str:
        return next((text for item in everything if (text := item.text(name))), "")

    def number(name: str) -> int | None:
        return next((value for item in everything if (value := item.number(name)) is not None), None)

    remote_as, as_lines = _remote_as(everything, asn)
    secret = next((event for item in everything if (event := item.stated("secret")) is not None), None)
    multihop = any(item.flag("multihop") for item in everything)
    at = _joined_at(everything)
    if as_lines:
        at["remote_as"] = as_lines
    if secret is not None:
        at["password"] = secret.lines
    return BgpNeighbor(
        address=key.neighbor,
        remote_as=remote_as,
        local_as=as_number(first("local_as")),
        description=record.text("description"),
        group=key.group or record.text("group"),
        update_source=first("update_source"),
        password=secret is not None,
        password_digest=digest(secret.own["secret"], secret.own.get("secret_type", "")) if secret else "",
        ebgp_multihop=number("ebgp_multihop") or (255 if multihop else None),
        hold_time=number("hold_time"),
        keepalive=number("keepalive"),
        enabled=not any(item.flag("disabled") for item in everything),
        vrf=key.vrf,
        address_families=_families(everything),
        policies_in=_policies(everything, ("in", "import")),
        policies_out=_policies(everything, ("out", "export")),
        options=tuple(sorted({text for item in everything for text in item.texts("option")})),
        lines=record.lines(),
        at=at,
    )


def _joined_at(records: list[Record]) -> dict[str, Lines]:
    found: dict[str, Lines] = {}
    for record in reversed(records):
        found |= record.at()
    return found


def _families(records: list[Record]) -> tuple[str, ...]:
    found = {
        event.get("family")
        for record in records
        for event in record.events
        if event.own.get("activate") and not event.negated and event.get("family")
    }
    found |= {text for record in records for text in record.texts("junos_family")}
    return tuple(sorted(found))


def _policies(records: list[Record], directions: tuple[str, ...]) -> tuple[str, ...]:
    """Give the policies of the nearest record that states any: a neighbour's own replace its group's."""
    for record in records:
        names = [event.own["policy"] for event in record.every("policy") if event.own.get("direction") in directions]
        if names:
            return tuple(dict.fromkeys(names))
    return ()


def _is_address(text: str) -> bool:
    if not re.match(r"[\da-fA-F.:]+$", text):
        return False
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
