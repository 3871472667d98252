"""What runs over the cables, as configurations plan it: VLANs, subnets, OSPF adjacencies, BGP sessions.

An overlay link says that both ends are configured for it, never that it works: that is for the checks.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface
from typing import TYPE_CHECKING

from netguru.model.coverage import Coverage, Gap
from netguru.model.names import canonical_port, device_key, port_key
from netguru.model.topology import Endpoint
from netguru.topology.building import topology_of
from netguru.topology.inventory import physical
from netguru.topology.results import Layers, OverlayLink

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from ipaddress import IPv4Network, IPv6Network

    from netguru.model.config import DeviceConfig, Interface, Lines
    from netguru.model.evidence import Evidence
    from netguru.model.network import Network

    Ospf = tuple[tuple[int, str, tuple[Evidence, ...]], ...]

_BOTH = 2
_ALL = frozenset(range(1, 4095))


@dataclass(frozen=True, slots=True)
class _Member:
    """One address of one port, where it is stated, and how the port's configuration calls OSPF on it."""

    end: Endpoint
    address: str
    evidence: tuple[Evidence, ...]
    ospf: Ospf = ()


def layers_of(network: Network) -> Layers:
    """Give the overlays of a network, in the order VLANs, subnets, OSPF, BGP."""
    configs = _named(network.configs)
    members = _members(network, configs)
    shared = _shared(members)
    rows = [*_vlans(network, configs), *_subnets(shared), *_ospf(shared), *_bgp(configs, members)]
    return Layers(layers=tuple(rows), coverage=_coverage(network, configs))


def _named(configs: Iterable[DeviceConfig]) -> tuple[DeviceConfig, ...]:
    """Give one configuration a device: a saved and a running one state the same twice."""
    return tuple(
        {device_key(config.hostname): config for config in reversed(tuple(configs)) if config.hostname}.values()
    )


def _coverage(network: Network, configs: tuple[DeviceConfig, ...]) -> Coverage:
    """Count the devices of the graph whose configuration was read: of the others nothing is said."""
    known = {device_key(config.hostname) for config in configs}
    names = {device.name for device in topology_of(network).devices} | {config.hostname for config in configs}
    silent = sorted(name for name in names if device_key(name) not in known)
    gaps = (Gap(reason="no configuration was read", count=len(silent), places=tuple(silent[:5])),) if silent else ()
    missing = () if configs else ("no configuration was read: overlays are read from configurations",)
    return Coverage(unit="devices", total=len(names), read=len(names) - len(silent), gaps=gaps, missing=missing)


def _members(network: Network, configs: tuple[DeviceConfig, ...]) -> list[_Member]:
    """Give every address of an enabled port once: as configured, else as the device reports it."""
    made: dict[tuple[str, str], _Member] = {}
    spoken: dict[tuple[str, str], Ospf] = {}
    closed: set[tuple[str, str]] = set()
    for config in configs:
        for interface in config.interfaces:
            end = Endpoint(device=config.hostname, port=interface.name)
            spoken[end.key] = _areas(config, interface)
            if not interface.enabled:
                closed.add(end.key)
                continue
            for text in interface.addresses:
                lines = interface.at.get("addresses") or interface.lines[:1]
                made[end.key[0], text] = _Member(end, text, config.evidence(lines), spoken[end.key])
    for state in network.states:
        table = state.tables.get("addresses")
        for row in table.iter_rows(named=True) if table is not None and state.device else ():
            if row.get("interface") and row.get("scope") != "link" and "/" in (row.get("address") or ""):
                end = Endpoint(device=state.device, port=row["interface"])
                member = _Member(end, row["address"], (state.evidence(row),), spoken.get(end.key, ()))
                if end.key not in closed:
                    made.setdefault((end.key[0], row["address"]), member)
    return list(made.values())


def _areas(config: DeviceConfig, interface: Interface) -> Ospf:
    return tuple(
        (item.version, item.area, config.evidence(item.at.get("area") or interface.lines[:1]))
        for item in interface.ospf
        if not item.passive and item.area
    )


def _vlans(network: Network, configs: tuple[DeviceConfig, ...]) -> Iterator[OverlayLink]:
    """Give each cable once for every VLAN that both its ports carry."""
    by_name = {device_key(config.hostname): config for config in configs}
    carried = {name: _carried(config) for name, config in by_name.items()}
    for link in topology_of(network).links:
        sides = []
        for end in (link.a, link.b):
            config = by_name.get(device_key(end.device))
            held = carried.get(device_key(end.device), {}).get(port_key(end.port))
            if config is None or held is None:
                break
            sides.append((config, *held))
        if len(sides) < _BOTH:
            continue
        (one, vlans, lines), (other, others, other_lines) = sides
        for vlan in sorted(vlans & others):
            evidence = (*one.evidence(lines), *other.evidence(other_lines))
            yield OverlayLink(
                layer="vlan",
                name=str(vlan),
                a=link.a,
                b=link.b,
                detail=_vlan_name(vlan, (one, other)),
                evidence=tuple(dict.fromkeys(evidence)) or link.evidence,
            )


def _vlan_name(vlan: int, configs: Iterable[DeviceConfig]) -> str:
    names = [item.name for config in configs for item in config.vlans if item.id == vlan and item.name]
    return names[0] if names else ""


def _carried(config: DeviceConfig) -> dict[str, tuple[frozenset[int], Lines]]:
    """Give the VLANs of each switched port, and of each port with tagged sub-interfaces, with the lines."""
    defined = frozenset(vlan.id for vlan in config.vlans) | {1}
    bundles = {port_key(item.name): item for item in config.interfaces}
    found: dict[str, tuple[frozenset[int], Lines]] = {}
    tagged: dict[str, tuple[set[int], list[int]]] = defaultdict(lambda: (set(), []))
    for interface in config.interfaces:
        if not interface.enabled:
            continue
        parent = port_key(physical(canonical_port(interface.name)))
        if interface.vlan is not None and parent != port_key(interface.name):
            tagged[parent][0].add(interface.vlan)
            tagged[parent][1].extend(interface.at.get("vlan") or interface.lines[:1])
        spoken = _speaker(interface, bundles)
        vlans = _port_vlans(spoken, defined)
        if vlans:
            lines = [number for name in _VLAN_FIELDS for number in spoken.at.get(name, ())]
            found[port_key(interface.name)] = (vlans, tuple(lines) or spoken.lines[:1])
    for parent, (numbers, lines) in tagged.items():
        found.setdefault(parent, (frozenset(numbers), tuple(lines)))
    return found


_VLAN_FIELDS = ("mode", "access_vlan", "allowed_vlans", "native_vlan")


def _speaker(interface: Interface, bundles: dict[str, Interface]) -> Interface:
    """Give the interface whose VLANs a port carries: the bundle's, where the member itself states no mode."""
    if interface.mode or not interface.channel_group:
        return interface
    names = (
        f"port-channel{interface.channel_group}",
        f"bundle-ether{interface.channel_group}",
        interface.channel_group,
    )
    return next((bundles[port_key(name)] for name in names if port_key(name) in bundles), interface)


def _port_vlans(interface: Interface, defined: frozenset[int]) -> frozenset[int]:
    if interface.mode == "access":
        return frozenset({interface.access_vlan or 1})
    if interface.mode != "trunk":
        return frozenset()
    allowed = _ALL if interface.allowed_vlans is None else frozenset(interface.allowed_vlans)
    # A trunk that allows all carries what the device knows; what is allowed by number may be known by VTP alone.
    return allowed & defined if interface.allowed_vlans is None else allowed


def _shared(members: list[_Member]) -> dict[IPv4Network | IPv6Network, list[_Member]]:
    """Group addresses by their subnet; a subnet of one device joins nothing."""
    grouped: dict[IPv4Network | IPv6Network, list[_Member]] = defaultdict(list)
    for member in sorted(members, key=lambda item: (item.end.key, item.address)):
        network = _network(member.address)
        if network is not None:
            grouped[network].append(member)
    ordered = sorted(grouped.items(), key=lambda item: (item[0].version, item[0].network_address, item[0].prefixlen))
    return {network: held for network, held in ordered if len({item.end.key[0] for item in held}) > 1}


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        address = ip_interface(text)
    except ValueError:
        return None
    lonely = address.network.num_addresses == 1 or address.is_loopback or address.is_link_local
    return None if lonely else address.network


def _subnets(shared: Mapping[IPv4Network | IPv6Network, list[_Member]]) -> Iterator[OverlayLink]:
    for network, members in shared.items():
        yield from _joined("subnet", str(network), members, str(network))


def _joined(
    layer: str,
    name: str,
    members: list[_Member],
    subnet: str,
    proofs: Mapping[Endpoint, tuple[Evidence, ...]] | None = None,
) -> Iterator[OverlayLink]:
    """Join the members of a subnet: two by a link, more by a link of each to the subnet itself."""
    proven = proofs or {}

    def proof(*ends: _Member) -> tuple[Evidence, ...]:
        return tuple(dict.fromkeys(item for end in ends for item in (*end.evidence, *proven.get(end.end, ()))))

    if len(members) == _BOTH:
        a, b = members
        detail = f"{a.address} - {b.address}"
        yield OverlayLink(layer=layer, name=name, a=a.end, b=b.end, detail=detail, evidence=proof(a, b))
        return
    hub = Endpoint(device=subnet, port="")
    for member in members:
        yield OverlayLink(layer=layer, name=name, a=hub, b=member.end, detail=member.address, evidence=proof(member))


def _ospf(shared: Mapping[IPv4Network | IPv6Network, list[_Member]]) -> Iterator[OverlayLink]:
    """Give the adjacencies that configurations plan: active OSPF of one version and area in one subnet."""
    for network, members in shared.items():
        speaking: dict[tuple[int, str], list[_Member]] = defaultdict(list)
        proofs: dict[tuple[int, str], dict[Endpoint, tuple[Evidence, ...]]] = defaultdict(dict)
        for member in members:
            for version, area, evidence in member.ospf:
                if (version == 3) == (network.version == 6):  # noqa: PLR2004 - the versions of OSPF and IP
                    speaking[version, area].append(member)
                    proofs[version, area][member.end] = evidence
        for (version, area), group in sorted(speaking.items()):
            if len({item.end.key[0] for item in group}) > 1:
                yield from _joined(_OSPF[version], area, group, str(network), proofs[version, area])


_OSPF = {2: "ospf", 3: "ospfv3"}


def _bgp(configs: tuple[DeviceConfig, ...], members: list[_Member]) -> Iterator[OverlayLink]:
    """Give the sessions between devices of the network, by the addresses that neighbours are configured with."""
    owners: dict[str, set[str]] = defaultdict(set)
    for member in members:
        owners[_plain(member.address.partition("/")[0])].add(member.end.device)
    said: dict[tuple[Endpoint, Endpoint], list[tuple[DeviceConfig, str, Lines]]] = defaultdict(list)
    for config in configs:
        for neighbor in config.bgp.neighbors if config.bgp else ():
            held = owners.get(_plain(neighbor.address), set())
            far = next(iter(held)) if len(held) == 1 else config.hostname
            if neighbor.enabled and device_key(far) != device_key(config.hostname):
                text = f"{config.hostname} to {neighbor.address}"
                text += f" (AS {neighbor.remote_as})" if neighbor.remote_as else ""
                a, b = sorted(
                    (Endpoint(device=name, port="") for name in (config.hostname, far)), key=lambda end: end.key
                )
                said[a, b].append((config, text, neighbor.lines[:1]))
    for (a, b), words in sorted(said.items(), key=lambda item: (item[0][0].key, item[0][1].key)):
        both = len({device_key(config.hostname) for config, _, _ in words}) == _BOTH
        detail = "; ".join(text for _, text, _ in words) + ("" if both else "; configured at one end only")
        evidence = [item for config, _, lines in words for item in config.evidence(lines)]
        yield OverlayLink(layer="bgp", name="bgp", a=a, b=b, detail=detail, evidence=tuple(dict.fromkeys(evidence)))


def _plain(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        return address
