"""EIGRP (RFC 7868): header and the parameters that neighbours must agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, named
from netguru.pcap.protocols.wire import Row, take, total, u8, u16, u32

if TYPE_CHECKING:
    import polars as pl

UPDATE, QUERY, REPLY, HELLO = 1, 3, 4, 5
_HEADER = 20
_PARAMETERS = 0x0001
_GOODBYE = 255
_FIRST_ROUTE = 0x0100


@total
def decode(payload: bytes) -> list[Row]:
    """Decode an EIGRP packet."""
    opcode = u8(payload, 1)
    if u8(payload, 0) != 2:
        return []
    row: Row = {
        "version": 2,
        "opcode": opcode,
        "opcode_name": named("eigrp", "opcode", opcode),
        "flags": u32(payload, 4),
        "sequence": u32(payload, 8),
        "acknowledge": u32(payload, 12),
        "vrid": u16(payload, 16),
        "asn": u16(payload, 18),
        "routes": 0,
    }
    at = _HEADER
    while at + 4 <= len(payload):
        kind, length = u16(payload, at), u16(payload, at + 2)
        if length < 4:
            break
        if kind == _PARAMETERS and length >= 12 and at + 12 <= len(payload):
            row["k_values"] = list(take(payload, at + 4, 6))
            row["hold_time"] = u16(payload, at + 10)
            # Five times 255 says goodbye; it is not a setting (RFC 7868 section 5.3.3).
            row["goodbye"] = all(value == _GOODBYE for value in row["k_values"][:5])
        row["routes"] += kind >= _FIRST_ROUTE
        at += length
    return [row]


def brief(row: Row) -> str:
    """Put an EIGRP packet into words."""
    text = f"EIGRP {row['opcode_name']} AS {row['asn']}"
    if row["opcode"] == HELLO and row["acknowledge"]:
        text = f"EIGRP ack {row['acknowledge']} AS {row['asn']}"
    if row.get("k_values"):
        text += f" K {' '.join(map(str, row['k_values']))} hold {row['hold_time']}"
        text += " goodbye" if row["goodbye"] else ""
    if row["sequence"]:
        text += f" seq {row['sequence']}"
    return text + (f" routes {row['routes']}" if row["routes"] else "")


def select() -> pl.Expr:
    """Choose IP protocol 88."""
    import polars as pl

    return pl.col("protocol") == 88


PROTOCOL = Protocol(name="eigrp", layer="network", select=select, decode=decode, brief=brief)
