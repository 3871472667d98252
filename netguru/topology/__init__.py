"""Topology: neighbours from text and documents, the graph they add up to, and its drawing."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "NeighborRows": "operations",
    "build": "operations",
    "draw": "operations",
    "neighbors": "operations",
    "physical_links": "building",
    "to_networkx": "graph",
    "topology_of": "building",
}
__all__ = ["NeighborRows", "build", "draw", "neighbors", "physical_links", "to_networkx", "topology_of"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"netguru.topology.{_HOMES[name]}"), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
