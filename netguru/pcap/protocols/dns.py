"""DNS (RFC 1035) over UDP and TCP, and multicast DNS (RFC 6762)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by, named
from netguru.pcap.protocols.matching import pair
from netguru.pcap.protocols.wire import Row, clean, ipv4, ipv6, total, u8, u16, u32

if TYPE_CHECKING:
    import polars as pl

_PORT, _MULTICAST_PORT = 53, 5353
_HEADER = 12
_POINTER, _LABEL_BITS = 0xC0, 0x3F
# RFC 1035 section 3.1 allows 255 bytes, so at most 127 labels; more jumps than that is a loop.
_MOST_JUMPS = 127
_ANSWERS_KEPT = 16
_A_LENGTH, _AAAA_LENGTH = 4, 16
_A, _NS, _CNAME, _PTR, _AAAA = 1, 2, 5, 12, 28


def _name(data: bytes, at: int) -> tuple[str, int]:
    labels: list[str] = []
    after = -1
    for _ in range(_MOST_JUMPS * 2):
        length = u8(data, at)
        if length & _POINTER == _POINTER:
            after = at + 2 if after < 0 else after
            at = u16(data, at) & 0x3FFF
        elif length & _POINTER:
            raise ValueError("label type")
        elif length == 0:
            return ".".join(labels) or ".", at + 1 if after < 0 else after
        else:
            if at + 1 + length > len(data):
                raise ValueError("label beyond the end")
            labels.append(clean(data[at + 1 : at + 1 + length], 63))
            at += 1 + length
    raise ValueError("compression loop")


def first_name(payload: bytes) -> str:
    """Read the name behind the header, whatever it is the name of; empty when there is none."""
    try:
        return _name(payload, _HEADER)[0]
    except (struct.error, ValueError, IndexError):
        return ""


@total
def decode(payload: bytes) -> list[Row]:
    """Decode a message: header, first question, and the first answers."""
    flags = u16(payload, 2)
    row: Row = {
        "id": u16(payload, 0),
        "response": bool(flags >> 15),
        "opcode": flags >> 11 & 15,
        "authoritative": bool(flags & 0x0400),
        "truncated": bool(flags & 0x0200),
        "recursion_desired": bool(flags & 0x0100),
        "recursion_available": bool(flags & 0x0080),
        "questions": u16(payload, 4),
        "answers": u16(payload, 6),
        "authorities": u16(payload, 8),
        "additionals": u16(payload, 10),
    }
    if row["response"]:
        row["rcode"] = flags & 15
        row["rcode_name"] = named("dns", "rcode", row["rcode"])
    _records(payload, row)
    return [row]


def _records(payload: bytes, row: Row) -> None:
    # What can be read stays, even where the rest of the message is cut off or lies.
    at = _HEADER
    found: list[str] = []
    try:
        for place in range(row["questions"]):
            name, at = _name(payload, at)
            if place == 0:
                row["qname"], row["qtype"] = name, u16(payload, at)
                row["qtype_name"] = named("dns", "type", row["qtype"])
            at += 4
        for _ in range(min(row["answers"], _ANSWERS_KEPT)):
            text, at = _record(payload, at)
            found.append(text)
    except (struct.error, ValueError, IndexError):
        row["incomplete"] = True
    if row["response"]:
        row["records"] = found


def _record(payload: bytes, at: int) -> tuple[str, int]:
    name, at = _name(payload, at)
    kind, length = u16(payload, at), u16(payload, at + 8)
    u32(payload, at + 4)
    body, after = at + 10, at + 10 + length
    if after > len(payload):
        raise ValueError("record beyond the end")
    value = ""
    if kind == _A and length == _A_LENGTH:
        value = ipv4(payload, body)
    elif kind == _AAAA and length == _AAAA_LENGTH:
        value = ipv6(payload, body)
    elif kind in (_NS, _CNAME, _PTR):
        value = _name(payload, body)[0]
    return f"{name} {named('dns', 'type', kind)} {value}".rstrip(), after


@total
def decode_tcp(payload: bytes) -> list[Row]:
    """Decode the messages that lie whole in a TCP segment, each behind its two-byte length."""
    rows: list[Row] = []
    at = 0
    while at + 2 <= len(payload):
        length = u16(payload, at)
        if length < _HEADER or at + 2 + length > len(payload):
            break
        rows += decode(payload[at + 2 : at + 2 + length])
        at += 2 + length
    return rows


def brief(row: Row) -> str:
    """Put a message into words."""
    kind = "response" if row["response"] else "query"
    text = f"DNS {kind} 0x{row['id']:04x} {row.get('qtype_name') or ''} {row.get('qname') or ''}".rstrip()
    if not row["response"]:
        return text
    text += f" {row['rcode_name']} answers {row['answers']}"
    text += " truncated" if row["truncated"] else ""
    records = row.get("records") or []
    return text + (f": {'; '.join(records[:3])}" if records else "")


def brief_multicast(row: Row) -> str:
    """Put a multicast message into words."""
    return "m" + brief(row)


def match(rows: list[Row]) -> None:
    """Tie every response to its query: same id, name and type, ends exchanged."""
    pair(
        rows,
        key=lambda row: (row["id"], (row.get("qname") or "").lower(), row.get("qtype")),
        is_reply=lambda row: bool(row["response"]),
        repeats=True,
    )


def select() -> pl.Expr:
    """Choose UDP port 53, and TCP port 53 with data."""
    import polars as pl

    port = (pl.col("src_port") == _PORT) | (pl.col("dst_port") == _PORT)
    tcp = carried_by(6) & (pl.col("payload_length") > 0)
    return port & (carried_by(17) | tcp)


def select_multicast() -> pl.Expr:
    """Choose UDP port 5353."""
    import polars as pl

    port = (pl.col("src_port") == _MULTICAST_PORT) | (pl.col("dst_port") == _MULTICAST_PORT)
    return carried_by(17) & port


PROTOCOL = Protocol(
    name="dns",
    layer="transport",
    select=select,
    decode=decode,
    decode_tcp=decode_tcp,
    brief=brief,
    match=match,
)
MULTICAST = Protocol(name="mdns", layer="transport", select=select_multicast, decode=decode, brief=brief_multicast)
