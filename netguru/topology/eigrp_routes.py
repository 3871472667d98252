"""EIGRP routes: neighbours of one autonomous system with the same K values, feasible distances (RFC 7868)."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import permutations
from typing import TYPE_CHECKING

from netguru.model.names import port_key
from netguru.model.routing import Hop
from netguru.topology.routing_ports import joined, on_subnets, usable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from netguru.model.config import DeviceConfig, EigrpProcess
    from netguru.model.evidence import Evidence
    from netguru.topology.routing_ports import Address, Prefix, RoutedPort, Router

_FAMILY = 4


@dataclass(frozen=True)
class EigrpRoute:
    """A route that EIGRP offers to one router."""

    prefix: Prefix
    metric: int
    hops: frozenset[Hop]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class _Speaker:
    """A port on which a process speaks."""

    key: str
    router: Router
    port: RoutedPort
    address: Address
    process: EigrpProcess
    evidence: tuple[Evidence, ...]


def eigrp_routes(routers: Mapping[str, Router], vrf: str = "") -> dict[str, list[EigrpRoute]]:
    """Compute what EIGRP offers to every router, by device key, for IPv4."""
    speakers = [item for key in sorted(routers) for item in _speakers(key, routers[key], vrf)]
    links: dict[str, list[tuple[_Speaker, _Speaker]]] = {}
    for one, other in _neighbors(speakers, routers, vrf):
        links.setdefault(other.key, []).append((one, other))
    offered: dict[str, dict[Prefix, EigrpRoute]] = {item.key: {} for item in speakers}
    for origin in speakers:
        _spread(origin, links, offered)
    return {key: list(found.values()) for key, found in offered.items()}


def _speakers(key: str, router: Router, vrf: str) -> Iterator[_Speaker]:
    for config in router.configs:
        for process in config.eigrp:
            for port, address in usable(router, _FAMILY, vrf):
                if any(_covers(text, port, address) for text in process.networks):
                    yield _Speaker(key, router, port, address, process, _proof(config, process))


def _proof(config: DeviceConfig, process: EigrpProcess) -> tuple[Evidence, ...]:
    return config.evidence(process.at.get("networks") or process.lines[:1])


def _covers(text: str, port: RoutedPort, address: Address) -> bool:
    if "/" not in text and "." not in text:
        return port_key(text) == port_key(port.name)
    try:
        return address.ip in ip_network(text, strict=False)
    except ValueError:
        return port_key(text) == port_key(port.name)


def _neighbors(
    speakers: list[_Speaker], routers: Mapping[str, Router], vrf: str
) -> Iterator[tuple[_Speaker, _Speaker]]:
    by_place = {(item.key, item.port.name, item.address): item for item in speakers}
    keys = {id(router): key for key, router in routers.items()}
    for members in on_subnets(routers.values(), _FAMILY, vrf).values():
        held = [by_place.get((keys[id(router)], port.name, address)) for router, port, address in members]
        for one, other in permutations([item for item in held if item is not None], 2):
            same = one.process.asn == other.process.asn and one.process.k_values == other.process.k_values
            if one.key != other.key and same and joined(one.port, other.port):
                yield one, other


def _figures(item: _Speaker) -> tuple[float, float]:
    """Give the inverse bandwidth (10^7 / kbit/s) and the delay (tens of microseconds) of a port."""
    kind = "loopback_" if item.port.is_loopback else ""
    bandwidth = item.router.default("eigrp", f"{kind}bandwidth")
    return 10_000_000 / bandwidth, item.router.default("eigrp", f"{kind}delay") / 10


def _spread(
    origin: _Speaker,
    links: Mapping[str, list[tuple[_Speaker, _Speaker]]],
    offered: dict[str, dict[Prefix, EigrpRoute]],
) -> None:
    """Carry one connected prefix to all routers by least composite metric: 256 * (bandwidth + delay)."""
    prefix = origin.address.network
    slowest, delay = _figures(origin)
    queue: list[tuple[float, str, float, float, Hop | None]] = [(slowest + delay, origin.key, slowest, delay, None)]
    best: dict[str, float] = {}
    while queue:
        total, key, slowest, delay, hop = heapq.heappop(queue)
        known = best.get(key)
        if known is not None and total > known:
            continue
        metric = int(256 * total)
        hops = frozenset({hop} if hop else ())
        before = offered[key].get(prefix)
        if before is None or metric < before.metric:
            offered[key][prefix] = EigrpRoute(prefix, metric, hops, origin.evidence)
        elif metric == before.metric and hop and before.hops and hop not in before.hops:
            offered[key][prefix] = EigrpRoute(prefix, metric, before.hops | hops, before.evidence)
        elif known is not None:
            continue
        if known is not None:
            continue
        best[key] = total
        for one, other in links.get(key, ()):
            inverse, more = _figures(one)
            worst, longer = max(slowest, inverse), delay + more
            step = Hop(address=str(other.address.ip), port=one.port.name)
            heapq.heappush(queue, (worst + longer, one.key, worst, longer, step))
