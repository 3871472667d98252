"""SSH (RFC 4253): the version that each side announces, and the algorithms that it offers."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, begins, carried_by, on_ports
from netguru.pcap.protocols.wire import Row, clean, take, total, u8, u32

if TYPE_CHECKING:
    import polars as pl

_PORT = 22
_BANNER = re.compile(rb"SSH-(\d{1,3}\.\d{1,3})-([^\r\n]{0,250})\r?\n?")
_KEXINIT, _LISTS_AT = 20, 22
_LEAST, _MOST, _LEAST_PADDING = 60, 35_000, 4
_MOST_NAMES = 64
_LISTS = (
    "kex", "host_keys", "ciphers", "ciphers_back", "macs", "macs_back", "compression", "compression_back",
)  # fmt: skip
_NAMES = re.compile(rb"[\x21-\x7e]{0,16000}\Z")


@total
def decode(payload: bytes) -> list[Row]:
    """Decode a version line, and the offer that begins the payload or follows it; lists that are cut are left out."""
    rows: list[Row] = []
    line = _BANNER.match(payload)
    if line:
        rows.append({"message": "version", "protocol": line[1].decode(), "software": clean(line[2])})
        payload = payload[line.end() :]
    return rows + _offer(payload)


@total
def _offer(data: bytes) -> list[Row]:
    size, padding, kind = u32(data, 0), u8(data, 4), u8(data, 5)
    if kind != _KEXINIT or not _LEAST <= size <= _MOST or not _LEAST_PADDING <= padding < size:
        return []
    row: Row = {"message": "kexinit"}
    at = _LISTS_AT
    try:
        for name in _LISTS:
            length = u32(data, at)
            names = take(data, at + 4, length)
            if not _NAMES.match(names):
                return []
            row[name] = [clean(item) for item in names.split(b",")[:_MOST_NAMES]] if names else []
            at += 4 + length
    except struct.error:
        row["incomplete"] = True
    return [row] if "kex" in row else []


def brief(row: Row) -> str:
    """Put a message into words."""
    if row["message"] == "version":
        return f"SSH version {row['protocol']} {row['software']}".rstrip()
    text = f"SSH offers {','.join(row['kex'][:3])}"
    for name, word in (("host_keys", "keys"), ("ciphers", "ciphers"), ("macs", "MACs")):
        text += f" {word} {','.join(row[name][:3])}" if row.get(name) else ""
    return text


def match(rows: list[Row]) -> None:
    """Say which algorithms the two offers of a connection lead to (RFC 4253 section 7.1)."""
    waiting: dict[object, Row] = {}
    for row in rows:
        if row.get("copy_of") is not None or row["message"] != "kexinit":
            continue
        first = waiting.setdefault(row["flow"], row)
        if first["src"] == row["src"] and first["src_port"] == row["src_port"]:
            continue
        # The server's port is the lower one.
        client, server = (first, row) if first["src_port"] > first["dst_port"] else (row, first)
        for name, column in (("kex", "chosen_kex"), ("host_keys", "chosen_key"), ("ciphers", "chosen_cipher")):
            common = [item for item in client.get(name) or () if item in (server.get(name) or ())]
            server[column] = common[0] if common else ""
        del waiting[row["flow"]]


def select() -> pl.Expr:
    """Choose TCP segments with data on port 22 that begin with an offer, and version lines on any port."""
    import polars as pl

    head = pl.col("payload_head")
    offer = on_ports(6, _PORT) & (head // (1 << 16) % 256 == _KEXINIT) & (head // (1 << 32) <= _MOST)
    return carried_by(6) & (pl.col("payload_length") > 0) & (begins(b"SSH-") | offer)


PROTOCOL = Protocol(name="ssh", layer="transport", select=select, decode=decode, brief=brief, match=match)
