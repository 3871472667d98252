"""The graph of a network in a cell or a dashboard: to look at, to point at, and to take the choice back into Python.

import netguru
view = netguru.graph("folder")
view
view.devices, view.links        # what is chosen
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from netguru.errors import UnknownNameError
from netguru.model.finding import Findings
from netguru.model.names import device_key
from netguru.model.topology import Topology
from netguru.resources import front_end

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.model.finding import Finding
    from netguru.model.topology import Device, Link


_NOTHING: dict[str, list[int]] = {"nodes": [], "links": []}


class GraphWidget(anywidget.AnyWidget):
    """The interactive graph; `chosen` follows what is clicked, and can be set by `select`."""

    _esm = front_end("graph.js")
    _css = front_end("graph.css")

    sheet = traitlets.Dict().tag(sync=True)
    chosen = traitlets.Dict(_NOTHING).tag(sync=True)
    height = traitlets.Int(560).tag(sync=True)

    def __init__(self, topology: Topology, sheet: dict[str, Any], height: int = 560) -> None:
        super().__init__(sheet=sheet, height=height)
        self.topology = topology

    @property
    def devices(self) -> tuple[Device, ...]:
        """Give the devices that are chosen."""
        return tuple(self.topology.devices[index] for index in self._numbers("nodes", len(self.topology.devices)))

    @property
    def links(self) -> tuple[Link, ...]:
        """Give the cables that are chosen, with their evidence."""
        return tuple(self.topology.links[index] for index in self._numbers("links", len(self.topology.links)))

    def select(self, *names: str) -> None:
        """Choose devices by name; raises UnknownNameError."""
        known = {device_key(node["key"]): index for index, node in enumerate(self.sheet["nodes"])}
        for name in names:
            if device_key(name) not in known:
                raise UnknownNameError("device", name, [node["key"] for node in self.sheet["nodes"]])
        self.chosen = {"nodes": [known[device_key(name)] for name in names], "links": []}

    def _numbers(self, kind: str, count: int) -> list[int]:
        # What a page sends is checked: it may come from a notebook that somebody else has written.
        return [item for item in self.chosen.get(kind, ()) if type(item) is int and 0 <= item < count]


def graph(
    about: Path | str | Topology, *, findings: Findings | Iterable[Finding] | bool = False, height: int = 560
) -> GraphWidget:
    """Show the graph of a folder, or of a topology that was built; `findings=True` diagnoses the folder too.

    Returns the widget; a topology by itself has cables alone, a folder its layers too.
    """
    from netguru.topology.drawing_files import sheet_of
    from netguru.topology.sheet import sheet

    if isinstance(about, Topology):
        return GraphWidget(about, sheet(about, (), _findings(findings)), height)
    from netguru.topology.building import topology_of
    from netguru.workspace.opening import open_network

    folder = Path(about)
    told = _diagnosed(folder) if findings is True else _findings(findings)
    network = open_network(folder)
    return GraphWidget(topology_of(network), sheet_of(network, told), height)


def _findings(findings: Findings | Iterable[Finding] | bool) -> Iterable[Finding]:
    if isinstance(findings, bool):
        return ()
    return findings.findings if isinstance(findings, Findings) else tuple(findings)


def _diagnosed(folder: Path) -> Iterable[Finding]:
    from netguru.diagnosis import diagnose

    return tuple(diagnose(folder).findings)
