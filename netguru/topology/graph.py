"""The graph as networkx sees it, and where its devices are drawn: layers by distance from the core."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    import networkx as nx

    from netguru.model.topology import Topology

Position = tuple[float, float]

_SWEEPS = 6
_WIDEST = 9
"""Devices side by side before a layer continues in a second row."""


def to_networkx(topology: Topology) -> nx.MultiGraph[str]:
    """Give a networkx multigraph: devices are nodes, every cable is an edge of its own.

    Edges carry `a`, `a_port`, `b`, `b_port`, `protocols`, `seen_from` and `confidence`.
    """
    import networkx as nx

    graph: nx.MultiGraph[str] = nx.MultiGraph()
    for device in topology.devices:
        graph.add_node(
            device.name, platform=device.platform, addresses=list(device.addresses), reported=device.reported
        )
    for link in topology.links:
        graph.add_edge(
            link.a.device,
            link.b.device,
            a=link.a.device,
            a_port=link.a.port,
            b=link.b.device,
            b_port=link.b.port,
            protocols=list(link.protocols),
            seen_from=link.seen_from,
            confidence=link.confidence,
        )
    return graph


def layout(topology: Topology) -> dict[str, Position]:
    """Place devices in rows, the best connected on top, by hops from there; the same input gives the same place.

    Coordinates are whole steps: x counts devices, y counts rows.
    """
    near = _neighbours(topology)
    places: dict[str, Position] = {}
    left = 0.0
    for part in _components(near):
        rows = _rows(_ordered(_layers(part, near), near))
        width = max(len(row) for row in rows)
        for y, row in enumerate(rows):
            indent = (width - len(row)) / 2
            for x, name in enumerate(row):
                places[name] = (left + indent + x, float(y))
        left += width + 0.5
    return places


def _neighbours(topology: Topology) -> dict[str, list[str]]:
    near: dict[str, set[str]] = {device.name: set() for device in topology.devices}
    for link in topology.links:
        near.setdefault(link.a.device, set()).add(link.b.device)
        near.setdefault(link.b.device, set()).add(link.a.device)
    return {name: sorted(others - {name}) for name, others in near.items()}


def _components(near: dict[str, list[str]]) -> list[list[str]]:
    """Give the connected parts, largest first."""
    seen: set[str] = set()
    parts = []
    for start in sorted(near):
        if start not in seen:
            part = list(_hops([start], near))
            seen.update(part)
            parts.append(sorted(part))
    return sorted(parts, key=lambda part: (-len(part), part))


def _hops(starts: Iterable[str], near: dict[str, list[str]]) -> dict[str, int]:
    hops = dict.fromkeys(starts, 0)
    queue = deque(hops)
    while queue:
        name = queue.popleft()
        for other in near[name]:
            if other not in hops:
                hops[other] = hops[name] + 1
                queue.append(other)
    return hops


def _layers(part: list[str], near: dict[str, list[str]]) -> list[list[str]]:
    most = max(len(near[name]) for name in part)
    hops = _hops([name for name in part if len(near[name]) == most], near)
    layers: list[list[str]] = [[] for _ in range(max(hops.values()) + 1)]
    for name in part:
        layers[hops[name]].append(name)
    return layers


def _ordered(layers: list[list[str]], near: dict[str, list[str]]) -> list[list[str]]:
    """Order each layer by the mean place of its neighbours in the other layers, to and fro."""
    for sweep in range(_SWEEPS):
        order = range(1, len(layers)) if sweep % 2 == 0 else range(len(layers) - 2, -1, -1)
        for index in order:
            beside = layers[index - 1] if sweep % 2 == 0 else layers[index + 1]
            place = {name: (position + 0.5) / len(beside) for position, name in enumerate(beside)}
            layers[index].sort(key=lambda name: (_mean([place[o] for o in near[name] if o in place]), name))
    return layers


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.5


def _rows(layers: list[list[str]]) -> list[list[str]]:
    return [layer[start : start + _WIDEST] for layer in layers for start in range(0, len(layer), _WIDEST)]


def attributes(topology: Topology) -> dict[str, Any]:
    """Count what a caption says: devices, links, those seen from both sides."""
    return {
        "devices": len(topology.devices),
        "links": len(topology.links),
        "both": sum(link.seen_from == "both" for link in topology.links),
        "unresolved": len(topology.unresolved),
    }
