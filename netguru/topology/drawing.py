"""A plain drawing of the graph by pyvis: one HTML file that works without network and asks no host for anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netguru.topology.layouts import Position, layout
from netguru.topology.svg import short_port

if TYPE_CHECKING:
    from netguru.model.topology import Link, Topology

_STEP_X, _STEP_Y = 220, 190
_LONGEST = 200

# pyvis leaves stylesheets and scripts of other hosts in its page although its own are inlined.
_OUTSIDE = re.compile(r"<link\b[^>]*>|<script\b[^>]*\bsrc\s*=[^>]*>\s*</script>", re.IGNORECASE)
# Angle brackets look-alikes: no tag can be made of a label, wherever the page's library puts it.
_HARMLESS = str.maketrans({"<": "\u2039", ">": "\u203a", "&": "\uff06"})
_POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline';"
    " style-src 'unsafe-inline'; img-src data:; font-src data:\">"
)
_STYLE = (
    "<style>html{color-scheme:light dark}body{margin:0}h1,center{display:none}"
    "#mynetwork{height:100vh!important;border:0!important;background:#fff!important}.card{border:0}</style>"
)


def draw_html(topology: Topology) -> str:
    """Draw the graph with pyvis: devices can be dragged and zoomed, titles tell the evidence.

    Places are computed here, physics is off: the same network is drawn the same way every time.
    """
    from pyvis.network import Network as Canvas

    canvas = Canvas(height="95vh", width="100%", cdn_resources="in_line", directed=False)
    places = layout(topology)
    numbers = {device.name: number for number, device in enumerate(topology.devices, start=1)}
    for device in topology.devices:
        x, y = places[device.name]
        canvas.add_node(
            numbers[device.name],
            label=_plain(device.name),
            title=_plain(", ".join(part for part in (device.platform, *device.addresses[:4]) if part) or device.name),
            x=round(x * _STEP_X),
            y=round(y * _STEP_Y),
            shape="box",
            borderWidth=1,
            shapeProperties={"borderDashes": False if device.reported else [4, 3]},
            color={"background": "#eef2f7", "border": "#4a5a70"},
        )
    drawn: dict[frozenset[str], int] = {}
    canvas.multigraph = True
    for link in topology.links:
        pair = frozenset((link.a.device, link.b.device))
        drawn[pair] = drawn.get(pair, -1) + 1
        # From left to right: the page's library loses the label of a level line drawn the other way.
        left, right = sorted((link.a, link.b), key=lambda end: places[end.device])
        canvas.add_edge(
            numbers[left.device],
            numbers[right.device],
            smooth=_curve(drawn[pair], places[left.device], places[right.device]),
            label=_plain(f"{short_port(left.port)} - {short_port(right.port)}"),
            title=_plain(_about(link)),
            dashes=link.seen_from != "both",
            color="#6b7a90",
            font={"size": 10, "align": "middle"},
        )
    canvas.toggle_physics(False)
    return _closed(canvas.generate_html(notebook=False))


def _curve(number: int, a: Position, b: Position) -> dict[str, object]:
    """Bend a link that has others beside it, or devices between its ends."""
    past = a[1] == b[1] and abs(a[0] - b[0]) > 1
    if not number and not past:
        return {"enabled": False, "type": "continuous"}
    return {"enabled": True, "type": "curvedCW", "roundness": 0.15 * (number + past)}


def _about(link: Link) -> str:
    where = "; ".join(item.where for item in link.evidence[:4])
    return (
        f"{link.a.device} {link.a.port} - {link.b.device} {link.b.port} by {', '.join(link.protocols)},"
        f" seen from {link.seen_from}: {where}"
    )


def _plain(text: str) -> str:
    """Make a text harmless wherever the page's library puts it: no tags can be made of it."""
    return text.translate(_HARMLESS)[:_LONGEST]


def _closed(page: str) -> str:
    """Take out every request to another host, and forbid the page to make one."""
    stripped = _OUTSIDE.sub("", page)
    return stripped.replace("<head>", f"<head>{_POLICY}<title>Topology</title>{_STYLE}", 1)
