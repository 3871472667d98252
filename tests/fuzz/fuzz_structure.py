"""Changes of a capture file that know where its fields stand: lengths, options, time stamps, link types, joins."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Literal

PCAP_HEADER, SNOOP_HEADER = 24, 16
# Bytes of numbers that each type of block begins with.
FIXED = {0x0A0D0D0A: 16, 1: 8, 3: 4, 5: 12, 6: 20, 10: 8}
PACKET = 6
LINKS = (0, 1, 9, 12, 50, 51, 101, 104, 105, 107, 108, 113, 127, 147, 195, 228, 229, 276, 277, 0xFFFF)
NUMBERS = (
    0, 1, 2, 3, 4, 8, 11, 12, 13, 15, 16, 20, 28, 31, 32, 36, 60, 255, 256, 0x7FFF, 0xFFFF, 0x10000, 0x40000, 0x40001,
    0x1000000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFC, 0xFFFFFFFF,
)  # fmt: skip
PACKINGS = ("gzip", "bzip2", "xz", "zstd", "lz4")

Order = Literal["little", "big"]
Field = tuple[int, int, Order]
"""Where a number stands, how many bytes it has, and its byte order."""


def snoop(records: Sequence[tuple[int, int, bytes]]) -> bytes:
    """Write a snoop file (RFC 1761) of Ethernet: time in microseconds, length on the wire and bytes of each packet."""
    parts = [b"snoop\0\0\0" + struct.pack(">II", 2, 4)]
    for time_us, length, data in records:
        pad = -len(data) % 4
        seconds, micro = divmod(time_us, 1_000_000)
        head = (length & 0xFFFFFFFF, len(data), 24 + len(data) + pad, 0, seconds & 0xFFFFFFFF, micro)
        parts.append(struct.pack(">IIIIII", *head) + data + bytes(pad))
    return b"".join(parts)


def packed(data: bytes, name: str) -> bytes:
    """Compress a file."""
    if name in {"zstd", "lz4"}:
        import pyarrow as pa

        return bytes(pa.compress(data, codec=name, asbytes=True)) if name == "zstd" else _lz4(data)
    plain: dict[str, Callable[[bytes], bytes]] = {
        "gzip": lambda some: gzip.compress(some, 1, mtime=0),
        "bzip2": lambda some: bz2.compress(some, 1),
        "xz": lambda some: lzma.compress(some, preset=0),
    }
    return plain[name](data)


def _lz4(data: bytes) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "lz4") as stream:
        stream.write(data)
    return bytes(sink.getvalue())


def structured(chance: Random, data: bytes) -> bytes:
    """Change some fields of the file's own framing; what stands in the packets stays."""
    fields = list(_fields(data))
    found = bytearray(data)
    for at, size, order in chance.sample(fields, min(len(fields), chance.choice((1, 1, 1, 2, 3, 8)))):
        old = int.from_bytes(found[at : at + size], order)
        near = (old - 1, old + 1, old - 4, old + 4, old * 2, old << 8, old ^ 1 << chance.randrange(8 * size))
        new = chance.choice(near) if chance.random() < 0.5 else chance.choice((*NUMBERS, *LINKS, len(data)))
        found[at : at + size] = (new & (1 << 8 * size) - 1).to_bytes(size, order)
    if chance.random() < 0.15:
        del found[chance.randrange(len(found) + 1) :]
    return bytes(found)


def spliced(chance: Random, data: bytes, other: bytes) -> bytes:
    """Join a part of one file to a part of another: whole, at the ends of records, or anywhere."""
    match chance.randrange(4):
        case 0:
            return data + other
        case 1:
            return data[: chance.choice(_ends(data))] + other[chance.choice(_ends(other)) :]
        case 2:
            at = chance.choice(_ends(data))
            return data[:at] + chance.randbytes(chance.choice((1, 4, 16, 100, 3000))) + data[at:]
        case _:
            return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def _ends(data: bytes) -> list[int]:
    starts = [at for at, size, _ in _fields(data) if size == 4]
    return starts or [len(data)]


def _fields(data: bytes) -> Iterator[Field]:
    """Give the fields of the framing of a sound file."""
    if data[:8] == b"snoop\0\0\0":
        yield from ((8, 4, "big"), (12, 4, "big"))
        yield from _records(data, SNOOP_HEADER, 24, "big", padded=True)
    elif data[:4] == b"\x0a\x0d\x0d\x0a":
        yield from _blocks(data)
    elif len(data) >= PCAP_HEADER:
        order: Order = "little" if data[3] == 0xA1 else "big"
        yield from ((at, 4, order) for at in range(0, PCAP_HEADER, 4))
        wide = data[:4] in {b"\x34\xcd\xb2\xa1", b"\xa1\xb2\xcd\x34"}
        yield from _records(data, PCAP_HEADER, 24 if wide else 16, order, padded=False)


def _records(data: bytes, at: int, head: int, order: Order, *, padded: bool) -> Iterator[Field]:
    while at + head <= len(data):
        yield from ((at + place, 4, order) for place in range(0, head, 4))
        size = 0 if padded else head
        # A snoop record states its whole length where a pcap record states the captured one.
        at += max(head, size + int.from_bytes(data[at + 8 : at + 12], order))


def _blocks(data: bytes) -> Iterator[Field]:
    at = 0
    order: Order = "little"
    while at + 12 <= len(data):
        if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "little" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else "big"
        kind, size = (int.from_bytes(data[at + place : at + place + 4], order) for place in (0, 4))
        yield from ((place, 4, order) for place in (at, at + 4, at + size - 4))
        fixed = FIXED.get(kind, 0)
        yield from ((at + 8 + place, 4, order) for place in range(0, fixed, 4))
        first = fixed + (int.from_bytes(data[at + 20 : at + 24], order) + 3 & ~3 if kind == PACKET else 0)
        yield from _options(data, at + 8 + first, at + size - 4, order)
        at += max(size, 12)


def _options(data: bytes, at: int, end: int, order: Order) -> Iterator[Field]:
    while at + 4 <= end:
        yield from ((at, 2, order), (at + 2, 2, order))
        size = int.from_bytes(data[at + 2 : at + 4], order)
        if size:
            yield at + 4, 1, order
        at += 4 + (size + 3 & ~3)
