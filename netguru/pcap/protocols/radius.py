"""RADIUS (RFC 2865, 2866, 5176): requests of network devices for their users, and the server's answers.

No password, reply of a challenge or authenticator is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, named, on_ports
from netguru.pcap.protocols.matching import pair
from netguru.pcap.protocols.wire import Row, clean, ipv4, is_long, total, u8, u16, u32

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

ACCEPT, REJECT = 2, 3
ASKING = (1, 4, 12, 40, 43)
_HEADER = 20
_PORTS = (1645, 1646, 1812, 1813, 3799)


@total
def decode(payload: bytes) -> list[Row]:
    """Decode a message with the attributes that name who asks and why it is answered so."""
    code, length = u8(payload, 0), u16(payload, 2)
    name = named("radius", "code", code, "-")
    if name == "-" or length < _HEADER:
        return []
    row: Row = {"code": code, "code_name": name, "id": u8(payload, 1), "length": length}
    if len(payload) < length:
        row["incomplete"] = True
    for kind, value in _attributes(payload[_HEADER:length]):
        form, _, column = named("radius", "attribute", kind, "-").partition(" ")
        if form == "text":
            row[column] = clean(value)
        elif form == "number" and is_long(value, 4):
            row[column] = u32(value, 0)
        elif form == "address" and is_long(value, 4):
            row[column] = ipv4(value, 0)
        elif form == "there":
            row[column] = True
    return [row]


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 2 <= len(data):
        size = data[at + 1]
        if size < 2 or at + size > len(data):  # noqa: PLR2004 - kind and length themselves
            return
        yield data[at], data[at + 2 : at + size]
        at += size


def brief(row: Row) -> str:
    """Put a message into words."""
    text = f"RADIUS {row['code_name']} id {row['id']}"
    for column, word in (
        ("user", "user"),
        ("nas_ip", "from"),
        ("nas", "from"),
        ("calling", "station"),
        ("called", "called"),
    ):
        text += f" {word} {row[column]}" if row.get(column) else ""
    return text + (f' "{row["message"]}"' if row.get("message") else "")


def match(rows: list[Row]) -> None:
    """Tie every answer to its request: same id, ends exchanged; an answer answers all repetitions."""
    pair(rows, key=lambda row: row["id"], is_reply=lambda row: row["code"] not in ASKING, repeats=True)


def select() -> pl.Expr:
    """Choose UDP ports 1812, 1813, 3799 and the old 1645 and 1646."""
    return on_ports(17, *_PORTS)


PROTOCOL = Protocol(name="radius", layer="transport", select=select, decode=decode, brief=brief, match=match)
