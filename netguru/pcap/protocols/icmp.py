"""ICMP (RFC 792, 1191): echo, errors with the packet they quote, redirects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by, named
from netguru.pcap.protocols.icmp_quote import quoted, words
from netguru.pcap.protocols.matching import pair
from netguru.pcap.protocols.wire import Row, has, ipv4, total, u8, u16

if TYPE_CHECKING:
    import polars as pl

ECHO_REPLY, UNREACHABLE, REDIRECT, ECHO, TIME_EXCEEDED = 0, 3, 5, 8, 11
_ERRORS = {UNREACHABLE, 4, REDIRECT, TIME_EXCEEDED, 12}
_FRAGMENTATION_NEEDED = 4
_IDENTIFIED = {ECHO_REPLY, ECHO, 13, 14, 15, 16, 17, 18}


@total
def decode(payload: bytes) -> list[Row]:
    """Decode an ICMP message."""
    kind, code = u8(payload, 0), u8(payload, 1)
    row: Row = {"type": kind, "code": code, "name": named("icmp", "type", kind)}
    if kind == UNREACHABLE:
        row["name"] = named("icmp", "unreachable", code, f"unreachable code {code}")
        if code == _FRAGMENTATION_NEEDED and has(payload, 8):
            row["mtu"] = u16(payload, 6)
    elif kind == REDIRECT and has(payload, 8):
        row["gateway"] = ipv4(payload, 4)
    if kind in _IDENTIFIED and has(payload, 8):
        row["id"], row["sequence"] = u16(payload, 4), u16(payload, 6)
    if kind in _ERRORS:
        row |= quoted(payload[8:])
    return [row]


def brief(row: Row) -> str:
    """Put an ICMP message into words."""
    text = f"ICMP {row['name']}"
    if row.get("id") is not None:
        text += f" id {row['id']} seq {row['sequence']}"
    if row.get("mtu") is not None:
        text += f" mtu {row['mtu']}"
    if row.get("gateway"):
        text += f" to gateway {row['gateway']}"
    return text + words(row)


def match(rows: list[Row]) -> None:
    """Tie every echo reply to its request."""
    pair(
        rows,
        key=lambda row: (row["id"], row["sequence"]) if row.get("type") in (ECHO, ECHO_REPLY) else None,
        is_reply=lambda row: row["type"] == ECHO_REPLY,
    )


def select() -> pl.Expr:
    """Choose first fragments of IP protocol 1."""
    return carried_by(1)


PROTOCOL = Protocol(name="icmp", layer="network", select=select, decode=decode, brief=brief, match=match)
