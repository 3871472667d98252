"""Links that configurations plan: shared subnets and descriptions, where no neighbour protocol speaks.

They are weaker than what a port hears, and never stand against it: a port that CDP or LLDP
mentions gets no planned link.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING

from netguru.model.names import device_key, port_key
from netguru.model.topology import Endpoint, Link
from netguru.topology.descriptions import read_description
from netguru.topology.inventory import Inventory, Known, Port, port_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Network, IPv6Network

    from netguru.model.evidence import Evidence
    from netguru.topology.claims import End

    Member = tuple[Known, Port, tuple[Evidence, ...], str]

# How much such a link may be trusted: a point-to-point subnet; a wider subnet of two ports with a
# routing session over it or a description that names the other device; mutual descriptions alone.
_POINT_TO_POINT, _WIDER, _DESCRIBED = 0.6, 0.5, 0.4
# A /30, /31, /126 or /127 has at most four addresses.
_FOUR = 4
_BOTH = 2


def planned_links(inventory: Inventory, spoken: set[End]) -> list[Link]:
    """Give the planned links between ports that no neighbour row mentions."""
    used = set(spoken)
    links: list[Link] = []
    # The surer kinds come first and take their ports.
    for pairs in (_described_subnets(inventory, used), _subnets(inventory, used), _described(inventory, used)):
        for a, b, confidence, protocols in list(pairs):
            ends = {_end(a), _end(b)}
            if not ends & used:
                used |= ends
                links.append(_link(a, b, confidence, protocols))
    return links


def _end(member: Member) -> End:
    return member[0].name.lower(), port_key(member[1].name)


def _free(inventory: Inventory, used: set[End]) -> Iterator[tuple[Known, Port]]:
    """Give the ports that a cable could be in and that nobody hears."""
    for device in inventory.devices.values():
        for port in device.ports.values():
            taken = (device.name.lower(), port_key(port.name)) in used
            if not taken and port.enabled and not port_pattern("virtual").match(port.name) and not _management(port):
                yield device, port


def _management(port: Port) -> bool:
    return bool(port_pattern("management").match(port.name) or port_pattern("management_vrf").match(port.vrf))


def _groups(inventory: Inventory, used: set[End]) -> dict[IPv4Network | IPv6Network, list[Member]]:
    """Group ports by subnet; a port counts once in each."""
    grouped: dict[IPv4Network | IPv6Network, list[Member]] = defaultdict(list)
    free = {(device.name, port.name) for device, port in _free(inventory, used)}
    for device in inventory.devices.values():
        for port in device.ports.values():
            for address, evidence in port.addresses:
                known = any(item[0] is device and item[1] is port for item in grouped[address.network])
                # Virtual ports are members too: a VLAN interface in a subnet makes it no cable.
                if address.network.num_addresses > 1 and not known:
                    mark = "" if (device.name, port.name) in free else "taken"
                    grouped[address.network].append((device, port, evidence, mark))
    return grouped


def _subnets(inventory: Inventory, used: set[End]) -> Iterator[tuple[Member, Member, float, tuple[str, ...]]]:
    for network, members in sorted(_groups(inventory, used).items(), key=lambda item: str(item[0])):
        if len(members) != _BOTH or any(mark for *_, mark in members) or members[0][0] is members[1][0]:
            continue
        a, b = members
        if network.num_addresses <= _FOUR:
            yield a, b, _POINT_TO_POINT, ("subnet",)
        elif (_routed_over(a[1], b[1]) or _names(a, b) or _names(b, a)) and not (a[1].redundant or b[1].redundant):
            yield a, b, _WIDER, ("subnet",)


def _routed_over(a: Port, b: Port) -> bool:
    """Say whether a routing protocol is spoken over two ports: OSPF on both, or BGP to the other's address."""
    if "ospf" in a.routed_by and "ospf" in b.routed_by:
        return True
    mine = {str(address.ip) for address, _ in a.addresses}
    theirs = {str(address.ip) for address, _ in b.addresses}
    return bool(a.routed_by & theirs) and bool(b.routed_by & mine)


def _described_subnets(inventory: Inventory, used: set[End]) -> Iterator[tuple[Member, Member, float, tuple[str, ...]]]:
    """Give pairs of a subnet whose descriptions name each other, however many share the subnet."""
    for _, members in sorted(_groups(inventory, used).items(), key=lambda item: str(item[0])):
        open_members = [member for member in members if not member[3]]
        pairs = [(a, b) for a, b in combinations(open_members, 2) if _agree(a, b)]
        for a, b in pairs:
            if sum(a in pair or b in pair for pair in pairs) == 1:
                yield a, b, _POINT_TO_POINT, ("description", "subnet")


def _agree(a: Member, b: Member) -> bool:
    """Say whether a description names the other end, and the other's names this one or is not there."""
    return (_names(a, b) and (_names(b, a) or not b[1].descriptions)) or (_names(b, a) and not a[1].descriptions)


def _names(member: Member, other: Member) -> bool:
    """Say whether a port's description names the other's device, and its port unless it names none."""
    for stated in member[1].descriptions:
        named = read_description(stated.text)
        if named is None or device_key(named.device) != device_key(other[0].name) or member[0] is other[0]:
            continue
        if not named.port or port_key(named.port) == port_key(other[1].name):
            return True
    return False


def _described(inventory: Inventory, used: set[End]) -> Iterator[tuple[Member, Member, float, tuple[str, ...]]]:
    """Give pairs of ports whose descriptions name each other, device and port."""
    described: dict[End, tuple[Member, End]] = {}
    for device, port in _free(inventory, used):
        if port_pattern("bundle").match(port.name):
            continue
        for stated in port.descriptions:
            named = read_description(stated.text)
            far = inventory.find(named.device) if named is not None and named.port else None
            if named is not None and far is not None and far is not device:
                member: Member = (device, port, stated.evidence, "")
                described[_end(member)] = (member, (far.name.lower(), port_key(named.port)))
    for end, (member, far_end) in described.items():
        back = described.get(far_end)
        if back is not None and back[1] == end and end < far_end:
            yield member, back[0], _DESCRIBED, ("description",)


def _link(a: Member, b: Member, confidence: float, protocols: tuple[str, ...]) -> Link:
    first, second = sorted((a, b), key=lambda member: Endpoint(device=member[0].name, port=member[1].name).key)
    evidence = [item for member in (first, second) for item in member[2]]
    if "subnet" in protocols and "description" in protocols:
        evidence += [
            item for member in (first, second) for stated in member[1].descriptions for item in stated.evidence
        ]
    return Link(
        a=Endpoint(device=first[0].name, port=first[1].name),
        b=Endpoint(device=second[0].name, port=second[1].name),
        protocols=protocols,
        seen_from="neither",
        confidence=confidence,
        evidence=tuple(dict.fromkeys(evidence)),
    )
