"""Interfaces, their OSPF settings and gateway groups, and VLANs: views built from records."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from netguru.config.records import Record, dotted_area, gather, host, numbers_of, with_length
from netguru.model.config import GatewayGroup, Interface, OspfInterface, Vlan
from netguru.model.names import port_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.config.statements import Event

_ALL_VLANS = tuple(range(1, 4095))
_DIRECTIONS = {
    "ingress": "in",
    "egress": "out",
    "input": "in",
    "output": "out",
    "input-list": "in",
    "output-list": "out",
}
_NETWORK_TYPES = {"p2p": "point-to-point", "p2mp": "point-to-multipoint", "nbma": "non-broadcast"}
# Values whose field in the view has another name.
_FIELD_OF = {"disabled": "enabled", "address": "addresses", "dot1q": "vlan"}
_SVI = re.compile(r"(?:vlan|bdi|irb\.|vlan\.)\s*(\d+)", re.IGNORECASE)


def interface_name(event: Event) -> str:
    """Name the interface that an event is about; a Junos unit 0 is the interface itself.

    The other units carry their number: "xe-0/0/0.100".
    """
    stated = event.get("interface_unit")
    name, unit = event.get("interface"), event.get("unit")
    if stated:
        name, _, unit = stated.partition(".")
    name = " ".join(name.split())
    return f"{name}.{unit}" if unit and unit != "0" else name


def _key(event: Event) -> str:
    return port_key(interface_name(event))


def interfaces(events: Iterable[Event]) -> tuple[Interface, ...]:
    """Build every interface that a configuration has a statement of, in the order of the file."""
    known = list(events)
    records = gather(known, "interface", _key)
    groups: dict[str, list[Event]] = defaultdict(list)
    for event in known:
        if event.kind == "gateway":
            groups[_key(event)].append(event)
    ospf: dict[str, list[Event]] = defaultdict(list)
    for event in known:
        if event.kind == "ospf-interface" and not event.negated:
            ospf[_key(event)].append(event)
    instances = {_key(event): event for event in known if event.kind == "instance-interface"}
    # IOS-XR and Junos speak of an interface's OSPF or VRRP where the interface itself may not be configured.
    for key, extra in (*ospf.items(), *groups.items()):
        if key not in records and not re.search(r"[<*]|^all$", key):
            records[key] = Record([extra[0]])
    return tuple(
        _interface(record, groups.get(str(key), []), ospf.get(str(key), []), instances.get(str(key)))
        for key, record in records.items()
    )


def _interface(record: Record, gateways: list[Event], ospf: list[Event], instance: Event | None) -> Interface:
    name = interface_name(record.events[0])
    allowed, all_allowed = _allowed(record)
    svi = _SVI.fullmatch(name)
    lines = {*record.lines(), *(number for event in (*gateways, *ospf) for number in event.lines)}
    at = {_FIELD_OF.get(name, name): numbers for name, numbers in record.at().items()}
    if instance is not None:
        at["vrf"] = instance.lines
    return Interface(
        name=name,
        description=record.text("description"),
        enabled=not record.flag("disabled"),
        addresses=_addresses(record),
        vrf=instance.own["vrf"] if instance is not None else _vrf(record),
        mtu=record.number("mtu"),
        ip_mtu=record.number("ip_mtu"),
        speed=record.text("speed"),
        duplex=_duplex(record.text("duplex")),
        mode=_mode(record),
        access_vlan=record.number("access_vlan"),
        voice_vlan=record.number("voice_vlan"),
        native_vlan=record.number("native_vlan"),
        allowed_vlans=None if all_allowed else allowed,
        vlan=int(svi[1]) if svi else record.number("dot1q"),
        channel_group=record.text("channel_group"),
        channel_mode=record.text("channel_mode"),
        acls=_acls(record),
        ospf=_ospf(ospf),
        gateways=_gateways(gateways, record),
        lines=tuple(sorted(lines)),
        at=at,
    )


def _vrf(record: Record) -> str:
    for event in reversed(record.events):
        if event.get("vrf"):
            return "" if event.negated else event.get("vrf")
    return ""


def _addresses(record: Record) -> tuple[str, ...]:
    found = [with_length(event.own["address"], event.own.get("mask", "")) for event in record.every("address")]
    # A primary address replaces the one before it; secondary ones add up.
    primary4 = [event for event in record.every("address") if "secondary" not in event.own and "mask" in event.own]
    stale = {with_length(event.own["address"], event.own.get("mask", "")) for event in primary4[:-1]}
    found += [with_length(event.own["virtual"]) for event in record.every("virtual")]
    return tuple(dict.fromkeys(item for item in found if item and item not in stale))


def _duplex(text: str) -> str:
    return {"full-duplex": "full", "half-duplex": "half", "automatic": "auto"}.get(text, text)


def _mode(record: Record) -> str:
    for event in reversed(record.events):
        if "mode" in event.own and not event.negated:
            mode = event.own["mode"]
            return mode if mode in ("access", "trunk", "routed") else ""
        if "layer2" in event.own and event.negated:
            return "routed"
    if record.text("access_vlan"):
        # An access VLAN without a mode: the port negotiates, and is an access port unless the far end trunks.
        return ""
    return "routed" if _addresses(record) else ""


def _allowed(record: Record) -> tuple[tuple[int, ...], bool]:
    """Add up the statements of allowed VLANs; the second value tells that all are allowed."""
    found: set[int] = set(_ALL_VLANS)
    stated = False
    for event in record.events:
        text = event.own.get("allowed_vlans", "")
        if not text or event.negated:
            continue
        stated = True
        numbers = set(numbers_of(text)) if text not in ("all", "none") else set(_ALL_VLANS if text == "all" else ())
        how = event.own.get("how", "")
        if how == "add":
            found |= numbers
        elif how == "remove":
            found -= numbers
        elif how == "except":
            found = set(_ALL_VLANS) - numbers
        else:
            found = numbers
    members = [numbers_of(event.own["members"]) for event in record.every("members")]
    if not stated and any(members) and record.text("mode") == "trunk":
        return tuple(sorted({number for row in members for number in row})), False
    return tuple(sorted(found)), not stated or found == set(_ALL_VLANS)


def _acls(record: Record) -> tuple[tuple[str, str], ...]:
    return tuple(
        (event.own["acl"], _DIRECTIONS.get(event.own.get("direction", ""), event.own.get("direction", "")))
        for event in record.every("acl")
    )


def ospf_version(event: Event) -> int:
    """Tell OSPFv2 from OSPFv3 by the statement or the process above it."""
    if event.get("v3") == "3":
        return 3
    return int(event.get("version", "2"))


def _ospf(events: list[Event]) -> tuple[OspfInterface, ...]:
    found: dict[int, Record] = {}
    for event in events:
        found.setdefault(ospf_version(event), Record()).events.append(event)
    return tuple(_ospf_interface(version, record) for version, record in sorted(found.items()))


def _ospf_interface(version: int, record: Record) -> OspfInterface:
    area = next((event.get("area") for event in reversed(record.events) if event.get("area")), "")
    process = next((event.get("process") for event in reversed(record.events) if event.get("process")), "")
    network = record.text("network_type")
    authentication = record.text("authentication") or ("simple" if record.stated("authentication") else "")
    at = record.at()
    # In braces the area stands in the lines around the statement: the block of the area and that of the interface.
    stated = (number for event in record.events if event.get("area") for number in (*event.around[-2:], *event.lines))
    at["area"] = at["area"] if "area" in at and not record.events[0].around else tuple(sorted(set(stated)))
    return OspfInterface(
        version=version,
        process=process,
        area="" if record.flag("off") else dotted_area(area),
        hello_interval=record.number("hello_interval"),
        dead_interval=record.number("dead_interval"),
        network_type=_NETWORK_TYPES.get(network, network),
        cost=record.number("cost"),
        passive=bool(record.flag("passive")),
        mtu_ignore=bool(record.flag("mtu_ignore")),
        authentication=authentication,
        at=at,
    )


def _gateways(events: list[Event], interface: Record) -> tuple[GatewayGroup, ...]:
    found: dict[tuple[str, int], Record] = {}
    for event in events:
        group = event.get("group", "0")
        found.setdefault((event.get("protocol"), int(group)), Record()).events.append(event)
    rows = [_gateway(protocol, group, record, interface) for (protocol, group), record in found.items()]
    virtual = [item for event in interface.every("virtual") if (item := host(event.own["virtual"]))]
    if interface.flag("anycast"):
        virtual += [item.split("/")[0] for item in _addresses(interface)]
    if virtual:
        lines = tuple(sorted(interface.at().get("virtual", ()) or interface.at().get("anycast", ())))
        rows.append(GatewayGroup(protocol="anycast", group=0, addresses=tuple(virtual), lines=lines))
    return tuple(rows)


def _gateway(protocol: str, group: int, record: Record, interface: Record) -> GatewayGroup:
    version = record.number("version")
    return GatewayGroup(
        protocol=protocol,
        group=group,
        addresses=tuple(item for text in record.texts("address") if (item := host(text))),
        priority=record.number("priority"),
        preempt=record.flag("preempt"),
        version=interface.number("hsrp_version") if protocol == "hsrp" else version,
        lines=record.lines(),
    )


def vlans(events: Iterable[Event]) -> tuple[Vlan, ...]:
    """Build the VLANs that are defined, by number."""
    # What is said twice in the same words is counted once: a range stands for up to 4,094 VLANs.
    said: dict[tuple[str, ...], Event] = {}
    for event in events:
        if event.kind == "vlan" and not event.negated:
            key = (event.get("vlan") or event.get("vlans"), *(f"{name} {text}" for name, text in event.own.items()))
            said.pop(key, None)
            said[key] = event
    found: dict[int, Record] = {}
    for key, event in said.items():
        for number in numbers_of(key[0]):
            found.setdefault(number, Record()).events.append(event)
    return tuple(
        Vlan(id=number, name=record.text("name") or record.text("vlan_name"), lines=record.lines())
        for number, record in sorted(found.items())
    )
