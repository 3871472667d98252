"""FTP's control connection (RFC 959) and TFTP's requests (RFC 1350); passwords are not kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, named, on_ports
from netguru.pcap.protocols.wire import Row, clean, total, u16

if TYPE_CHECKING:
    import polars as pl

_FTP, _TFTP = 21, 69
_COMMAND = re.compile(rb"([A-Za-z]{3,4})(?: ([^\r\n]{0,400}))?$")
_REPLY = re.compile(rb"([1-5]\d\d)([ -])([^\r\n]{0,400})$")
_SECRET = {"PASS", "ACCT", "ADAT"}
_LOGIN = {"USER", *_SECRET}
_MOST_LINES = 32
_HIDDEN = "REDACTED"
_READ, _WRITE, _ERROR = 1, 2, 5


@total
def decode(payload: bytes) -> list[Row]:
    """Decode the lines that lie whole in the segment; those between the first and last of a reply are left out."""
    rows: list[Row] = []
    for line in payload.split(b"\n")[:-1][:_MOST_LINES]:
        text = line.rstrip(b"\r")
        reply, command = _REPLY.match(text), _COMMAND.match(text)
        if reply:
            rows.append({"code": int(reply[1]), "text": clean(reply[3]), "last": reply[2] == b" "})
        elif command:
            name = command[1].decode().upper()
            argument = clean(command[2] or b"")
            rows.append({"command": name, "argument": _HIDDEN if name in _SECRET and argument else argument})
    return rows


def brief(row: Row) -> str:
    """Put a line into words."""
    if row.get("command") in _LOGIN:
        return "FTP login command"
    if row.get("command"):
        return f"FTP {row['command']} {row['argument']}".rstrip()
    return f"FTP reply {row['code']} {row['text']}".rstrip()


def select() -> pl.Expr:
    """Choose TCP port 21 with data."""
    import polars as pl

    return on_ports(6, _FTP) & (pl.col("payload_length") > 0)


@total
def decode_tftp(payload: bytes) -> list[Row]:
    """Decode a request or an error."""
    kind = u16(payload, 0)
    row: Row = {"opcode": kind, "opcode_name": named("tftp", "opcode", kind, "-")}
    if kind in (_READ, _WRITE):
        name, _, rest = payload[2:].partition(b"\0")
        row["file"], row["mode"] = clean(name), clean(rest.partition(b"\0")[0])
    elif kind == _ERROR:
        row["error"], row["text"] = u16(payload, 2), clean(payload[4:].partition(b"\0")[0])
    return [row] if row["opcode_name"] != "-" else []


def brief_tftp(row: Row) -> str:
    """Put a message into words."""
    text = f"TFTP {row['opcode_name']}"
    if row.get("error") is not None:
        return f"{text} {row['error']} {row['text']}".rstrip()
    return f"{text} {row['file']} {row['mode']}".rstrip() if row.get("file") is not None else text


def select_tftp() -> pl.Expr:
    """Choose UDP port 69: requests; what follows goes to other ports."""
    return on_ports(17, _TFTP)


FTP = Protocol(name="ftp", layer="transport", select=select, decode=decode, brief=brief)
TFTP = Protocol(name="tftp", layer="transport", select=select_tftp, decode=decode_tftp, brief=brief_tftp)
