"""What the interactive graph is drawn from: plain values, names cleaned, places computed, findings at their ends."""

from __future__ import annotations

from collections import defaultdict
from itertools import count
from math import floor
from typing import TYPE_CHECKING, Any

from netguru.model.names import device_key, port_key
from netguru.render.clean import line
from netguru.topology.layouts import Position, Way, places
from netguru.topology.roles import role, site
from netguru.topology.svg import short_port

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from netguru.model.evidence import Evidence
    from netguru.model.finding import Finding
    from netguru.model.topology import Device, Endpoint, Link, Topology
    from netguru.topology.results import OverlayLink

VERSION = 1
Spots = dict[Way, Position]
_WAYS: tuple[Way, ...] = ("layers", "groups", "force")
_LONGEST = 120
"""Characters of a name or title that are sent to the page."""
_PROOFS = 6
_FOLDED = ("access", "leaf", "host", "wireless")
_WIDE, _HIGH = 1.1, 0.35
"""How far apart, in steps, two boxes stand beside and below each other at least."""
_FEWEST = 3
"""Devices below the same neighbours from which they can be folded into one."""


def sheet(topology: Topology, layers: Iterable[OverlayLink] = (), findings: Iterable[Finding] = ()) -> dict[str, Any]:
    """Give the graph as JSON values (numbers, texts, lists), the same for the same network.

    `nodes` have `name, role, platform, addresses, reported, proof, severity, findings, fold, places {way: [x, y]}`, and
    `folded`, the place while groups are folded;
    `links` have `layer, name, a, b` (numbers of nodes), `a_port, b_port, seen, confidence, detail, proof, severity,
    findings`; `layers` name what can be shown. Texts are cleaned and short; `key` is the name as it is, for code.
    """
    told = _Told(findings)
    overlays = tuple(layers)
    names = [device.name for device in topology.devices]
    hubs = sorted({row.a.device for row in overlays if not row.a.port and "/" in row.a.device} - set(names))
    others = sorted({end.device for row in overlays for end in (row.a, row.b)} - set(names) - set(hubs))
    number = {device_key(name): index for index, name in enumerate([*names, *others, *hubs])}
    folds = _folds(topology)
    holder = _holders(names, folds)
    pairs = [(link.a.device, link.b.device) for link in topology.links]
    located = {way: places(names, pairs, way) for way in _WAYS}
    folded = _folded_places(names, pairs, holder) if folds else located
    nodes = [
        _cabled(
            device,
            {way: located[way][device.name] for way in _WAYS},
            {way: folded[way][holder[device.name]] for way in _WAYS},
            folds,
            told,
        )
        for device in topology.devices
    ]
    spots = {way: _joining_places([*others, *hubs], overlays, located[way]) for way in _WAYS}
    below = {way: _joining_places([*others, *hubs], overlays, folded[way], holder) for way in _WAYS}
    for index, name in enumerate([*others, *hubs]):
        kind = "device" if index < len(others) else "subnet"
        nodes.append(
            _joining(
                name, kind, {way: spots[way][name] for way in _WAYS}, {way: below[way][name] for way in _WAYS}, told
            )
        )
    links = [_cable(link, number, told) for link in topology.links]
    links += [_overlay(row, number, told) for row in overlays]
    return {
        "version": VERSION,
        "nodes": nodes,
        "links": links,
        "layers": _titles(links),
        "sites": len({site(name) for name in names}),
        "unresolved": len(topology.unresolved),
        "seen_both": sum(link.seen_from == "both" for link in topology.links),
    }


def _cabled(device: Device, spots: Spots, folded: Spots, folds: dict[str, str], told: _Told) -> dict[str, Any]:
    return {
        "key": device.name,
        "name": _short(device.name),
        "kind": "device",
        "role": role(device.name)[0],
        "platform": _short(device.platform),
        "addresses": [_short(item) for item in device.addresses[:8]],
        "reported": device.reported,
        "proof": _proof(device.evidence),
        "places": spots,
        "folded": folded,
        "fold": folds.get(device.name, ""),
        **told.of_device(device.name),
    }


def _joining(name: str, kind: str, spots: Spots, folded: Spots, told: _Told) -> dict[str, Any]:
    """Give the node of a subnet, or of a device without a cable that a layer joins."""
    return {
        "key": name,
        "name": _short(name),
        "kind": kind,
        "role": "",
        "platform": "",
        "addresses": [],
        "reported": False,
        "proof": [],
        "places": spots,
        "folded": folded,
        "fold": "",
        **told.of_device(name),
    }


class _Told:
    """Findings by the device, the port, and the pair of devices that they are about."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self._devices: dict[str, list[Finding]] = defaultdict(list)
        self._ports: dict[tuple[str, str], list[Finding]] = defaultdict(list)
        for found in findings:
            named = {device_key(name) for name in found.subject.devices}
            for device, port in found.subject.interfaces:
                named.add(device_key(device))
                self._ports[device_key(device), port_key(port)].append(found)
            for name in named:
                self._devices[name].append(found)

    def of_device(self, name: str) -> dict[str, Any]:
        return _worst(self._devices.get(device_key(name), []))

    def of_ends(self, *ends: Endpoint) -> dict[str, Any]:
        found = [item for end in ends for item in self._ports.get((device_key(end.device), port_key(end.port)), ())]
        return _worst(list({id(item): item for item in found}.values()))


def _worst(found: list[Finding]) -> dict[str, Any]:
    ordered = sorted(found, key=lambda item: (-item.severity, item.check, item.title))
    return {
        "severity": str(ordered[0].severity) if ordered else "",
        "findings": [{"severity": str(item.severity), "title": _short(item.title)} for item in ordered[:_PROOFS]],
    }


def _cable(link: Link, number: dict[str, int], told: _Told) -> dict[str, Any]:
    return {
        "layer": "cable",
        "name": "",
        **_ends(link.a, link.b, number),
        "seen": link.seen_from,
        "confidence": round(link.confidence, 2),
        "detail": ", ".join(link.protocols),
        "proof": _proof(link.evidence),
        **told.of_ends(link.a, link.b),
    }


def _overlay(row: OverlayLink, number: dict[str, int], told: _Told) -> dict[str, Any]:
    return {
        "layer": row.layer,
        "name": _short(row.name),
        **_ends(row.a, row.b, number),
        "seen": "planned",
        "confidence": 1.0,
        "detail": _short(row.detail),
        "proof": _proof(row.evidence),
        **told.of_ends(row.a, row.b),
    }


def _ends(a: Endpoint, b: Endpoint, number: dict[str, int]) -> dict[str, Any]:
    return {
        "a": number[device_key(a.device)],
        "a_port": _short(short_port(a.port)),
        "b": number[device_key(b.device)],
        "b_port": _short(short_port(b.port)),
    }


def _titles(links: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Name what can be shown: the cables, then each layer, then each of its parts, with the number of links."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for link in links:
        counts[link["layer"], link["name"]] += 1
    order = {"cable": 0, "vlan": 1, "subnet": 2, "ospf": 3, "ospfv3": 4, "bgp": 5}

    def place(item: tuple[str, str]) -> tuple[int, int, str]:
        return order.get(item[0], len(order)), int(item[1]) if item[1].isdigit() else 0, item[1]

    return [{"layer": layer, "name": name, "links": counts[layer, name]} for layer, name in sorted(counts, key=place)]


def _folds(topology: Topology) -> dict[str, str]:
    """Group devices of the access that hang below the same neighbours: what a large drawing may show as one."""
    near: dict[str, set[str]] = {device.name: set() for device in topology.devices}
    for link in topology.links:
        if link.a.device != link.b.device:
            near[link.a.device].add(link.b.device)
            near[link.b.device].add(link.a.device)
    groups: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for name, others in near.items():
        kind = role(name)[0]
        if others and (kind in _FOLDED or (not kind and len(others) == 1)):
            groups[kind, tuple(sorted(others))].append(name)
    return {
        name: f"{kind or 'end'}: {', '.join(_short(other) for other in others[:3])}"
        for (kind, others), names in groups.items()
        if len(names) >= _FEWEST
        for name in names
    }


def _holders(names: list[str], folds: dict[str, str]) -> dict[str, str]:
    """Give the device that stands for each one while groups are folded: the first of its group, else itself."""
    first: dict[str, str] = {}
    return {name: first.setdefault(folds[name], name) if name in folds else name for name in names}


def _folded_places(
    names: list[str], pairs: list[tuple[str, str]], holder: dict[str, str]
) -> dict[Way, dict[str, Position]]:
    few = list(dict.fromkeys(holder[name] for name in names))
    joined = [(holder[a], holder[b]) for a, b in pairs]
    return {way: places(few, joined, way) for way in _WAYS}


def _joining_places(
    names: list[str],
    overlays: tuple[OverlayLink, ...],
    located: Mapping[str, Position],
    holder: Mapping[str, str] | None = None,
) -> dict[str, Position]:
    """Place what is no cabled device near the middle of what it joins, between the rows, where nothing stands yet."""
    ends: dict[str, list[str]] = defaultdict(list)
    for row in overlays:
        for one, other in ((row.a.device, row.b.device), (row.b.device, row.a.device)):
            ends[one].append((holder or {}).get(other, other))
    bottom = max((y for _, y in located.values()), default=0.0) + 1
    taken = list(dict.fromkeys(located.values()))
    made: dict[str, Position] = {}
    for index, name in enumerate(names):
        spots = [located[end] for end in dict.fromkeys(ends[name]) if end in located]
        x, y = (
            (float(index), bottom)
            if not spots
            else (_mean(x for x, _ in spots), floor(_mean(y for _, y in spots)) + 0.5)
        )
        made[name] = next(spot for spot in _around(x, y) if _is_free(spot, taken))
        taken.append(made[name])
    return made


def _around(x: float, y: float) -> Iterator[Position]:
    """Give places nearer first: beside, then in the next gap between rows."""
    for ring in count():
        for side in range(ring + 1):
            for sign in (1, -1) if side else (1,):
                yield x + sign * side * 0.6, y + (ring - side)


def _is_free(spot: Position, taken: list[Position]) -> bool:
    return all(abs(spot[0] - x) >= _WIDE or abs(spot[1] - y) >= _HIGH for x, y in taken)


def _mean(values: Iterable[float]) -> float:
    held = list(values)
    return sum(held) / len(held)


def _proof(evidence: Iterable[Evidence]) -> list[str]:
    return [_short(item.where) for item in list(evidence)[:_PROOFS]]


def _short(text: str) -> str:
    made = line(text[: 8 * _LONGEST])
    return made if len(made) <= _LONGEST else made[: _LONGEST - 1] + "…"
