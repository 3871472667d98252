"""In a real browser: the interactive graph, as a page of its own and as a widget whose choice comes back to Python."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from netguru.model.evidence import Evidence
from netguru.operations.operation import operations
from netguru.topology.page import page as page_of
from netguru.topology.sheet import sheet
from tests.topology import networks as made
from tests.topology.test_drawing import EVIL, evil

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.ui.conftest import Server, Window

pytestmark = pytest.mark.ui

ROOT = Path(__file__).resolve().parents[2]
_PATIENCE_MS = 60_000


def until(page: Any, condition: str) -> None:
    """Wait for a condition, frame by frame; the policy of the page allows no other script than its own."""
    page.evaluate(
        f"() => new Promise(done => {{ const look = () => ({condition}) ? done() : "
        "requestAnimationFrame(look); look(); })"
    )


def opened(window: Window, file: Path, scheme: str = "light") -> Any:
    window.page.emulate_media(color_scheme=scheme)
    window.page.goto(file.as_uri())
    until(window.page, "window.netguruGraph && document.querySelector('.ngg-stage canvas')")
    return window.page


@pytest.fixture(scope="module")
def campus(lab: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("graph") / "campus.html"
    operations["topology.draw"](folder=lab / "campus" / "faulty", out=out, findings=True)
    return out


def painted(page: Any) -> set[tuple[int, int, int]]:
    """Give the colours on the canvas."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    seen = page.evaluate("""() => {
      const canvas = document.querySelector('.ngg-stage canvas');
      const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
      const seen = new Set();
      for (let at = 0; at < data.length; at += 4) if (data[at + 3] === 255)
        seen.add([data[at], data[at + 1], data[at + 2]].join());
      return [...seen];
    }""")
    return {(int(r), int(g), int(b)) for r, g, b in (text.split(",") for text in seen)}


@pytest.mark.parametrize(("scheme", "box", "error"), [("light", "#eef1f4", "#c53030"), ("dark", "#232a32", "#f47067")])
def test_page_shows_the_network_in_the_colours_of_the_reader(
    window: Window, campus: Path, scheme: str, box: str, error: str
) -> None:
    page = opened(window, campus, scheme)
    colours = painted(page)
    for wanted in (box, error):
        assert tuple(bytes.fromhex(wanted[1:])) in colours
    assert window.requests == [campus.as_uri()]
    assert window.errors == []


def test_click_on_a_device_tells_what_is_known_of_it(window: Window, campus: Path) -> None:
    page = opened(window, campus)
    numbers = page.evaluate("JSON.parse(document.getElementById('netguru-sheet').textContent).nodes.map(n => n.name)")
    spot = page.evaluate("number => netguruGraph.screenOf(number)", numbers.index("dist1"))
    page.mouse.move(spot["x"], spot["y"])
    # What lies under the pointer is looked up between two frames.
    until(page, "document.querySelector('.ngg-stage').title.startsWith('dist1')")
    page.mouse.click(spot["x"], spot["y"])
    side = page.locator(".ngg-side")
    side.get_by_role("heading", name="dist1", exact=True).wait_for()

    assert side.get_by_text("Evidence").count() == 1
    assert side.locator(".ngg-told .ngg-error").count() >= 1
    side.get_by_role("button", name="acc1 Gi0/1 - dist1 Gi1/0/1").click()
    side.get_by_role("heading", name="acc1 Gi0/1 - dist1 Gi1/0/1").wait_for()
    assert "seen from both ends" in side.inner_text()
    assert "show/acc1/cdp_neighbors.txt lines 6-7" in side.inner_text()


def test_layers_and_places_change_what_is_drawn(window: Window, campus: Path) -> None:
    page = opened(window, campus)
    listed = page.locator(".ngg-side")
    assert "17 links" in listed.inner_text()
    page.select_option("select[aria-label=Layer]", "ospf")
    held = json.loads(page.locator("#netguru-sheet").inner_text())["links"]
    count = sum(link["layer"] == "ospf" for link in held)
    listed.get_by_role("heading", name=f"{count} links", exact=True).wait_for()
    assert 0 < count < 17
    page.select_option("select[aria-label=Layer]", "vlan 20")
    assert "USERS" not in listed.inner_text()
    before = page.evaluate("netguruGraph.screenOf(0)")
    page.select_option("select[aria-label=Places]", "force")
    assert page.evaluate("netguruGraph.screenOf(0)") != before
    page.locator(".ngg-fold input").click()
    # The four access switches are one pile now.
    spots = [page.evaluate("number => JSON.stringify(netguruGraph.screenOf(number))", index) for index in range(4)]
    assert len(set(spots)) == 1


def test_by_keyboard_and_screen_reader(window: Window, campus: Path) -> None:
    page = opened(window, campus)
    page.locator(".ngg-stage").focus()
    page.keyboard.press("ArrowDown")
    said = page.locator("[aria-live=polite]")
    first = said.inner_text()
    assert first
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert said.inner_text() != first
    page.keyboard.press("Escape")
    assert said.inner_text() == ""
    page.keyboard.press("/")
    page.keyboard.type("10.100.99.21")
    page.keyboard.press("Enter")
    assert said.inner_text().startswith("acc1, access")
    fields = "fields => fields.filter(f => !f.getAttribute('aria-label') && !f.labels.length).length"
    assert page.locator("input, select").evaluate_all(fields) == 0


def test_names_from_the_network_stay_text(window: Window, tmp_path: Path) -> None:
    graph = evil(made)
    loud = graph.devices[0].__class__(
        name="\u202ereversed" + "x" * 100_000,
        evidence=(Evidence(source="</script><b>", sha256="", kind="line", start=1, end=1, text=""),),
    )
    content = sheet(
        type(graph)(devices=(*graph.devices, loud), links=graph.links, unresolved=(), coverage=graph.coverage)
    )
    (tmp_path / "evil.html").write_text(page_of(content, EVIL.replace("\x00", "")), encoding="utf-8")
    page = opened(window, tmp_path / "evil.html")
    page.on("dialog", lambda dialog: pytest.fail(f"a name was executed: {dialog.message}"))
    for button in page.locator(".ngg-links button").all()[:4]:
        button.click()
        page.locator(".ngg-back").click()
    assert page.locator(".ngg img, .ngg script, .ngg b b").count() == 0
    assert "<img/src=x" in page.locator(".ngg-side").inner_text()
    assert "\u202e" not in page.locator(".ngg-side").inner_text()
    assert window.requests == [(tmp_path / "evil.html").as_uri()]
    assert window.errors == []


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, running: Callable[..., AbstractContextManager[Server]]
) -> Iterator[Server]:
    base = tmp_path_factory.mktemp("graph")
    shutil.copytree(ROOT / "data" / "samples" / "lab" / "fabric" / "healthy", base / "workspace" / "fabric")
    sources = [
        "import netguru\nview = netguru.graph('fabric')\nview",
        "print([item.name for item in view.devices], [item.confidence for item in view.links])",
        "view.select('spine1')",
    ]
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    notebook = {
        "cells": [cell | {"id": f"c{index}", "source": source} for index, source in enumerate(sources)],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    (base / "workspace" / "graph.ipynb").write_text(json.dumps(notebook))
    with running(base) as started:
        yield started


def test_what_is_chosen_in_a_cell_comes_back_to_python(window: Window, server: Server) -> None:
    page = window.page
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(f"{server.url}lab/workspaces/graph/tree/graph.ipynb?reset&token={server.token}")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
    page.locator(".jp-Cell .cm-content").first.click()
    page.keyboard.press("Shift+Enter")
    graph = page.locator(".ngg")
    graph.get_by_role("button", name="leaf2, leaf, frr").click()
    graph.get_by_role("heading", name="leaf2", exact=True).wait_for()
    page.locator(".jp-Cell .cm-content").nth(1).click()
    page.keyboard.press("Shift+Enter")
    page.get_by_text("['leaf2'] []").wait_for()
    page.keyboard.press("Shift+Enter")
    graph.get_by_role("heading", name="spine1", exact=True).wait_for()
    assert window.outside(server.url) == []
