"""Records: the fields of one neighbour as texts with their lines, before they become a `Neighbor`."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Record:
    """Hold one neighbour as found: every field's values in order, each with its line in the file.

    `start` and `end` are the first and last line of the whole record; `excerpt` is the verbatim
    text of a record that does not begin and end with lines (an object in a document).
    """

    start: int
    end: int
    values: dict[str, list[tuple[str, int]]] = field(default_factory=dict)
    excerpt: str = ""

    def add(self, name: str, value: str, line: int) -> None:
        """Note a value of a field."""
        self.values.setdefault(name, []).append((value, line))
        self.end = max(self.end, line)

    def inherit(self, head: dict[str, tuple[str, int]]) -> None:
        """Take over what a line above a group of records states; its line does not extend the record."""
        for name, (value, line) in head.items():
            self.values.setdefault(name, []).append((value, line))


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Hold what a shape found in a piece.

    `odd` are the lines that should be records and were not understood; `stated` is the number of
    entries that the device itself counts.
    """

    found: tuple[Record, ...]
    odd: tuple[int, ...] = ()
    stated: int | None = None
