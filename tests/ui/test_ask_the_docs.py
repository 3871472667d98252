"""In a real browser: a question typed into *Ask the documents* is answered with quotations that open at their place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from tests.ui.conftest import Server, Window

pytestmark = pytest.mark.ui

_PATIENCE_MS = 120_000
MANUAL = """# Cabling of the north hall

## Cameras

VLAN 70 is for the cameras; <b onmouseover="document.title='taken'">VLAN 71</b> is for the doors.

## Fans

Quando o ventilador para, troque a bandeja em dois minutos.
"""
SENTENCE = "VLAN 70 is for the cameras"


@pytest.fixture(scope="module")
def workbench(
    running: Callable[..., AbstractContextManager[Server]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Start a workbench that searches by words alone, with one manual in its folder."""
    base = tmp_path_factory.mktemp("ask")
    with running(base, NETGURU_EMBEDDER="none") as made:
        (made.folder / "manuals").mkdir()
        (made.folder / "manuals" / "hall.md").write_text(MANUAL)
        yield made


def _opened(window: Window, server: Server, path: str) -> Any:
    window.page.goto(f"{server.url}voila/render/{path}?token={server.token}")
    return window.page


def _asked(page: Any, question: str) -> None:
    field = page.get_by_placeholder("a question, in English or Portuguese")
    field.fill(question)
    field.press("Enter")


def _cited(page: Any) -> Any:
    """Open the first citation of the answer and give its mark."""
    cited = page.locator(".ng-cited").first
    cited.wait_for(timeout=_PATIENCE_MS)
    for closed in cited.locator("details:not([open]) > summary").all():
        if closed.is_visible():
            closed.click()
    return cited.locator("mark").first


def test_question_typed_into_the_dashboard(window: Window, workbench: Server) -> None:
    page = _opened(window, workbench, "dashboards/ask_the_docs.ipynb")
    page.get_by_placeholder("a folder of documents, or a file").fill("manuals")
    page.get_by_role("button", name="Bring in").click()
    page.locator("td", has_text="manuals").first.wait_for(timeout=_PATIENCE_MS)
    _asked(page, "Which VLAN is for the cameras?")
    mark = _cited(page)

    assert mark.is_visible()
    assert SENTENCE in mark.inner_text()
    assert mark.inner_text().split() == page.locator(".ng-cited .ng-quote").first.inner_text().split()
    assert page.locator(".ng-cited b[onmouseover]").count() == 0
    page.locator(".ng-sources summary").click()
    assert page.locator(".ng-sources td", has_text="hall.md").first.is_visible()

    _asked(page, "O que fazer quando o ventilador para?")
    page.locator(".ng-cited .ng-quote", has_text="troque a bandeja").first.wait_for(timeout=_PATIENCE_MS)
    assert page.title() != "taken"
    assert window.outside(workbench.url) == []
    assert window.errors == []


def test_question_that_no_document_answers(window: Window, workbench: Server) -> None:
    page = _opened(window, workbench, "dashboards/ask_the_docs.ipynb")
    page.get_by_role("button", name="Ask").click()
    page.locator(".ng-failed", has_text="no question is given").wait_for(timeout=_PATIENCE_MS)
    _asked(page, "What does <img src=x> Kubernetes cost in Zanzibar?")
    page.get_by_text("not found", exact=False).first.wait_for(timeout=_PATIENCE_MS)

    assert page.locator(".ng-cited").count() == 0
    assert page.locator("img[src=x]").count() == 0
    assert window.errors == []


def test_notebook_shows_the_answer_of_its_parameters(window: Window, workbench: Server) -> None:
    notebook = json.loads((workbench.folder / "notebooks" / "ask_the_docs.ipynb").read_text("utf-8"))
    stated = next(cell for cell in notebook["cells"] if "question: str" in "".join(cell["source"]))
    folder = str(workbench.folder / "manuals")
    stated["source"] = f'question = "Which VLAN is for the doors?"\nfolder = {folder!r}\ncollection = "local"'
    place: Path = workbench.folder / "asked.ipynb"
    place.write_text(json.dumps(notebook), encoding="utf-8")
    page = _opened(window, workbench, "asked.ipynb")
    mark = _cited(page)

    assert mark.is_visible()
    assert "VLAN 71" in mark.inner_text()
    assert page.get_by_role("heading", name="Coverage").is_visible()
    assert window.errors == []
