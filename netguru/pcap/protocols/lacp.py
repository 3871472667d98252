"""Link Aggregation Control Protocol (IEEE 802.1AX clause 6.4.2): both ends of a link as its sender sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol
from netguru.pcap.protocols.wire import Row, as_far_as_told, mac, total, u8, u16

if TYPE_CHECKING:
    import polars as pl

_SLOW_PROTOCOLS, _LACP = 0x8809, 1
_ENDS = (("actor", 1, 2), ("partner", 2, 22))
_STATE = (
    "active",
    "short timeout",
    "aggregatable",
    "in sync",
    "collecting",
    "distributing",
    "defaulted",
    "expired",
)


@total
def decode(payload: bytes) -> list[Row]:
    """Decode a LACPDU; other slow protocols (marker, OAM) give nothing."""
    if u8(payload, 0) != _LACP:
        return []
    row: Row = {"version": u8(payload, 1)}
    with as_far_as_told():
        for end, kind, at in _ENDS:
            if u8(payload, at) != kind:
                break
            row[f"{end}_priority"], row[f"{end}_system"] = u16(payload, at + 2), mac(payload, at + 4)
            row[f"{end}_key"] = u16(payload, at + 10)
            row[f"{end}_port_priority"], row[f"{end}_port"] = u16(payload, at + 12), u16(payload, at + 14)
            state = u8(payload, at + 16)
            row[f"{end}_state"] = state
            row[f"{end}_flags"] = [name for place, name in enumerate(_STATE) if state >> place & 1]
    return [row]


def brief(row: Row) -> str:
    """Put a LACPDU into words."""
    text = "LACP"
    for end, _, _ in _ENDS:
        if row.get(f"{end}_flags") is not None:
            text += f" {end} {row[f'{end}_system']} key {row[f'{end}_key']} port {row[f'{end}_port']}"
            text += f" ({', '.join(row[f'{end}_flags']) or 'no flag'})"
    return text


def select() -> pl.Expr:
    """Choose the slow protocols by EtherType."""
    import polars as pl

    return pl.col("ethertype") == _SLOW_PROTOCOLS


PROTOCOL = Protocol(name="lacp", layer="link", select=select, decode=decode, brief=brief)
