"""The routers of a network as routing sees them: ports with addresses and what OSPF does on them.

Configurations say what is planned; outputs add what a configuration leaves to the operating system
(addresses of a Linux router) and values that were computed there (the cost of an OSPF interface).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any, TypeAlias

from netguru import resources
from netguru.model.names import canonical_port, device_key, port_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network

    from netguru.model.config import DeviceConfig
    from netguru.model.evidence import Evidence
    from netguru.model.network import Network
    from netguru.model.state import DeviceState
    from netguru.model.topology import Link

    Address: TypeAlias = IPv4Interface | IPv6Interface
    Prefix: TypeAlias = IPv4Network | IPv6Network


@dataclass
class OspfPort:
    """OSPF of one version on a port. `cost` is None where neither a configuration nor a report states it."""

    area: str = ""
    cost: int | None = None
    passive: bool = False
    kind: str = ""
    hello: int | None = None
    dead: int | None = None
    evidence: tuple[Evidence, ...] = ()


@dataclass
class RoutedPort:
    """One port of a router; `cable` is the routed port at its other end, where neighbour tables prove one."""

    device: str
    name: str
    vrf: str = ""
    up: bool = True
    mtu: int | None = None
    mtu_ignore: bool = False
    addresses: dict[Address, tuple[Evidence, ...]] = field(default_factory=dict)
    ospf: dict[int, OspfPort] = field(default_factory=dict)
    acls: tuple[tuple[str, str], ...] = ()
    cable: tuple[str, str] | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Give the spelling in which ports are equal."""
        return device_key(self.device), port_key(self.name)

    @property
    def is_loopback(self) -> bool:
        """Say whether the port is a loopback."""
        return port_key(self.name).startswith("lo")


@dataclass
class Router:
    """One device: its platform, its ports by key, its configurations."""

    name: str
    platform: str = "default"
    ports: dict[str, RoutedPort] = field(default_factory=dict)
    configs: list[DeviceConfig] = field(default_factory=list)

    def port(self, name: str) -> RoutedPort:
        """Give a port by any spelling of its name, a new one if it is the first."""
        return self.ports.setdefault(port_key(name), RoutedPort(device=self.name, name=canonical_port(name)))

    def default(self, kind: str, name: str) -> Any:
        """Look up what the platform does where nothing is configured."""
        table = resources.table("topology", "routing.toml")[kind]
        return table.get(self.platform, {}).get(name, table["default"].get(name))


def routers_of(network: Network) -> dict[str, Router]:
    """Gather the routers of a network by device key, in order."""
    found: dict[str, Router] = {}
    names = sorted({*(config.hostname for config in network.configs), *(s.device for s in network.states)} - {""})
    for name in names:
        found.setdefault(device_key(name), Router(name=name))
    for config in network.configs:
        if config.hostname:
            _configured(found[device_key(config.hostname)], config)
    for state in network.states:
        if state.device:
            _reported(found[device_key(state.device)], state)
    return found


def set_cables(routers: dict[str, Router], links: Iterable[Link]) -> None:
    """Tell every routed port which other routed port its cable leads to: what is wired decides, not what is planned."""
    ports = {port.key: port for router in routers.values() for port in router.ports.values() if port.addresses}
    for link in links:
        if link.a.key in ports and link.b.key in ports:
            ports[link.a.key].cable, ports[link.b.key].cable = link.b.key, link.a.key


def joined(one: RoutedPort, other: RoutedPort) -> bool:
    """Say whether two ports of one subnet can hear each other: no cable is known that leads elsewhere."""
    return one.cable in (None, other.key) and other.cable in (None, one.key)


def _configured(router: Router, config: DeviceConfig) -> None:
    router.configs.append(config)
    router.platform = config.platform
    for interface in config.interfaces:
        port = router.port(interface.name)
        port.vrf = interface.vrf or port.vrf
        port.up = port.up and interface.enabled
        port.mtu = interface.ip_mtu or interface.mtu or port.mtu
        port.acls = interface.acls or port.acls
        lines = interface.at.get("addresses") or interface.lines[:1]
        for text in interface.addresses:
            _add_address(port, text, config.evidence(lines))
        for row in interface.ospf:
            known = port.ospf.setdefault(row.version, OspfPort())
            known.area = row.area or known.area
            known.cost = row.cost if row.cost is not None else known.cost
            known.passive = row.passive
            known.kind = row.network_type or known.kind
            known.hello, known.dead = row.hello_interval or known.hello, row.dead_interval or known.dead
            known.evidence = config.evidence(row.at.get("area") or interface.lines[:1])
            port.mtu_ignore = port.mtu_ignore or row.mtu_ignore


def _add_address(port: RoutedPort, text: str, evidence: tuple[Evidence, ...]) -> None:
    try:
        address = ip_interface(text)
    except ValueError:
        return
    if not address.is_loopback and "/" in text:
        port.addresses.setdefault(address, evidence)


def _reported(router: Router, state: DeviceState) -> None:
    for row in _rows(state, "interfaces"):
        if row["name"]:
            port = router.port(row["name"])
            port.up = port.up and row["admin"] != "down" and row["oper"] not in ("down", "lower-layer-down")
            port.vrf = port.vrf or (row["vrf"] if row["vrf"] not in (None, "default") else "")
            port.mtu = port.mtu or row["mtu"]
    for row in _rows(state, "addresses"):
        if row["interface"] and row["address"] and "dadfailed" not in (row["flags"] or ""):
            _add_address(router.port(row["interface"]), row["address"], (state.evidence(row),))
    for row in _rows(state, "ospf_interfaces"):
        if row["interface"]:
            port = router.port(row["interface"])
            known = port.ospf.setdefault(row["version"] or 2, OspfPort(evidence=(state.evidence(row),)))
            known.area = known.area or row["area"] or ""
            # The cost in use is what the router computed from speeds that a configuration does not tell.
            known.cost = row["cost"] if row["cost"] is not None else known.cost
            known.passive = known.passive or bool(row["passive"])
            known.kind = known.kind or row["network_type"] or ""
            known.hello, known.dead = known.hello or row["hello"], known.dead or row["dead"]


def _rows(state: DeviceState, kind: str) -> Iterable[dict[str, Any]]:
    table = state.tables.get(kind)
    return table.iter_rows(named=True) if table is not None else ()


def usable(router: Router, version: int, vrf: str = "") -> list[tuple[RoutedPort, Address]]:
    """Give the addresses of one IP version on ports that are up, without link-local ones."""
    return [
        (port, address)
        for port in router.ports.values()
        if port.up and port.vrf == vrf
        for address in port.addresses
        if address.version == version and not address.is_link_local
    ]


def link_local(port: RoutedPort) -> str:
    """Give the link-local address of a port, empty when it is not known."""
    return next((str(address.ip) for address in port.addresses if address.version == 6 and address.is_link_local), "")  # noqa: PLR2004


def on_subnets(
    routers: Iterable[Router], version: int, vrf: str = ""
) -> dict[Prefix, list[tuple[Router, RoutedPort, Address]]]:
    """Group the addresses of all routers by their subnet; host routes join nothing."""
    grouped: dict[Prefix, list[tuple[Router, RoutedPort, Address]]] = {}
    for router in routers:
        for port, address in usable(router, version, vrf):
            if address.network.num_addresses > 1:
                grouped.setdefault(address.network, []).append((router, port, address))
    return grouped
