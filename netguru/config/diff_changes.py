"""Comparing the shapes of two configurations: what was added, removed, changed or moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from netguru.config.diff_shape import Item


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One difference: lines of zero stand for a side that has nothing."""

    path: tuple[str, ...]
    kind: str
    before: tuple[int, int] | None
    after: tuple[int, int] | None


def differences(before: Item, after: Item, path: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Give the differences of two shapes, in the order of the first, then what is new."""
    for key, old in before.children.items():
        new = after.children.get(key)
        here = (*path, old.text)
        if new is None:
            yield Difference(path=here, kind="removed", before=_span(old), after=None)
            continue
        if old.says() != new.says():
            yield Difference(path=(*path, key), kind="changed", before=_span(old, alone=True), after=_own(new))
        yield from differences(old, new, here)
    for key, new in after.children.items():
        if key not in before.children:
            yield Difference(path=(*path, new.text), kind="added", before=None, after=_span(new))
    if before.order == "list":
        yield from _moved(before, after, path)


def _moved(before: Item, after: Item, path: tuple[str, ...]) -> Iterator[Difference]:
    kept = [key for key in before.children if key in after.children]
    wanted = [key for key in after.children if key in before.children]
    for key in movers(kept, wanted):
        old, new = before.children[key], after.children[key]
        yield Difference(path=(*path, old.text), kind="moved", before=_span(old), after=_span(new))


def movers(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Give the fewest members whose moving turns one order into the other (all but a longest common run of both).

    >>> movers(["a", "b", "c"], ["b", "c", "a"])
    ['a']
    """
    from bisect import bisect_left

    place: Mapping[str, int] = {key: number for number, key in enumerate(before)}
    tails: list[int] = []
    chain: list[int] = []
    back: dict[int, int] = {}
    for key in after:
        value = place[key]
        where = bisect_left(tails, value)
        tails[where : where + 1] = [value]
        if where:
            back[value] = chain[where - 1]
        chain[where : where + 1] = [value]
    kept: set[int] = set()
    value = chain[-1] if chain else -1
    while value >= 0:
        kept.add(value)
        value = back.get(value, -1)
    return [key for key in after if place[key] not in kept]


def _own(item: Item) -> tuple[int, int]:
    return item.start, item.start if item.children and not item.order else item.end


def _span(item: Item, *, alone: bool = False) -> tuple[int, int]:
    """Give the lines of an item with all below it."""
    if alone:
        return _own(item)
    return min(part.start for part in item.walk()), max(part.end for part in item.walk())
