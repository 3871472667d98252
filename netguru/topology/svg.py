"""A static drawing of the graph as SVG: no script, no request, the colours of the page around it."""

from __future__ import annotations

import re
from collections import defaultdict
from html import escape
from typing import TYPE_CHECKING

from netguru.topology.graph import attributes
from netguru.topology.layouts import Position, layout

if TYPE_CHECKING:
    from netguru.model.topology import Device, Link, Topology

_STEP_X, _STEP_Y, _MARGIN = 176.0, 140.0, 30.0
_BOX_W, _BOX_H = 104.0, 32.0
_NAME = 15
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
    drawn: dict[str, int] = defaultdict(int)
    parts = []
    for links in between.values():
        for position, link in enumerate(links):
            parts.append(_line(link, places, (position - (len(links) - 1) / 2) * 18, drawn))
            drawn[link.a.device] += 1
            drawn[link.b.device] += 1
    return parts


def _line(link: Link, places: dict[str, Position], shift: float, drawn: dict[str, int]) -> str:
    a, b = places[link.a.device], places[link.b.device]
    length = max(((b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2) ** 0.5, 1.0)
    # A link along a row bends under the boxes between its ends; a loop of one device bends above it.
    bend = -50.0 if a == b else 46.0 if a[1] == b[1] and abs(a[0] - b[0]) > _STEP_X else 0.0
    middle = (
        (a[0] + b[0]) / 2 - (b[1] - a[1]) / length * shift * 2,
        (a[1] + b[1]) / 2 + (b[0] - a[0]) / length * shift * 2 + 2 * bend,
    )
    start, end = _border(a, middle), _border(b, middle)
    dash = {"both": "", "neither": ' stroke-dasharray="2 4"'}.get(link.seen_from, ' stroke-dasharray="7 4"')
    about = f"{link.a.device} {link.a.port} - {link.b.device} {link.b.port} ({', '.join(link.protocols)})"
    labels = "".join(
        _label(port, place, middle, drawn[device])
        for device, port, place in ((link.a.device, link.a.port, start), (link.b.device, link.b.port, end))
    )
    return (
        f'<g><title>{clean(about)}</title><path d="M{start[0]:.1f} {start[1]:.1f}Q{middle[0]:.1f} {middle[1]:.1f}'
        f' {end[0]:.1f} {end[1]:.1f}" fill="none" stroke="currentColor"'
        f' stroke-opacity="{0.35 + link.confidence * 0.4:.2f}"{dash}/>{labels}</g>'
    )


def _border(centre: Position, to: Position) -> Position:
    """Give the point where a line from a box's centre leaves the box."""
    dx, dy = to[0] - centre[0], to[1] - centre[1]
    if not dx and not dy:
        return centre
    part = min(_BOX_W / 2 / abs(dx) if dx else 1.0, _BOX_H / 2 / abs(dy) if dy else 1.0, 1.0)
    return centre[0] + dx * part, centre[1] + dy * part


def _label(port: str, at: Position, to: Position, number: int) -> str:
    """Write a port's name near its end; neighbouring lines alternate so that names do not meet."""
    length = max(((to[0] - at[0]) ** 2 + (to[1] - at[1]) ** 2) ** 0.5, 1.0)
    reach = min(14.0 + 15.0 * (number % 2), 0.6 * length)
    x, y = at[0] + (to[0] - at[0]) / length * reach, at[1] + (to[1] - at[1]) / length * reach
    return (
        f'<text x="{x:.1f}" y="{y + 3:.1f}" text-anchor="middle" font-size="9" fill-opacity="0.8">'
        f"{clean(short_port(port))}</text>"
    )
