"""Addresses as text: made for the rows that are shown, never for whole tables."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import polars as pl


@lru_cache(maxsize=65536)
def address_text(version: int, hi: int, lo: int) -> str:
    """Give an address as text; empty for a packet that is not IP.

    >>> address_text(4, 0, 0x0A000001), address_text(6, 0x20010DB8 << 32, 1), address_text(0, 0, 0)
    ('10.0.0.1', '2001:db8::1', '')
    """
    if version == 4:  # noqa: PLR2004 - the version
        return str(IPv4Address(lo))
    return str(IPv6Address(hi << 64 | lo)) if version == 6 else ""  # noqa: PLR2004 - the version


def source(row: Mapping[str, Any]) -> str:
    """Give the source address of a row of the packet table."""
    return address_text(row["ip_version"], row["src_hi"] or 0, row["src_lo"] or 0)


def destination(row: Mapping[str, Any]) -> str:
    """Give the destination address of a row of the packet table."""
    return address_text(row["ip_version"], row["dst_hi"] or 0, row["dst_lo"] or 0)


def client(row: Mapping[str, Any]) -> str:
    """Give the client's address of a row of the flow table."""
    return address_text(row["ip_version"], row["client_hi"], row["client_lo"])


def server(row: Mapping[str, Any]) -> str:
    """Give the server's address of a row of the flow table."""
    return address_text(row["ip_version"], row["server_hi"], row["server_lo"])


def endpoint(address: str, port: int | None) -> str:
    """Join an address and a port; IPv6 in brackets.

    >>> endpoint("10.0.0.1", 80), endpoint("::1", 80), endpoint("10.0.0.1", None)
    ('10.0.0.1:80', '[::1]:80', '10.0.0.1')
    """
    if port is None:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def mac_text(value: int | None) -> str:
    """Give a hardware address as six pairs; empty for none.

    >>> mac_text(0x024E47040001), mac_text(None)
    ('02:4e:47:04:00:01', '')
    """
    if value is None:
        return ""
    return value.to_bytes(6, "big").hex(":")


def address_column(high: str, low: str) -> pl.Expr:
    """Give the expression that shows a pair of address columns as text, beside the column `ip_version`."""
    import polars as pl

    return pl.struct("ip_version", high, low).map_batches(
        lambda part: _each(part, lambda row: address_text(row[0], row[1], row[2])),
        return_dtype=pl.String,
        is_elementwise=True,
    )


def text_column(name: str, show: Callable[[int], str]) -> pl.Expr:
    """Give the expression that shows a column of numbers as text."""
    import polars as pl

    return pl.col(name).map_batches(
        lambda part: _each(part, lambda row: show(row[0])), return_dtype=pl.String, is_elementwise=True
    )


def _each(part: pl.Series, show: Callable[[tuple[Any, ...]], str]) -> pl.Series:
    """Write each different value once; null, or an address without its numbers, stays null."""
    import polars as pl

    frame = part.struct.unnest() if isinstance(part.dtype, pl.Struct) else part.to_frame()
    unique = frame.unique()
    texts = [None if row[-1] is None else show(row) for row in unique.iter_rows()]
    named = unique.with_columns(pl.Series("text", texts, pl.String))
    return frame.join(named, on=frame.columns, how="left", nulls_equal=True, maintain_order="left")["text"].alias(
        part.name
    )
