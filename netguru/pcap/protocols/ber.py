"""BER (X.690): tags, lengths and the few values that SNMP is made of; a read past the end raises struct.error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.wire import take, u8

if TYPE_CHECKING:
    from collections.abc import Iterator

INTEGER, OCTETS, OBJECT, SEQUENCE = 0x02, 0x04, 0x06, 0x30
_LONG, _MOST_LENGTH_BYTES, _CONTINUES = 0x80, 4, 0x80
_MOST_INTEGER, _MOST_PARTS = 8, 128
_ARC = 40


def element(data: bytes, at: int) -> tuple[int, bytes, int]:
    r"""Read tag, value and the place behind an element; a value that is cut is given as far as it goes.

    >>> element(bytes.fromhex("020105"), 0)
    (2, b'\x05', 3)
    """
    tag, size = u8(data, at), u8(data, at + 1)
    at += 2
    if size & _LONG:
        count = size & 0x7F
        if not 0 < count <= _MOST_LENGTH_BYTES:
            raise ValueError("length of indefinite or odd form")
        size = int.from_bytes(take(data, at, count), "big")
        at += count
    return tag, data[at : at + size], at + size


def elements(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Read the elements that stand one behind the other."""
    at = 0
    while at < len(data):
        tag, value, at = element(data, at)
        yield tag, value


def integer(value: bytes) -> int:
    r"""Read a signed integer of at most eight bytes.

    >>> integer(b"\xff"), integer(b"\x00\xff")
    (-1, 255)
    """
    if not 0 < len(value) <= _MOST_INTEGER:
        raise ValueError("integer of an odd length")
    return int.from_bytes(value, "big", signed=True)


def object_name(value: bytes) -> str:
    """Read an object identifier.

    >>> object_name(bytes.fromhex("2b06010201"))
    '1.3.6.1.2.1'
    """
    parts: list[int] = []
    number = 0
    for byte in value[:_MOST_PARTS]:
        number = number << 7 | byte & 0x7F
        if not byte & _CONTINUES:
            parts.append(number)
            number = 0
    if not parts:
        return ""
    first = min(parts[0] // _ARC, 2)
    return ".".join(map(str, (first, parts[0] - _ARC * first, *parts[1:])))
