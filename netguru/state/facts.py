"""Facts from device state: what devices report about ports and BGP sessions, with the lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.model.facts import Facts, GatewayFacts, Known, OspfFacts, PeerFacts, PortFacts
from netguru.model.names import device_key, port_key
from netguru.state.quote import quote, same_evidence

if TYPE_CHECKING:
    from netguru.model.evidence import Evidence
    from netguru.model.state import DeviceState

Row = Mapping[str, Any]
_INTERFACE_COLUMNS = ("mac", "mtu", "duplex", "speed", "description", "vrf", "oper")
_OSPF_COLUMNS = {"area": "area", "hello": "hello_interval", "dead": "dead_interval", "network_type": "network_type"}


def rows(states: Iterable[DeviceState], kind: str) -> Iterator[tuple[DeviceState, Row]]:
    """Give every row of a kind with the state that it belongs to."""
    for state in states:
        table = state.tables.get(kind)
        if table is not None:
            for row in table.iter_rows(named=True):
                yield state, row


class _Collector:
    """Gather attributes by key; the same value from two places is one value with both places."""

    def __init__(self) -> None:
        self.names: dict[Any, tuple[str, str]] = {}
        self.values: dict[Any, dict[str, Known[Any]]] = {}
        self.lists: dict[Any, dict[Any, dict[Any, Known[Any]]]] = {}

    def touch(self, key: Any, device: str, name: str) -> None:
        self.names.setdefault(key, (device, name))
        self.values.setdefault(key, {})
        self.lists.setdefault(key, {})

    def put(self, key: Any, attribute: str, value: Any, *evidence: Evidence) -> None:
        if value is None or value == "":
            return
        before = self.values[key].get(attribute)
        if before is None:
            self.values[key][attribute] = Known(value=value, evidence=same_evidence(*evidence))
        elif before.value == value:
            self.values[key][attribute] = Known(value=value, evidence=same_evidence(*before.evidence, *evidence))

    def append(self, key: Any, attribute: str, value: Any, *evidence: Evidence) -> None:
        known = self.lists[key].setdefault(attribute, {})
        before = known[value].evidence if value in known else ()
        known[value] = Known(value=value, evidence=same_evidence(*before, *evidence))

    def listed(self, key: Any, attribute: str) -> tuple[Known[Any], ...]:
        return tuple(self.lists[key].get(attribute, {}).values())


def facts_of(states: Iterable[DeviceState]) -> Facts:
    """Gather what devices report about their ports, gateways, OSPF interfaces and BGP sessions."""
    every = [state for state in states if state.device]
    ports = _ports(every)
    ospf, gateways = _ospf(every, ports), _gateways(every, ports)
    made = []
    for key, (device, name) in ports.names.items():
        made.append(
            PortFacts(
                device=device,
                port=name,
                addresses=ports.listed(key, "addresses"),
                ospf=tuple(ospf.get(key, ())),
                gateways=tuple(gateways.get(key, ())),
                **ports.values[key],
            )
        )
    return Facts(ports=tuple(made), peers=_peers(every), router_ids=_router_ids(every))


def _ports(states: list[DeviceState]) -> _Collector:
    found = _Collector()
    with_header = resources.table("state", "schema.toml")["mtu_with_header"]
    for state, row in rows(states, "interfaces"):
        key = _port(found, state, row["name"])
        if row["admin"] in ("up", "down"):
            found.put(key, "enabled", row["admin"] == "up", quote(state, row, row["name"]))
        for column in _INTERFACE_COLUMNS:
            value = row[column]
            if column == "mtu" and state.platform in with_header:
                continue
            if column == "oper" and value not in ("up", "down"):
                continue
            found.put(key, column, value, quote(state, row, *_shown(column, value)))
    headers = {
        (id(state), port_key(row["name"])): quote(state, row, row["name"]) for state, row in rows(states, "interfaces")
    }
    for state, row in rows(states, "addresses"):
        # The kernel does not use an address that failed duplicate address detection.
        failed = "dadfailed" in (row["flags"] or "")
        if row["interface"] and row["address"] and "/" in row["address"] and not failed:
            key = _port(found, state, row["interface"])
            header = headers.get((id(state), key[1]))
            own = quote(state, row, row["address"])
            found.append(
                key, "addresses", row["address"], own, *([header] if header and header.start != own.start else [])
            )
    return found


def _shown(column: str, value: Any) -> tuple[object, ...]:
    """Spell a value as outputs print it."""
    if column == "mtu":
        return (f"mtu {value}", value)
    if column == "mac" and value:
        bare = value.replace(":", "")
        return (value, ".".join(bare[i : i + 4] for i in (0, 4, 8)))
    return (value,)


def _port(found: _Collector, state: DeviceState, name: str) -> tuple[str, str]:
    key = (device_key(state.device), port_key(name))
    found.touch(key, state.device, name)
    return key


def _ospf(states: list[DeviceState], ports: _Collector) -> dict[Any, list[OspfFacts]]:
    found = _Collector()
    for state, row in rows(states, "ospf_interfaces"):
        port = _port(ports, state, row["interface"])
        key = (port, row["version"] or 2)
        found.touch(key, *ports.names[port])
        shown = {"hello": f"Hello {row['hello']}", "dead": f"Dead {row['dead']}", "area": f"Area {row['area']}"}
        for column, attribute in _OSPF_COLUMNS.items():
            found.put(key, attribute, row[column], quote(state, row, shown.get(column, "Network Type")))
        if row["passive"] is not None:
            found.put(key, "passive", row["passive"], quote(state, row, "Hellos", "Hello due"))
        if row["mtu_check"] is False:
            found.put(key, "mtu_ignore", value=True)
    made: dict[Any, list[OspfFacts]] = {}
    for key, values in found.values.items():
        ignore = "mtu_ignore" in values
        named = {name: value for name, value in values.items() if name != "mtu_ignore"}
        made.setdefault(key[0], []).append(OspfFacts(version=key[1], mtu_ignore=ignore, **named))
    return made


def _gateways(states: list[DeviceState], ports: _Collector) -> dict[Any, list[GatewayFacts]]:
    found = _Collector()
    for state, row in rows(states, "gateways"):
        if row["interface"] is None or row["group"] is None:
            continue
        port = _port(ports, state, row["interface"])
        key = (port, row["protocol"], row["group"])
        found.touch(key, *ports.names[port])
        found.put(key, "group", row["group"], quote(state, row, row["group"]))
        found.put(key, "priority", row["priority"], quote(state, row, f" {row['priority']}"))
        found.put(key, "state", row["state"], quote(state, row, row["state"]))
        for address in (row["addresses"] or "").split():
            found.append(key, "addresses", address, quote(state, row, address))
    made: dict[Any, list[GatewayFacts]] = {}
    for key, values in found.values.items():
        made.setdefault(key[0], []).append(
            GatewayFacts(protocol=key[1], addresses=found.listed(key, "addresses"), **values)
        )
    return made


def _peers(states: list[DeviceState]) -> tuple[PeerFacts, ...]:
    found = _Collector()
    evidence: dict[Any, list[Evidence]] = {}
    for state, row in rows(states, "bgp_peers"):
        vrf = row["vrf"] if row["vrf"] not in (None, "default") else ""
        key = (device_key(state.device), row["address"], vrf)
        found.touch(key, state.device, row["address"])
        own = quote(state, row, row["address"])
        evidence.setdefault(key, []).append(own)
        for column in ("local_as", "remote_as", "state", "update_source"):
            shown = quote(state, row, f"AS {row[column]}", f"state = {row[column]}", row[column])
            found.put(key, column, row[column], own, shown)
    return tuple(
        PeerFacts(
            device=found.names[key][0], address=key[1], vrf=key[2], evidence=same_evidence(*evidence[key]), **values
        )
        for key, values in found.values.items()
    )


def _router_ids(states: list[DeviceState]) -> dict[str, Known[str]]:
    """Give the OSPF router ids; BGP may use another one."""
    found = _Collector()
    for kind in ("ospf_interfaces", "ospf_database"):
        for state, row in rows(states, kind):
            key = device_key(state.device)
            if not row["router_id"] or id(state) in found.lists.get(key, {}):
                continue
            number = _header_line(state, row["router_id"])
            found.touch(key, state.device, "")
            found.lists[key][id(state)] = {}
            if number:
                found.put(key, "router_id", row["router_id"], state.piece.evidence(number))
    return {found.names[key][0]: values["router_id"] for key, values in found.values.items() if "router_id" in values}


def _header_line(state: DeviceState, router_id: str | None) -> int:
    """Find the line that states the own router id; a summary says it once above its rows."""
    if not router_id:
        return 0
    for number, line in enumerate(state.piece.lines, state.piece.first_line):
        words = line.lower()
        if router_id in line and ("router id" in words or "router with id" in words):
            return number
    return 0
