"""Drawings: the same every time, nothing from a device's mouth is markup, no request leaves the page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from netguru.errors import InputError
from netguru.topology import draw, to_networkx
from netguru.topology.building import build as build_graph
from netguru.topology.drawing import draw_html
from netguru.topology.layouts import layout
from netguru.topology.operations import of
from netguru.topology.svg import draw_svg

if TYPE_CHECKING:
    from pathlib import Path

EVIL = "</script><script>alert(1)</script><img/src=x/onerror=alert(2)>\x00&\"'"


def evil(made):
    # Names with blanks cannot stand in the short notation, so the rows are changed after.
    from dataclasses import replace

    rows = [made.row("a eth1 > b eth1"), made.row("a eth2 > c eth1")]
    return build_graph(
        made.network(
            replace(rows[0], remote_device=EVIL, platform=EVIL, remote_port="eth1"), replace(rows[1], device=EVIL)
        )
    )


class _Outside(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag, attributes):
        self.scripts += tag == "script"
        self.found += [f"{tag} {name}={value}" for name, value in attributes if name in ("src", "href", "action")]


def outside(page: str) -> _Outside:
    parser = _Outside()
    parser.feed(page)
    return parser


def test_page_asks_no_host(lab: Path, tmp_path: Path):
    out = tmp_path / "graph.html"
    result = draw(lab / "campus" / "healthy", out=out)
    assert (result.devices, result.links) == (10, 17)
    page = out.read_text()
    assert outside(page).found == ["link href=data:,"]
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?\s*(?:https?:)?//", page)
    assert "default-src 'none'" in page


def test_a_plain_page_asks_no_host(lab: Path, tmp_path: Path):
    out = tmp_path / "graph.html"
    draw(lab / "campus" / "healthy", out=out, form="pyvis")
    assert outside(out.read_text()).found == []


def test_page_is_the_same_every_time_and_does_not_move(made):
    graph = build_graph(made.network("a eth1 > b eth1", "b eth2 > c eth1"))
    assert draw_html(graph) == draw_html(graph)
    assert '"physics": {\n        "enabled": false' in draw_html(graph)


def test_no_name_becomes_markup(made):
    harmless = outside(draw_html(build_graph(made.network("a eth1 > b eth1"))))
    attacked = outside(draw_html(evil(made)))
    assert attacked.scripts == harmless.scripts
    assert attacked.found == []
    svg = draw_svg(evil(made))
    assert "<script" not in svg
    assert "<img" not in svg


@pytest.mark.parametrize("state", ["fabric/faulty", "campus/healthy"])
def test_svg_is_well_formed_and_complete(state: str, lab: Path, opened):
    graph = of(opened(lab / state))
    root = ET.fromstring(graph.svg())  # noqa: S314 - our own drawing
    titles = [item.text for item in root.iter("{http://www.w3.org/2000/svg}title")]
    assert len(titles) == len(graph.devices) + len(graph.links)
    assert graph.svg() == draw_svg(graph)
    assert "<svg" in graph._repr_mimebundle_()["text/html"]


def test_svg_of_nothing_and_of_anything_is_xml(made):
    for graph in (build_graph(made.network()), evil(made)):
        ET.fromstring(draw_svg(graph))  # noqa: S314 - our own drawing


def test_layout_gives_every_device_its_own_place(lab: Path, opened):
    places = layout(build_graph(opened(lab / "fabric" / "healthy")))
    assert len(places) == len(set(places.values())) == 19
    # Two routers and the provider stand above the spines, switches and hosts below: by the words in their names.
    rows = {name: y for name, (_, y) in places.items()}
    assert rows["isp1"] < rows["bdr1"] == rows["bdr2"] < rows["spine1"] == rows["spine2"] < rows["leaf1"]
    assert rows["leaf4"] < rows["sw1"] < rows["h1"]


def test_names_that_say_nothing_are_placed_by_hops(made):
    places = layout(
        build_graph(made.network("hub eth1 > x eth1", "hub eth2 > y eth1", "hub eth3 > z eth1", "x eth2 > far eth1"))
    )
    assert [places[name][1] for name in ("hub", "x", "y", "z", "far")] == [0, 1, 1, 1, 2]


def test_networkx_keeps_parallel_cables(made):
    parallel = build_graph(made.network("a eth1 > b eth1", "a eth2 > b eth2"))
    graph = to_networkx(parallel)
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (2, 2)
    assert {data["a_port"] for _, _, data in graph.edges(data=True)} == {"eth1", "eth2"}


def test_a_place_that_cannot_be_written_is_said_clearly(lab: Path, tmp_path: Path):
    with pytest.raises(InputError, match="cannot be written"):
        draw(lab / "campus" / "healthy", out=tmp_path / "missing" / "x.html")
