"""The graph as networkx sees it, and what its caption says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import networkx as nx

    from netguru.model.topology import Topology


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


def attributes(topology: Topology) -> dict[str, Any]:
    """Count what a caption says: devices, links, those seen from both sides."""
    return {
        "devices": len(topology.devices),
        "links": len(topology.links),
        "both": sum(link.seen_from == "both" for link in topology.links),
        "unresolved": len(topology.unresolved),
    }
