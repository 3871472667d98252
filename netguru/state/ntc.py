"""Outputs read with the TextFSM templates of ntc-templates, with the lines of every row.

The templates know the columns but not the lines: the text is fed line by line, and a row lies
between the line that holds its key and the line after which the template recorded it.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.errors import ParseError
from netguru.state.formats import command
from netguru.state.rules import Reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from netguru.model.source import Piece

MOST_LINES = 20_000
"""Longer texts are not tried: TextFSM takes about 50 us a line and rule."""


def recognise(piece: Piece) -> str | None:
    """Name the command whose template reads the text, None when there is none."""
    found = _find(piece)
    return None if found is None else f"{found[0]} {found[1]['name']}"


def read(piece: Piece) -> tuple[str, Reading]:
    """Read a text with the template that fits; gives the platform and the rows.

    Raises ParseError when no template fits.
    """
    found = _find(piece)
    if found is None:
        raise ParseError("no known output", line=piece.first_line)
    platform, declared, rows = found
    reading = Reading(rows={declared["kind"]: [_row(item, declared, piece) for item in rows]})
    reading.total = sum(bool(line.strip()) for line in piece.lines)
    return platform, reading


def _find(piece: Piece) -> tuple[str, Mapping[str, Any], list[dict[str, Any]]] | None:
    told, lines = command(piece), piece.lines
    if len(lines) > MOST_LINES:
        return None
    for declared in resources.table("state", "ntc.toml")["command"]:
        if not re.search(declared["hint"], told, re.IGNORECASE):
            continue
        for platform in declared["platforms"]:
            for name in declared["commands"]:
                rows = _try(platform, name, tuple(lines))
                usable = [row for row in rows if _value(row, declared["columns"][declared["key"]])]
                if usable:
                    return platform, declared, usable
    return None


@cache
def _template(platform: str, name: str) -> str:
    from ntc_templates import parse

    folder = Path(parse._get_template_dir())  # noqa: SLF001 - the package has no public name for it
    file = folder / f"{platform}_{name.replace(' ', '_')}.textfsm"
    return file.read_text(encoding="utf-8") if file.is_file() else ""


@cache
def _machine(platform: str, name: str) -> Any:
    import io

    import textfsm

    text = _template(platform, name)
    return textfsm.TextFSM(io.StringIO(text)) if text else None


def _try(platform: str, name: str, lines: Sequence[str]) -> list[dict[str, Any]]:
    """Run a template over lines; a template that refuses a line gives no rows."""
    import textfsm

    machine = _machine(platform, name)
    if machine is None:
        return []
    machine.Reset()
    header = [column.lower() for column in machine.header]
    rows: list[dict[str, Any]] = []
    last = 0
    try:
        for position, line in enumerate([*lines, None]):
            made = machine.ParseText("" if line is None else line + "\n", eof=line is None)
            for values in made[len(rows) :]:
                end = min(position, len(lines) - 1)
                rows.append({**dict(zip(header, values, strict=True)), "first": last, "last": end})
                last = end
            if machine._cur_state_name in ("End", "EOF"):  # noqa: SLF001 - TextFSM stops there as well
                break
    except (textfsm.TextFSMError, ValueError, IndexError):
        return []
    return rows


def _value(row: Mapping[str, Any], names: Sequence[str]) -> str:
    for name in names:
        value = row.get(name)
        if value:
            return " ".join(value) if isinstance(value, list) else str(value)
    return ""


def _row(row: Mapping[str, Any], declared: Mapping[str, Any], piece: Piece) -> dict[str, Any]:
    made: dict[str, Any] = dict(declared.get("values", {}))
    for column, names in declared["columns"].items():
        value = _value(row, names)
        if value:
            made[column] = value
    start, end = _span(made[declared["key"]], piece.lines, row["first"], row["last"])
    made["line"], made["end_line"] = piece.first_line + start, piece.first_line + end
    state = made.get("state", "")
    if declared["kind"] == "bgp_peers" and state.isdecimal():
        made.update(state="Established", prefixes=state)
    return made


def _span(key: str, lines: Sequence[str], first: int, last: int) -> tuple[int, int]:
    """Find the lines of a row: from the one that holds its key to the one that completed it."""
    holding = [number for number in range(first, last + 1) if key in lines[number]]
    if not holding:
        return first, last
    # A row that the next row's first line completes ends before that line.
    start = holding[0]
    return start, last if last == start or key in lines[last] else max(start, last - 1)
