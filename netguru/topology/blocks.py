"""The block shape: one labelled line a field, one block a neighbour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.topology.records import Record, Records

if TYPE_CHECKING:
    from netguru.topology.formats import Format


class _Blocks:
    """Walk over the lines and cut them into records."""

    def __init__(self, form: Format) -> None:
        self.form = form
        self.found: list[Record] = []
        self.stated: int | None = None
        self._head: dict[str, tuple[str, int]] = {}
        self._record: Record | None = None
        self._reached = -1
        self._stopped = False
        self._below = ""

    def take(self, line: str, number: int) -> None:
        total = self.form.total.search(line) if self.form.total else None
        if total:
            self.stated = (self.stated or 0) + int(total[1])
        for pattern in self.form.heads:
            match = pattern.search(line)
            if match:
                self._head = {name: (value, number) for name, value in match.groupdict().items() if value}
                self._record = None
        self._begin(line, number)
        if self._record is None:
            return
        if self.form.stop and self.form.stop.search(line):
            self._stopped = True
        if not self._stopped:
            self._values(self._record, line, number)

    def _begin(self, line: str, number: int) -> None:
        """Start a record at a line that starts one, unless the present record has not come that far.

        A device prints "Local Intf" before "Chassis id", an older one begins with "Chassis id".
        """
        for position, pattern in enumerate(self.form.starts):
            if not pattern.search(line):
                continue
            if self._record is None or self._reached >= position:
                self._record = Record(start=number, end=number)
                self._record.inherit(self._head)
                self.found.append(self._record)
                self._stopped, self._below = False, ""
            self._reached = position
            return

    def _values(self, record: Record, line: str, number: int) -> None:
        if self._below and line.strip():
            record.add(self._below, line.strip(), number)
            self._below = ""
            return
        for name, pattern in self.form.below:
            if pattern.search(line):
                self._below = name
        for pattern in self.form.lines:
            match = pattern.search(line)
            if match:
                for name, value in match.groupdict().items():
                    if value:
                        record.add(name, value, number)


def read_blocks(form: Format, lines: list[str], first_line: int) -> Records:
    """Read every block of a format."""
    walk = _Blocks(form)
    for index, line in enumerate(lines):
        walk.take(line, first_line + index)
    return Records(found=tuple(walk.found), stated=walk.stated)
