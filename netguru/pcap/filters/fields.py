"""The table of fields (`data/tables/filter_fields.toml`): what a name of Wireshark's stands for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import polars as pl

from netguru import resources
from netguru.pcap import protocols
from netguru.pcap.filters import headers
from netguru.pcap.filters.derived import MADE
from netguru.pcap.filters.sources import (
    VALUE,
    Columns,
    Exploded,
    Matched,
    Messages,
    Number,
    Region,
    Source,
    Walked,
)
from netguru.pcap.filters.texts import from_text

# Wireshark's fields of DNS are those of multicast DNS and LLMNR too.
_ALSO = {"dns": ("dns", "mdns", "llmnr")}

PROTOCOL, BYTES = "protocol", "bytes"
_BYTE = 256


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
    return frozenset(declared()) | headers.protocol_names() | frozenset(regions())


@cache
def declared() -> dict[str, dict[str, Any]]:
    """Give the rows of the table of fields by name."""
    table = resources.table("filter_fields.toml")
    found = {name: dict(row) for name, row in table["fields"].items()}
    for protocol, rows in table["messages"].items():
        found |= {name: {**row, "protocol": protocol} for name, row in rows.items()}
    return found


def regions() -> dict[str, list[str]]:
    """Give the names that stand for bytes: header, columns of place and length, what no bytes mean."""
    return dict(resources.table("filter_fields.toml")["regions"])


@cache
def find(name: str) -> FieldSpec:
    """Give a field or protocol of `names()`."""
    row = declared().get(name)
    if row is not None:
        return _field(name, row)
    if name in regions():
        region = _region(name)
        kind = PROTOCOL if name in headers.protocol_names() else BYTES
        return FieldSpec(name=name, type=kind, source=region, values=(pl.col(VALUE),))
    if name in headers.carried_names():
        carried = Region(name, name, "payload_offset", "payload_length", payload=True)
        return FieldSpec(name=name, type=PROTOCOL, source=carried, values=(pl.col(VALUE),))
    return FieldSpec(name=name, type=PROTOCOL, source=_columns(headers.holds(name)), values=())


def presence(name: str) -> tuple[Source, tuple[pl.Expr, ...]]:
    """Give what says that a protocol is in a packet: true or null."""
    holds = headers.holds(name)
    return _columns(holds), (pl.when(holds).then(1),)


def _region(name: str) -> Region:
    when, place, length, payload = regions()[name]
    return Region(name, when, place, length, payload == "payload")


def _columns(*values: pl.Expr) -> Columns:
    return Columns(frozenset(name for value in values for name in value.meta.root_names()))


def _field(name: str, row: dict[str, Any]) -> FieldSpec:
    when = row.get("when", "")
    if "at" in row:
        place, distance, width = row["at"]
        source: Source = Number(place, distance, width, when)
        values = [pl.col(VALUE)]
    elif "walk" in row:
        source, values = Walked(row["walk"]), [pl.col(row["column"])]
    elif "protocol" in row:
        source = (
            Matched(row["protocol"]) if row.get("matched") else Messages(_ALSO.get(row["protocol"], (row["protocol"],)))
        )
        values = [_message(row)]
        if _listed(row):
            source, values = Exploded(source, values[0]), [pl.col(VALUE)]
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
        values=tuple(_bits(value, row) for value in values) + _swapped(values, row),
        when=when,
        note=row.get("note", ""),
    )


def _swapped(values: list[pl.Expr], row: dict[str, Any]) -> tuple[pl.Expr, ...]:
    """Give numbers of two bytes in the other order too, as Wireshark has them in one field."""
    if not row.get("swapped"):
        return ()
    numbers = [value.cast(pl.Int64) for value in values]
    return tuple(number % _BYTE * _BYTE + number // _BYTE for number in numbers)


def _column_type(row: dict[str, Any]) -> str:
    return next(column.type for column in protocols.find(row["protocol"]).columns if column.name == row["column"])


def _listed(row: dict[str, Any]) -> bool:
    return "item" not in row and _column_type(row).startswith("list")


def _message(row: dict[str, Any]) -> pl.Expr:
    """Take a column of a protocol's table: an item, the occurrences of a list, or text that stands for a number."""
    value, kind = pl.col(row["column"]), _column_type(row)
    if "item" in row:
        value = value.list.get(row["item"], null_on_oob=True)
    if "replaced" in row:
        value = value.replace(row["replaced"])
    if "numbers" in row:
        value = value.replace_strict(row["numbers"], default=None)
    elif kind in {"str", "list[str]"} and row["type"] not in {"string", "none"}:
        value = from_text(value, row["type"], many=kind == "list[str]")
    for name, allowed in row.get("where", {}).items():
        value = pl.when(pl.col(name).is_in(allowed)).then(value)
    return pl.when(pl.col(row["having"]).is_not_null()).then(value) if "having" in row else value


def _bits(value: pl.Expr, row: dict[str, Any]) -> pl.Expr:
    """Take the bits, the unit and the type of a value."""
    kind = row["type"]
    if kind == "none":
        return pl.when(value & row["mask"] > 0 if "mask" in row else value).then(1) if "when" in row else value
    if "scale" in row and "protocol" in row:
        return (value * pl.lit(row["scale"])).round().cast(pl.Int64)
    if kind in {"uint", "int"}:
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
    return value * pl.lit(row["scale"]) if "scale" in row else value
