"""A static drawing of the graph as SVG: no script, no request, the colours of the page around it."""

from __future__ import annotations

import re
from collections import defaultdict
from html import escape
from typing import TYPE_CHECKING

from netguru.topology.graph import Position, attributes, layout

if TYPE_CHECKING:
    from netguru.model.topology import Device, Link, Topology

_STEP_X, _STEP_Y, _MARGIN = 150.0, 120.0, 30.0
_BOX_W, _BOX_H = 116.0, 34.0
_NAME = 17
"""Characters of a device name that fit into a box."""

# Control characters are not allowed in XML, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SHORT = re.compile(r"^([A-Z][a-z])[A-Za-z-]*(?=\d)")


def clean(text: str) -> str:
    """Escape a text for XML."""
    return escape(_FORBIDDEN.sub("\ufffd", text))


def draw_svg(topology: Topology) -> str:
    """Draw the graph; devices known only from their neighbours and links of one side are dashed.

    Lines use `currentColor`, so the drawing follows a light or a dark page.
    """
    places = {name: _centre(place) for name, place in layout(topology).items()}
    width = max((x for x, _ in places.values()), default=0.0) + _BOX_W / 2 + _MARGIN
    height = max((y for _, y in places.values()), default=0.0) + _BOX_H / 2 + _MARGIN
    count = attributes(topology)
    label = f"Topology: {count['devices']} devices, {count['links']} links"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}"'
        f' viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}"'
        ' style="max-width:100%;height:auto" font-family="sans-serif" font-size="11"'
        ' fill="currentColor" stroke-width="1.2">'
    )
    parts = [head, *_lines(topology, places)]
    parts += [_box(device, places[device.name]) for device in topology.devices]
    return "".join([*parts, "</svg>"])


def short_port(port: str) -> str:
    """Shorten a port name for a drawing.

    >>> short_port("GigabitEthernet1/0/1"), short_port("eth1")
    ('Gi1/0/1', 'eth1')
    """
    return _SHORT.sub(r"\1", port)


def _centre(place: Position) -> Position:
    return _MARGIN + _BOX_W / 2 + place[0] * _STEP_X, _MARGIN + _BOX_H / 2 + place[1] * _STEP_Y


def _box(device: Device, place: Position) -> str:
    x, y = place[0] - _BOX_W / 2, place[1] - _BOX_H / 2
    shown = device.name if len(device.name) <= _NAME else device.name[: _NAME - 1] + "…"
    dash = "" if device.reported else ' stroke-dasharray="4 3"'
    about = ", ".join(part for part in (device.name, device.platform[:80], *device.addresses[:2]) if part)
    return (
        f"<g><title>{clean(about)}</title>"
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{_BOX_W:.0f}" height="{_BOX_H:.0f}" rx="6" fill="currentColor"'
        f' fill-opacity="0.07" stroke="currentColor"{dash}/>'
        f'<text x="{place[0]:.1f}" y="{place[1] + 4:.1f}" text-anchor="middle">{clean(shown)}</text></g>'
    )


def _lines(topology: Topology, places: dict[str, Position]) -> list[str]:
    """Draw every link; several between the same two devices run side by side."""
    between: dict[tuple[str, str], list[Link]] = defaultdict(list)
    for link in topology.links:
        between[min(link.a.device, link.b.device), max(link.a.device, link.b.device)].append(link)
    return [
        _line(link, places, (position - (len(links) - 1) / 2) * 14)
        for links in between.values()
        for position, link in enumerate(links)
    ]


def _line(link: Link, places: dict[str, Position], shift: float) -> str:
    (ax, ay), (bx, by) = places[link.a.device], places[link.b.device]
    length = max(((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5, 1.0)
    # A link along a row bends under the boxes between its ends.
    bend = 46.0 if ay == by and abs(ax - bx) > _STEP_X else 0.0
    dx, dy = -(by - ay) / length * shift, (bx - ax) / length * shift
    cx, cy = (ax + bx) / 2 + 2 * dx, (ay + by) / 2 + 2 * dy + 2 * bend
    dash = {"both": "", "neither": ' stroke-dasharray="2 4"'}.get(link.seen_from, ' stroke-dasharray="7 4"')
    about = f"{link.a.device} {link.a.port} - {link.b.device} {link.b.port} ({', '.join(link.protocols)})"
    ends = ((link.a.port, ax, ay), (link.b.port, bx, by))
    labels = []
    for port, x, y in ends:
        tx, ty = _towards(x, y, cx, cy, 40.0)
        labels.append(
            f'<text x="{tx:.1f}" y="{ty:.1f}" text-anchor="middle" font-size="9" fill-opacity="0.75">'
            f"{clean(short_port(port))}</text>"
        )
    return (
        f'<g><title>{clean(about)}</title><path d="M{ax:.1f} {ay:.1f}Q{cx:.1f} {cy:.1f} {bx:.1f} {by:.1f}"'
        f' fill="none" stroke="currentColor" stroke-opacity="{0.35 + link.confidence * 0.4:.2f}"{dash}/>'
        f"{''.join(labels)}</g>"
    )


def _towards(x: float, y: float, to_x: float, to_y: float, far: float) -> Position:
    length = max(((to_x - x) ** 2 + (to_y - y) ** 2) ** 0.5, 1.0)
    # Far enough to leave the box, which is wider than it is high.
    reach = min(far + 25 * abs(to_x - x) / length, 0.8 * length)
    return x + (to_x - x) / length * reach, y + (to_y - y) / length * reach
