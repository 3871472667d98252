"""Routing tables of all routers: each protocol's routes, the nearest by distance, next hops resolved."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

from netguru.model.routing import Hop, Route
from netguru.topology.bgp_routes import BgpPath, Speakers, bgp_paths
from netguru.topology.building import physical_links
from netguru.topology.eigrp_routes import eigrp_routes
from netguru.topology.ospf_routes import ospf_routes
from netguru.topology.routing_ports import routers_of, set_cables, usable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.model.evidence import Evidence
    from netguru.model.network import Network
    from netguru.topology.routing_ports import Prefix, Router

_DEPTH = 8
"""Lookups after which a next hop that leads to another next hop is given up (a loop of static routes)."""
_NOWHERE = ("null", "discard", "reject", "dsc")


@dataclass
class Tables:
    """The selected routes of every router by routing instance, and what could not be followed."""

    routers: dict[str, Router]
    routes: dict[tuple[str, str], dict[Prefix, Route]] = field(default_factory=dict)
    notes: set[str] = field(default_factory=set)

    def lookup(self, key: str, address: str, vrf: str = "") -> Route | None:
        """Give the route with the longest prefix that holds an address."""
        wanted = ip_address(address)
        table = self.routes.get((key, vrf), {})
        for length in range(wanted.max_prefixlen, -1, -1):
            found = table.get(ip_network(f"{wanted}/{length}", strict=False))
            if found is not None:
                return found
        return None

    def resolved(self, key: str, address: str, vrf: str = "") -> tuple[frozenset[Hop], int | None]:
        """Resolve a next hop over the routes that are known: the hops on connected links, and the metric."""
        wanted = address
        route = self.lookup(key, wanted, vrf)
        if route is None or (route.prefix in ("0.0.0.0/0", "::/0") and route.protocol == "bgp"):
            return frozenset(), None
        if route.protocol == "connected":
            return frozenset(Hop(address=wanted, port=hop.port) for hop in route.hops), 0
        return frozenset(route.hops), route.metric


def tables_of(network: Network) -> Tables:
    """Compute the routing tables of a network from its configurations and the addresses that devices report."""
    tables = Tables(routers_of(network))
    set_cables(tables.routers, physical_links(network))
    instances = sorted({port.vrf for router in tables.routers.values() for port in router.ports.values()})
    for vrf in instances or [""]:
        for family in (4, 6):
            _compute(tables, family, vrf)
    tables.notes |= _left_out(tables.routers.values())
    return tables


def _compute(tables: Tables, family: int, vrf: str) -> None:
    ospf = ospf_routes(tables.routers, family, vrf)
    eigrp = eigrp_routes(tables.routers, vrf) if family == 4 else {}  # noqa: PLR2004 - the version of IP
    for key, router in tables.routers.items():
        offered = list(_connected(router, family, vrf))
        for row in ospf.get(key, ()):
            name = "ospf_external" if row.order > 1 else "ospf"
            if row.hops:
                offered.append(_route(router, vrf, row.prefix, name, row.metric, row.hops, row.evidence))
        for found in eigrp.get(key, ()):
            if found.hops:
                made = _route(router, vrf, found.prefix, "eigrp", found.metric, found.hops, found.evidence)
                offered.append(made)
        _take(tables, key, vrf, offered)
    for key, router in tables.routers.items():
        _static(tables, key, router, family, vrf)
    _bgp(tables, family, vrf)


_PROTOCOLS = {"ospf_external": "ospf", "ebgp": "bgp", "ibgp": "bgp"}
"""The protocol of a kind of route; kinds differ in distance."""


def _route(
    router: Router,
    vrf: str,
    prefix: Prefix,
    kind: str,
    metric: int,
    hops: Iterable[Hop],
    evidence: tuple[Evidence, ...],
    via: tuple[str, ...] = (),
) -> Route:
    return Route(
        device=router.name,
        vrf=vrf,
        prefix=str(prefix),
        protocol=_PROTOCOLS.get(kind, kind),
        distance=int(router.default("distance", kind)),
        metric=metric,
        hops=tuple(sorted(set(hops))),
        via=via,
        evidence=tuple(dict.fromkeys(evidence)),
    )


def _connected(router: Router, family: int, vrf: str) -> Iterable[Route]:
    for port, address in usable(router, family, vrf):
        hop = Hop(port=port.name)
        yield _route(router, vrf, address.network, "connected", 0, [hop], port.addresses[address][:2])


def _take(tables: Tables, key: str, vrf: str, offered: Iterable[Route]) -> None:
    """Keep of all routes to a prefix the one with the least distance; equal connected ones share their ports."""
    table = tables.routes.setdefault((key, vrf), {})
    for route in offered:
        prefix = ip_network(route.prefix)
        known = table.get(prefix)
        if known is None or (route.distance, route.metric) < (known.distance, known.metric):
            table[prefix] = route


def _static(tables: Tables, key: str, router: Router, family: int, vrf: str) -> None:
    """Add static routes: those whose next hop is reached, until no more come in."""
    waiting: dict[tuple[str, int], list[tuple[str, str, tuple[Evidence, ...]]]] = {}
    for config in router.configs:
        for row in config.static_routes:
            if row.vrf == vrf and ip_network(row.prefix, strict=False).version == family:
                distance = row.distance if row.distance is not None else int(router.default("distance", "static"))
                place = (str(ip_network(row.prefix, strict=False)), distance)
                waiting.setdefault(place, []).append((row.next_hop, row.interface, config.evidence(row.lines)))
    for _ in range(_DEPTH):
        for (prefix, distance), ways in sorted(waiting.items(), key=lambda item: item[0][1]):
            found = [_static_hops(tables, key, vrf, prefix, address, port) for address, port, _ in ways]
            hops = {hop for item in found for hop in item}
            nowhere = any(port.lower().startswith(_NOWHERE) for _, port, _ in ways)
            if not hops and not nowhere:
                continue
            proof = tuple(item for _, _, evidence in ways for item in evidence)
            route = Route(
                device=router.name,
                vrf=vrf,
                prefix=prefix,
                protocol="static",
                distance=distance,
                metric=0,
                hops=tuple(sorted(hops)),
                via=tuple(sorted({address for address, _, _ in ways if address})),
                evidence=proof,
            )
            _take(tables, key, vrf, [route])


def _static_hops(tables: Tables, key: str, vrf: str, prefix: str, address: str, name: str) -> Iterable[Hop]:
    """Resolve one way of a static route: by its port, or by its address over the routes that are known."""
    ports = _by_port(tables.routers[key], name) if name else set()
    if name:
        return {Hop(address=address, port=hop.port) for hop in ports} if address else ports
    network = ip_network(prefix)
    # A route does not carry its own next hop.
    if network in tables.routes.get((key, vrf), {}) and ip_address(address) in network:
        return ()
    return tables.resolved(key, address, vrf)[0]


def _by_port(router: Router, name: str) -> set[Hop]:
    """Give a port that is up as the hop of a route that names it alone."""
    if name.lower().startswith(_NOWHERE):
        return set()
    port = router.port(name)
    return {Hop(port=port.name)} if port.up and port.addresses else set()


def _bgp(tables: Tables, family: int, vrf: str) -> None:
    speakers = Speakers(tables.routers, family, vrf)
    if not speakers.sessions:
        return
    known = {
        key: {prefix: (route.protocol, route.evidence) for prefix, route in table.items() if prefix.version == family}
        for (key, instance), table in tables.routes.items()
        if instance == vrf
    }
    best = bgp_paths(speakers, known, lambda key, address: tables.resolved(key, address, vrf)[1])
    tables.notes |= speakers.notes
    offered: dict[str, list[Route]] = {}
    for key, chosen in best.items():
        for prefix, paths in chosen.items():
            if paths[0].hop:
                offered.setdefault(key, []).append(_learned(tables, key, vrf, prefix, paths))
    # Taken together at the end: a next hop is resolved over the routes of the other protocols.
    for key, rows in offered.items():
        _take(tables, key, vrf, rows)


def _learned(tables: Tables, key: str, vrf: str, prefix: Prefix, paths: list[BgpPath]) -> Route:
    hops = {hop for path in paths for hop in tables.resolved(key, path.hop, vrf)[0]}
    return _route(
        tables.routers[key],
        vrf,
        prefix,
        "ibgp" if paths[0].internal else "ebgp",
        paths[0].attributes.med,
        hops,
        tuple(item for path in paths for item in path.evidence)[:8],
        via=tuple(sorted({path.hop for path in paths})),
    )


def _left_out(routers: Iterable[Router]) -> set[str]:
    """Tell which protocols run that are not computed."""
    told = set()
    for router in routers:
        for config in router.configs:
            for line in config.tree:
                for name, words in (("IS-IS", "router isis"), ("RIP", "router rip")):
                    if line.text.startswith(words):
                        told.add(f"{router.name}: routes of {name} are not computed")
    return told


def receiver(tables: Tables, address: str, vrf: str = "") -> list[tuple[str, str]]:
    """Give the devices and ports that own an address."""
    wanted = ip_address(address)
    return [
        (key, port.name)
        for key, router in sorted(tables.routers.items())
        for port, held in usable(router, wanted.version, vrf)
        if held.ip == wanted
    ]
