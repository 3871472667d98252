"""The tables of device state: their columns, types and meanings, and frames made of rows.

Declared in `data/tables/state/schema.toml`; every row has the file lines that it was read from.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.errors import UnknownNameError
from netguru.state.values import convert

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import polars as pl

_WHOLE = frozenset({"int", "seconds"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its type in the declaration and what it means."""

    name: str
    type: str
    meaning: str


@cache
def kinds() -> dict[str, tuple[Column, ...]]:
    """Give every kind of table with its columns.

    >>> [column.name for column in kinds()["arp"]][:2]
    ['address', 'mac']
    """
    declared = resources.table("state", "schema.toml")["kinds"]
    return {
        kind: tuple(Column(name=name, type=type_, meaning=text) for name, (type_, text) in columns.items())
        for kind, columns in declared.items()
    }


def columns(kind: str) -> tuple[Column, ...]:
    """Give the columns of a kind; raises UnknownNameError."""
    try:
        return kinds()[kind]
    except KeyError:
        raise UnknownNameError("kind of state table", kind, kinds()) from None


def row(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Bring the texts of one row to the types of its columns; empty and unfit texts become None."""
    words = resources.table("state", "schema.toml")["words"]
    made: dict[str, Any] = {}
    for column in columns(kind):
        value = values.get(column.name)
        # An empty mark in a column of marks ("*" installed, " " not) says no; elsewhere nothing is said.
        silent = value is None or (value == "" and column.type != "bool")
        made[column.name] = None if silent else convert(column.type, value, values, words.get(column.type))
    made["line"] = values["line"]
    made["end_line"] = values["end_line"]
    return made


def frame(kind: str, rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """Make the frame of a kind from converted rows."""
    import polars as pl

    types: dict[str, Any] = {column.name: _dtype(column.type) for column in columns(kind)}
    return pl.DataFrame(list(rows), schema={**types, "line": pl.Int64, "end_line": pl.Int64}, orient="row")


def _dtype(declared: str) -> Any:
    import polars as pl

    if declared in _WHOLE:
        return pl.Int64
    return {"float": pl.Float64, "bool": pl.Boolean}.get(declared, pl.String)
