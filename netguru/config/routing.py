"""OSPF, EIGRP and static routes: views built from records."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING

from netguru.config.interfaces import interface_name, ospf_version
from netguru.config.records import Record, classful, dotted_area, gather, prefix
from netguru.config.statements import unquote
from netguru.model.config import EigrpProcess, Interface, OspfInterface, OspfProcess, StaticRoute
from netguru.model.names import port_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.config.statements import Event

_DEFAULT_K = (1, 0, 1, 0, 0, 0)
_NO_INTERFACE = frozenset({"tag", "name", "track", "permanent", "global", "metric", "description", "bfd"})


def ospf_processes(events: Iterable[Event]) -> tuple[OspfProcess, ...]:
    """Build the OSPF processes, statements of Junos' routing options included."""
    known = list(events)
    found = gather(known, "ospf", lambda event: (ospf_version(event), event.get("process"), event.get("vrf")))
    junos = [event for event in known if event.kind == "ospf-interface" and event.get("interface_unit")]
    for event in junos:
        found.setdefault((ospf_version(event), "", event.get("vrf")), Record()).events.append(event)
    routing = {event.get("vrf"): event for event in known if event.kind == "routing" and "router_id" in event.own}
    processes = []
    for key, record in found.items():
        version, name, vrf = key if isinstance(key, tuple) else (2, "", "")
        process = _process(version, name, vrf, record)
        stated = routing.get(vrf)
        if stated is not None and not process.router_id:
            at = {**process.at, "router_id": stated.lines}
            process = replace(process, router_id=stated.own["router_id"], at=at)
        processes.append(process)
    return tuple(processes)


def _process(version: int, name: str, vrf: str, record: Record) -> OspfProcess:
    networks = [
        (prefix(event.own["network"], event.own.get("wildcard", "")), dotted_area(event.own["network_area"]))
        for event in record.every("network")
    ]
    types = {
        dotted_area(event.get("typed_area") or event.get("area")): event.own["area_type"]
        for event in record.events
        if "area_type" in event.own and not event.negated
    }
    return OspfProcess(
        process=name,
        version=version,
        router_id=record.text("router_id"),
        vrf=vrf,
        networks=tuple(row for row in networks if row[0]),
        passive_default=bool(record.flag("passive_default")),
        passive=tuple(name for name in record.texts("passive") if name != "true"),
        not_passive=record.texts("not_passive"),
        area_types=types,
        redistribute=record.texts("redistribute"),
        lines=record.lines(),
        at=record.at(),
    )


def with_processes(
    interfaces: Iterable[Interface], processes: Iterable[OspfProcess], events: Iterable[Event]
) -> tuple[Interface, ...]:
    """Bring to each interface what its OSPF processes say of it: `network` and `passive-interface` statements."""
    known = list(processes)
    where = _lines_by_process(events)
    return tuple(_with_process(_with_networks(item, known, where), known, where) for item in interfaces)


def _lines_by_process(events: Iterable[Event]) -> dict[tuple[str, str], tuple[int, ...]]:
    """Map (name of a value, the value) to its lines, for the statements of OSPF processes."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for event in events:
        if event.kind != "ospf":
            continue
        for name in ("passive", "not_passive", "passive_default"):
            if name in event.own:
                found[name, port_key(event.own[name])] += event.lines
        if "network" in event.own:
            found["network", prefix(event.own["network"], event.own.get("wildcard", ""))] += event.lines
    return {key: tuple(numbers) for key, numbers in found.items()}


def _with_networks(
    interface: Interface, processes: list[OspfProcess], where: dict[tuple[str, str], tuple[int, ...]]
) -> Interface:
    """Put an interface into the area of the most specific `network` statement that holds its address."""
    if any(row.area for row in interface.ospf if row.version == 2):  # noqa: PLR2004 - OSPFv2
        return interface
    best: tuple[int, str, OspfProcess, str] | None = None
    for process in processes:
        if process.version != 2 or process.vrf != interface.vrf:  # noqa: PLR2004 - OSPFv2
            continue
        for network, area in process.networks:
            inside = ip_network(network)
            if any(ip_interface(item).ip in inside for item in interface.addresses) and (
                best is None or inside.prefixlen > best[0]
            ):
                best = (inside.prefixlen, area, process, network)
    if best is None:
        return interface
    _, area, process, network = best
    row = next((item for item in interface.ospf if item.version == 2), OspfInterface())  # noqa: PLR2004 - OSPFv2
    at = {**row.at, "area": where.get(("network", network), process.lines)}
    row = replace(row, process=process.process, area=area, at=at)
    others = tuple(item for item in interface.ospf if item.version != 2)  # noqa: PLR2004 - OSPFv2
    return replace(interface, ospf=(row, *others))


def _with_process(
    interface: Interface, processes: list[OspfProcess], where: dict[tuple[str, str], tuple[int, ...]]
) -> Interface:
    rows = []
    for row in interface.ospf:
        process = next(
            (item for item in processes if item.version == row.version and row.process in ("", item.process)), None
        )
        rows.append(row if process is None else _passive(interface, row, process, where))
    return replace(interface, ospf=tuple(rows))


def _passive(
    interface: Interface, row: OspfInterface, process: OspfProcess, where: dict[tuple[str, str], tuple[int, ...]]
) -> OspfInterface:
    key = port_key(interface.name)
    if key in {port_key(name) for name in process.passive}:
        return replace(row, passive=True, at={**row.at, "passive": where.get(("passive", key), process.lines)})
    if process.passive_default and not row.passive and key not in {port_key(name) for name in process.not_passive}:
        lines = where.get(("passive_default", "true"), process.lines)
        return replace(row, passive=True, at={**row.at, "passive": lines})
    return row


def eigrp_processes(events: Iterable[Event], offset: int = 1) -> tuple[EigrpProcess, ...]:
    """Build the EIGRP processes; a named process counts by the AS number inside it.

    `offset` is the place of K1 in `metric weights`: Cisco puts the type of service, always 0, before it.
    """
    found = gather(events, "eigrp", lambda event: (event.get("eigrp"), event.get("vrf"), event.get("eigrp_as")))
    processes = []
    for record in found.values():
        first = record.events[0]
        texts = (first.get("eigrp_as"), record.text("autonomous_system"), first.get("eigrp"))
        number = next((int(text) for text in texts if text.isdecimal()), None)
        if number is None:
            continue
        weights = tuple(int(text) for text in record.text("weights").split())
        stated = weights[offset:]
        k_values = (stated + _DEFAULT_K[len(stated) :])[:6] if weights else _DEFAULT_K
        networks = [
            prefix(event.own["network"], event.own["wildcard"])
            if "wildcard" in event.own
            else classful(event.own["network"]) or event.own["network"]
            for event in record.every("network")
        ]
        processes.append(
            EigrpProcess(
                asn=number,
                networks=tuple(networks),
                k_values=k_values,
                router_id=record.text("router_id"),
                lines=record.lines(),
                at=record.at(),
            )
        )
    return tuple(processes)


def static_routes(events: Iterable[Event]) -> tuple[StaticRoute, ...]:
    """Build the static routes, one for each statement; Junos' statements about one route are joined."""
    routes = []
    junos: dict[tuple[str, str, str], list[Event]] = defaultdict(list)
    for event in events:
        if event.kind != "static-route" or event.negated:
            continue
        if "junos_hop" in event.own:
            junos[event.get("vrf"), event.own["prefix"], event.own.get("hops", "")].append(event)
        elif "hops" in event.own:
            routes.append(_route(event))
    routes += [_junos_route(rows) for rows in junos.values()]
    return tuple(sorted(routes, key=lambda route: route.lines))


def _junos_route(rows: list[Event]) -> StaticRoute:
    first = rows[0]
    hop = unquote(first.own.get("hops", ""))
    local = first.own["junos_hop"] in ("discard", "reject", "receive")
    address = _is_address(hop)
    return StaticRoute(
        prefix=prefix(first.own["prefix"]) or first.own["prefix"],
        next_hop=hop if address else "",
        interface=first.own["junos_hop"] if local else ("" if address else hop),
        vrf=first.get("vrf"),
        lines=tuple(sorted({number for event in rows for number in (*event.around[2:], *event.lines)})),
    )


def _route(event: Event) -> StaticRoute:
    next_hop = interface = ""
    distance = None
    words = event.own["hops"].split()
    for place, word in enumerate(words):
        if word in _NO_INTERFACE:
            break
        if _is_address(word):
            next_hop = next_hop or word
        elif word.isdecimal() and place:
            distance = int(word)
        elif not interface and word not in ("vrf", "dhcp"):
            interface = word
    return StaticRoute(
        prefix=prefix(event.own["prefix"], event.own.get("mask", "")) or event.own["prefix"],
        next_hop=next_hop,
        interface=interface,
        distance=distance,
        vrf=event.get("vrf") or (event.scope.get("name", "")),
        lines=event.lines,
    )


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


__all__ = ["eigrp_processes", "interface_name", "ospf_processes", "static_routes", "with_processes"]
