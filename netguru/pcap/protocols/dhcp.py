"""DHCP (RFC 2131, 2132) and plain BOOTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by, named
from netguru.pcap.protocols.wire import Row, clean, has, ipv4, is_long, take, total, u8, u16, u32

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
_SERVER, _CLIENT = 67, 68
_COOKIE = b"\x63\x82\x53\x63"
_OPTIONS_AT = 240
_PAD, _END = 0, 255


@total
def decode(payload: bytes) -> list[Row]:
    """Decode a message."""
    op = u8(payload, 0)
    if op not in (1, 2):
        return []
    hardware = min(u8(payload, 2), 16)
    row: Row = {
        "op": op,
        "message_name": named("dhcp", "op", op),
        "xid": u32(payload, 4),
        "seconds": u16(payload, 8),
        "client_mac": take(payload, 28, hardware).hex(":"),
    }
    for name, at in (("ciaddr", 12), ("yiaddr", 16), ("siaddr", 20), ("giaddr", 24)):
        row[name] = ipv4(payload, at)
    if payload[236:_OPTIONS_AT] == _COOKIE:
        for code, value in _options(payload):
            _option(code, value, row)
    return [row]


def _options(payload: bytes) -> Iterator[tuple[int, bytes]]:
    at = _OPTIONS_AT
    while at < len(payload) and payload[at] != _END:
        if payload[at] == _PAD:
            at += 1
            continue
        if at + 1 >= len(payload):
            return
        length = payload[at + 1]
        if at + 2 + length > len(payload):
            return
        yield payload[at], payload[at + 2 : at + 2 + length]
        at += 2 + length


def _option(code: int, value: bytes, row: Row) -> None:
    kind, _, name = named("dhcp", "option", code, "-").partition(" ")
    if kind == "address" and has(value, 4):
        row[name] = ipv4(value, 0)
    elif kind == "addresses":
        row[name] = [ipv4(value, at) for at in range(0, len(value) - 3, 4)]
    elif kind == "seconds" and is_long(value, 4):
        row[name] = u32(value, 0)
    elif kind == "text":
        row[name] = clean(value)
    elif kind == "type" and value:
        row["message_type"] = value[0]
        row["message_name"] = named("dhcp", "message", value[0])


def brief(row: Row) -> str:
    """Put a message into words."""
    text = f"DHCP {row['message_name']} xid 0x{row['xid']:08x} client {row['client_mac'] or 'unknown'}"
    for name, word in (
        ("yiaddr", "your"),
        ("ciaddr", "client address"),
        ("giaddr", "relay"),
        ("server_id", "server"),
        ("requested", "requested"),
    ):
        if row.get(name) and row[name] != "0.0.0.0":  # noqa: S104 - an unset field
            text += f" {word} {row[name]}"
    if row.get("hostname"):
        text += f" host {row['hostname']}"
    return text + (f' "{row["message"]}"' if row.get("message") else "")


def select() -> pl.Expr:
    """Choose UDP ports 67 and 68."""
    import polars as pl

    ports = [_SERVER, _CLIENT]
    return carried_by(17) & pl.col("src_port").is_in(ports) & pl.col("dst_port").is_in(ports)


PROTOCOL = Protocol(name="dhcp", layer="transport", select=select, decode=decode, brief=brief)
