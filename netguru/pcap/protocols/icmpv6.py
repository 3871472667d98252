"""ICMPv6 (RFC 4443) and neighbour discovery (RFC 4861)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by, named
from netguru.pcap.protocols.icmp_quote import quoted, words
from netguru.pcap.protocols.matching import pair
from netguru.pcap.protocols.wire import Row, has, ipv6, mac, total, u8, u16, u32

if TYPE_CHECKING:
    import polars as pl

ECHO, ECHO_REPLY = 128, 129
ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT = 133, 134
NEIGHBOR_SOLICITATION, NEIGHBOR_ADVERTISEMENT, REDIRECT = 135, 136, 137
_ERRORS = {1, 2, 3, 4}
_PACKET_TOO_BIG = 2
# Where the options begin (RFC 4861 sections 4.1 to 4.5).
_OPTIONS_AT = {
    ROUTER_SOLICITATION: 8,
    ROUTER_ADVERTISEMENT: 16,
    NEIGHBOR_SOLICITATION: 24,
    NEIGHBOR_ADVERTISEMENT: 24,
    REDIRECT: 40,
}
_SOURCE_LINK, _TARGET_LINK, _PREFIX, _MTU = 1, 2, 3, 5
_PREFIX_LENGTH = 32


@total
def decode(payload: bytes) -> list[Row]:
    """Decode an ICMPv6 message."""
    kind, code = u8(payload, 0), u8(payload, 1)
    row: Row = {"type": kind, "code": code, "name": named("icmpv6", "type", kind)}
    if kind in _ERRORS:
        if kind == 1:
            row["name"] = named("icmpv6", "unreachable", code, f"unreachable code {code}")
        if kind == _PACKET_TOO_BIG and has(payload, 8):
            row["mtu"] = u32(payload, 4)
        row |= quoted(payload[8:])
    elif kind in (ECHO, ECHO_REPLY) and has(payload, 8):
        row["id"], row["sequence"] = u16(payload, 4), u16(payload, 6)
    elif kind in _OPTIONS_AT:
        _discovery(payload, kind, row)
    return [row]


def _discovery(payload: bytes, kind: int, row: Row) -> None:
    if kind == ROUTER_ADVERTISEMENT:
        flags = u8(payload, 5)
        row["hop_limit"], row["lifetime"] = u8(payload, 4), u16(payload, 6)
        row["managed"], row["other"] = bool(flags & 0x80), bool(flags & 0x40)
    elif kind != ROUTER_SOLICITATION:
        row["target"] = ipv6(payload, 8)
    if kind == NEIGHBOR_ADVERTISEMENT:
        flags = u8(payload, 4)
        row["router"], row["solicited"], row["override"] = bool(flags & 0x80), bool(flags & 0x40), bool(flags & 0x20)
    _options(payload[_OPTIONS_AT[kind] :], row)


def _options(data: bytes, row: Row) -> None:
    prefixes: list[str] = []
    while has(data, 8):
        size = data[1] * 8
        if size == 0 or size > len(data):
            break
        if data[0] in (_SOURCE_LINK, _TARGET_LINK):
            row["link_address"] = mac(data, 2)
        elif data[0] == _PREFIX and size >= _PREFIX_LENGTH:
            prefixes.append(f"{ipv6(data, 16)}/{data[2]}")
        elif data[0] == _MTU:
            row["mtu"] = u32(data, 4)
        data = data[size:]
    if prefixes:
        row["prefixes"] = prefixes


def decode_discovery(payload: bytes) -> list[Row]:
    """Decode a message of neighbour discovery; other types give nothing."""
    return [row for row in decode(payload) if row["type"] in _OPTIONS_AT]


def brief(row: Row) -> str:
    """Put an ICMPv6 message into words."""
    text = f"ICMPv6 {row['name']}"
    if row.get("target"):
        text += f" {row['target']}"
    if row.get("id") is not None:
        text += f" id {row['id']} seq {row['sequence']}"
    if row.get("lifetime") is not None:
        text += f" lifetime {row['lifetime']} prefixes {','.join(row.get('prefixes') or ()) or 'none'}"
    if row.get("link_address"):
        text += f" link address {row['link_address']}"
    if row.get("mtu") is not None:
        text += f" mtu {row['mtu']}"
    return text + words(row)


def match(rows: list[Row]) -> None:
    """Tie every echo reply to its request."""
    pair(
        rows,
        key=lambda row: (row["id"], row["sequence"]) if row.get("type") in (ECHO, ECHO_REPLY) else None,
        is_reply=lambda row: row["type"] == ECHO_REPLY,
    )


def select() -> pl.Expr:
    """Choose next header 58."""
    return carried_by(58)


def select_discovery() -> pl.Expr:
    """Choose neighbour discovery alone."""
    import polars as pl

    return select() & pl.col("icmp_type").is_between(ROUTER_SOLICITATION, REDIRECT)


PROTOCOL = Protocol(name="icmpv6", layer="network", select=select, decode=decode, brief=brief, match=match)
DISCOVERY = Protocol(name="nd", layer="network", select=select_discovery, decode=decode_discovery, brief=brief)
