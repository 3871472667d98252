"""NTP (RFC 5905): mode, stratum, leap and reference of each packet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by, named
from netguru.pcap.protocols.matching import pair
from netguru.pcap.protocols.wire import Row, clean, ipv4, take, total, u8, u32

if TYPE_CHECKING:
    import polars as pl

_PORT = 123
CLIENT, SERVER = 3, 4
_KISS, _PRIMARY = 0, 1
_FRACTION = 1 << 16


@total
def decode(payload: bytes) -> list[Row]:
    """Decode a packet; control and private modes give their mode alone."""
    first = u8(payload, 0)
    mode = first & 7
    row: Row = {"leap": first >> 6, "version": first >> 3 & 7, "mode": mode, "mode_name": named("ntp", "mode", mode)}
    if mode in (0, 6, 7):
        return [row]
    stratum = u8(payload, 1)
    row["stratum"] = stratum
    row["root_delay"], row["root_dispersion"] = u32(payload, 4) / _FRACTION, u32(payload, 8) / _FRACTION
    reference = take(payload, 12, 4)
    row["reference"] = clean(reference.rstrip(b"\0")) if stratum in (_KISS, _PRIMARY) else ipv4(payload, 12)
    row["origin"], row["transmit"] = take(payload, 24, 8).hex(), take(payload, 40, 8).hex()
    return [row]


def brief(row: Row) -> str:
    """Put a packet into words."""
    text = f"NTP {row['mode_name']} version {row['version']}"
    if row.get("stratum") is None:
        return text
    return f"{text} stratum {row['stratum']} leap {row['leap']} reference {row['reference'] or 'none'}"


def match(rows: list[Row]) -> None:
    """Tie a server's packet to the client's whose transmit time it returns."""
    pair(
        rows,
        key=lambda row: row.get("transmit") if row["mode"] == CLIENT else row.get("origin"),
        is_reply=lambda row: row["mode"] == SERVER,
    )


def select() -> pl.Expr:
    """Choose UDP port 123."""
    import polars as pl

    return carried_by(17) & ((pl.col("src_port") == _PORT) | (pl.col("dst_port") == _PORT))


PROTOCOL = Protocol(name="ntp", layer="transport", select=select, decode=decode, brief=brief, match=match)
