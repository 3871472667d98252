"""Addresses and bytes that a protocol's table has as text, made the values that filters compare."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

_MAC = 6
_HALF = (1 << 64) - 1


def _ipv6(text: str) -> dict[str, int]:
    number = int(IPv6Address(text.partition("/")[0]))
    return {"hi": number >> 64, "lo": number & _HALF}


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace(":", ""))


def _mac(text: str) -> int:
    data = _bytes(text)
    if len(data) != _MAC:
        raise ValueError(text)
    return int.from_bytes(data, "big")


_READERS: dict[str, tuple[Callable[[str], Any], Any]] = {
    "ipv4": (lambda text: int(IPv4Address(text)), pl.Int64()),
    "ipv6": (_ipv6, pl.Struct({"hi": pl.UInt64, "lo": pl.UInt64})),
    "mac": (_mac, pl.Int64()),
    "bytes": (_bytes, pl.Binary()),
}


def from_text(value: pl.Expr, kind: str, *, many: bool) -> pl.Expr:
    """Read text as a type of field; text that is none of it has no value. `many` stands for lists."""
    reader, made = _READERS[kind]

    def one(text: str | None) -> Any:
        try:
            return None if not text else reader(text)
        except (ValueError, AddressValueError):
            return None

    def convert(series: pl.Series) -> pl.Series:
        if not many:
            return pl.Series(series.name, [one(text) for text in series], made)
        lists = [None if texts is None else [one(text) for text in texts] for texts in series]
        return pl.Series(series.name, lists, pl.List(made))

    return value.map_batches(convert, return_dtype=pl.List(made) if many else made)
