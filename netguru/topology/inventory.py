"""The inventory: which devices speak for themselves, what their ports are called, who owns an address.

A neighbour names a device in its own way (FQDN, serial number in brackets, another case, a
hardware address); the inventory says which known device is meant.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_interface
from typing import TYPE_CHECKING

from netguru import resources
from netguru.model.names import canonical_mac, canonical_port, device_key, port_key
from netguru.topology.aliases import Renamed, own_names

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Interface, IPv6Interface

    from netguru.model.config import DeviceConfig, Interface
    from netguru.model.evidence import Evidence
    from netguru.model.network import Network
    from netguru.model.state import DeviceState

# IOS cuts the device ids of its LLDP table after this many characters.
_CUT = 20


@dataclass(frozen=True, slots=True)
class Stated:
    """A text and the place that states it."""

    text: str
    evidence: tuple[Evidence, ...]


@dataclass(slots=True)
class Port:
    """What a device says about one of its ports."""

    name: str
    descriptions: list[Stated] = field(default_factory=list)
    addresses: list[tuple[IPv4Interface | IPv6Interface, tuple[Evidence, ...]]] = field(default_factory=list)
    vrf: str = ""
    redundant: bool = False
    enabled: bool = True
    bundle: str = ""
    mode: str = ""
    native_vlan: int | None = None
    access_vlan: int | None = None
    duplex: str = ""
    routed_by: set[str] = field(default_factory=set)
    lines: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)


@dataclass(slots=True)
class Known:
    """A device that something was read of, or that neighbours speak of (`reported` is False)."""

    name: str
    reported: bool = True
    hears: bool = False
    platform: str = ""
    ports: dict[str, Port] = field(default_factory=dict)
    macs: dict[str, str] = field(default_factory=dict)
    addresses: dict[str, None] = field(default_factory=dict)
    evidence: list[Evidence] = field(default_factory=list)

    def port(self, name: str) -> Port:
        """Give the port of a name, made when it is new."""
        shown = physical(canonical_port(name))
        return self.ports.setdefault(port_key(shown), Port(name=shown))

    def has(self, name: str) -> Port | None:
        """Find a port by any spelling of its name."""
        return self.ports.get(port_key(physical(canonical_port(name))))


@cache
def port_pattern(name: str) -> re.Pattern[str]:
    """Give a pattern of `data/tables/neighbors/ports.toml`."""
    return re.compile(resources.table("neighbors", "ports.toml")[name])


def physical(port: str) -> str:
    """Give the port that carries a sub-interface.

    >>> physical("ge-0/0/1.0"), physical("GigabitEthernet0/1.100"), physical("eth0"), physical("port1.0.1")
    ('ge-0/0/1', 'GigabitEthernet0/1', 'eth0', 'port1.0.1')
    """
    if port.lower().startswith("port1."):
        return port
    match = port_pattern("unit").match(port)
    return match["port"] if match and not port.replace(".", "").isdigit() else port


def short_name(name: str) -> str:
    """Give a neighbour's name without the serial number that NX-OS adds.

    >>> short_name("nx1.lab.example(SSI1234)")
    'nx1.lab.example'
    """
    return re.sub(r"\s*\([\w-]+\)$", "", name.strip())


class Inventory:
    """Hold the known devices and find them by name, hardware address or address."""

    def __init__(self) -> None:
        self.devices: dict[str, Known] = {}
        self.called: Renamed = {}
        self._by_short: dict[str, list[Known]] = defaultdict(list)
        self._by_mac: dict[str, list[Known]] = defaultdict(list)

    @classmethod
    def of(cls, network: Network) -> Inventory:
        """Gather what configurations, device state and neighbour tables say about their own devices."""
        made = cls()
        made.called = own_names(network)
        for config in network.configs:
            made._add_config(config)
        for state in network.states:
            made._add_state(state)
        for table in network.neighbors:
            if table.device:
                device = made.add(table.device)
                device.hears = True
                for row in table.rows:
                    if row.port:
                        device.port(row.port)
        return made

    def add(self, name: str, *, reported: bool = True) -> Known:
        """Give the device of a name, made when it is new; an output's name yields to the device's own."""
        name = self.called.get(device_key(name), name)
        found = self.find(name)
        if found is None:
            found = Known(name=short_name(name), reported=reported)
            self.devices[found.name.lower()] = found
            self._by_short[device_key(name)].append(found)
        return found

    def find(self, name: str) -> Known | None:
        """Find a device by name: the whole name, else the name without its domain when that is not ambiguous."""
        text = short_name(name).lower()
        if text in self.devices:
            return self.devices[text]
        same = [item for item in self._by_short.get(device_key(name), ()) if not _other_domain(text, item.name)]
        if len(same) == 1:
            return same[0]
        if len(text) == _CUT or text.endswith("..."):
            stem = text.rstrip(".")
            cut = [item for key, item in self.devices.items() if key.startswith(stem)]
            return cut[0] if len(cut) == 1 else None
        return None

    def own_mac(self, text: str, device: Known, port: str = "") -> None:
        """Note that a hardware address belongs to a device."""
        mac = canonical_mac(text)
        if mac and mac != "00:00:00:00:00:00" and mac not in device.macs:
            device.macs[mac] = port
            self._by_mac[mac].append(device)
        elif mac and port and not device.macs.get(mac):
            device.macs[mac] = port

    def by_mac(self, text: str) -> Known | None:
        """Find the one device that owns a hardware address."""
        owners = self._by_mac.get(canonical_mac(text), [])
        return owners[0] if len(owners) == 1 else None

    def by_address(self, address: str) -> Known | None:
        """Find the one device that owns an address."""
        owners = [item for item in self.devices.values() if item.reported and address in item.addresses]
        return owners[0] if address and len(owners) == 1 else None

    def _add_config(self, config: DeviceConfig) -> None:
        if not config.hostname:
            return
        device = self.add(config.hostname)
        device.platform = device.platform or config.platform
        if config.interfaces:
            device.evidence += config.evidence(config.interfaces[0].lines[:1])
        peers = {item.address for item in config.bgp.neighbors} if config.bgp else set()
        for interface in config.interfaces:
            _add_interface(device, config, interface, peers)

    def _add_state(self, state: DeviceState) -> None:
        if not state.device:
            return
        device = self.add(state.device)
        device.platform = device.platform or state.platform
        for row in _rows(state, "interfaces"):
            port = device.port(row["name"])
            if row.get("mac"):
                self.own_mac(row["mac"], device, port.name)
            if row.get("duplex") and not port.duplex:
                port.duplex = row["duplex"]
                port.lines.setdefault("duplex", (state.evidence(row),))
            if row.get("description"):
                port.descriptions.append(Stated(row["description"], (state.evidence(row),)))
        for row in _rows(state, "addresses"):
            if row.get("scope") != "link":
                _add_address(device, device.port(row["interface"]), row["address"], (state.evidence(row),))


def _rows(state: DeviceState, kind: str) -> Iterable[dict[str, str]]:
    table = state.tables.get(kind)
    first = {"interfaces": "name", "addresses": "interface"}[kind]
    return [] if table is None else [row for row in table.iter_rows(named=True) if row.get(first)]


def _other_domain(text: str, name: str) -> bool:
    """Say whether two names carry different domains, so that an equal first label means nothing."""
    mine, theirs = text.partition(".")[2], name.lower().partition(".")[2]
    return bool(mine and theirs and mine != theirs)


def _add_interface(device: Known, config: DeviceConfig, interface: Interface, peers: set[str]) -> None:
    port = device.port(interface.name)
    carried = physical(canonical_port(interface.name)) != canonical_port(interface.name)
    if interface.description and (not carried or interface.name.endswith(".0")):
        lines = interface.at.get("description") or interface.lines[:1]
        port.descriptions.append(Stated(interface.description, config.evidence(lines)))
    for address in interface.addresses:
        lines = interface.at.get("addresses") or interface.lines[:1]
        _add_address(device, port, address, config.evidence(lines))
    if not carried:
        port.enabled = interface.enabled
        port.vrf = interface.vrf
        port.bundle = interface.channel_group
        port.mode, port.native_vlan, port.duplex = interface.mode, interface.native_vlan, interface.duplex
        port.access_vlan = interface.access_vlan
        port.lines = {name: config.evidence(lines) for name, lines in interface.at.items() if lines}
        # The whole of an interface proves what is not stated in it.
        port.lines[""] = config.evidence(interface.lines)
    port.redundant = port.redundant or bool(interface.gateways)
    if interface.ospf and not all(item.passive for item in interface.ospf):
        port.routed_by.add("ospf")
    port.routed_by |= peers


def _add_address(device: Known, port: Port, text: str, evidence: tuple[Evidence, ...]) -> None:
    try:
        address = ip_interface(text)
    except ValueError:
        return
    if address.is_loopback or address.is_link_local:
        return
    device.addresses[str(address.ip)] = None
    if "/" in text and all(address != known for known, _ in port.addresses):
        port.addresses.append((address, evidence))
