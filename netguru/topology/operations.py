"""The operations of the topology room."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from netguru.operations import operation
from netguru.topology.results import Drawing, DrawnTopology, Form, Layers, NeighborRows

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


@operation("topology.layers")
def layers(folder: Path) -> Layers:
    """List what runs over the cables as configured: VLANs, subnets, OSPF adjacencies, BGP sessions.

    Both ends of a row are configured for it; whether it works is for `diagnose`. Addresses that only
    outputs show count too. In a subnet of more than two devices each has a row with the subnet.

    Args:
        folder: The network's folder, or one file.
    """
    from netguru.topology.overlays import layers_of
    from netguru.workspace.opening import open_network

    return layers_of(open_network(folder))


@operation("topology.draw", effect="write")
def draw(folder: Path, *, out: Path, form: Form = "auto", findings: bool = False) -> Drawing:
    """Draw the graph of a network into a file: a page to look around in, a picture, or another tool's file.

    The page works without network and makes no request to any host: layers, places, search, the
    evidence of every link. `auto` goes by the name of the file: .html the page, .svg a picture,
    .graphml for graph tools, .drawio for diagrams.net, .mmd for Mermaid. `pyvis` is a plain page.

    Args:
        folder: The network's folder, or one file.
        out: The file to write.
        form: What to write; `auto` goes by the ending of the name.
        findings: Diagnose the folder too, and colour devices and links by their worst finding (the page alone).
    """
    from netguru.topology.drawing_files import write_drawing

    return write_drawing(folder, out, form, findings=findings)


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
