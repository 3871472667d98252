"""The table of fields (`data/tables/filter_fields.toml`): what a name of Wireshark's stands for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from netguru import resources
from netguru.pcap.filters import headers
from netguru.pcap.filters.derived import MADE
from netguru.pcap.filters.sources import (
    PACKET,
    VALUE,
    Columns,
    Matched,
    Messages,
    Number,
    Region,
    Reused,
    Source,
    Walked,
)

PROTOCOL, BYTES = "protocol", "bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldSpec:
    """One field: its type, where it comes from, and what gives its occurrences in a row of the source."""

    name: str
    type: str
    source: Source
    values: tuple[pl.Expr, ...]
    when: str = ""
    note: str = ""


@cache
def names() -> frozenset[str]:
    """Give the names of all fields and protocols."""
    return frozenset(_declared()) | headers.protocol_names() | frozenset(_regions())


@cache
def _declared() -> dict[str, dict[str, Any]]:
    return {name: dict(row) for name, row in resources.table("filter_fields.toml")["fields"].items()}


def _regions() -> dict[str, list[str]]:
    return dict(resources.table("filter_fields.toml")["regions"])


@cache
def find(name: str) -> FieldSpec:
    """Give a field or protocol of `names()`."""
    declared = _declared().get(name)
    if declared is not None:
        return _field(name, declared)
    if name in _regions():
        region = _region(name)
        kind = PROTOCOL if name in headers.protocol_names() else BYTES
        return FieldSpec(name=name, type=kind, source=region, values=(pl.col(VALUE),))
    return FieldSpec(name=name, type=PROTOCOL, source=_columns(headers.holds(name)), values=())


def presence(name: str) -> tuple[Source, tuple[pl.Expr, ...]]:
    """Give what says that a protocol is in a packet: true or null."""
    holds = headers.holds(name)
    return _columns(holds), (pl.when(holds).then(1),)


def _region(name: str) -> Region:
    when, place, length, payload = _regions()[name]
    return Region(name, when, place, length, payload == "payload")


def _columns(*values: pl.Expr) -> Columns:
    return Columns(frozenset(name for value in values for name in value.meta.root_names()))


def _field(name: str, row: dict[str, Any]) -> FieldSpec:
    when = row.get("when", "")
    if "at" in row:
        place, distance, width = row["at"]
        source: Source = Number(place, distance, width, when)
        values = [pl.col(VALUE)]
    elif "tags" in row or "labels" in row:
        kind = "tags" if "tags" in row else "labels"
        source, values = Walked(kind), [pl.col(row[kind])]
    elif "reused" in row:
        source, values = Reused(), [pl.col(PACKET)]
    elif "protocol" in row:
        source = Matched(row["protocol"]) if row.get("matched") else Messages(row["protocol"])
        values = [pl.col(row["column"])]
    else:
        mades = row.get("mades", [row["made"]] if "made" in row else [])
        values = [MADE[made].value() for made in mades] or [
            pl.col(one) for one in row.get("columns", [row.get("column")])
        ]
        if when:
            values = [pl.when(headers.condition(when)).then(value) for value in values]
        source = _columns(*values)
    return FieldSpec(
        name=name,
        type=row["type"],
        source=source,
        values=tuple(_bits(value, row) for value in values),
        when=when,
        note=row.get("note", ""),
    )


def _bits(value: pl.Expr, row: dict[str, Any]) -> pl.Expr:
    """Take the bits, the unit and the type of a value."""
    kind = row["type"]
    if kind == "none":
        return pl.when(value & row["mask"] > 0).then(value) if "mask" in row else pl.when(value).then(1)
    if kind in {"uint", "int"} and "numbers" not in row:
        value = value.cast(pl.Int64)
    if "least" in row:
        value = pl.when(value >= row["least"]).then(value)
    if "most" in row:
        value = pl.when(value <= row["most"]).then(value)
    if "shift" in row:
        value = value // (1 << row["shift"])
    if "mask" in row:
        value = value & row["mask"]
    if kind == "bool":
        return value.cast(pl.Int64) != 0
    return value * row["scale"] if "scale" in row else value
