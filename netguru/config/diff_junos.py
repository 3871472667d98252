"""Junos configurations as paths: braces and set commands alike, elements in order where order counts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from netguru.config.diff_changes import Difference, movers
from netguru.config.remediation_rules import junos_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netguru.model.config import ConfigLine, DeviceConfig

Path = tuple[str, ...]
_WORD = re.compile(r'"(?:\\.|[^"\\])*"|\S+')


@dataclass(frozen=True, slots=True)
class Paths:
    """All statements by path with their lines; the paths that are switched off; the lists in their order."""

    lines: dict[Path, tuple[int, int]]
    off: frozenset[Path]
    lists: dict[Path, tuple[str, ...]]
    chains: dict[Path, tuple[str, ...]]


@cache
def _ordered() -> re.Pattern[str]:
    table = junos_table()
    return re.compile(rf"({table['scope']}(?:{'|'.join(table['ordered'])}))(?= )")


@cache
def _chain() -> re.Pattern[str]:
    return re.compile(junos_table()["chains"])


def paths(config: DeviceConfig) -> Paths:
    """Give the paths of a configuration."""
    found: dict[Path, tuple[int, int]] = {}
    for line in config.tree:
        for path, span in _leaves(line, ()):
            found.setdefault(path, span)
    above = {path[:size] for path in found for size in range(1, len(path))}
    # A statement that others stand below says nothing by itself.
    kept = {path: span for path, span in found.items() if path not in above}
    return Paths(
        lines=kept,
        off=frozenset(path for path in _off(config) if path in above or path in kept),
        lists=_lists(kept),
        chains=_chains(kept),
    )


def _leaves(line: ConfigLine, above: Path) -> Iterator[tuple[Path, tuple[int, int]]]:
    here = (*above, *_WORD.findall(line.text))
    if not line.children:
        yield here, (line.number, line.end)
    for child in line.children:
        yield from _leaves(child, here)


def _off(config: DeviceConfig) -> frozenset[Path]:
    from netguru.config.parsing import grow
    from netguru.config.platforms import platform

    return grow(config.piece.text, platform(config.platform), config.piece.first_line).inactive


def _lists(found: Iterable[Path]) -> dict[Path, tuple[str, ...]]:
    lists: dict[Path, dict[str, None]] = {}
    for path in found:
        match = _ordered().match(" ".join(path))
        if match is not None:
            size = len(match[1].split(" "))
            lists.setdefault(path[:size], {})[path[size]] = None
    return {path: tuple(names) for path, names in lists.items()}


def _chains(found: Iterable[Path]) -> dict[Path, tuple[str, ...]]:
    chains: dict[Path, list[str]] = {}
    for path in found:
        if len(path) > 1 and _chain().fullmatch(" ".join(path[:-1])):
            chains.setdefault(path[:-1], []).append(path[-1])
    return {path: tuple(names) for path, names in chains.items()}


def differences(before: Paths, after: Paths) -> Iterator[Difference]:
    """Give the differences of two configurations: statements, switches, orders."""
    gone = {path[:-1]: path for path in before.lines if path not in after.lines and path[-2:-1] and _single(path)}
    for path, span in before.lines.items():
        if path not in after.lines and not (_single(path) and _rival(path, after)):
            yield Difference(path=(" ".join(path),), kind="removed", before=span, after=None)
    for path, span in after.lines.items():
        if path in before.lines:
            continue
        old = gone.get(path[:-1]) if _single(path) else None
        if old is not None:
            head = (" ".join(path[:-1]),)
            yield Difference(path=head, kind="changed", before=before.lines[old], after=span)
        else:
            yield Difference(path=(" ".join(path),), kind="added", before=None, after=span)
    for path in sorted(before.off ^ after.off):
        kind = "activated" if path in before.off else "deactivated"
        yield Difference(path=(" ".join(path),), kind=kind, before=_below(before, path), after=_below(after, path))
    for key, names in (*after.lists.items(), *after.chains.items()):
        was = before.lists.get(key) or before.chains.get(key) or ()
        both = [name for name in was if name in names], [name for name in names if name in was]
        for name in movers(*both):
            path = (*key, name)
            yield Difference(
                path=(" ".join(path),), kind="moved", before=_below(before, path), after=_below(after, path)
            )


def _single(path: Path) -> bool:
    return len(path) > 1 and path[-2] in junos_table()["single"]


def _rival(path: Path, other: Paths) -> bool:
    return any(found[:-1] == path[:-1] for found in other.lines) if _single(path) else False


def _below(found: Paths, path: Path) -> tuple[int, int] | None:
    spans = [span for key, span in found.lines.items() if key[: len(path)] == path]
    return (min(start for start, _ in spans), max(end for _, end in spans)) if spans else None


def commands(before: Paths, after: Paths) -> list[str]:
    """Give the commands from one configuration to another, for one commit."""
    above = {path[:size] for path in after.lines for size in range(1, len(path) + 1)}
    single = frozenset(junos_table()["single"])
    heads = {path[:-1] for path in after.lines}
    anew = {key for key, names in after.chains.items() if _shuffled(before.chains.get(key, ()), names)}
    made: dict[str, None] = {}
    for path in sorted(before.off - after.off):
        if path in above:
            made[f"activate {' '.join(path)}"] = None
    for path in before.lines:
        if path in above:
            continue
        if path[:-1] in heads and len(path) > 1 and path[-2] in single:
            continue
        made[f"delete {' '.join(_shortest(path, above))}"] = None
    made.update(dict.fromkeys(f"delete {' '.join(key)}" for key in anew))
    for path in after.lines:
        if path not in before.lines or path[:-1] in anew:
            made[f"set {' '.join(path)}"] = None
    made.update(dict.fromkeys(f"deactivate {' '.join(path)}" for path in sorted(after.off - before.off)))
    return [*made, *_inserts(before, after)]


def _shortest(path: Path, above: set[Path]) -> Path:
    """Cut a path where nothing of the other configuration stands below, never before a name."""
    named = junos_table()["named"]
    size = next(size for size in range(1, len(path) + 1) if path[:size] not in above)
    while size < len(path) and path[size - 1] in named:
        size += 1
    return path[:size]


def _shuffled(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    """Say whether a chain needs to be entered anew: what is left of it, then the new, is another order."""
    kept = [name for name in before if name in after]
    return bool(kept) and [*kept, *(name for name in after if name not in before)] != list(after)


def _inserts(before: Paths, after: Paths) -> Iterator[str]:
    for key, wanted in after.lists.items():
        now = [name for name in before.lists.get(key, ()) if name in wanted]
        now += [name for name in wanted if name not in now]
        word = key[-1]
        for place, name in enumerate(wanted):
            if now[place] == name:
                continue
            now.remove(name)
            now.insert(place, name)
            where = f"after {word} {wanted[place - 1]}" if place else f"before {word} {now[1]}"
            yield f"insert {' '.join(key)} {name} {where}"
