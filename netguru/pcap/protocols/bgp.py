"""BGP (RFC 4271): the messages that begin in a TCP segment, with 4-byte AS numbers and texts of a cease."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by, named
from netguru.pcap.protocols.wire import Row, clean, has, ipv4, is_long, take, total, u8, u16, u32

if TYPE_CHECKING:
    import polars as pl

PORT = 179
OPEN, UPDATE, NOTIFICATION, KEEPALIVE, REFRESH = 1, 2, 3, 4, 5
_MARKER = b"\xff" * 16
_HEADER = 19
_CAPABILITIES, _EXTENDED, _FOUR_BYTE_AS = 2, 255, 65
_CEASE, _WITH_TEXT, _HARD_RESET = 6, (2, 4), 9


def decode(payload: bytes) -> list[Row]:
    """Decode every message whose header lies in the segment; a segment may begin inside a message."""
    rows: list[Row] = []
    at = payload.find(_MARKER)
    while 0 <= at <= len(payload) - _HEADER:
        length, kind = u16(payload, at + 16), u8(payload, at + 18)
        if length < _HEADER or not OPEN <= kind <= REFRESH:
            at = payload.find(_MARKER, at + 1)
            continue
        body = payload[at + _HEADER : at + length]
        row: Row = {"type": kind, "type_name": named("bgp", "type", kind), "length": length}
        row["complete"] = len(body) == length - _HEADER
        for part in _BODIES[kind](body):
            row |= part
        rows.append(row)
        at = payload.find(_MARKER, at + length)
    return rows


@total
def _open(body: bytes) -> list[Row]:
    row: Row = {"version": u8(body, 0), "asn": u16(body, 1), "hold_time": u16(body, 3), "bgp_id": ipv4(body, 5)}
    capabilities: list[int] = []
    for code, value in _capabilities(body):
        capabilities.append(code)
        if code == _FOUR_BYTE_AS and is_long(value, 4):
            row["asn"] = u32(value, 0)
    row["capabilities"] = capabilities
    return [row]


def _capabilities(body: bytes) -> list[tuple[int, bytes]]:
    # RFC 5492 section 4; RFC 9072 gives lengths two bytes when the first parameter is 255.
    wide = has(body, 13) and body[9] == _EXTENDED and body[10] == _EXTENDED
    at, size = (13, 3) if wide else (10, 2)
    found: list[tuple[int, bytes]] = []
    while at + size <= len(body):
        kind, length = body[at], u16(body, at + 1) if wide else body[at + 1]
        value = body[at + size : at + size + length]
        while kind == _CAPABILITIES and has(value, 2):
            found.append((value[0], value[2 : 2 + value[1]]))
            value = value[2 + value[1] :]
        at += size + length
    return found


@total
def _update(body: bytes) -> list[Row]:
    withdrawn = u16(body, 0)
    attributes = u16(body, 2 + withdrawn)
    announced = body[4 + withdrawn + attributes :]
    return [{"withdrawn": _prefixes(take(body, 2, withdrawn)), "announced": _prefixes(announced)}]


def _prefixes(data: bytes) -> int:
    count = at = 0
    while at < len(data):
        at += 1 + (data[at] + 7) // 8
        count += 1
    return count


@total
def _notification(body: bytes) -> list[Row]:
    code, subcode = u8(body, 0), u8(body, 1)
    major = named("bgp", "error", code)
    minor = named("bgp", f"subcode{code}", subcode, str(subcode) if subcode else "")
    row: Row = {"code": code, "subcode": subcode, "error": f"{major}: {minor}" if minor else major}
    if code == _CEASE and subcode in _WITH_TEXT and has(body, 4):
        row["text"] = clean(body[3 : 3 + body[2]])
    if code == _CEASE and subcode == _HARD_RESET and has(body, 4) and body[2:4] != body[:2]:
        # RFC 8538 section 3.1: the reason stands inside, with its own data.
        (inside,) = _notification(body[2:])
        row |= {"reason": f"{inside['code']}/{inside['subcode']}", "text": inside.get("text")}
        row["error"] += f", {inside['error']}"
    return [row]


def _nothing(body: bytes) -> list[Row]:
    del body
    return []


_BODIES = {OPEN: _open, UPDATE: _update, NOTIFICATION: _notification, KEEPALIVE: _nothing, REFRESH: _nothing}


def brief(row: Row) -> str:
    """Put a BGP message into words."""
    text = f"BGP {row['type_name']}"
    if row.get("asn") is not None:
        text += f" AS {row['asn']} hold time {row['hold_time']} id {row['bgp_id']}"
    if row.get("code") is not None:
        text += f" {row['code']}/{row['subcode']} {row['error']}"
        text += f' "{row["text"]}"' if row.get("text") else ""
    if row.get("announced") is not None:
        text += f" announced {row['announced']} withdrawn {row['withdrawn']}"
    return text


def select() -> pl.Expr:
    """Choose TCP port 179."""
    import polars as pl

    port = (pl.col("src_port") == PORT) | (pl.col("dst_port") == PORT)
    return carried_by(6) & port & (pl.col("payload_length") > 0)


PROTOCOL = Protocol(name="bgp", layer="transport", select=select, decode=decode, brief=brief)
