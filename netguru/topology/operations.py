"""The operations of the topology room."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netguru.operations import operation
from netguru.topology.results import Drawing, DrawnTopology, NeighborRows

if TYPE_CHECKING:
    from netguru.model.network import Network
    from netguru.model.topology import Topology


@operation("topology.neighbors")
def neighbors(path: Path) -> NeighborRows:
    """Read the CDP and LLDP neighbours out of command outputs, JSON, XML and captures.

    Outputs are recognised by content: lldpd, Cisco IOS, IOS-XE, IOS-XR and NX-OS, Arista EOS,
    Junos and others. A neighbour heard in a capture has no device: the capture does not say where
    it was taken.

    Args:
        path: A file, or a folder with outputs of many devices.
    """
    from netguru.topology.listing import list_neighbors
    from netguru.workspace.opening import open_network

    return list_neighbors(open_network(path))


@operation("topology.build")
def build(folder: Path) -> DrawnTopology:
    """Build the graph of a network from neighbour outputs, configurations and captures.

    Both sides of a cable become one link with the evidence of both. Where no neighbour protocol
    speaks, shared point-to-point subnets and descriptions that name each other give links of lower
    confidence. What cannot be placed is listed as unresolved with the reason, never drawn.

    Args:
        folder: The network's folder, or one file.
    """
    return _drawn(folder)


@operation("topology.draw", effect="write")
def draw(folder: Path, *, out: Path) -> Drawing:
    """Draw the graph of a network into one HTML file that works without network.

    Devices can be moved and zoomed; the page makes no request to any host.

    Args:
        folder: The network's folder, or one file.
        out: The HTML file to write.
    """
    from netguru.errors import InputError
    from netguru.topology.drawing import draw_html

    graph = _drawn(folder)
    try:
        out.write_text(draw_html(graph), encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", place=str(out)) from None
    return Drawing(
        path=out,
        devices=len(graph.devices),
        links=len(graph.links),
        unresolved=len(graph.unresolved),
        coverage=graph.coverage,
    )


def _drawn(folder: Path) -> DrawnTopology:
    from netguru.topology.building import topology_of
    from netguru.workspace.opening import open_network

    return as_drawn(topology_of(open_network(folder)))


def as_drawn(topology: Topology) -> DrawnTopology:
    """Give a graph the form that shows itself as a drawing."""
    return DrawnTopology(
        devices=topology.devices,
        links=topology.links,
        unresolved=topology.unresolved,
        coverage=topology.coverage,
    )


def of(network: Network) -> DrawnTopology:
    """Build the graph of a network that is open already."""
    from netguru.topology.building import topology_of

    return as_drawn(topology_of(network))
