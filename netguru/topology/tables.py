"""The table shape: columns under headings, with long names wrapped or cut."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netguru.topology.records import Record, Records

if TYPE_CHECKING:
    from netguru.topology.formats import Format

Columns = list[tuple[str, int, int | None]]

_RULE = re.compile(r"^[\s|+=-]*$")
_DASHES = re.compile(r"[-=]{3,}")


def read_table(form: Format, lines: list[str], first_line: int) -> Records:
    """Read the rows under every heading of a format."""
    found: list[Record] = []
    odd: list[int] = []
    stated: int | None = None
    columns: Columns = []
    waiting: tuple[str, int] | None = None
    for index, line in enumerate(lines):
        number = first_line + index
        if form.heading is not None and form.heading.search(line):
            columns = _columns(form, line, lines[index + 1] if index + 1 < len(lines) else "")
            waiting = None
            continue
        total = form.total.search(line) if form.total else None
        if total:
            stated = (stated or 0) + int(total[1])
            columns = []
        if not columns or _RULE.match(line) or (form.skip and form.skip.search(line)):
            continue
        if form.wrap == "before" and waiting is None and _is_name_alone(line, columns):
            waiting = (line.strip(), number)
            continue
        record = _row(form, line, number, columns, waiting)
        if record is not None:
            found.append(record)
        elif not _continued(form, line, number, found):
            odd.append(number)
        waiting = None
    return Records(found=tuple(found), odd=tuple(odd), stated=stated)


def _columns(form: Format, heading: str, rule: str) -> Columns:
    """Find where each column starts: under its title, or under its dashes where a rule follows."""
    titles = []
    for title, name in form.columns.items():
        match = re.search(rf"(?<![\w-]){re.escape(title)}(?![\w-])", heading)
        if match:
            titles.append((match.start(), match.end(), name))
    titles.sort()
    dashes = [(match.start(), match.end()) for match in _DASHES.finditer(rule)] if _RULE.match(rule) else []
    if len(dashes) >= len(titles) > 1:
        named: Columns = []
        for start, end in dashes:
            inside = [name for low, high, name in titles if start <= (low + high) // 2 <= end]
            named.append((inside[0] if inside else "", start, end))
        return named
    starts = [start for start, _, _ in titles]
    return [
        (name, start, starts[position + 1] if position + 1 < len(starts) else None)
        for position, (start, _, name) in enumerate(titles)
    ]


def _is_name_alone(line: str, columns: Columns) -> bool:
    """Say whether a line holds only a long name of the first column, whose row follows."""
    text = line.rstrip()
    return bool(text) and not text[0].isspace() and len(re.split(r"\s{2,}", text)) == 1 and _one_word(text, columns)


def _one_word(text: str, columns: Columns) -> bool:
    width = columns[1][1] if len(columns) > 1 else len(text)
    return " " not in text or len(text) < width


def _row(form: Format, line: str, number: int, columns: Columns, waiting: tuple[str, int] | None) -> Record | None:
    cells = {name: line[start:end].strip(" |\t") for name, start, end in columns if name}
    first = columns[0][0]
    indented = line[:1].isspace()
    if waiting and not indented:
        waiting = None
    if waiting:
        cells[first] = waiting[0]
    if _cuts_a_word(line, columns, indented=indented and form.wrap == "before") or not _fits(form, cells):
        cells = _by_pattern(form, f"{waiting[0]} {line.strip()}" if waiting else line)
        if not cells:
            return None
    start = waiting[1] if waiting else number
    record = Record(start=start, end=number)
    for name, value in cells.items():
        record.add(name, value, start if name == first else number)
    return record


def _fits(form: Format, cells: dict[str, str]) -> bool:
    return all(pattern.fullmatch(cells.get(name, "")) for name, pattern in form.checks.items())


def _cuts_a_word(line: str, columns: Columns, *, indented: bool) -> bool:
    """Say whether a column's start falls inside a word: the row does not follow the headings.

    The first column may be cut at its width, then the second follows it without a blank.
    """
    starts = [start for _, start, _ in columns[1 if indented else 2 :]]
    return any(
        not line[start - 1 : start].isspace() and not line[start : start + 1].isspace()
        for start in starts
        if 0 < start < len(line)
    )


def _by_pattern(form: Format, line: str) -> dict[str, str]:
    for pattern in form.rows:
        match = pattern.match(line)
        if match:
            return {name: value.strip() for name, value in match.groupdict(default="").items()}
    return {}


def _continued(form: Format, line: str, number: int, found: list[Record]) -> bool:
    """Append the rest of a name that was wrapped after its row."""
    if form.wrap != "after" or not found or " " in line.strip() or found[-1].end != number - 1:
        return False
    for name in form.columns.values():
        values = found[-1].values.get(name)
        if values:
            values[0] = (values[0][0] + line.strip(), values[0][1])
            found[-1].end = number
            return True
    return False
