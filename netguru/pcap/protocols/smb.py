"""SMB 1 (MS-CIFS) and 2 and 3 (MS-SMB2): commands and results, and what is negotiated: dialect and signing."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, named, on_ports
from netguru.pcap.protocols.matching import pair
from netguru.pcap.protocols.wire import Row, clean, take, total, u8

if TYPE_CHECKING:
    import polars as pl

_PORTS = (139, 445)
_OLD, _NEW, _SEALED = b"\xffSMB", b"\xfeSMB", b"\xfdSMB"
_MAGICS = tuple(int.from_bytes(magic, "big") for magic in (_OLD, _NEW, _SEALED))
_NEGOTIATE_1, _NEGOTIATE_2 = 0x72, 0
_SMALLEST_1, _SMALLEST_2 = 32, 64
_MOST_CHAINED, _MOST_DIALECTS = 16, 32
_ENABLED, _REQUIRED = 1, 2
_ENABLED_1, _REQUIRED_1 = 4, 8


@total
def decode(payload: bytes) -> list[Row]:
    """Decode the messages whose headers lie in the segment."""
    rows: list[Row] = []
    at = 0
    while at + 8 <= len(payload) and payload[at] == 0:
        size = int.from_bytes(payload[at + 1 : at + 4], "big")
        rows += _message(payload[at + 4 : at + 4 + size])
        at += 4 + size
    return rows


@total
def _message(data: bytes) -> list[Row]:
    magic = data[:4]
    if magic == _SEALED:
        return [{"version": 3, "command_name": "encrypted"}]
    if magic == _OLD:
        return [_first(data)]
    rows: list[Row] = []
    while data[:4] == _NEW and len(rows) < _MOST_CHAINED:
        row, following = _second(data)
        rows.append(row)
        if not following:
            break
        data = data[following:]
    return rows


def _first(data: bytes) -> Row:
    take(data, 0, _SMALLEST_1)
    response = bool(data[9] & 0x80)
    row: Row = {
        "version": 1,
        "command": data[4],
        "command_name": named("smb", "command1", data[4]),
        "response": response,
        "message_id": int.from_bytes(data[30:32], "little"),
    }
    if response:
        row["status"] = int.from_bytes(data[5:9], "little")
        row["status_name"] = named("smb", "status", row["status"], f"0x{row['status']:08x}")
    if data[4] == _NEGOTIATE_1:
        words = u8(data, 32)
        body = data[35 + 2 * words :]
        if not response:
            offered = [part[1:] for part in body.split(b"\0") if part.startswith(b"\x02")]
            row["dialects"] = [clean(item) for item in offered[:_MOST_DIALECTS]]
        elif words > 1:
            row["dialect"] = "NT LM 0.12" if words == 17 else f"number {int.from_bytes(data[33:35], 'little')}"  # noqa: PLR2004 - the form of that dialect
            row["signing"] = _signing(u8(data, 35), _ENABLED_1, _REQUIRED_1)
    return row


def _second(data: bytes) -> tuple[Row, int]:
    take(data, 0, _SMALLEST_2)
    status, command, _, flags, following, message = struct.unpack_from("<IHHIIQ", data, 8)
    response = bool(flags & 1)
    row: Row = {
        "version": 2,
        "command": command,
        "command_name": named("smb", "command2", command),
        "response": response,
        "message_id": message,
    }
    if response:
        row["status"] = status
        row["status_name"] = named("smb", "status", status, f"0x{status:08x}")
    if command == _NEGOTIATE_2 and (not response or status == 0):
        body = data[_SMALLEST_2:]
        if response:
            mode, dialect = struct.unpack_from("<HH", body, 2)
            row["dialect"] = named("smb", "dialect", dialect, f"0x{dialect:04x}")
        else:
            count, mode = struct.unpack_from("<HH", body, 2)
            offered = struct.unpack_from(f"<{min(count, _MOST_DIALECTS)}H", body, 36)
            row["dialects"] = [named("smb", "dialect", item, f"0x{item:04x}") for item in offered]
        row["signing"] = _signing(mode, _ENABLED, _REQUIRED)
    return row, following


def _signing(mode: int, enabled: int, required: int) -> str:
    if mode & required:
        return "required"
    return "enabled" if mode & enabled else "off"


def brief(row: Row) -> str:
    """Put a message into words."""
    if row.get("command") is None:
        return "SMB encrypted message"
    text = f"SMB{row['version']} {row['command_name']} {'response' if row['response'] else 'request'}"
    text += f" {row['status_name']}" if row.get("status_name") else ""
    text += f" dialects {', '.join(row['dialects'])}" if row.get("dialects") else ""
    text += f" dialect {row['dialect']}" if row.get("dialect") else ""
    return text + (f" signing {row['signing']}" if row.get("signing") else "")


def match(rows: list[Row]) -> None:
    """Tie responses to requests: same version and message number, ends exchanged."""
    pair(
        rows,
        key=lambda row: (row["version"], row["message_id"]) if row.get("message_id") is not None else None,
        is_reply=lambda row: bool(row["response"]),
    )


def select() -> pl.Expr:
    """Choose TCP ports 139 and 445 where a message begins behind the four bytes of its length."""
    import polars as pl

    mark = pl.col("payload_head") % (1 << 32)
    return on_ports(6, *_PORTS) & (pl.col("payload_length") > 8) & mark.is_in(_MAGICS)  # noqa: PLR2004 - length and mark


PROTOCOL = Protocol(name="smb", layer="transport", select=select, decode=decode, brief=brief, match=match)
