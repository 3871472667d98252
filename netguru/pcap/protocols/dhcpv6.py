"""DHCPv6 (RFC 8415): the client's messages, the server's, and those that relays carry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, named, on_ports
from netguru.pcap.protocols.wire import Row, clean, has, ipv6, take, total, u8, u16, u32

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

SOLICIT, ADVERTISE, REQUEST, CONFIRM, RENEW, REBIND, REPLY = range(1, 8)
RELEASE, DECLINE, INFORMATION = 8, 9, 11
_FORWARD, _RELAYED = 12, 13
_CLIENT, _SERVER, _ADDRESS, _RELAYED_MESSAGE, _STATUS, _DNS, _PREFIX = 1, 2, 5, 9, 13, 23, 26
# The identity associations: option -> where the options inside them begin.
_ASSOCIATIONS = {3: 12, 4: 4, 25: 12}
_MOST_RELAYS = 32
_KEPT = 8


@total
def decode(payload: bytes) -> list[Row]:
    """Decode a message, one that relays carry with the addresses of the last of them."""
    row: Row = {"relays": 0}
    while u8(payload, 0) in (_FORWARD, _RELAYED):
        if row["relays"] >= _MOST_RELAYS:
            return []
        row["relays"] += 1
        row["link_address"], row["peer_address"] = ipv6(payload, 2), ipv6(payload, 18)
        inner = next((value for code, value in _options(payload, 34) if code == _RELAYED_MESSAGE), None)
        if inner is None:
            kind = u8(payload, 0)
            return [row | {"message_type": kind, "message_name": named("dhcpv6", "message", kind), "incomplete": True}]
        payload = inner
    kind = u8(payload, 0)
    name = named("dhcpv6", "message", kind, "-")
    if name == "-":
        return []
    row |= {"message_type": kind, "message_name": name, "xid": int.from_bytes(take(payload, 1, 3), "big")}
    _read(payload, 4, row)
    return [row]


def _options(data: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(data):
        size = u16(data, at + 2)
        if at + 4 + size > len(data):
            return
        yield u16(data, at), data[at + 4 : at + 4 + size]
        at += 4 + size


def _read(data: bytes, at: int, row: Row) -> None:
    for code, value in _options(data, at):
        if code in (_CLIENT, _SERVER):
            row["client_id" if code == _CLIENT else "server_id"] = value[:130].hex()
        elif code in _ASSOCIATIONS:
            _read(value, _ASSOCIATIONS[code], row)
        elif code == _ADDRESS and has(value, 24):
            _add(row, "addresses", ipv6(value, 0))
            row["valid_lifetime"] = u32(value, 20)
            _read(value, 24, row)
        elif code == _PREFIX and has(value, 25):
            _add(row, "prefixes", f"{ipv6(value, 9)}/{value[8]}")
            row["valid_lifetime"] = u32(value, 4)
            _read(value, 25, row)
        elif code == _STATUS and has(value, 2):
            # A failure inside counts more than a success around it.
            if not row.get("status"):
                row["status"] = u16(value, 0)
                row["status_name"] = named("dhcpv6", "status", row["status"])
                row["status_text"] = clean(value[2:])
        elif code == _DNS:
            row["name_servers"] = [ipv6(value, place) for place in range(0, len(value) - 15, 16)][:_KEPT]


def _add(row: Row, column: str, text: str) -> None:
    known = row.setdefault(column, [])
    if len(known) < _KEPT:
        known.append(text)


def brief(row: Row) -> str:
    """Put a message into words."""
    text = f"DHCPv6 {row['message_name']}"
    text += f" xid 0x{row['xid']:06x}" if row.get("xid") is not None else ""
    text += f" relayed for {row['peer_address']} on {row['link_address']}" if row["relays"] else ""
    text += f" client {row['client_id']}" if row.get("client_id") else ""
    text += f" server {row['server_id']}" if row.get("server_id") else ""
    for column in ("addresses", "prefixes"):
        text += f" {' '.join(row[column][:3])}" if row.get(column) else ""
    if row.get("status") is None:
        return text
    return f"{text} status {row['status_name']}" + (f' "{row["status_text"]}"' if row["status_text"] else "")


def select() -> pl.Expr:
    """Choose UDP ports 546 and 547."""
    return on_ports(17, 546, 547)


PROTOCOL = Protocol(name="dhcpv6", layer="transport", select=select, decode=decode, brief=brief)
