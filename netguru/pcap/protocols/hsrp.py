"""HSRP versions 1 (RFC 2281) and 2 (type, length, value; as Wireshark's packet-hsrp reads it)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by, named
from netguru.pcap.protocols.wire import Row, ipv4, ipv6, mac, take, total, u8, u16, u32

if TYPE_CHECKING:
    import polars as pl

HELLO, COUP, RESIGN = 0, 1, 2
_PORT, _PORT_V6 = 1985, 2029
_GROUP_STATE, _GROUP_STATE_LENGTH, _TEXT, _MD5 = 1, 40, 3, 4
_MILLISECONDS = 1000
_SECOND, _IPV6 = 2, 6


@total
def decode(payload: bytes) -> list[Row]:
    """Decode an HSRP message; authentication data is told by its kind alone."""
    if u8(payload, 0) == _GROUP_STATE and u8(payload, 1) == _GROUP_STATE_LENGTH:
        return _version2(payload)
    return _version1(payload) if u8(payload, 0) == 0 else []


def _version1(payload: bytes) -> list[Row]:
    opcode, state = u8(payload, 1), u8(payload, 2)
    row: Row = {"version": 1, "opcode": opcode, "opcode_name": named("hsrp", "opcode", opcode)}
    if opcode > RESIGN:
        # An advertisement has another form and tells no state of a group.
        return [row]
    row |= {
        "state": named("hsrp", "state1", state),
        "hello_time": float(u8(payload, 3)),
        "hold_time": float(u8(payload, 4)),
        "priority": u8(payload, 5),
        "group": u8(payload, 6),
        "authentication": "text" if any(take(payload, 8, 8)) else "",
        "virtual_ip": ipv4(payload, 16),
    }
    return [row]


def _version2(payload: bytes) -> list[Row]:
    opcode, state = u8(payload, 3), u8(payload, 4)
    row: Row = {
        "version": 2,
        "opcode": opcode,
        "opcode_name": named("hsrp", "opcode", opcode),
        "state": named("hsrp", "state2", state),
        "group": u16(payload, 6),
        "identifier": mac(payload, 8),
        "priority": u32(payload, 14),
        "hello_time": u32(payload, 18) / _MILLISECONDS,
        "hold_time": u32(payload, 22) / _MILLISECONDS,
        "virtual_ip": ipv6(payload, 26) if u8(payload, 5) == _IPV6 else ipv4(payload, 26),
        "authentication": "",
    }
    at = 2 + _GROUP_STATE_LENGTH
    if len(payload) > at + 1:
        row["authentication"] = {_TEXT: "text", _MD5: "md5"}.get(payload[at], "")
    return [row]


def brief(row: Row) -> str:
    """Put an HSRP message into words."""
    text = f"HSRP{'v2' if row['version'] == _SECOND else ''} {row['opcode_name']}"
    if row.get("group") is None:
        return text
    return (
        f"{text} group {row['group']} state {row['state']} priority {row['priority']}"
        f" hello {row['hello_time']:g} hold {row['hold_time']:g} virtual {row['virtual_ip']}"
    )


def select() -> pl.Expr:
    """Choose UDP 1985 and 2029 (IPv6)."""
    import polars as pl

    return carried_by(17) & pl.col("dst_port").is_in([_PORT, _PORT_V6])


PROTOCOL = Protocol(name="hsrp", layer="transport", select=select, decode=decode, brief=brief)
