"""What two places of a network could have to do with each other: the sessions that `diagnosis.why` walks."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_address, ip_interface
from typing import TYPE_CHECKING

from netguru import resources
from netguru.errors import InputError, UnknownNameError
from netguru.model.names import canonical_mac, device_key, port_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from netguru.diagnosis.checks import Joined
    from netguru.model.config import DeviceConfig, EigrpProcess
    from netguru.model.facts import GatewayFacts, OspfFacts, PeerFacts, PortFacts

_LAYER_2 = ("lacp", "stp")


@dataclass(frozen=True, slots=True)
class Place:
    """What a user named: a device, one of its ports, or one of its addresses."""

    device: str
    port: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """One end of a session: the device, and where known its port, its address, its BGP neighbour statement."""

    device: str
    port: PortFacts | None = None
    address: str = ""
    peer: PeerFacts | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Give the spelling in which ends are equal."""
        return device_key(self.device), port_key(self.port.port) if self.port else ""

    @property
    def words(self) -> str:
        """Name the end."""
        return " ".join(part for part in (self.device, self.port.port if self.port else self.address) if part)

    @property
    def macs(self) -> tuple[str, ...]:
        """Give the hardware address of the port."""
        return (canonical_mac(self.port.mac.value),) if self.port and self.port.mac else ()

    @property
    def addresses(self) -> tuple[str, ...]:
        """Give the address that the session uses, else all of the port, without prefix length."""
        if self.address:
            return (self.address,)
        return tuple(known.value.split("/", 1)[0].lower() for known in self.port.addresses) if self.port else ()


@dataclass(frozen=True)
class Session:
    """Two ends of one protocol; `version` tells OSPF for IPv4 (2) from OSPF for IPv6 (3)."""

    protocol: str
    a: End
    b: End
    version: int = 0

    @property
    def ends(self) -> tuple[End, End]:
        """Give both ends."""
        return self.a, self.b

    @property
    def pairs(self) -> tuple[tuple[End, End], tuple[End, End]]:
        """Give each end with the other."""
        return (self.a, self.b), (self.b, self.a)

    @cached_property
    def title(self) -> str:
        """Name the session."""
        name = resources.table("diagnosis", "why.toml")["protocols"][self.protocol]["title"]
        version = "v3" if self.protocol == "ospf" and self.version == 3 else ""  # noqa: PLR2004 - OSPF for IPv6
        # Sessions between loopbacks differ by their addresses.
        a, b = ((f"{e.device} {e.address}".strip() if self.protocol == "bgp" else e.words) for e in self.ends)
        return f"{name}{version} {a} - {b}"

    def ospf(self, end: End) -> OspfFacts | None:
        """Give what is known of OSPF at an end."""
        rows = end.port.ospf if end.port else ()
        return next((row for row in rows if row.version == self.version), None)

    def gateways(self, end: End) -> tuple[GatewayFacts, ...]:
        """Give the redundancy groups of the session's protocol at an end."""
        rows = end.port.gateways if end.port else ()
        return tuple(row for row in rows if row.protocol == self.protocol)


@dataclass
class Finder:
    """Find the sessions between two places of a network."""

    joined: Joined
    a: Place
    b: Place
    _joining: tuple[tuple[PortFacts, PortFacts], ...] = field(init=False)
    _cabled: tuple[tuple[PortFacts, PortFacts], ...] = field(init=False)

    def __post_init__(self) -> None:
        ports_a, ports_b = (_ports(self.joined, place) for place in (self.a, self.b))
        self._cabled = tuple(_cabled(self.joined, ports_a, ports_b))
        shared = [(one, other) for one in ports_a for other in ports_b if share_subnet(one, other)]
        # Two ports that a cable joins should have to do with each other, whatever their addresses say; but a
        # port that shares a subnet with one port and a cable with another is asked about its subnet.
        addressed = {port.key for pair in shared for port in pair}
        cabled = [pair for pair in self._cabled if not addressed & {pair[0].key, pair[1].key}]
        self._joining = tuple(dict.fromkeys([*shared, *cabled]))

    def sessions(self, protocol: str = "") -> list[Session]:
        """Give the sessions of a protocol, or of all that are configured; plain reachability when there is none."""
        names = resources.table("diagnosis", "why.toml")["protocols"]
        found = [
            session
            for name in ([protocol] if protocol else sorted(names, key=lambda name: names[name]["order"]))
            if name != "reach"
            for session in self._of(name)
        ]
        if found or protocol not in ("", "reach"):
            return found
        return list(self._reach())

    def _of(self, protocol: str) -> Iterator[Session]:
        if protocol == "bgp":
            yield from self._bgp()
        elif protocol == "ospf":
            yield from self._ospf()
        elif protocol in ("eigrp", "isis"):
            yield from self._speaking(protocol)
        elif protocol in _LAYER_2:
            yield from self._layer2(protocol)
        else:
            yield from self._gateways(protocol)

    def _ospf(self) -> Iterator[Session]:
        """Pair ports of which one waits for neighbours and the other's device runs OSPF at all."""
        for one, other in self._joining:
            for version in sorted({row.version for row in (*one.ospf, *other.ospf)}):
                session = Session("ospf", End(one.device, one), End(other.device, other), version)
                rows = [session.ospf(end) for end in session.ends]
                waiting = [row for row in rows if row is not None and not (row.passive and row.passive.value)]
                if waiting and all(self._runs_ospf(end.device, version) for end in session.ends):
                    yield session

    def _runs_ospf(self, device: str, version: int) -> bool:
        return any(
            row.version == version
            for port in self.joined.facts.ports
            if device_key(port.device) == device_key(device)
            for row in port.ospf
        )

    def _gateways(self, protocol: str) -> Iterator[Session]:
        """Pair ports with redundancy groups; where both devices have some, a port without one is asked too."""
        sessions = [Session(protocol, End(one.device, one), End(other.device, other)) for one, other in self._joining]
        held = [[bool(session.gateways(end)) for end in session.ends] for session in sessions]
        both = [session for session, having in zip(sessions, held, strict=True) if all(having)]
        if both or not all(self._has_group(place, protocol) for place in (self.a, self.b)):
            yield from both
            return
        yield from (session for session, having in zip(sessions, held, strict=True) if any(having))

    def _has_group(self, place: Place, protocol: str) -> bool:
        ports = [port for port in self.joined.facts.ports if device_key(port.device) == device_key(place.device)]
        return any(row.protocol == protocol for port in ports for row in port.gateways)

    def _bgp(self) -> Iterator[Session]:
        """Pair the neighbour statements of two devices that name each other's addresses."""
        mine = [peer for peer in self._statements(self.a) if self._names(peer, self.b)]
        theirs = [peer for peer in self._statements(self.b) if self._names(peer, self.a)]
        for peer in mine:
            family = ip_address(peer.address).version
            # The answer to a statement is one of the same family and instance.
            back = next((row for row in theirs if _family(row) == family and row.vrf == peer.vrf), None)
            if back is not None:
                theirs.remove(back)
            yield self._speakers(peer, back)
        for peer in theirs:
            yield self._speakers(None, peer)

    def _speakers(self, mine: PeerFacts | None, theirs: PeerFacts | None) -> Session:
        at_b, at_a = mine.address if mine else "", theirs.address if theirs else ""
        ports = {
            address: next((owner.port for owner in self.joined.names.who(address) if owner.port), None)
            for address in (at_a, at_b)
        }
        return Session(
            "bgp",
            End(self.a.device, ports[at_a] if at_a else None, at_a, mine),
            End(self.b.device, ports[at_b] if at_b else None, at_b, theirs),
        )

    def _statements(self, place: Place) -> list[PeerFacts]:
        rows = [row for row in self.joined.facts.peers if device_key(row.device) == device_key(place.device)]
        return [row for row in rows if _is_address(row.address)]

    def _names(self, peer: PeerFacts, place: Place) -> bool:
        if place.address:
            return peer.address == place.address
        owners = self.joined.names.who(peer.address)
        return any(device_key(owner.device) == device_key(place.device) for owner in owners)

    def _speaking(self, protocol: str) -> Iterator[Session]:
        """Pair ports of which one is configured for a protocol, or is heard speaking it."""
        configs = self.joined.network.configs
        senders = self._senders(protocol)
        for one, other in self._joining:
            ends = End(one.device, one), End(other.device, other)
            configured = protocol == "eigrp" and any(eigrp_process(configs, port) for port in (one, other))
            if configured or any(senders & {*end.addresses, *end.macs} for end in ends):
                yield Session(protocol, *ends)

    def _senders(self, protocol: str) -> set[str]:
        tables = [capture.protocol(protocol) for capture in self.joined.network.captures]
        return {text for table in tables for name in ("src", "eth_src") for text in table[name].drop_nulls().to_list()}

    def _layer2(self, protocol: str) -> Iterator[Session]:
        configs = self.joined.network.configs
        bridged = self._bridged() if protocol == "stp" else set()
        for one, other in self._cabled:
            bundled = any(channel_group(configs, port) for port in (one, other))
            switched = any(port.mode is not None and port.mode.value in ("access", "trunk") for port in (one, other))
            if bundled if protocol == "lacp" else switched or {one.key, other.key} <= bridged:
                yield Session(protocol, End(one.device, one), End(other.device, other))

    def _bridged(self) -> set[tuple[str, str]]:
        """Give the ports that devices report as members of a bridge."""
        tables = [(state.device, state.tables.get("bridge_ports")) for state in self.joined.network.states]
        return {
            (device_key(device), port_key(port))
            for device, table in tables
            if table is not None
            for port in table["port"].drop_nulls().to_list()
        }

    def _reach(self) -> Iterator[Session]:
        for one, other in self._joining[:1]:
            yield Session("reach", _at(self.a, one), _at(self.b, other))
            return
        yield Session("reach", self._anywhere(self.a), self._anywhere(self.b))

    def _anywhere(self, place: Place) -> End:
        usable = [
            (port, text)
            for port in _ports(self.joined, place)
            for text in End(place.device, port).addresses
            if not ip_address(text).is_loopback and not ip_address(text).is_link_local
        ]
        # Without a name: the loopback, by which a router is reached, else the first port with an address.
        usable.sort(key=lambda item: (item[1] != place.address, not item[0].port.lower().startswith("lo")))
        port, address = usable[0] if usable else (None, "")
        return End(place.device, port, place.address or address)


def _at(place: Place, port: PortFacts) -> End:
    return End(place.device, port, place.address)


def place_of(text: str, joined: Joined) -> Place:
    """Find what a user named: a device, "device port" or "device:port", or an address that somebody owns.

    Raises UnknownNameError, with the nearest names, when nothing of that name is in the data.
    """
    names = joined.names
    words = text.strip()
    if _is_address(words) or canonical_mac(words):
        owners = names.who(words)
        if not owners:
            raise UnknownNameError("address", words, names.owners)
        port = owners[0].port.port if owners[0].port else ""
        return Place(owners[0].device, port, words.lower() if _is_address(words) else "")
    if device_key(words) in names.devices:
        return Place(names.devices[device_key(words)])
    device, port = _split(words)
    if port and device_key(device) in names.devices:
        held = {row.key: row for row in joined.facts.ports}
        row = held.get((device_key(device), port_key(port)))
        if row is None:
            raise UnknownNameError("port", port, (p.port for p in held.values() if p.key[0] == device_key(device)))
        return Place(row.device, row.port)
    raise UnknownNameError("device or address", words, names.devices.values())


def _split(text: str) -> tuple[str, str]:
    for separator in (" ", ":"):
        if separator in text:
            device, port = text.split(separator, 1)
            return device, port.strip()
    return text, ""


def two_places(a: str, b: str, joined: Joined) -> tuple[Place, Place]:
    """Find two places, which must lie on two devices."""
    one, other = place_of(a, joined), place_of(b, joined)
    if device_key(one.device) == device_key(other.device):
        message = f"{a} and {b} are both on {one.device}"
        raise InputError(message, hint="name two devices")
    return one, other


def _ports(joined: Joined, place: Place) -> list[PortFacts]:
    """Give the ports of a place that lead somewhere."""
    rows = [port for port in joined.facts.ports if device_key(port.device) == device_key(place.device)]
    if place.port:
        return [port for port in rows if port_key(port.port) == port_key(place.port)]
    return sorted(rows, key=lambda port: port.key)


def share_subnet(one: PortFacts, other: PortFacts) -> bool:
    """Say whether an address of one port lies in a subnet of the other; host routes and link-local ones do not."""
    for known in one.addresses:
        for second in other.addresses:
            a, b = ip_interface(known.value), ip_interface(second.value)
            if a.version == b.version and not a.is_link_local and not a.is_loopback and _meet(a, b):
                return True
    return False


def _meet(a: Any, b: Any) -> bool:
    if a.network.num_addresses == 1 or b.network.num_addresses == 1:
        return False
    return a.ip in b.network or b.ip in a.network


def _cabled(joined: Joined, ports: list[PortFacts], others: list[PortFacts]) -> Iterator[tuple[PortFacts, PortFacts]]:
    """Give the ports that a cable joins."""
    from netguru.topology import physical_links

    mine, theirs = ({port.key: port for port in rows} for rows in (ports, others))
    for link in physical_links(joined.network):
        for near, far in ((link.a, link.b), (link.b, link.a)):
            if near.key in mine and far.key in theirs:
                yield mine[near.key], theirs[far.key]


def eigrp_process(configs: Iterable[DeviceConfig], port: PortFacts) -> tuple[DeviceConfig, EigrpProcess] | None:
    """Give the EIGRP process that speaks on a port: one of whose networks holds an address of the port."""
    for config in configs:
        if device_key(config.hostname) != device_key(port.device):
            continue
        for process in config.eigrp:
            if any(_within(known.value, text) for known in port.addresses for text in process.networks):
                return config, process
            if any(port_key(text) == port_key(port.port) for text in process.networks):
                return config, process
    return None


def _within(address: str, network: str) -> bool:
    try:
        return ip_interface(address).ip in ip_interface(network).network
    except ValueError:
        return False


def channel_group(configs: Iterable[DeviceConfig], port: PortFacts) -> tuple[DeviceConfig, Any] | None:
    """Give the configuration of a port that belongs to a bundle."""
    for config in configs:
        if device_key(config.hostname) == device_key(port.device):
            interface = config.interface(port.port)
            if interface is not None and interface.channel_group:
                return config, interface
    return None


def _family(peer: PeerFacts) -> int:
    return ip_address(peer.address).version


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
