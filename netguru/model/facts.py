"""Facts: what all sources together say about ports and sessions, each value with its evidence.

A configuration may state an OSPF area and leave the address to the operating system, whose output
another file holds. Facts bring both to one row, so that a check between devices is written once
and runs on configurations alone, on device state alone, or on both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Generic, TypeVar

from netguru.model.names import device_key, port_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Network, IPv6Network

    from netguru.model.evidence import Evidence

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known(Generic[Value]):
    """A value with the places that state it. `explicit` is False for a platform's default."""

    value: Value
    evidence: tuple[Evidence, ...]
    explicit: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OspfFacts:
    """OSPF on a port; intervals in seconds, `area` dotted."""

    version: int
    area: Known[str] | None = None
    hello_interval: Known[int] | None = None
    dead_interval: Known[int] | None = None
    network_type: Known[str] | None = None
    passive: Known[bool] | None = None
    mtu_ignore: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayFacts:
    """First-hop redundancy on a port: `protocol` is "hsrp", "vrrp", "glbp" or "anycast"; `state` as reported."""

    protocol: str
    group: Known[int]
    addresses: tuple[Known[str], ...] = ()
    priority: Known[int] | None = None
    state: Known[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PortFacts:
    """Everything known of one port. `addresses` are "address/prefix-length", `oper` is "up" or "down" as reported."""

    device: str
    port: str
    addresses: tuple[Known[str], ...] = ()
    enabled: Known[bool] | None = None
    oper: Known[str] | None = None
    description: Known[str] | None = None
    mac: Known[str] | None = None
    mtu: Known[int] | None = None
    duplex: Known[str] | None = None
    speed: Known[str] | None = None
    mode: Known[str] | None = None
    access_vlan: Known[int] | None = None
    native_vlan: Known[int] | None = None
    allowed_vlans: Known[tuple[int, ...]] | None = None
    vrf: Known[str] | None = None
    ospf: tuple[OspfFacts, ...] = ()
    gateways: tuple[GatewayFacts, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Give the spelling in which two names of this port are equal."""
        return device_key(self.device), port_key(self.port)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerFacts:
    """One side of a BGP session: what `device` says about its neighbour `address`.

    `password_digest` compares two ends without the secret (see `model.config.BgpNeighbor`): None is
    not known, "" is known to have none, "opaque" is one whose stored form cannot be compared.
    `address` may be a prefix: the device listens for neighbours in it.
    `state` is as reported ("Established", "Active", ...).
    """

    device: str
    address: str
    local_as: Known[int] | None = None
    remote_as: Known[int] | None = None
    password_digest: Known[str] | None = None
    update_source: Known[str] | None = None
    enabled: Known[bool] | None = None
    state: Known[str] | None = None
    vrf: str = ""
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All ports and BGP sessions that are known."""

    ports: tuple[PortFacts, ...] = ()
    peers: tuple[PeerFacts, ...] = ()
    router_ids: dict[str, Known[str]] = field(default_factory=dict)

    def addressed(self) -> Iterator[tuple[PortFacts, Known[str]]]:
        """Give every port with each of its addresses."""
        for port in self.ports:
            for address in port.addresses:
                yield port, address

    def owners(self, address: str) -> tuple[PortFacts, ...]:
        """Give the ports that own an address (without prefix length)."""
        return tuple(port for port, known in self.addressed() if known.value.split("/", 1)[0] == address)

    def subnets(self) -> dict[IPv4Network | IPv6Network, list[tuple[PortFacts, Known[str]]]]:
        """Group ports by subnet; loopback hosts, link-local and 127/8 addresses are left out."""
        grouped: dict[IPv4Network | IPv6Network, list[tuple[PortFacts, Known[str]]]] = {}
        for port, known in self.addressed():
            interface = ip_interface(known.value)
            if interface.is_loopback or interface.is_link_local or interface.network.num_addresses == 1:
                continue
            grouped.setdefault(interface.network, []).append((port, known))
        return grouped
