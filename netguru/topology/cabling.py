"""Comparing a cable with its plan: what the descriptions and the subnets of its two ports expect."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Interface
from typing import TYPE_CHECKING

from netguru.model.names import device_key, port_key
from netguru.topology.building import Understood, physical_links, understand
from netguru.topology.descriptions import Named, looks_like_a_device, read_description
from netguru.topology.inventory import Port, port_pattern

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from netguru.model.evidence import Evidence
    from netguru.model.network import Network
    from netguru.model.topology import Endpoint, Link

Place = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What one source says should be at the far end of a port, with its evidence."""

    by: str
    place: Place
    shown: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One cable with what its plan says otherwise: empty lists when the plan agrees or says nothing.

    `described` holds the contradicting descriptions by the end that carries them; `addressed` the
    far ends that the subnets expect; `addresses` proves that the two ends share no subnet.
    """

    link: Link
    described: tuple[tuple[Endpoint, Expectation], ...] = ()
    addressed: tuple[tuple[Endpoint, Expectation], ...] = ()
    addresses: tuple[Evidence, ...] = ()

    def expects(self, end: Endpoint, place: Place) -> tuple[Expectation, ...]:
        """Give what speaks for a place at the far end of one of the ends."""
        return tuple(item for near, item in (*self.described, *self.addressed) if near == end and item.place == place)


def compare(network: Network) -> tuple[Compared, ...]:
    """Compare every cable that neighbour tables prove with its plan."""
    understood = understand(network)
    subnets = _subnets(understood)
    return tuple(_compare(link, understood, subnets) for link in physical_links(network))


Subnets = dict["IPv4Network | IPv6Network", list[tuple[str, Port, tuple["Evidence", ...]]]]


def _subnets(understood: Understood) -> Subnets:
    found: Subnets = {}
    for device in understood.inventory.devices.values():
        for port in device.ports.values():
            for address, evidence in port.addresses:
                found.setdefault(address.network, []).append((device.name, port, evidence))
    return found


def _port(understood: Understood, end: Endpoint) -> Port | None:
    device = understood.inventory.find(end.device)
    return None if device is None else device.has(end.port)


def _compare(link: Link, understood: Understood, subnets: Subnets) -> Compared:
    a, b = _port(understood, link.a), _port(understood, link.b)
    described = [
        (near, item)
        for near, port, far in ((link.a, a, link.b), (link.b, b, link.a))
        if port is not None
        for item in _contradicting(port, near, far, understood)
    ]
    apart = _apart(a, b) if a is not None and b is not None else ()
    addressed = [
        (near, item)
        for near, port in ((link.a, a), (link.b, b))
        if port is not None and apart
        for item in _peer(port, near, subnets)
    ]
    return Compared(link=link, described=tuple(described), addressed=tuple(addressed), addresses=apart)


def _contradicting(port: Port, near: Endpoint, far: Endpoint, understood: Understood) -> list[Expectation]:
    """Give the descriptions of a port that clearly name another far end."""
    found: list[Expectation] = []
    for stated in port.descriptions:
        named = read_description(stated.text)
        if named is not None and _names_another(named, near, far, understood):
            device = understood.inventory.find(named.device)
            place = (device.name.lower() if device else named.device.lower(), port_key(named.port))
            shown = f"{device.name if device else named.device} {named.port}".strip()
            if any(item.place == place for item in found):
                continue
            found.append(Expectation(by="the description", place=place, shown=shown, evidence=stated.evidence))
    return found


def _names_another(named: Named, near: Endpoint, far: Endpoint, understood: Understood) -> bool:
    inventory = understood.inventory
    device = inventory.find(named.device)
    meant = inventory.find(far.device)
    same = device_key(named.device) == device_key(far.device) or (device is not None and device is meant)
    if same:
        # Another port of the right device: only when that port exists, since people shorten and bundle.
        other = meant.has(named.port) if meant is not None and named.port else None
        return (
            other is not None
            and port_key(other.name) != port_key(far.port)
            and not port_pattern("bundle").match(other.name)
            and not port_pattern("virtual").match(other.name)
        )
    if device is not None:
        return device is not inventory.find(near.device) and _spells_fully(named.device, far.device)
    return bool(named.port) and looks_like_a_device(named.device) and _spells_fully(named.device, far.device)


def _spells_fully(named: str, far: str) -> bool:
    """Say whether a name is not just a shorter spelling of the far device: "leaf-1" for "leaf1-ios"."""
    short, long = (device_key(name).replace("-", "").replace("_", "") for name in (named, far))
    return not (long.startswith(short) or short.startswith(long) or long.endswith(short))


def _apart(a: Port, b: Port) -> tuple[Evidence, ...]:
    """Prove that two ports share no subnet; empty when they do, or when one has no address of the family."""
    for version in (4, 6):
        mine = [(address, evidence) for address, evidence in a.addresses if address.version == version]
        theirs = [(address, evidence) for address, evidence in b.addresses if address.version == version]
        if mine and theirs and not any(_overlap(one.network, other.network) for one, _ in mine for other, _ in theirs):
            return (*mine[0][1], *theirs[0][1])
    return ()


def _overlap(one: IPv4Network | IPv6Network, other: IPv4Network | IPv6Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _peer(port: Port, near: Endpoint, subnets: Subnets) -> list[Expectation]:
    """Give the one other port that shares a subnet with this one."""
    found = []
    for address, evidence in port.addresses:
        if not isinstance(address, IPv4Interface):
            continue
        others = [row for row in subnets.get(address.network, ()) if row[1] is not port]
        if len(others) == 1 and others[0][0] != near.device:
            device, other, proof = others[0]
            place = (device.lower(), port_key(other.name))
            shown = f"{device} {other.name}"
            found.append(
                Expectation(by=f"the subnet {address.network}", place=place, shown=shown, evidence=(*evidence, *proof))
            )
    return found
