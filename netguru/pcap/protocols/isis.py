"""IS-IS (ISO 10589, RFC 1195, RFC 5303): hellos with what neighbours must agree on, headers of LSPs and summaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, named
from netguru.pcap.protocols.wire import Row, as_far_as_told, clean, ipv4, mac, take, total, u8, u16, u32

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

HELLO_1, HELLO_2, HELLO_P2P, LSP_1, LSP_2 = 15, 16, 17, 18, 20
_CSNP, _PSNP = (24, 25), (26, 27)
_DISCRIMINATOR, _SAP, _CISCO_HDLC = 0x83, 0xFE, 0xFEFE
_ID, _COMMON = 6, 8
_AREAS, _NEIGHBORS, _PADDING, _AUTH, _IP, _HOSTNAME, _THREE_WAY = 1, 6, 8, 10, 132, 137, 240
_LAN_ID_AT, _SEEN_LENGTH = 20, 11


@total
def decode(payload: bytes) -> list[Row]:
    """Decode an IS-IS PDU; identifiers of another length than six bytes are left out."""
    # HDLC puts a byte of padding before the network layer (RFC 1547 leaves it to the network layer).
    data = payload[1:] if len(payload) > 1 and payload[1] == _DISCRIMINATOR != payload[0] else payload
    if u8(data, 0) != _DISCRIMINATOR:
        return []
    kind = u8(data, 4) & 31
    row: Row = {"type": kind, "type_name": named("isis", "type", kind), "header_length": u8(data, 1)}
    with as_far_as_told():
        if u8(data, 3) not in (0, _ID):
            return [row]
        if kind in (HELLO_1, HELLO_2, HELLO_P2P):
            _hello(data, row)
        elif kind in (LSP_1, LSP_2):
            row["pdu_length"], row["lifetime"] = u16(data, 8), u16(data, 10)
            row["system_id"], row["lsp_id"] = _system(data, 12), _lsp(data, 12)
            row["sequence"], row["checksum"] = u32(data, 20), u16(data, 24)
            row["overload"] = bool(u8(data, 26) & 4)
        elif kind in (*_CSNP, *_PSNP):
            row["pdu_length"], row["system_id"] = u16(data, 8), _system(data, 10)
    with as_far_as_told():
        for option, value in _options(data, row):
            _option(option, value, row)
    return [row]


def _system(data: bytes, at: int) -> str:
    digits = take(data, at, _ID).hex()
    return f"{digits[:4]}.{digits[4:8]}.{digits[8:]}"


def _lsp(data: bytes, at: int) -> str:
    return f"{_system(data, at)}.{u8(data, at + _ID):02x}-{u8(data, at + _ID + 1):02x}"


def _hello(data: bytes, row: Row) -> None:
    row["circuit"] = named("isis", "circuit", u8(data, 8) & 3)
    row["system_id"] = _system(data, 9)
    row["holding_time"], row["pdu_length"] = u16(data, 15), u16(data, 17)
    if row["type"] != HELLO_P2P:
        row["priority"] = u8(data, 19) & 127
        row["lan_id"] = f"{_system(data, _LAN_ID_AT)}.{u8(data, _LAN_ID_AT + _ID):02x}"


def _options(data: bytes, row: Row) -> Iterator[tuple[int, bytes]]:
    at, end = row["header_length"], min(row.get("pdu_length", 0), len(data))
    while _COMMON <= at < end:
        length = u8(data, at + 1)
        yield u8(data, at), take(data, at + 2, length)
        at += 2 + length


def _option(kind: int, value: bytes, row: Row) -> None:
    if kind == _AREAS:
        areas, at = row.setdefault("areas", []), 0
        while at < len(value):
            digits = take(value, at + 1, value[at]).hex()
            areas.append(".".join([digits[:2], *(digits[place : place + 4] for place in range(2, len(digits), 4))]))
            at += 1 + value[at]
    elif kind == _AUTH:
        row["auth_type"] = u8(value, 0)
    elif kind == _PADDING:
        row["padding"] = row.get("padding", 0) + len(value) + 2
    elif kind == _IP:
        row["addresses"] = [ipv4(value, at) for at in range(0, len(value) - 3, 4)]
    elif kind == _HOSTNAME:
        row["hostname"] = clean(value)
    elif kind == _NEIGHBORS and row["type"] in (HELLO_1, HELLO_2):
        row["neighbors"] = [mac(value, at) for at in range(0, len(value) - 5, 6)]
    elif kind == _THREE_WAY and row["type"] == HELLO_P2P:
        row["adjacency"] = named("isis", "adjacency", u8(value, 0))
        if len(value) >= _SEEN_LENGTH:
            row["neighbor_id"] = _system(value, 5)


def brief(row: Row) -> str:
    """Put a PDU into words."""
    text = f"IS-IS {row['type_name']} system {row.get('system_id') or 'unknown'}"
    for name, word in (("lsp_id", "LSP"), ("sequence", "seq"), ("lifetime", "lifetime")):
        text += f" {word} {row[name]}" if row.get(name) is not None else ""
    if row.get("circuit"):
        text += f" circuit {row['circuit']} area {','.join(row.get('areas') or ()) or 'none'}"
        for name, word in (("holding_time", "hold"), ("pdu_length", "length"), ("padding", "padding")):
            text += f" {word} {row[name]}" if row.get(name) is not None else ""
        text += f" adjacency {row['adjacency']}" if row.get("adjacency") else ""
    if row.get("auth_type") is not None:
        text += f" auth {named('isis', 'auth', row['auth_type'])}"
    return text


def select() -> pl.Expr:
    """Choose LLC 0xfe, and OSI on Cisco HDLC."""
    import polars as pl

    return ((pl.col("llc_dsap") == _SAP) & (pl.col("llc_ssap") == _SAP)) | (pl.col("ethertype") == _CISCO_HDLC)


PROTOCOL = Protocol(name="isis", layer="link", select=select, decode=decode, brief=brief)
