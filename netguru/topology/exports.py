"""The graph for other tools: GraphML, draw.io, Mermaid."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from netguru.render.clean import line
from netguru.topology.graph import to_networkx
from netguru.topology.layouts import layout
from netguru.topology.svg import short_port

if TYPE_CHECKING:
    from netguru.model.topology import Topology

_STEP_X, _STEP_Y, _BOX_W, _BOX_H = 180, 140, 120, 40
_LONGEST = 120
# What Mermaid reads as its own inside quotation marks is written as its entity.
_MERMAID = re.compile(r"[#\"`<>&;|\[\](){}\\]")


def graphml(topology: Topology) -> bytes:
    """Give the graph as GraphML; lists become texts, joined by commas. Devices are named by their numbers."""
    import networkx as nx

    graph = to_networkx(topology)
    plain: nx.MultiGraph[str] = nx.MultiGraph()
    number = {name: f"n{index}" for index, name in enumerate(graph.nodes)}
    for name, held in graph.nodes(data=True):
        plain.add_node(number[name], name=_text(name), **{key: _plain(value) for key, value in held.items()})
    for a, b, held in graph.edges(data=True):
        plain.add_edge(number[a], number[b], **{key: _plain(value) for key, value in held.items()})
    made = BytesIO()
    nx.write_graphml_xml(plain, made)
    return made.getvalue()


def drawio(topology: Topology) -> bytes:
    """Give the graph as a draw.io (diagrams.net) file: boxes that can be moved, lines that stay at them."""
    file = ET.Element("mxfile", host="netguru")
    model = ET.SubElement(ET.SubElement(file, "diagram", name="Topology"), "mxGraphModel", grid="1")
    root = ET.SubElement(model, "root")
    ET.SubElement(root, "mxCell", id="0")
    ET.SubElement(root, "mxCell", {"id": "1", "parent": "0"})
    number = {device.name: f"d{index}" for index, device in enumerate(topology.devices)}
    spots = layout(topology)
    for device in topology.devices:
        x, y = spots[device.name]
        # `html=0`: a name is a text there, whatever stands in it.
        style = f"rounded=1;html=0;whiteSpace=wrap;dashed={int(not device.reported)};"
        cell = ET.SubElement(
            root,
            "mxCell",
            {
                "id": number[device.name],
                "value": _text(device.name),
                "style": style,
                "vertex": "1",
                "parent": "1",
            },
        )
        geometry = {"x": f"{x * _STEP_X:.0f}", "y": f"{y * _STEP_Y:.0f}", "width": str(_BOX_W), "height": str(_BOX_H)}
        ET.SubElement(cell, "mxGeometry", {**geometry, "as": "geometry"})
    for index, link in enumerate(topology.links):
        words = _text(f"{short_port(link.a.port)} - {short_port(link.b.port)}")
        style = f"endArrow=none;html=0;fontSize=9;dashed={int(link.seen_from != 'both')};"
        ends = {"source": number[link.a.device], "target": number[link.b.device]}
        cell = ET.SubElement(
            root, "mxCell", {"id": f"l{index}", "value": words, "style": style, "edge": "1", "parent": "1", **ends}
        )
        ET.SubElement(cell, "mxGeometry", {"relative": "1", "as": "geometry"})
    ET.indent(file)
    made: bytes = ET.tostring(file, encoding="utf-8", xml_declaration=True)
    return made


def mermaid(topology: Topology) -> bytes:
    """Give the graph as a Mermaid flow chart; links of one side are dotted."""
    number = {device.name: f"d{index}" for index, device in enumerate(topology.devices)}
    rows = ["graph TD"]
    rows += [f'  {number[device.name]}["{_entity(device.name)}"]' for device in topology.devices]
    for link in topology.links:
        words = _entity(f"{short_port(link.a.port)} - {short_port(link.b.port)}")
        joined = "---" if link.seen_from == "both" else "-.-"
        rows.append(f'  {number[link.a.device]} {joined}|"{words}"| {number[link.b.device]}')
    return ("\n".join(rows) + "\n").encode()


def _text(value: object) -> str:
    return line(str(value)[:_LONGEST])


def _plain(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(item) for item in value)
    return _text(value) if isinstance(value, str) else value


def _entity(text: str) -> str:
    return _MERMAID.sub(lambda found: f"#{ord(found[0])};", _text(text))
