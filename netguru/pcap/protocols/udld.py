"""UniDirectional Link Detection of Cisco (RFC 5171): who a port says it is, and whom it has heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, named
from netguru.pcap.protocols.wire import Row, as_far_as_told, clean, take, total, u8, u16, u32

if TYPE_CHECKING:
    import polars as pl

_CISCO, _UDLD, _VERSION = 0x00000C, 0x0111, 1
_DEVICE, _PORT, _ECHO, _MESSAGE_INTERVAL, _TIMEOUT, _NAME, _SEQUENCE = range(1, 8)
_HEADER, _TLV_HEADER, _MOST = 4, 4, 64
_TEXTS = {_DEVICE: "device", _PORT: "port", _NAME: "device_name"}
_NUMBERS = {_MESSAGE_INTERVAL: "message_interval", _TIMEOUT: "timeout_interval"}


@total
def decode(payload: bytes) -> list[Row]:
    """Decode a UDLD packet; the checksum is not looked at."""
    first = u8(payload, 0)
    if first >> 5 != _VERSION:
        return []
    row: Row = {"version": _VERSION, "opcode": first & 31, "opcode_name": named("udld", "opcode", first & 31)}
    with as_far_as_told():
        row["flags"] = u8(payload, 1)
        at = _HEADER
        while at < len(payload):
            kind, length = u16(payload, at), u16(payload, at + 2)
            if length < _TLV_HEADER:
                break
            value = take(payload, at + _TLV_HEADER, length - _TLV_HEADER)
            if kind in _TEXTS:
                row[_TEXTS[kind]] = clean(value)
            elif kind in _NUMBERS:
                row[_NUMBERS[kind]] = u8(value, 0)
            elif kind == _SEQUENCE:
                row["sequence"] = u32(value, 0)
            elif kind == _ECHO:
                row["heard"] = _heard(value)
            at += length
    return [row]


def _heard(value: bytes) -> list[str]:
    """Give the neighbours that the sender has heard, each as device and port."""
    found: list[str] = []
    at = 4
    for _ in range(min(u32(value, 0), _MOST)):
        words: list[str] = []
        for _ in range(2):
            length = u16(value, at)
            words.append(clean(take(value, at + 2, length)))
            at += 2 + length
        found.append(" ".join(words))
    return found


def brief(row: Row) -> str:
    """Put a UDLD packet into words."""
    text = f"UDLD {row['opcode_name']} device {row.get('device') or 'unknown'} port {row.get('port') or 'unknown'}"
    if row.get("heard") is not None:
        text += f" heard {', '.join(row['heard']) or 'nobody'}"
    return text


def select() -> pl.Expr:
    """Choose Cisco's SNAP protocol 0x0111."""
    import polars as pl

    return (pl.col("snap_oui") == _CISCO) & (pl.col("snap_pid") == _UDLD)


PROTOCOL = Protocol(name="udld", layer="link", select=select, decode=decode, brief=brief)
