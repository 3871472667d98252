"""Where devices are drawn: in rows by role or distance from the core, in groups by site, or by forces.

The same network gets the same places every time, whatever the order of its files.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from math import ceil, sqrt
from typing import TYPE_CHECKING, Literal

from netguru.topology.roles import ranks, site

if TYPE_CHECKING:
    from netguru.model.topology import Topology

Position = tuple[float, float]
Pairs = Iterable[tuple[str, str]]
Way = Literal["layers", "groups", "force"]

_SWEEPS = 6
_WIDEST = 9
"""Devices side by side in a small network before a layer continues in a second row."""
_FORCED = 2000
"""Devices up to which forces are computed between all pairs (time and memory grow with the square)."""
_STEPS = 150


def places(names: Iterable[str], pairs: Pairs, way: Way = "layers") -> dict[str, Position]:
    """Place devices, joined in pairs, in whole steps: x counts devices, y counts rows.

    `layers` puts devices in rows, by role where names state one (data/tables/topology/roles.toml), else by hops from
    the best connected. `groups` gives each site (the first part of the names) a block of rows. `force` lets links
    pull and devices push (Fruchterman and Reingold 1991); above 2,000 devices it falls back to `layers`.

    >>> places(["core1", "acc1", "acc2"], [("core1", "acc1"), ("core1", "acc2")])["core1"]
    (0.5, 0.0)
    """
    near = _neighbours(names, pairs)
    if not near:
        return {}
    if way == "groups":
        return _grouped(near)
    if way == "force" and len(near) <= _FORCED:
        return _forced(near)
    return _layered(near)


def layout(topology: Topology) -> dict[str, Position]:
    """Place the devices of a graph in rows."""
    return places(
        (device.name for device in topology.devices), ((link.a.device, link.b.device) for link in topology.links)
    )


def _layered(near: dict[str, list[str]]) -> dict[str, Position]:
    stated = _ranks(near)
    made: dict[str, Position] = {}
    left = 0.0
    for part in _components(near):
        block = _block(part, near, stated)
        made |= {name: (left + x, y) for name, (x, y) in block.items()}
        left += max(x for x, _ in block.values()) + 1.5
    return made


def _ranks(near: dict[str, list[str]]) -> dict[str, int] | None:
    return ranks(near, ((name, other) for name, others in near.items() for other in others))


def _block(part: list[str], near: dict[str, list[str]], stated: dict[str, int] | None) -> dict[str, Position]:
    """Place one connected part in rows that are centred above each other."""
    layers = _layers(part, near) if stated is None else _ranked(part, stated)
    rows = _rows(_ordered(layers, near), max(_WIDEST, ceil(sqrt(len(part)) * 2.2)))
    width = max(len(row) for row in rows)
    return {name: ((width - len(row)) / 2 + x, float(y)) for y, row in enumerate(rows) for x, name in enumerate(row)}


def _ranked(part: list[str], stated: dict[str, int]) -> list[list[str]]:
    layers: dict[int, list[str]] = {}
    for name in part:
        layers.setdefault(stated[name], []).append(name)
    return [layers[rank] for rank in sorted(layers)]


def _neighbours(names: Iterable[str], pairs: Pairs) -> dict[str, list[str]]:
    near: dict[str, set[str]] = {name: set() for name in sorted(names)}
    for a, b in pairs:
        near.setdefault(a, set()).add(b)
        near.setdefault(b, set()).add(a)
    return {name: sorted(others - {name}) for name, others in near.items()}


def _components(near: dict[str, list[str]]) -> list[list[str]]:
    """Give the connected parts, largest first."""
    seen: set[str] = set()
    parts = []
    for start in sorted(near):
        if start not in seen:
            part = list(_hops([start], near))
            seen.update(part)
            parts.append(sorted(part))
    return sorted(parts, key=lambda part: (-len(part), part))


def _hops(starts: Iterable[str], near: dict[str, list[str]]) -> dict[str, int]:
    hops = dict.fromkeys(starts, 0)
    queue = deque(hops)
    while queue:
        name = queue.popleft()
        for other in near[name]:
            if other not in hops:
                hops[other] = hops[name] + 1
                queue.append(other)
    return hops


def _layers(part: list[str], near: dict[str, list[str]]) -> list[list[str]]:
    most = max(len(near[name]) for name in part)
    hops = _hops([name for name in part if len(near[name]) == most], near)
    layers: list[list[str]] = [[] for _ in range(max(hops.values()) + 1)]
    for name in part:
        layers[hops[name]].append(name)
    return layers


def _ordered(layers: list[list[str]], near: dict[str, list[str]]) -> list[list[str]]:
    """Order each layer by the mean place of its neighbours in the other layers, to and fro."""
    for sweep in range(_SWEEPS):
        order = range(1, len(layers)) if sweep % 2 == 0 else range(len(layers) - 2, -1, -1)
        for index in order:
            beside = layers[index - 1] if sweep % 2 == 0 else layers[index + 1]
            place = {name: (position + 0.5) / len(beside) for position, name in enumerate(beside)}
            layers[index].sort(key=lambda name: (_mean([place[o] for o in near[name] if o in place]), name))
    return layers


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.5


def _rows(layers: list[list[str]], widest: int) -> list[list[str]]:
    return [layer[start : start + widest] for layer in layers for start in range(0, len(layer), widest)]


def _grouped(near: dict[str, list[str]]) -> dict[str, Position]:
    """Give each site a block of rows of its own; blocks stand in rows as wide as they are high."""
    stated = _ranks(near)
    members: dict[str, list[str]] = {}
    for name in sorted(near):
        members.setdefault(site(name), []).append(name)
    made = []
    for _, names in sorted(members.items(), key=lambda item: (-len(item[1]), item[0])):
        held = set(names)
        inside = {name: [other for other in near[name] if other in held] for name in names}
        flat = stated or dict.fromkeys(names, 0)
        made.append((min(flat[name] for name in names), _block(names, inside, flat)))
    top = min(rank for rank, _ in made)
    first = [block for rank, block in made if rank == top]
    others = [block for rank, block in made if rank > top]
    # The few sites of the core stand above all others; where all are alike there is no above.
    return _packed([first, others] if others and len(first) * 4 <= len(made) else [[block for _, block in made]])


def _packed(bands: Sequence[Sequence[dict[str, Position]]]) -> dict[str, Position]:
    """Put blocks beside each other in centred rows, each band below the one before; about as high as wide."""
    sizes = [
        [(max(x for x, _ in block.values()) + 2, max(y for _, y in block.values()) + 2) for block in band]
        for band in bands
    ]
    every = [size for band in sizes for size in band]
    widest = max([*(width for width, _ in every), sqrt(sum(width * height for width, height in every)) * 1.4])
    made: dict[str, Position] = {}
    top = 0.0
    for band, measured in zip(bands, sizes, strict=True):
        for row in _wrapped(measured, widest):
            left = (widest - sum(measured[index][0] for index in row)) / 2
            for index in row:
                made |= {name: (left + x, top + y) for name, (x, y) in band[index].items()}
                left += measured[index][0]
            top += max(measured[index][1] for index in row)
        top += 1
    return made


def _wrapped(sizes: Sequence[tuple[float, float]], widest: float) -> list[list[int]]:
    rows: list[list[int]] = [[]]
    filled = 0.0
    for index, (width, _) in enumerate(sizes):
        if rows[-1] and filled + width > widest:
            rows.append([])
            filled = 0.0
        rows[-1].append(index)
        filled += width
    return rows


def _forced(near: dict[str, list[str]]) -> dict[str, Position]:
    """Let links pull and devices push each other, from the places that layers give."""
    import numpy as np

    start = _layered(near)
    names = sorted(start)
    number = {name: index for index, name in enumerate(names)}
    points = np.array([start[name] for name in names], dtype=np.float64)
    if len(names) < 3:  # noqa: PLR2004 - two devices have one distance
        return start
    pairs = sorted((number[name], number[other]) for name, others in near.items() for other in others if name < other)
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    side = sqrt(len(names)) * 1.4
    points = (points - points.mean(axis=0)) / max(float(np.ptp(points, axis=0).max()), 1.0) * side
    # Devices of one row would only ever push along it: each leaves it by a step of its own.
    points[:, 1] += np.sin(np.arange(len(names)) * 2.399963) * 0.3
    ideal, heat = 1.4, side / 8
    for _ in range(_STEPS):
        apart = points[:, None, :] - points[None, :, :]
        square = np.einsum("ijk,ijk->ij", apart, apart)
        np.fill_diagonal(square, 1.0)
        moved = np.einsum("ijk,ij->ik", apart, ideal**2 / np.maximum(square, 1e-4))
        pull = points[ends[:, 0]] - points[ends[:, 1]]
        pull *= np.linalg.norm(pull, axis=1, keepdims=True) / ideal
        np.add.at(moved, ends[:, 0], -pull)
        np.add.at(moved, ends[:, 1], pull)
        moved -= points * 0.05 * ideal  # parts without links stay in sight
        length = np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9)
        points = points + moved / length * np.minimum(length, heat)
        heat = max(heat * 0.96, 0.01)
    points -= points.min(axis=0)
    return {name: (round(float(x), 3), round(float(y), 3)) for name, (x, y) in zip(names, points, strict=True)}
