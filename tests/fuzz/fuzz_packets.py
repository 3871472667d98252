"""Changes of single packets that know what the bytes mean: lengths, options, chains, nesting, fragments, pointers."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from random import Random

from fuzz_seeds import Record

Change = Callable[[Random, Record, Record], list[Record]]

BYTES = (0, 1, 2, 3, 4, 7, 8, 15, 16, 20, 31, 32, 39, 40, 63, 64, 127, 128, 129, 191, 192, 193, 253, 254, 255)
WORDS = (
    *BYTES,
    256,
    257,
    511,
    512,
    576,
    1024,
    1480,
    1499,
    1500,
    1501,
    0x05DC,
    0x0600,
    0x1FFF,
    0x2000,
    0x3FFF,
    0x7FFF,
    0x8000,
    0xC000,
    0xC00C,
    0xFFFE,
    0xFFFF,
)
KINDS = (
    0x0800,
    0x86DD,
    0x0806,
    0x8100,
    0x88A8,
    0x9100,
    0x8847,
    0x8848,
    0x8863,
    0x8864,
    0x88CC,
    0x6558,
    0x88BE,
    0x8870,
    0x0000,
    0x05DC,
)
PROTOCOLS = (0, 1, 2, 4, 6, 17, 41, 43, 44, 47, 50, 51, 58, 59, 60, 88, 89, 97, 103, 112, 132, 135, 139, 140, 253, 255)
PORTS = (53, 67, 68, 80, 123, 179, 443, 546, 1985, 2029, 2055, 2152, 3478, 4500, 4789, 5353, 6081, 8472)


def network(data: bytes) -> int:
    """Give where the first IP header stands, 0 if there is none: searched, so that every link type will do."""
    for at in (14, 18, 22, 16, 20, 4, 24, 26, 32, 40):
        if at + 20 < len(data) and data[at] >> 4 in {4, 6} and (data[at] == 0x45 or data[at] >> 4 == 6):
            return at
    return 0


def flip(chance: Random, one: Record, _: Record) -> list[Record]:
    """Change some bytes anywhere."""
    data = bytearray(one.data)
    for _turn in range(chance.choice((1, 1, 2, 4, 16)) if data else 0):
        at = chance.randrange(len(data))
        data[at] = chance.choice((data[at] ^ 1 << chance.randrange(8), chance.choice(BYTES), chance.randrange(256)))
    return [replace(one, data=bytes(data))]


def word(chance: Random, one: Record, _: Record) -> list[Record]:
    """Put a number that is likely to matter where a length may stand."""
    data = bytearray(one.data)
    if len(data) > 4:
        at = chance.randrange(len(data) - 4)
        size = chance.choice((1, 2, 2, 4))
        value = (
            chance.choice(WORDS)
            if size == 2
            else chance.choice(BYTES)
            if size == 1
            else chance.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF))
        )
        data[at : at + size] = value.to_bytes(size, "big")
    return [replace(one, data=bytes(data))]


def cut(chance: Random, one: Record, _: Record) -> list[Record]:
    """Capture less than there was, or more; or lie about the original length."""
    keep = chance.randrange(len(one.data) + 1)
    return [
        chance.choice((
            replace(one, data=one.data[:keep]),
            replace(one, data=one.data[:keep], length=keep),
            replace(one, data=one.data + bytes(chance.choice(BYTES))),
            replace(one, length=chance.choice((0, 1, 14, 1 << 31, 0xFFFFFFFF))),
        ))
    ]  # fmt: skip


def ip_fields(chance: Random, one: Record, _: Record) -> list[Record]:
    """Change lengths, fragment field and protocol of the first IP header."""
    data, at = bytearray(one.data), network(one.data)
    if len(data) < at + 40:
        return [one]
    if data[at] >> 4 == 6:
        choice = chance.randrange(3)
        data[at + 4 : at + 6] = chance.choice(WORDS).to_bytes(2, "big") if choice == 0 else data[at + 4 : at + 6]
        data[at + 6] = chance.choice(PROTOCOLS) if choice == 1 else data[at + 6]
        data[at] = chance.choice((0x40, 0x45, 0x60, 0x6F)) if choice == 2 else data[at]
        return [replace(one, data=bytes(data))]
    for place, size, values in (
        (0, 1, (0x40, 0x41, 0x44, 0x46, 0x4F, 0x55, 0x60)),
        (2, 2, WORDS),
        (6, 2, WORDS),
        (9, 1, PROTOCOLS),
    ):
        if chance.random() < 0.4:
            data[at + place : at + place + size] = chance.choice(values).to_bytes(size, "big")
    return [replace(one, data=bytes(data))]


def options(chance: Random, one: Record, _: Record) -> list[Record]:
    """Give an IPv4 header options, or a TCP header: some with lengths that lie."""
    data, at = bytearray(one.data), network(one.data)
    if len(data) < at + 34 or data[at] != 0x45:
        return [one]
    words = chance.randrange(1, 11)
    made = b"".join(_option(chance) for _turn in range(words))[: words * 4].ljust(words * 4, b"\0")
    if data[at + 9] == 6 and chance.random() < 0.7:
        data[at + 32] = 5 + words << 4 | data[at + 32] & 15
        data[at + 40 : at + 40] = made
    else:
        data[at] = 0x40 | 5 + words
        data[at + 20 : at + 20] = made
    if chance.random() < 0.8:
        data[at + 2 : at + 4] = (len(data) - at & 0xFFFF).to_bytes(2, "big")
    return [replace(one, data=bytes(data), length=len(data))]


def _option(chance: Random) -> bytes:
    kind = chance.choice((0, 1, 2, 3, 4, 5, 8, 8, 5, 19, 28, 30, 34, 253, 7, 68, 131, 148))
    true = {2: 4, 3: 3, 4: 2, 5: chance.choice((10, 18, 26, 34)), 8: 10}.get(kind, 4)
    length = true if chance.random() < 0.6 else chance.choice((0, 1, 2, 3, 4, 9, 11, 40, 255))
    return bytes([kind]) if kind < 2 else bytes([kind, length]) + chance.randbytes(max(0, true - 2))


def segment(chance: Random, one: Record, _: Record) -> list[Record]:
    """Change the numbers, flags, window or ports of a TCP or UDP header, and say it again."""
    data, at = bytearray(one.data), network(one.data)
    if len(data) < at + 40 or data[at] != 0x45:
        return [one]
    start = at + 20
    if chance.random() < 0.3:
        data[start + 2 * chance.randrange(2) :][:2] = b""
        where = start + 2 * chance.randrange(2)
        data[where : where + 2] = chance.choice(PORTS).to_bytes(2, "big")
    if chance.random() < 0.5:
        where = start + 4 * chance.choice((1, 2))
        data[where : where + 4] = chance.choice(
            (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF, chance.getrandbits(32))
        ).to_bytes(4, "big")
    if chance.random() < 0.4:
        data[start + 12 : start + 14] = bytes([chance.choice((0, 0x40, 0x50, 0x60, 0xF0)), chance.randrange(256)])
    if chance.random() < 0.3:
        data[start + 14 : start + 16] = chance.choice((b"\0\0", b"\xff\xff", b"\0\1"))
    changed = replace(one, data=bytes(data))
    return [one, changed] if chance.random() < 0.3 else [changed]


def chain(chance: Random, one: Record, _: Record) -> list[Record]:
    """Put IPv6 extension headers between the IPv6 header and what follows."""
    data, at = one.data, network(one.data)
    if len(data) < at + 40 or data[at] >> 4 != 6:
        return [one]
    following, made = data[at + 6], b""
    for _turn in range(chance.choice((1, 2, 3, 8, 30, 200))):
        kind = chance.choice((0, 43, 44, 51, 60, 135, 139, 140))
        length = chance.choice((0, 0, 0, 1, 2, 255)) if chance.random() < 0.3 else 0
        body = bytes([following, length]) + chance.randbytes(6)
        if kind == 44 and chance.random() < 0.7:
            body = bytes([following, 0, 0, 0]) + chance.randbytes(4)
        made, following = body + made, kind
    length = len(data) - at - 40 + len(made)
    head = (
        data[:at]
        + data[at : at + 4]
        + (length & 0xFFFF).to_bytes(2, "big")
        + bytes([following])
        + data[at + 7 : at + 40]
    )
    whole = head + made + data[at + 40 :]
    return [replace(one, data=whole, length=len(whole))]


def nest(chance: Random, one: Record, other: Record) -> list[Record]:
    """Wrap the packet again and again, in tags, labels and tunnels."""
    at = network(one.data)
    head, data = (one.data[:12], one.data[at:]) if at >= 14 else (bytes(12), one.data[at:])
    kind = 0x86DD if data[:1] and data[0] >> 4 == 6 else 0x0800
    for _turn in range(chance.choice((1, 1, 2, 3, 5, 9, 17, 40))):
        wrap = chance.choice((_tag, _labels, _pppoe, _ip_in_ip, _gre, _udp_tunnel, _quoted))
        kind, data = wrap(chance, kind, data, head)
        if len(data) > 9000:
            break
    del other
    whole = head + kind.to_bytes(2, "big") + data
    return [replace(one, link=one.link if one.link != 1 else 1, data=whole, length=len(whole))]


def _tag(chance: Random, kind: int, data: bytes, _: bytes) -> tuple[int, bytes]:
    return chance.choice((0x8100, 0x88A8, 0x9100)), struct.pack(">HH", chance.getrandbits(16), kind) + data


def _labels(chance: Random, kind: int, data: bytes, _: bytes) -> tuple[int, bytes]:
    del kind
    count, bottom = chance.choice((1, 2, 3, 20)), chance.random() < 0.9
    stack = [
        struct.pack(">I", chance.getrandbits(20) << 12 | (0x100 if at == count - 1 and bottom else 0) | 64)
        for at in range(count)
    ]
    return chance.choice((0x8847, 0x8848)), b"".join(stack) + data


def _pppoe(chance: Random, kind: int, data: bytes, _: bytes) -> tuple[int, bytes]:
    length = len(data) + 2 if chance.random() < 0.8 else chance.choice(WORDS)
    return 0x8864, struct.pack(">BBHHH", 0x11, 0, 7, length & 0xFFFF, 0x57 if kind == 0x86DD else 0x21) + data


def _ipv4(chance: Random, protocol: int, data: bytes) -> bytes:
    length = 20 + len(data) if chance.random() < 0.9 else chance.choice(WORDS)
    return struct.pack(">BBHHHBBHII", 0x45, 0, length & 0xFFFF, 1, 0, 64, protocol, 0, 0xC0000201, 0xC0000202) + data


def _ip_in_ip(chance: Random, kind: int, data: bytes, head: bytes) -> tuple[int, bytes]:
    if chance.random() < 0.3:
        return 0x0800, _ipv4(chance, 97, b"\x30\0" + head + kind.to_bytes(2, "big") + data)
    protocol = {0x0800: 4, 0x86DD: 41}.get(kind, chance.choice((4, 41)))
    if chance.random() < 0.3:
        return 0x86DD, struct.pack(">IHBB", 0x60000000, len(data) & 0xFFFF, protocol, 64) + b"\x20\x01" + bytes(
            30
        ) + data
    return 0x0800, _ipv4(chance, protocol, data)


def _gre(chance: Random, kind: int, data: bytes, head: bytes) -> tuple[int, bytes]:
    flags = chance.choice((0, 0x1000, 0x2000, 0x3000, 0x8000, 0xB000, 0x4000, 0x0001, 0x1001, chance.getrandbits(16)))
    parts = sum(4 for bit in (0x8000, 0x2000, 0x1000) if flags & bit)
    frame = head + kind.to_bytes(2, "big") + data
    inner = chance.choice(
        ((kind, data), (0x6558, frame), (0x88BE, bytes(8) + frame), (0x88BE, frame), (0x22EB, bytes(12) + frame))
    )
    return 0x0800, _ipv4(chance, 47, struct.pack(">HH", flags, inner[0]) + chance.randbytes(parts) + inner[1])


def _udp_tunnel(chance: Random, kind: int, data: bytes, head: bytes) -> tuple[int, bytes]:
    frame = head + kind.to_bytes(2, "big") + data
    port, body = chance.choice((
        (4789, b"\x08\0\0\0\0\0\5\0" + frame),
        (8472, b"\x08\0\0\0\0\0\5\0" + frame),
        (6081, struct.pack(">BBHI", chance.choice((0, 1, 2, 63)), 0, 0x6558, 5) + frame),
        (6081, struct.pack(">BBHI", 0, 0, kind, 5) + data),
        (2152, struct.pack(">BBHI", chance.choice((0x30, 0x32, 0x34, 0x37)), 255, len(data) & 0xFFFF, 5) + data),
        (2152, struct.pack(">BBHII", 0x34, 255, len(data) + 8 & 0xFFFF, 5, 0x85) + _gtp_extension(chance) + data),
    ))  # fmt: skip
    length = len(body) + 8 if chance.random() < 0.8 else chance.choice(WORDS)
    return 0x0800, _ipv4(chance, 17, struct.pack(">HHHH", 40000, port, length & 0xFFFF, 0) + body)


def _gtp_extension(chance: Random) -> bytes:
    return bytes([chance.choice((0, 1, 2, 255)), 0, 0, 0])


def _quoted(chance: Random, kind: int, data: bytes, _: bytes) -> tuple[int, bytes]:
    if kind == 0x86DD:
        return 0x86DD, struct.pack(">IHBB", 0x60000000, len(data) + 8 & 0xFFFF, 58, 64) + bytes(32) + bytes(
            [chance.choice((1, 2, 3, 4)), 0]
        ) + bytes(6) + data
    return 0x0800, _ipv4(chance, 1, bytes([chance.choice((3, 4, 5, 11, 12)), 4]) + bytes(6) + data)


def fragments(chance: Random, one: Record, _: Record) -> list[Record]:
    """Cut the IP payload into fragments that may overlap, lack a part, come twice or in another order."""
    data, at = one.data, network(one.data)
    if len(data) < at + 36 or data[at] != 0x45:
        return [one]
    payload, size = data[at + 20 :], chance.choice((8, 16, 24, 64, 512))
    starts = list(range(0, len(payload), size))[:40]
    found = []
    for start in starts:
        end = min(len(payload), start + size + chance.choice((0, 0, 0, 8, 16)))
        more = 0x2000 if start != starts[-1] or chance.random() < 0.2 else 0
        offset = start // 8 if chance.random() < 0.95 else chance.randrange(0x2000)
        head = data[: at + 2] + struct.pack(">HHH", end - start + 20, 77, more | offset) + data[at + 8 : at + 20]
        found.append(replace(one, data=head + payload[start:end], length=len(head) + end - start))
    if chance.random() < 0.3:
        chance.shuffle(found)
    return [each for each in found for _turn in range(chance.choice((0, 1, 1, 1, 1, 1, 1, 2)))]


def pointers(chance: Random, one: Record, _: Record) -> list[Record]:
    """Put DNS compression pointers into the latter part: to themselves, forward, in a ring."""
    data = bytearray(one.data)
    if len(data) < 60:
        return [one]
    for _turn in range(chance.choice((1, 1, 2, 4))):
        at = chance.randrange(54, len(data) - 1)
        target = chance.choice((at - 42, at - 40, 12, 0, chance.randrange(len(data)), 0x3FFF))
        data[at : at + 2] = (0xC000 | target & 0x3FFF).to_bytes(2, "big")
    return [replace(one, data=bytes(data))]


def lengths(chance: Random, one: Record, _: Record) -> list[Record]:
    """Change bytes whose value is near the number of bytes behind them: most are lengths of options or TLVs."""
    data = bytearray(one.data)
    places = [at for at in range(14, len(data)) if 2 <= data[at] <= len(data) - at]
    for at in chance.sample(places, min(len(places), chance.choice((1, 1, 2, 3)))):
        data[at] = chance.choice((data[at] - 1, data[at] + 1, 0, 255, chance.choice(BYTES))) & 0xFF
    return [replace(one, data=bytes(data))]


def splice(chance: Random, one: Record, other: Record) -> list[Record]:
    """Join the head of one packet to the tail of another, or change its ethertype."""
    data = one.data[: chance.randrange(len(one.data) + 1)] + other.data[chance.randrange(len(other.data) + 1) :]
    if chance.random() < 0.3:
        data = one.data[:12] + chance.choice(KINDS).to_bytes(2, "big") + one.data[14:]
    return [replace(one, data=data, length=len(data))]


def moment(chance: Random, one: Record, _: Record) -> list[Record]:
    """Put the packet at another time: before the others, at the ends of what a file can say."""
    time = chance.choice(
        (0, 1, one.time_us - 5_000_000, one.time_us, (1 << 32) * 1_000_000 - 1, (1 << 63) // 1000, (1 << 62))
    )
    return [replace(one, time_us=max(0, time))]


def again(chance: Random, one: Record, _: Record) -> list[Record]:
    """Repeat the packet, or leave it out."""
    return [one] * chance.choice((0, 2, 2, 3, 20))


CHANGES: tuple[Change, ...] = (
    flip, word, cut, ip_fields, options, segment, chain, nest, fragments, pointers, lengths, splice, moment, again,
)  # fmt: skip
