"""EIGRP (RFC 7868): header and the parameters that neighbours must agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by, named
from netguru.pcap.protocols.wire import Row, take, total, u8, u16, u32

if TYPE_CHECKING:
    import polars as pl

UPDATE, QUERY, REPLY, HELLO = 1, 3, 4, 5
_VERSION = 2
_HEADER, _TLV_HEADER, _PARAMETERS_LENGTH = 20, 4, 12
_PARAMETERS = 0x0001
_GOODBYE = 255
_FIRST_ROUTE = 0x0100


@total
def decode(payload: bytes) -> list[Row]:
    """Decode an EIGRP packet."""
    opcode = u8(payload, 1)
    if u8(payload, 0) != _VERSION:
        return []
    row: Row = {
        "version": _VERSION,
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
        if length < _TLV_HEADER:
            break
        if kind == _PARAMETERS and min(length, len(payload) - at) >= _PARAMETERS_LENGTH:
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
    return carried_by(88)


PROTOCOL = Protocol(name="eigrp", layer="network", select=select, decode=decode, brief=brief)
