"""A network's cabling in words, for questions about it: each device with its links, and what could not be placed."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from netguru.model.description import Description, Passage
from netguru.workspace.describers import Subject, describers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.network import Network
    from netguru.model.topology import Device, Link, Topology

_ADDRESSES = 20


class NetworkDescriber:
    """Describe the graph of a network."""

    subject: Subject = "network"
    version = "1"

    def describe(self, subject: Network) -> Description | None:
        """Tell every device with its links, then what was heard and could not be placed."""
        from netguru.topology.building import topology_of

        graph = topology_of(subject)
        if not graph.links:
            return None
        name = subject.root.name or "network"
        title = f"Topology of {name}"
        parts = list(_parts(graph))
        passages: list[Passage] = []
        number = 1
        for heading, lines in parts:
            rows = tuple(enumerate(lines, number))
            number += len(rows)
            passages.append(Passage(path=(title, heading), lines=rows, kind="list", stated=False))
        return Description(title=title, passages=tuple(passages))


def _parts(graph: Topology) -> Iterator[tuple[str, list[str]]]:
    links: dict[str, list[str]] = defaultdict(list)
    for link in graph.links:
        links[link.a.device].append(_link(link, far=True))
        links[link.b.device].append(_link(link, far=False))
    for device in graph.devices:
        yield f"Device {device.name}", [_device(device), *links[device.name]]
    if graph.unresolved:
        heard = [
            f"{item.neighbor.device or 'a capture'} {item.neighbor.port} hears {item.neighbor.remote_device} "
            f"{item.neighbor.remote_port}: {item.reason}"
            for item in graph.unresolved
        ]
        yield "Neighbours not placed", heard


def _device(device: Device) -> str:
    told = [device.name]
    if device.platform:
        told.append(f"platform {device.platform}")
    if device.addresses:
        told.append(f"addresses {', '.join(device.addresses[:_ADDRESSES])}")
    if not device.reported:
        told.append("known from its neighbours only")
    return ", ".join(told)


def _link(link: Link, *, far: bool) -> str:
    here, there = (link.a, link.b) if far else (link.b, link.a)
    seen = {"both": "both ends say so", "neither": "neither end reports a neighbour"}.get(link.seen_from)
    seen = seen or f"{(link.a if link.seen_from == 'a' else link.b).device} says so"
    return (
        f"{here.device} {here.port} is connected to {there.device} {there.port} "
        f"({', '.join(link.protocols)}; {seen}; confidence {link.confidence:g})"
    )


describers.register("network", NetworkDescriber())
