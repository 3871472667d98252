"""QUIC (RFC 8999, 9000, 9369): packets with long headers, and the server's name in a client's first one (RFC 9001)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by, named, on_ports
from netguru.pcap.protocols.wire import Row, take, total, u8, u32

if TYPE_CHECKING:
    import polars as pl

_PORT = 443
_LONG = 0x80
_MOST_ID, _MOST_VERSIONS = 20, 16
VERSION_2 = 0x6B3343CF
_KNOWN = (1, VERSION_2)
_DRAFTS = 0xFF0000
_INITIAL, _RETRY = "initial", "retry"


@total
def decode(payload: bytes) -> list[Row]:
    """Decode the packets with long headers of a datagram; a retry and a negotiation stand alone."""
    rows: list[Row] = []
    at = 0
    try:
        while at < len(payload) and payload[at] & _LONG:
            row, at = _packet(payload, at)
            rows.append(row)
    except (struct.error, ValueError, IndexError):
        pass
    if any(row["type"] == _INITIAL for row in rows):
        from netguru.pcap.quic_initial import server_name

        name = server_name([payload])
        if name:
            rows[0]["sni"] = name
    return rows


def _packet(data: bytes, start: int) -> tuple[Row, int]:
    version = u32(data, start + 1)
    row: Row = {"version": version, "version_name": named("quic", "version", version, f"0x{version:08x}")}
    size = u8(data, start + 5)
    row["dcid"] = take(data, start + 6, size).hex()
    at = start + 6 + size
    size = u8(data, at)
    row["scid"] = take(data, at + 1, size).hex()
    at += 1 + size
    if version == 0:
        row["type"] = "version negotiation"
        offered = [u32(data, place) for place in range(at, len(data) - 3, 4)][:_MOST_VERSIONS]
        row["versions"] = [named("quic", "version", item, f"0x{item:08x}") for item in offered]
        return row, len(data)
    if max(len(row["dcid"]), len(row["scid"])) > 2 * _MOST_ID or not _is_known(version):
        raise ValueError("version that is not known")
    number = data[start] >> 4 & 3
    # Version 2 turns the types by one (RFC 9369 section 3.2).
    row["type"] = named("quic", "type", (number - 1) % 4 if version == VERSION_2 else number)
    if row["type"] == _RETRY:
        return row, len(data)
    if row["type"] == _INITIAL:
        size, at = _varint(data, at)
        row["token_length"] = size
        at += size
    size, at = _varint(data, at)
    return row, at + size


def _is_known(version: int) -> bool:
    return version in _KNOWN or version >> 8 == _DRAFTS


def _varint(data: bytes, at: int) -> tuple[int, int]:
    size = 1 << (u8(data, at) >> 6)
    value = int.from_bytes(take(data, at, size), "big")
    return value & ((1 << (8 * size - 2)) - 1), at + size


def brief(row: Row) -> str:
    """Put a packet into words."""
    text = f"QUIC {row['version_name']} {row['type']} to {row['dcid'] or 'none'} from {row['scid'] or 'none'}"
    text += f" offers {', '.join(row['versions'])}" if row.get("versions") else ""
    return text + (f" SNI {row['sni']}" if row.get("sni") else "")


def select() -> pl.Expr:
    """Choose datagrams with a long header: of a known version, or with none on port 443."""
    import polars as pl

    head = pl.col("payload_head")
    version = head // (1 << 24) % (1 << 32)
    known = version.is_in(_KNOWN) | (version // 256 == _DRAFTS)
    return (
        carried_by(17)
        & (pl.col("payload_length") > 7)  # noqa: PLR2004 - the least header
        & (head // (1 << 63) == 1)
        & ((known & (head // (1 << 62) % 2 == 1)) | (on_ports(17, _PORT) & (version == 0)))
    )


PROTOCOL = Protocol(name="quic", layer="transport", select=select, decode=decode, brief=brief)
