"""Bidirectional Forwarding Detection (RFC 5880): control packets of single hop and multihop sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by, named
from netguru.pcap.protocols.wire import Row, as_far_as_told, total, u8, u32

if TYPE_CHECKING:
    import polars as pl

ADMIN_DOWN, DOWN, INIT, UP = range(4)
_PORTS = (3784, 4784)
_VERSIONS = (0, 1)
_AUTHENTICATED = 0x04
_MICROSECONDS_IN_MS = 1000


@total
def decode(payload: bytes) -> list[Row]:
    """Decode a control packet; the fields of version 0 (a draft) stand at the same places, its state does not."""
    first, second = u8(payload, 0), u8(payload, 1)
    version = first >> 5
    if version not in _VERSIONS:
        return []
    row: Row = {"version": version, "diagnostic": first & 31, "diagnostic_name": named("bfd", "diagnostic", first & 31)}
    if version:
        row |= {"state": second >> 6, "state_name": named("bfd", "state", second >> 6)}
        row["authenticated"] = bool(second & _AUTHENTICATED)
    with as_far_as_told():
        row["multiplier"] = u8(payload, 2)
        row["my_discriminator"], row["your_discriminator"] = u32(payload, 4), u32(payload, 8)
        row["min_tx_ms"] = u32(payload, 12) / _MICROSECONDS_IN_MS
        row["min_rx_ms"] = u32(payload, 16) / _MICROSECONDS_IN_MS
        if row.get("authenticated"):
            row["auth_type"] = u8(payload, 24)
    return [row]


def brief(row: Row) -> str:
    """Put a control packet into words."""
    text = f"BFD state {row.get('state_name') or 'unknown'} diagnostic {row['diagnostic_name']}"
    if row.get("min_rx_ms") is not None:
        text += f" multiplier {row['multiplier']} tx {row['min_tx_ms']:g} ms rx {row['min_rx_ms']:g} ms"
        text += f" discriminators {row['my_discriminator']:#x} {row['your_discriminator']:#x}"
    return text


def select() -> pl.Expr:
    """Choose UDP 3784 (single hop) and 4784 (multihop)."""
    import polars as pl

    return carried_by(17) & pl.col("dst_port").is_in(_PORTS)


PROTOCOL = Protocol(name="bfd", layer="transport", select=select, decode=decode, brief=brief)
