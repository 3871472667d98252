"""Names without a server: LLMNR (RFC 4795) and the NetBIOS name service (RFC 1002)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netguru.pcap.protocols import dns
from netguru.pcap.protocols.base import Protocol, named, on_ports
from netguru.pcap.protocols.wire import Row, clean, total, u16

if TYPE_CHECKING:
    import polars as pl

_LLMNR, _NBNS = 5355, 137
_ENCODED = re.compile(r"[A-P]{32}")
_A = ord("A")


def brief_llmnr(row: Row) -> str:
    """Put an LLMNR message into words."""
    return "LLMNR" + dns.brief(row).removeprefix("DNS")


def select_llmnr() -> pl.Expr:
    """Choose UDP port 5355."""
    return on_ports(17, _LLMNR)


@total
def decode(payload: bytes) -> list[Row]:
    """Decode a message of the NetBIOS name service: header and first name."""
    rows = dns.decode(payload)
    if not rows:
        return []
    said, flags = rows[0], u16(payload, 2)
    # A response has no question: the name is that of its first record, which stands at the same place.
    name, kind = _plain(said.get("qname") or dns.first_name(payload))
    row: Row = {
        "id": said["id"],
        "response": said["response"],
        "opcode": said["opcode"],
        "opcode_name": named("nbns", "opcode", said["opcode"]),
        "broadcast": bool(flags & 0x10),
        "name": name,
    }
    if kind is not None:
        row["suffix"] = kind
    if said["response"]:
        row["rcode"] = flags & 15
    return [row]


def _plain(encoded: str) -> tuple[str, int | None]:
    """Read a name from two letters a byte (RFC 1001 section 14.1), and what kind of name it is."""
    found = _ENCODED.match(encoded)
    if found is None:
        return "", None
    letters = [ord(letter) - _A for letter in found[0]]
    data = bytes(high << 4 | low for high, low in zip(letters[::2], letters[1::2], strict=True))
    return clean(data[:15].rstrip(b" \0")), data[15]


def brief(row: Row) -> str:
    """Put a message into words."""
    text = f"NBNS {row['opcode_name']} {'response' if row['response'] else 'request'} {row['name']}".rstrip()
    return f"{text}<{row['suffix']:02x}>" if row.get("suffix") is not None else text


def select() -> pl.Expr:
    """Choose UDP port 137."""
    return on_ports(17, _NBNS)


LLMNR = Protocol(
    name="llmnr", layer="transport", select=select_llmnr, decode=dns.decode, brief=brief_llmnr, match=dns.match
)
NBNS = Protocol(name="nbns", layer="transport", select=select, decode=decode, brief=brief)
