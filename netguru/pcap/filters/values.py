"""Values of a filter: operands compiled to polars expressions over the table of their source."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import polars as pl

from netguru.pcap.filters import fields
from netguru.pcap.filters.sources import DECODED, PACKET, VALUE, Columns, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from netguru.pcap.filters.nodes import Range
    from netguru.pcap.filters.sources import Mask, Rows

BYTE_LIKE = ("bytes", "protocol")
NUMERIC = ("uint", "int", "float", "seconds")
# Bytes of a header; 0 where its first byte tells.
_HEADERS = {"eth": 14, "ip": 0, "ipv6": 40, "udp": 8}
_WIDTHS = {"mac": 6, "ipv4": 4, "ipv6": 16}


@dataclass(frozen=True, slots=True)
class Value:
    """What an operand is: a type, a source, and one expression for each occurrence in a row of it."""

    type: str
    source: Source
    expressions: tuple[pl.Expr, ...]
    masked: bool = False
    name: str = ""

    def each(self, change: Callable[[pl.Expr], pl.Expr], kind: str | None = None) -> Value:
        """Change every occurrence."""
        return replace(self, type=kind or self.type, expressions=tuple(change(item) for item in self.expressions))

    def occurrences(self, rows: Rows, mask: Mask) -> pl.DataFrame:
        """Give packet and value of every occurrence."""
        table = self.source.table(rows, mask)
        parts = [table.select(PACKET, item.alias(VALUE)).drop_nulls(VALUE) for item in self.expressions]
        return pl.concat(parts) if len(parts) > 1 else parts[0]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Every occurrence of one value with every occurrence of another in the same packet."""

    left: Value
    right: Value

    @property
    def cost(self) -> int:
        """Give the dearer of the two."""
        return max(self.left.source.cost, self.right.source.cost, DECODED)

    @property
    def columns(self) -> frozenset[str]:
        """Name the columns of both."""
        return self.left.source.columns | self.right.source.columns

    def table(self, rows: Rows, mask: Mask) -> pl.DataFrame:
        """Join them by packet."""
        left = self.left.occurrences(rows, mask).rename({VALUE: "left"})
        return left.join(self.right.occurrences(rows, mask).rename({VALUE: "right"}), on=PACKET, how="inner")


@dataclass(frozen=True, slots=True)
class Counted:
    """How often a value occurs in a packet that has it."""

    of: Value

    @property
    def cost(self) -> int:
        """Give the cost of the value."""
        return self.of.source.cost

    @property
    def columns(self) -> frozenset[str]:
        """Name the columns of the value."""
        return self.of.source.columns

    def table(self, rows: Rows, mask: Mask) -> pl.DataFrame:
        """Count."""
        return self.of.occurrences(rows, mask).group_by(PACKET).agg(pl.len().cast(pl.Int64).alias(VALUE))


def field_value(name: str) -> Value:
    """Give the value of a field."""
    spec = fields.find(name)
    return Value(spec.type, spec.source, spec.values, name=name)


def as_bytes(value: Value) -> Value:
    """Give the bytes of a value: addresses in network order, strings in UTF-8."""
    if value.type in BYTE_LIKE:
        return replace(value, type="bytes")
    if value.type == "string":
        return value.each(lambda item: item.cast(pl.Binary), "bytes")
    width = _WIDTHS[value.type]
    if value.type == "ipv6":
        return value.each(lambda item: item.map_batches(_ipv6_bytes, return_dtype=pl.Binary), "bytes")

    def convert(series: pl.Series) -> pl.Series:
        return pl.Series(
            series.name, [None if item is None else item.to_bytes(width, "big") for item in series], pl.Binary
        )

    return value.each(lambda item: item.map_batches(convert, return_dtype=pl.Binary), "bytes")


def header_bytes(value: Value) -> Value:
    """Give the bytes that slices and len() see: of Ethernet, IP and UDP the header alone, as in Wireshark."""
    if value.type != "protocol" or value.name not in _HEADERS:
        return as_bytes(value)
    length = _HEADERS[value.name]

    def cut(series: pl.Series) -> pl.Series:
        return pl.Series(series.name, [item and item[: length or (item[0] & 15) * 4] for item in series], pl.Binary)

    return as_bytes(value).each(lambda item: item.map_batches(cut, return_dtype=pl.Binary))


def _ipv6_bytes(series: pl.Series) -> pl.Series:
    values = [
        None if item is None else item["hi"].to_bytes(8, "big") + item["lo"].to_bytes(8, "big") for item in series
    ]
    return pl.Series(series.name, values, pl.Binary)


def as_text(value: Value) -> Value:
    """Give a value as Wireshark prints it in string()."""
    from netguru.pcap.addresses import address_text, mac_text

    def texts(series: pl.Series) -> pl.Series:
        write: dict[str, Callable[..., str]] = {
            "ipv4": lambda item: address_text(4, 0, item),
            "ipv6": lambda item: address_text(6, item["hi"], item["lo"]),
            "mac": mac_text,
            "bool": lambda item: "1" if item else "0",
        }
        one = write.get(value.type, str)
        return pl.Series(series.name, [None if item is None else one(item) for item in series], pl.String)

    return value.each(lambda item: item.map_batches(texts, return_dtype=pl.String), "string")


def as_latin(value: Value) -> Value:
    """Give bytes as text of the same length, one character a byte, for regular expressions."""

    def convert(series: pl.Series) -> pl.Series:
        return pl.Series(series.name, [None if item is None else item.decode("latin-1") for item in series], pl.String)

    return value.each(lambda item: item.map_batches(convert, return_dtype=pl.String), "string")


def sliced(value: Value, ranges: tuple[Range, ...], *, compared: bool) -> Value:
    """Cut bytes out of a value; where a range does not fit, there is no value, or none of its bytes to compare."""

    def cut(data: bytes) -> bytes | None:
        parts = [_part(data, one) for one in ranges]
        if None in parts:
            return b"" if compared else None
        return b"".join(part for part in parts if part is not None)

    def convert(series: pl.Series) -> pl.Series:
        return pl.Series(series.name, [None if item is None else cut(item) for item in series], pl.Binary)

    return header_bytes(value).each(lambda item: item.map_batches(convert, return_dtype=pl.Binary))


def _part(data: bytes, one: Range) -> bytes | None:
    size = len(data)
    start = one.start + size if one.start < 0 else one.start
    if not 0 <= start < size:
        return None
    if one.end is not None:
        stop = (one.end + size if one.end < 0 else one.end) + 1
    elif one.length is None:
        stop = size
    else:
        stop = start + one.length
    return data[start:stop] if start < stop <= size else None


def layered(value: Value, layers: tuple[Range, ...]) -> Value:
    """Keep the occurrences in some of the layers of the field's protocol, counted from 1 in each packet."""
    spec = fields.find(value.name)
    from netguru.pcap.filters.headers import condition

    there = (condition(spec.when) if spec.when else pl.lit(value=True)).fill_null(value=False).cast(pl.Int64)
    layer, last = there.cum_sum().over(PACKET), there.sum().over(PACKET)
    chosen = pl.any_horizontal(_in_layers(layer, last, one) for one in layers)
    named = replace(value, source=Columns(value.source.columns | frozenset(there.meta.root_names())))
    return named.each(lambda item: pl.when((there > 0) & chosen).then(item))


def _in_layers(layer: pl.Expr, last: pl.Expr, one: Range) -> pl.Expr:
    def place(number: int) -> pl.Expr:
        return last + number + 1 if number < 0 else pl.lit(number, pl.Int64)

    low = place(one.start)
    if one.end is not None:
        return (layer >= low) & (layer <= place(one.end))
    if one.length is None:
        return layer >= low
    return (layer >= low) & (layer < low + one.length)
