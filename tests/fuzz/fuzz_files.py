"""Capture files written by hand, sound or on purpose not quite: what frames the fuzzer's packets."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from random import Random

from fuzz_seeds import Record

TOP = 0xFFFFFFFF


def pcap(packets: Sequence[Record], chance: Random | None = None) -> bytes:
    """Write a pcap; `chance` draws byte order, units of time and the modified variant's header."""
    order = chance.choice("<<<>") if chance else "<"
    nano = bool(chance and chance.random() < 0.2)
    wide = bool(chance and chance.random() < 0.05)
    magic = 0xA1B2CD34 if wide else 0xA1B23C4D if nano else 0xA1B2C3D4
    link = packets[0].link if packets else 1
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 262_144, link)]
    for one in packets:
        seconds, micro = divmod(one.time_us, 1_000_000)
        fraction = micro * 1000 if nano and not wide else micro
        parts.append(struct.pack(order + "IIII", seconds & TOP, fraction, len(one.data), one.length & TOP))
        parts.append((bytes(8) if wide else b"") + one.data)
    return b"".join(parts)


def pcapng(packets: Sequence[Record], chance: Random) -> bytes:
    """Write a pcapng: interfaces for each link type, of several resolutions, odd blocks between the packets."""
    order = chance.choice("<<<>")
    links = list(dict.fromkeys(one.link for one in packets)) * chance.choice((1, 1, 1, 2))
    units = [chance.choice((None, 6, 9, 3, 0, 0x80 | 10, 0x80 | 20)) for _ in links]
    parts = [_section(order)]
    for link, unit in zip(links, units, strict=True):
        options = b"" if unit is None else _option(order, 9, bytes([unit])) + _option(order, 0, b"")
        parts.append(_block(order, 1, struct.pack(order + "HHI", link, 0, 262_144) + options))
    timeless = chance.choice((0, 0, 0, 0.3, 1))
    for one in packets:
        if one.link == links[0] and one.length == len(one.data) and chance.random() < timeless:
            parts.append(_block(order, 3, struct.pack(order + "I", one.length) + one.data))
            continue
        which = chance.choice([at for at, link in enumerate(links) if link == one.link])
        time = _ticks(one.time_us, units[which])
        head = struct.pack(order + "IIIII", which, time >> 32 & TOP, time & TOP, len(one.data), one.length & TOP)
        comment = _option(order, 1, b"comment") if chance.random() < 0.05 else b""
        parts.append(_block(order, 6, head + _padded(one.data) + comment))
        if chance.random() < 0.03:
            parts.append(
                _block(
                    order, chance.choice((4, 5, 10, 0x0BAD, 0x40000BAD)), chance.randbytes(chance.randrange(0, 64, 4))
                )
            )
    return b"".join(parts)


def _ticks(time_us: int, unit: int | None) -> int:
    if unit is None:
        return time_us
    per_second = 1 << (unit & 0x7F) if unit & 0x80 else int(10**unit)
    return time_us * per_second // 1_000_000


def _section(order: str) -> bytes:
    return _block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def _block(order: str, kind: int, body: bytes) -> bytes:
    body = _padded(body)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def _option(order: str, code: int, value: bytes) -> bytes:
    return struct.pack(order + "HH", code, len(value)) + _padded(value)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
