"""Topology: neighbours from text and documents, the graph they add up to, and its drawing."""

from __future__ import annotations

from netguru.lazy import lazily

_HOMES = {
    "NeighborRows": "operations",
    "build": "operations",
    "draw": "operations",
    "layers": "operations",
    "neighbors": "operations",
    "path": "routes_operations",
    "physical_links": "building",
    "routes": "routes_operations",
    "to_networkx": "graph",
    "topology_of": "building",
}
__all__ = [
    "NeighborRows",
    "build",
    "draw",
    "layers",
    "neighbors",
    "path",
    "physical_links",
    "routes",
    "to_networkx",
    "topology_of",
]

__getattr__, __dir__ = lazily(__name__, _HOMES)
