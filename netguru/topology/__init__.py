"""Topology: neighbours from text and documents, the graph they add up to, and its drawing."""

from __future__ import annotations

from netguru.lazy import lazily

_HOMES = {
    "NeighborRows": "operations",
    "build": "operations",
    "draw": "operations",
    "layers": "operations",
    "neighbors": "operations",
    "physical_links": "building",
    "to_networkx": "graph",
    "topology_of": "building",
}
__all__ = ["NeighborRows", "build", "draw", "layers", "neighbors", "physical_links", "to_networkx", "topology_of"]

__getattr__, __dir__ = lazily(__name__, _HOMES)
