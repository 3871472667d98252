"""Shortest paths with all first hops of equal cost: Dijkstra's algorithm as OSPF runs it (RFC 2328 section 16.1)."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netguru.model.routing import Hop

Edges: TypeAlias = "Mapping[str, list[tuple[str, int, Hop]]]"
"""For each node its neighbours: (neighbour, cost of the way out, first hop towards it)."""
Paths: TypeAlias = "dict[str, tuple[int, frozenset[Hop]]]"
"""For each node that is reached: its cost and the first hops of all shortest paths; none for the start itself."""


def shortest(edges: Edges, start: str) -> Paths:
    """Compute the shortest paths from a node to all others.

    >>> from netguru.model.routing import Hop
    >>> here, there = Hop(address="10.0.0.1", port="eth1"), Hop(address="10.0.0.2", port="eth2")
    >>> graph = {"a": [("b", 1, here), ("c", 1, there)], "b": [("d", 1, here)], "c": [("d", 1, there)]}
    >>> cost, hops = shortest(graph, "a")["d"]
    >>> cost, sorted(hops) == [here, there]
    (2, True)
    """
    costs: dict[str, int] = {start: 0}
    hops: dict[str, set[Hop]] = {start: set()}
    queue: list[tuple[int, str]] = [(0, start)]
    done: set[str] = set()
    while queue:
        cost, node = heapq.heappop(queue)
        if node in done:
            continue
        done.add(node)
        for neighbor, length, first in edges.get(node, ()):
            total = cost + length
            through = {first} if node == start else hops[node]
            if neighbor not in costs or total < costs[neighbor]:
                costs[neighbor], hops[neighbor] = total, set(through)
                heapq.heappush(queue, (total, neighbor))
            elif total == costs[neighbor] and neighbor != start:
                hops[neighbor] |= through
    return {node: (costs[node], frozenset(hops[node])) for node in done}
