"""The dashboard *Ask the documents*: a question in, quoted passages that open at their place, sources and coverage."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import ipywidgets as widgets

from netguru import render, resources
from netguru.errors import InputError, NetGuruError
from netguru.jupyter.forms import Runner, complaint
from netguru.jupyter.surroundings import workspace_here
from netguru.operations.context import use
from netguru.operations.operation import find
from netguru.render import as_html
from netguru.render.clean import html_text

if TYPE_CHECKING:
    from netguru.model.answer import Answer
    from netguru.rag.results import CollectionStatus, Ingested, Passages

_SOURCES = 5
_COLLECTIONS = ("all", "local", "global")


def ask_the_docs(question: str = "") -> Documents:
    """Make the dashboard; a question given is filled in."""
    return Documents(question)


class Documents(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The dashboard's widgets; `result` is the last answer."""

    def __init__(self, question: str = "") -> None:
        self.result: Answer | None = None
        self.workspace = workspace_here()
        self.question = widgets.Text(
            value=question,
            placeholder="a question, in English or Portuguese",
            layout={"width": "640px"},
            continuous_update=False,
        )
        self.collection = widgets.Dropdown(
            options=_COLLECTIONS,
            description="Documents",
            layout={"width": "230px"},
            style={"description_width": "85px"},
        )
        self.asking = Runner("rag.ask", self._ask, self._show, self._complain, clear=self._clear, label="Ask")
        self.folder = widgets.Text(
            placeholder="a folder of documents, or a file", layout={"width": "420px"}, continuous_update=False
        )
        self.ingesting = Runner(
            "rag.ingest", self._ingest, self._ingested, self._complain, clear=self._clear, label="Bring in"
        )
        self.message, self.answer, self.sources = widgets.HTML(), widgets.HTML(), widgets.HTML()
        self.held = widgets.HTML()
        self.question.observe(self._stated, "value")
        super().__init__(
            [
                widgets.HTML(f"<style>{render.style()}</style>{_HEADING}"),
                widgets.HBox([self.question, self.collection, self.asking.bar], layout={"flex_flow": "row wrap"}),
                self.message,
                self.answer,
                self.sources,
                widgets.HTML('<div class="netguru"><div class="ng-heading">Documents</div></div>'),
                self.held,
                widgets.HBox([self.folder, self.ingesting.bar], layout={"flex_flow": "row wrap"}),
            ]
        )
        self._tell_held()

    def _stated(self, change: dict[str, str]) -> None:
        """Ask what was stated, with Enter or by leaving the line; an emptied one is no question."""
        if change["new"].strip():
            self.asking.start()

    def _ask(self) -> tuple[Answer, Passages]:
        stated = self.question.value.strip()
        if not stated:
            raise InputError("no question is given")
        with use(workspace=self.workspace, face="form"):
            answer: Answer = find("rag.ask")(question=stated, collection=self.collection.value)
            found: Passages = find("rag.search")(question=stated, collection=self.collection.value, limit=_SOURCES)
        return answer, found

    def _ingest(self) -> Ingested:
        stated = self.folder.value.strip()
        path = self.workspace / Path(stated).expanduser() if stated else resources.path("docs")
        with use(workspace=self.workspace, face="form"):
            result: Ingested = find("rag.ingest")(path=path)
        return result

    def _show(self, made: tuple[Answer, Passages]) -> None:
        self.result, found = made
        with use(workspace=self.workspace):
            # Citations are opened from the index of this workspace.
            self.answer.value = f'<div class="netguru">{as_html.answer(self.result)}</div>'
        self.sources.value = sources(found)

    def _ingested(self, result: Ingested) -> None:
        self.folder.value = ""
        self._tell_held()
        self.message.value = f'<div class="netguru">{as_html.coverage(result.coverage)}</div>'

    def _complain(self, error: NetGuruError) -> None:
        self._clear()
        self.message.value = complaint(error)

    def _clear(self) -> None:
        self.result = None
        self.message.value = self.answer.value = self.sources.value = ""

    def _tell_held(self) -> None:
        try:
            with use(workspace=self.workspace, face="form"):
                status = find("rag.status")()
        except NetGuruError as error:
            self.message.value = complaint(error)
            return
        self.held.value = held(status.collections)


_HEADING = (
    '<div class="netguru"><h1 class="ng-name">Ask the documents</h1><div class="ng-dim">Answers are passages of your '
    "documents, quoted as they stand; each opens at its place.</div></div>"
)


_NONE = "No documents yet: bring in a folder, or leave the field empty for NetGuru's own documentation."


def sources(found: Passages) -> str:
    """Write which passages fit best, and how many were searched."""
    rows = "".join(
        f"<tr><td>{html_text(item.source)}</td><td>{html_text(item.heading)}</td><td>{html_text(item.place)}</td>"
        f"<td>{html_text(item.licence or '')}</td></tr>"
        for item in found.passages
    )
    table = (
        '<details class="ng-section ng-sources"><summary>Sources <span class="ng-count">'
        f'{len(found.passages)} nearest passages</span></summary><div class="ng-scroll"><table class="ng-table"><thead>'
        "<tr><th>document</th><th>section</th><th>place</th><th>licence</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div></details>"
    )
    return f'<div class="netguru">{table if rows else ""}{as_html.coverage(found.coverage)}</div>'


def held(collections: tuple[CollectionStatus, ...]) -> str:
    """Write what the collections hold."""
    rows = "".join(
        f"<tr><td>{html_text(item.collection)}</td>"
        f'<td class="ng-number">{item.documents}</td><td class="ng-number">{item.passages}</td>'
        f'<td class="ng-number">{item.vectors}</td><td>{html_text(", ".join(item.roots))}</td></tr>'
        for item in collections
    )
    if not rows:
        return f'<div class="netguru"><div class="ng-none">{_NONE}</div></div>'
    return (
        '<div class="netguru"><div class="ng-scroll"><table class="ng-table"><thead><tr><th>collection</th>'
        '<th class="ng-number">documents</th><th class="ng-number">passages</th><th class="ng-number">vectors</th>'
        f"<th>brought in from</th></tr></thead><tbody>{rows}</tbody></table></div></div>"
    )
