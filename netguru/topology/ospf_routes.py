"""OSPF routes: adjacencies that configurations allow, areas, summaries between areas, routes from outside.

RFC 2328 section 16: routes inside an area before routes between areas before external ones, whatever
they cost. OSPFv3 (RFC 5340) follows the same rules; two ports are taken to be on one link when they
share a subnet.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from ipaddress import ip_network
from itertools import permutations
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.model.names import port_key
from netguru.model.routing import Hop
from netguru.topology.routing_ports import joined, link_local, on_subnets, usable
from netguru.topology.spf import shortest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netguru.model.config import DeviceConfig
    from netguru.model.evidence import Evidence
    from netguru.topology.routing_ports import Address, OspfPort, Prefix, RoutedPort, Router
    from netguru.topology.spf import Paths

BACKBONE = "0.0.0.0"  # noqa: S104 - an area, not an address
_DEFAULTS = {4: "0.0.0.0/0", 6: "::/0"}


@dataclass(frozen=True)
class OspfRoute:
    """A route that OSPF offers to one router; `order` is 0 inside the area, 1 between areas, 2 from outside."""

    prefix: Prefix
    order: int
    metric: int
    hops: frozenset[Hop]
    evidence: tuple[Evidence, ...]


@dataclass
class _Domain:
    """One version of OSPF in one routing instance, over all routers."""

    routers: Mapping[str, Router]
    version: int
    vrf: str
    family: int
    edges: dict[str, dict[str, list[tuple[str, int, Hop]]]] = field(default_factory=lambda: defaultdict(dict))
    areas: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    paths: dict[tuple[str, str], Paths] = field(default_factory=dict)

    def path(self, area: str, start: str) -> Paths:
        """Give the shortest paths of a router inside an area, computed once."""
        if (area, start) not in self.paths:
            self.paths[area, start] = shortest(self.edges[area], start)
        return self.paths[area, start]


def ospf_routes(routers: Mapping[str, Router], family: int, vrf: str = "") -> dict[str, list[OspfRoute]]:
    """Compute what OSPF offers to every router, by device key; connected prefixes included."""
    domain = _Domain(routers, 2 if family == 4 else 3, vrf, family)  # noqa: PLR2004 - the versions of IP and OSPF
    _adjacencies(domain)
    inside = {key: _inside(domain, key) for key in sorted(domain.areas)}
    offered = {key: dict(found) for key, found in inside.items()}
    _between(domain, inside, offered)
    _outside(domain, offered)
    return {key: list(found.values()) for key, found in offered.items()}


def cost_of(router: Router, port: RoutedPort, ospf: OspfPort) -> int:
    """Give the cost of a port: as stated or reported, else by the speed that its type tells."""
    if ospf.cost is not None:
        return ospf.cost
    if port.is_loopback:
        return int(router.default("ospf", "loopback"))
    table = resources.table("topology", "routing.toml")["speed"]
    name = port_key(port.name)
    speed = next((row["mbps"] for row in table if name.startswith(row["name"])), None)
    if speed is None:
        return int(router.default("ospf", "unknown"))
    return max(1, int(router.default("ospf", "reference") / speed))


def _adjacencies(domain: _Domain) -> None:
    """Join the routers whose ports share a subnet and agree on what hellos carry."""
    for key, router in domain.routers.items():
        for port in router.ports.values():
            row = port.ospf.get(domain.version)
            if row is not None and row.area and port.up and port.vrf == domain.vrf:
                domain.areas[key].add(row.area)
                domain.edges[row.area].setdefault(key, [])
    keys = {id(router): key for key, router in domain.routers.items()}
    for members in on_subnets(domain.routers.values(), domain.family, domain.vrf).values():
        for (one, port, _), (other, far, address) in permutations(members, 2):
            near, there = port.ospf.get(domain.version), far.ospf.get(domain.version)
            if one is not other and near and there and _compatible(port, near, far, there):
                hop = Hop(address=link_local(far) if domain.family == 6 else str(address.ip), port=port.name)  # noqa: PLR2004
                hop = hop if hop.address else Hop(address=str(address.ip), port=port.name)
                edges = domain.edges[near.area].setdefault(keys[id(one)], [])
                edges.append((keys[id(other)], cost_of(one, port, near), hop))


def _compatible(port: RoutedPort, near: OspfPort, far: RoutedPort, there: OspfPort) -> bool:
    """Say whether two ports become adjacent (RFC 2328 sections 10.5 and 10.6)."""
    if not joined(port, far) or not near.area or near.area != there.area or near.passive or there.passive:
        return False
    for a, b in ((near.hello, there.hello), (near.dead, there.dead)):
        if a is not None and b is not None and a != b:
            return False
    ignored = port.mtu_ignore or far.mtu_ignore
    return ignored or port.mtu is None or far.mtu is None or port.mtu == far.mtu


def _announced(domain: _Domain, key: str, area: str) -> Iterable[tuple[Prefix, int, tuple[Evidence, ...]]]:
    """Give the prefixes that a router announces into an area, with their cost and the lines that say so."""
    router = domain.routers[key]
    for port, address in usable(router, domain.family, domain.vrf):
        row = port.ospf.get(domain.version)
        if row is None or row.area != area:
            continue
        proof = (*row.evidence[:1], *port.addresses[address][:1])
        yield _stub(port, row, address), cost_of(router, port, row), proof


def _stub(port: RoutedPort, row: OspfPort, address: Address) -> Prefix:
    """Give a loopback as a host route, unless it is told to be a link (RFC 2328 section 12.4.1)."""
    if port.is_loopback and row.kind in ("", "loopback"):
        return ip_network(str(address.ip))
    return address.network


def _inside(domain: _Domain, key: str) -> dict[Prefix, OspfRoute]:
    """Compute the routes of a router to the prefixes of its own areas."""
    best: dict[Prefix, OspfRoute] = {}
    for area in sorted(domain.areas[key]):
        for other, (distance, hops) in sorted(domain.path(area, key).items()):
            for prefix, cost, proof in _announced(domain, other, area):
                mine = frozenset() if other == key else hops
                _keep(best, OspfRoute(prefix, 0, distance + cost, mine, proof))
    return best


def _keep(best: dict[Prefix, OspfRoute], route: OspfRoute) -> None:
    """Keep the better route to a prefix; of equal ones all first hops."""
    known = best.get(route.prefix)
    if known is None or (route.order, route.metric) < (known.order, known.metric):
        best[route.prefix] = route
    elif (route.order, route.metric) == (known.order, known.metric) and known.hops and route.hops:
        best[route.prefix] = OspfRoute(
            route.prefix, route.order, route.metric, known.hops | route.hops, (*known.evidence, *route.evidence)[:6]
        )


def _between(
    domain: _Domain, inside: dict[str, dict[Prefix, OspfRoute]], offered: dict[str, dict[Prefix, OspfRoute]]
) -> None:
    """Add the routes between areas: all of them lead over the backbone."""
    borders = [key for key, areas in domain.areas.items() if BACKBONE in areas and len(areas) > 1]
    backbone = [key for key, areas in domain.areas.items() if BACKBONE in areas]
    for key in backbone:
        for border in borders:
            found = domain.path(BACKBONE, key).get(border)
            if border != key and found is not None:
                _over(offered[key], found, inside[border].values(), inside[key])
    for key, areas in domain.areas.items():
        if BACKBONE in areas:
            continue
        for area in areas:
            for border in borders:
                found = domain.path(area, key).get(border) if area in domain.areas[border] else None
                if found is not None:
                    _over(offered[key], found, offered[border].values(), inside[key])


def _over(
    best: dict[Prefix, OspfRoute],
    way: tuple[int, frozenset[Hop]],
    routes: Iterable[OspfRoute],
    inside: Mapping[Prefix, Any],
) -> None:
    """Take what a border router reaches, at the distance to it."""
    distance, hops = way
    for route in list(routes):
        if route.prefix not in inside and route.order < 2:  # noqa: PLR2004 - external routes cross areas as they are
            _keep(best, OspfRoute(route.prefix, 1, distance + route.metric, hops, route.evidence))


def _outside(domain: _Domain, offered: dict[str, dict[Prefix, OspfRoute]]) -> None:
    """Add the routes that border routers of the domain bring in from elsewhere, as external type 2."""
    for origin in sorted(domain.areas):
        for prefix, metric, proof in _brought_in(domain, origin):
            for key in sorted(domain.areas):
                way = _to_router(domain, offered, key, origin)
                known = offered[key].get(prefix)
                if way is None or key == origin or (known is not None and known.order < 2):  # noqa: PLR2004 - external
                    continue
                if any(_closed(domain, key, area) for area in domain.areas[key]):
                    continue
                _keep(offered[key], OspfRoute(prefix, 2, metric, way, proof))


def _to_router(
    domain: _Domain, offered: dict[str, dict[Prefix, OspfRoute]], key: str, origin: str
) -> frozenset[Hop] | None:
    """Give the first hops to a router, inside an area or by one of its addresses."""
    ways = [domain.path(area, key)[origin] for area in sorted(domain.areas[key]) if origin in domain.path(area, key)]
    for port, address in usable(domain.routers[origin], domain.family, domain.vrf):
        row = port.ospf.get(domain.version)
        route = offered[key].get(_stub(port, row, address)) if row is not None else None
        if not ways and route is not None and route.hops:
            ways.append((route.metric, route.hops))
    return min(ways, key=lambda way: way[0])[1] if ways else None


def _closed(domain: _Domain, key: str, area: str) -> bool:
    """Say whether an area takes no external routes."""
    processes = [item for config in domain.routers[key].configs for item in config.ospf]
    return any(item.area_types.get(area, "").startswith(("stub", "totally")) for item in processes)


def _brought_in(domain: _Domain, key: str) -> Iterable[tuple[Prefix, int, tuple[Evidence, ...]]]:
    router = domain.routers[key]
    metric = int(router.default("ospf", "external"))
    for config in router.configs:
        for process in config.ospf:
            if process.version != domain.version or process.vrf != domain.vrf:
                continue
            proof = config.evidence(process.at.get("redistribute") or process.lines[:1])
            if "static" in process.redistribute:
                for route in config.static_routes:
                    prefix = ip_network(route.prefix, strict=False)
                    if prefix.version == domain.family and route.vrf == domain.vrf and prefix.prefixlen:
                        yield prefix, metric, (*proof, *config.evidence(route.lines))
            if "connected" in process.redistribute or "direct" in process.redistribute:
                for port, address in usable(router, domain.family, domain.vrf):
                    if domain.version not in port.ospf:
                        yield address.network, metric, (*proof, *port.addresses[address][:1])
        for number in _default_statements(config, domain):
            yield ip_network(_DEFAULTS[domain.family]), 1, config.evidence((number,))


def _default_statements(config: DeviceConfig, domain: _Domain) -> Iterable[int]:
    """Give the lines that announce a default route into the domain."""
    wanted = ("ospf6", "ospfv3") if domain.family == 6 else ("ospf",)  # noqa: PLR2004 - the version of IP
    for line in config.tree:
        words = line.text.split()
        if words[:1] == ["router"] and words[1:2] and words[1] in wanted:
            yield from (item.number for item in line.children if item.text.startswith("default-information originate"))
