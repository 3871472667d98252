"""The graph for other tools: their own readers, or the rules of their format, find every device and every cable."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import networkx as nx
import pytest

from netguru.errors import InputError
from netguru.topology import draw
from netguru.topology.building import build as build_graph
from netguru.topology.exports import drawio, graphml, mermaid
from tests.topology.test_drawing import evil

if TYPE_CHECKING:
    from pathlib import Path


def test_graphml_is_read_back_by_networkx(lab: Path, tmp_path: Path):
    result = draw(lab / "fabric" / "healthy", out=tmp_path / "net.graphml")
    graph = nx.read_graphml(tmp_path / "net.graphml")
    assert (result.form, graph.number_of_nodes(), graph.number_of_edges()) == ("graphml", 19, 28)
    assert {data["name"] for _, data in graph.nodes(data=True)} >= {"spine1", "leaf4", "h1"}


def test_drawio_joins_its_own_cells(lab: Path, tmp_path: Path):
    draw(lab / "campus" / "healthy", out=tmp_path / "net.drawio")
    root = ET.parse(tmp_path / "net.drawio").getroot()  # noqa: S314 - our own file
    cells = {cell.get("id"): cell for cell in root.iter("mxCell")}
    edges = [cell for cell in cells.values() if cell.get("edge")]
    assert len(edges) == 17
    assert all(cells[edge.get(end)].get("vertex") == "1" for edge in edges for end in ("source", "target"))


def test_mermaid_has_a_line_for_each_device_and_cable(lab: Path, tmp_path: Path):
    draw(lab / "campus" / "healthy", out=tmp_path / "net.mmd")
    lines = (tmp_path / "net.mmd").read_text().splitlines()
    assert lines[0] == "graph TD"
    assert sum(bool(re.fullmatch(r'  d\d+\["[\w.]+"\]', line)) for line in lines) == 10
    assert sum(bool(re.fullmatch(r'  d\d+ ---\|"[^"]+"\| d\d+', line)) for line in lines) == 17


def test_hostile_names_stay_names(made):
    graph = evil(made)
    assert len(nx.read_graphml(io.BytesIO(graphml(graph)))) == len(graph.devices)
    cells = ET.fromstring(drawio(graph)).iter("mxCell")  # noqa: S314 - our own file
    assert all("html=0" in cell.get("style", "html=0") for cell in cells)
    for line in mermaid(graph).decode().splitlines()[1:]:
        # Everything between the outer quotation marks is letters, digits, or an entity of Mermaid.
        assert not re.search(r"[<>`&]", line)
        assert line.count('"') == 2


def test_a_name_without_a_known_ending_is_refused(lab: Path, tmp_path: Path):
    with pytest.raises(InputError, match=r"no form is known by the ending '\.png'"):
        draw(lab / "campus" / "healthy", out=tmp_path / "net.png")


def test_an_empty_network_is_drawn_in_every_form(made):
    graph = build_graph(made.network())
    assert nx.read_graphml(io.BytesIO(graphml(graph))).number_of_nodes() == 0
    assert mermaid(graph) == b"graph TD\n"
    ET.fromstring(drawio(graph))  # noqa: S314 - our own file
