"""Sets of packet headers, exact: reduced ordered binary decision diagrams (Bryant, IEEE Trans. Computers 35(8), 1986).

A set is a number; equal sets have equal numbers, so that "is empty" and "are the same" are comparisons.

>>> space = Space.of(("port", 16))
>>> low, web = space.between("port", 0, 1023), space.between("port", 80, 80)
>>> space.minus(web, low) == EMPTY, space.example(space.minus(low, space.between("port", 0, 1022)))
(True, {'port': 1023})
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netguru.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

EMPTY = 0
FULL = 1
MOST_NODES = 3_000_000
"""Nodes of all sets of a space together; a filter that needs more is refused, not guessed."""
_AND, _OR, _MINUS = 0, 1, 2


@dataclass(slots=True)
class Space:
    """The fields of a header, in the order in which sets branch on their bits, and all sets made in it."""

    fields: dict[str, tuple[int, int]]
    bits: int
    _nodes: list[tuple[int, int, int]] = field(default_factory=list)
    _known: dict[tuple[int, int, int], int] = field(default_factory=dict)
    _results: dict[tuple[int, int, int], int] = field(default_factory=dict)

    @classmethod
    def of(cls, *widths: tuple[str, int]) -> Space:
        """Lay out fields of so many bits."""
        fields: dict[str, tuple[int, int]] = {}
        offset = 0
        for name, width in widths:
            fields[name] = (offset, width)
            offset += width
        return cls(fields, offset, [(offset, 0, 0), (offset, 1, 1)])

    def node(self, bit: int, low: int, high: int) -> int:
        """Give the set that branches on a bit."""
        if low == high:
            return low
        key = (bit, low, high)
        found = self._known.get(key)
        if found is None:
            found = len(self._nodes)
            if found > MOST_NODES:
                message = "a filter is too complex for exact sets"
                raise InputError(message)
            self._nodes.append(key)
            self._known[key] = found
        return found

    def branch(self, node: int) -> tuple[int, int, int]:
        """Give the bit that a set branches on, and what holds where it is 0 and where it is 1."""
        return self._nodes[node]

    def matching(self, name: str, value: int, care: int) -> int:
        """Give the headers whose field equals a value in the bits that `care` selects."""
        offset, width = self.fields[name]
        found = FULL
        for place in range(width):
            if care >> place & 1:
                bit = offset + width - 1 - place
                found = self.node(bit, EMPTY, found) if value >> place & 1 else self.node(bit, found, EMPTY)
        return found

    def equal(self, name: str, value: int) -> int:
        """Give the headers whose field has one value."""
        _, width = self.fields[name]
        return self.matching(name, value, (1 << width) - 1)

    def between(self, name: str, low: int, high: int) -> int:
        """Give the headers whose field is in a range, both ends included."""
        _, width = self.fields[name]
        if low > high:
            return EMPTY
        top = min(high, (1 << width) - 1)
        return self.both(self._bound(name, low, least=True), self._bound(name, top, least=False))

    def _bound(self, name: str, value: int, *, least: bool) -> int:
        offset, width = self.fields[name]
        found = FULL
        for place in range(width):
            bit = offset + width - 1 - place
            if least:
                found = self.node(bit, EMPTY, found) if value >> place & 1 else self.node(bit, found, FULL)
            else:
                found = self.node(bit, FULL, found) if value >> place & 1 else self.node(bit, found, EMPTY)
        return found

    def both(self, a: int, b: int) -> int:
        """Give the headers in both sets."""
        return self._apply(_AND, a, b)

    def either(self, a: int, b: int) -> int:
        """Give the headers in one set or the other."""
        return self._apply(_OR, a, b)

    def minus(self, a: int, b: int) -> int:
        """Give the headers of the first set that are not in the second."""
        return self._apply(_MINUS, a, b)

    def all_of(self, sets: Iterable[int]) -> int:
        """Give the headers in all of the sets."""
        found = FULL
        for item in sets:
            found = self.both(found, item)
        return found

    def any_of(self, sets: Iterable[int]) -> int:
        """Give the headers in any of the sets; pairs are joined first, which keeps what is between small."""
        rows = list(sets)
        while len(rows) > 1:
            rows = [
                self.either(rows[place], rows[place + 1]) if place + 1 < len(rows) else rows[place]
                for place in range(0, len(rows), 2)
            ]
        return rows[0] if rows else EMPTY

    def _apply(self, how: int, a: int, b: int) -> int:
        known = _simple(how, a, b)
        if known is not None:
            return known
        if how != _MINUS and a > b:
            a, b = b, a
        key = (how, a, b)
        found = self._results.get(key)
        if found is None:
            bit_a, low_a, high_a = self._nodes[a]
            bit_b, low_b, high_b = self._nodes[b]
            bit = min(bit_a, bit_b)
            if bit_a != bit:
                low_a = high_a = a
            if bit_b != bit:
                low_b = high_b = b
            found = self.node(bit, self._apply(how, low_a, low_b), self._apply(how, high_a, high_b))
            self._results[key] = found
        return found

    def example(self, members: int) -> dict[str, int] | None:
        """Give one header of a set, zeros where it does not matter; None for the empty set."""
        if members == EMPTY:
            return None
        chosen = 0
        while members != FULL:
            bit, low, high = self._nodes[members]
            if low == EMPTY:
                chosen |= 1 << (self.bits - 1 - bit)
            members = high if low == EMPTY else low
        return {
            name: chosen >> (self.bits - offset - width) & ((1 << width) - 1)
            for name, (offset, width) in self.fields.items()
        }

    def holds(self, members: int, header: dict[str, int]) -> bool:
        """Say whether a header is in a set; fields that are not given are zero."""
        value = 0
        for name, (offset, width) in self.fields.items():
            value |= header.get(name, 0) << (self.bits - offset - width)
        while members > FULL:
            bit, low, high = self._nodes[members]
            members = high if value >> (self.bits - 1 - bit) & 1 else low
        return members == FULL


def _simple(how: int, a: int, b: int) -> int | None:
    """Give the result where one of the two is empty or full or they are the same; None elsewhere."""
    if how == _AND:
        return EMPTY if EMPTY in (a, b) else b if a == FULL else a if b in (FULL, a) else None
    if how == _OR:
        return FULL if FULL in (a, b) else b if a == EMPTY else a if b in (EMPTY, a) else None
    return EMPTY if a in (EMPTY, b) or b == FULL else a if b == EMPTY else None


def copied(source: Space, members: int, target: Space) -> int:
    """Make a set of one space anew in another of the same layout."""
    done = {EMPTY: EMPTY, FULL: FULL}

    def copy(node: int) -> int:
        if node not in done:
            bit, low, high = source.branch(node)
            done[node] = target.node(bit, copy(low), copy(high))
        return done[node]

    return copy(members)
