"""Drawings as files: which form the name of a file asks for, and the writing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netguru.errors import InputError
from netguru.topology.building import topology_of
from netguru.topology.results import Drawing
from netguru.workspace.opening import open_network

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.model.network import Network
    from netguru.topology.results import Form

_BY_ENDING: dict[str, Form] = {
    ".html": "page",
    ".htm": "page",
    ".svg": "svg",
    ".graphml": "graphml",
    ".drawio": "drawio",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
}


def write_drawing(folder: Path, out: Path, form: Form, *, findings: bool) -> Drawing:
    """Draw a folder's network into a file; raises InputError where no form is asked for or the file is not written."""
    chosen = _form(out, form)
    if findings and chosen != "page":
        raise InputError(
            f"findings are shown on the page alone, not in {chosen}", place=str(out), hint="leave --findings out"
        )
    network = open_network(folder)
    content = _content(network, folder, chosen, findings=findings)
    try:
        out.write_bytes(content)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", place=str(out)) from None
    graph = topology_of(network)
    return Drawing(
        path=out,
        form=chosen,
        devices=len(graph.devices),
        links=len(graph.links),
        unresolved=len(graph.unresolved),
        coverage=graph.coverage,
    )


def _form(out: Path, form: Form) -> Form:
    if form != "auto":
        return form
    found = _BY_ENDING.get(out.suffix.lower())
    if found is None:
        raise InputError(
            f"no form is known by the ending {out.suffix!r}",
            place=str(out),
            hint=f"name it with one of {', '.join(_BY_ENDING)}, or state --form",
        )
    return found


def sheet_of(network: Network, findings: Any = ()) -> dict[str, Any]:
    """Give the sheet of a network: cables, layers, findings."""
    from netguru.topology.overlays import layers_of
    from netguru.topology.sheet import sheet

    return sheet(topology_of(network), layers_of(network).layers, findings)


def _content(network: Network, folder: Path, form: Form, *, findings: bool) -> bytes:
    from netguru.topology import drawing, exports, page, svg

    graph = topology_of(network)
    match form:
        case "svg":
            return svg.draw_svg(graph).encode()
        case "graphml":
            return exports.graphml(graph)
        case "drawio":
            return exports.drawio(graph)
        case "mermaid":
            return exports.mermaid(graph)
        case "pyvis":
            return drawing.draw_html(graph).encode()
        case _:
            told = _diagnosed(folder) if findings else ()
            return page.page(sheet_of(network, told), f"Topology of {folder.resolve().name}").encode()


def _diagnosed(folder: Path) -> Any:
    """Ask for the findings by the name of the operation: the diagnosis stands above this room."""
    from netguru.operations.operation import find

    return find("diagnosis.run")(path=folder).findings
