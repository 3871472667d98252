"""IKE versions 1 (RFC 2408) and 2 (RFC 7296): what is negotiated in the clear; numbers of ESP packets (RFC 4303)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by, named, on_ports
from netguru.pcap.protocols.matching import pair
from netguru.pcap.protocols.wire import Row, take, total, u8, u16, u32

if TYPE_CHECKING:
    import polars as pl

_PORT, _NAT_PORT = 500, 4500
_MARKER = bytes(4)
_HEADER, _MOST_PAYLOADS = 28, 32
_FIRST, SECOND = 1, 2
_NOTIFY_1, _NOTIFY_2, _ENCRYPTED_2, _FRAGMENT_2 = 11, 41, 46, 53
_ENCRYPTION_BIT, _INITIATOR_BIT, _RESPONSE_BIT = 0x01, 0x08, 0x20
_NOTHING = bytes(8).hex()
FIRST_STATUS = 16384
"""Notifications below this number tell an error (RFC 7296 section 3.10.1)."""


@total
def decode(payload: bytes) -> list[Row]:
    """Decode header and the payloads in the clear; behind UDP 4500 four zeros stand before them."""
    data = payload[4:] if payload.startswith(_MARKER) else payload
    take(data, 0, _HEADER)
    major = u8(data, 17) >> 4
    if major not in (_FIRST, SECOND):
        return []
    flags, exchange = data[19], data[18]
    row: Row = {
        "spi_initiator": data[:8].hex(),
        "spi_responder": data[8:16].hex(),
        "version": f"{major}.{data[17] & 15}",
        "exchange": exchange,
        "exchange_name": named("ike", "exchange", exchange, "unknown"),
        "message_id": u32(data, 20),
        "length": u32(data, 24),
    }
    if major == SECOND:
        row["from_initiator"], row["response"] = bool(flags & _INITIATOR_BIT), bool(flags & _RESPONSE_BIT)
    row["encrypted"] = major == _FIRST and bool(flags & _ENCRYPTION_BIT)
    row["payloads"], row["notify_types"] = [], []
    if not row["encrypted"]:
        try:
            _payloads(data, major, row)
        except (struct.error, ValueError, IndexError):
            row["incomplete"] = True
    row["notifies"] = [named("ike", f"notify{major}", code) for code in row["notify_types"]]
    return [row]


def _payloads(data: bytes, major: int, row: Row) -> None:
    kind, at = data[16], _HEADER
    while kind and len(row["payloads"]) < _MOST_PAYLOADS:
        size = u16(data, at + 2)
        row["payloads"].append(named("ike", f"payload{major}", kind))
        if major == SECOND and kind in (_ENCRYPTED_2, _FRAGMENT_2):
            row["encrypted"] = True
            return
        if size < 4:  # noqa: PLR2004 - the payload's own header
            raise ValueError("payload without a header")
        body = data[at + 4 : at + size]
        if kind == (_NOTIFY_2 if major == SECOND else _NOTIFY_1):
            row["notify_types"].append(u16(body, 2 if major == SECOND else 6))
        kind, at = data[at], at + size


def brief(row: Row) -> str:
    """Put a message into words."""
    text = f"IKEv{row['version'][0]} {row['exchange_name']}"
    if row.get("response") is not None:
        text += " response" if row["response"] else " request"
    text += f" id {row['message_id']} SPI {row['spi_initiator']}/{row['spi_responder']}"
    text += f" {','.join(row['payloads'][:8])}" if row["payloads"] else ""
    return text + (f" notify {','.join(row['notifies'])}" if row["notifies"] else "")


def match(rows: list[Row]) -> None:
    """Tie responses to requests of version 2: same initiator's SPI, exchange and number, ends exchanged."""
    pair(
        rows,
        key=lambda row: (
            (row["spi_initiator"], row["exchange"], row["message_id"], row["from_initiator"] ^ row["response"])
            if row.get("response") is not None
            else None
        ),
        is_reply=lambda row: bool(row["response"]),
        repeats=True,
    )


def select() -> pl.Expr:
    """Choose UDP port 500, and port 4500 where four zeros come first."""
    import polars as pl

    marked = on_ports(17, _NAT_PORT) & (pl.col("payload_head") // (1 << 32) == 0)
    return (on_ports(17, _PORT) | marked) & (pl.col("payload_length") >= _HEADER)


@total
def decode_esp(payload: bytes) -> list[Row]:
    """Decode the two numbers that stand in the clear."""
    return [{"spi": u32(payload, 0), "sequence": u32(payload, 4), "length": len(payload)}]


def brief_esp(row: Row) -> str:
    """Put a packet into words."""
    return f"ESP SPI 0x{row['spi']:08x} sequence {row['sequence']}"


def select_esp() -> pl.Expr:
    """Choose IP protocol 50, and UDP port 4500 where no four zeros come first."""
    import polars as pl

    nat = on_ports(17, _NAT_PORT) & (pl.col("payload_head") // (1 << 32) > 0)
    return (carried_by(50) | nat) & (pl.col("payload_length") >= 8)  # noqa: PLR2004 - SPI and number


PROTOCOL = Protocol(name="ike", layer="transport", select=select, decode=decode, brief=brief, match=match)
ESP = Protocol(name="esp", layer="transport", select=select_esp, decode=decode_esp, brief=brief_esp)
