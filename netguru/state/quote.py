"""Quoting rows: the lines of a row that show the values a claim is about."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from netguru.model.evidence import QUOTATION_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netguru.model.evidence import Evidence
    from netguru.model.source import Piece
    from netguru.model.state import DeviceState

_SHORT_LINES = 3


def quote(state: DeviceState, row: Mapping[str, object], *values: object) -> Evidence:
    """Quote a row: whole when it is short, else the first of its lines that shows a value.

    The values are looked for as they are printed; the first one found decides. A line longer than
    a quotation is cut around the value.
    """
    start, end = int(str(row["line"])), int(str(row["end_line"]))
    first = state.piece.first_line
    lines = _lines(state.piece)[start - first : end - first + 1]
    whole = "\n".join(lines[: _SHORT_LINES + 1])
    if len(lines) <= _SHORT_LINES and len(whole) <= QUOTATION_LIMIT:
        return state.piece.evidence(start, end, whole)
    for value in values:
        for number, line in enumerate(lines, start):
            at = line.lower().find(str(value).lower())
            if at >= 0:
                return state.piece.evidence(number, number, _cut(line, at))
    return state.piece.evidence(start, start, lines[0])


@lru_cache(maxsize=32)
def _lines(piece: Piece) -> list[str]:
    """Split a piece once: its rows are quoted one after the other."""
    return piece.lines


def _cut(line: str, at: int) -> str:
    if len(line) <= QUOTATION_LIMIT:
        return line
    begin = max(0, at - QUOTATION_LIMIT // 2)
    return line[begin : begin + QUOTATION_LIMIT]


def same_evidence(*evidence: Evidence) -> tuple[Evidence, ...]:
    """Keep each piece of evidence once, in order."""
    return tuple(dict.fromkeys(evidence))
