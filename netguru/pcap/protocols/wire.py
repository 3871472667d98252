"""Reading fields from bytes: big-endian numbers, addresses and safe text; a read past the end raises struct.error."""

from __future__ import annotations

import contextlib
import functools
import struct
from collections.abc import Callable
from ipaddress import IPv6Address
from socket import inet_ntoa
from typing import Any

Row = dict[str, Any]
Decoder = Callable[[bytes], list[Row]]

TEXT_LIMIT = 255
"""Characters kept of a text from the wire: the longest DNS name and LLDP string fit."""


def u8(data: bytes, offset: int) -> int:
    """Read one byte."""
    if not 0 <= offset < len(data):
        raise struct.error("read past the end")
    return data[offset]


def u16(data: bytes, offset: int) -> int:
    """Read a 16-bit number in network order."""
    return int(struct.unpack_from("!H", data, offset)[0])


def u32(data: bytes, offset: int) -> int:
    """Read a 32-bit number in network order."""
    return int(struct.unpack_from("!I", data, offset)[0])


def take(data: bytes, offset: int, length: int) -> bytes:
    """Read exactly `length` bytes."""
    part = data[offset : offset + length]
    if len(part) != length:
        raise struct.error("read past the end")
    return part


def has(data: bytes, length: int) -> bool:
    """Say whether there are at least `length` bytes."""
    return len(data) >= length


def is_long(data: bytes, length: int) -> bool:
    """Say whether there are exactly `length` bytes."""
    return len(data) == length


def ipv4(data: bytes, offset: int) -> str:
    """Read an IPv4 address as text."""
    return inet_ntoa(take(data, offset, 4))


def ipv6(data: bytes, offset: int) -> str:
    """Read an IPv6 address as text."""
    return str(IPv6Address(take(data, offset, 16)))


def mac(data: bytes, offset: int) -> str:
    """Read a hardware address as six pairs."""
    return take(data, offset, 6).hex(":")


def clean(data: bytes | str, limit: int = TEXT_LIMIT) -> str:
    r"""Make text from the wire fit to show: UTF-8 with replacements, no control characters, one line.

    >>> clean(b"sw1\x00\x1b[31m\n")
    'sw1 [31m'
    """
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    if not text.isprintable():
        text = "".join(char if char.isprintable() else " " for char in text)
    return " ".join(text.split())[:limit]


def as_far_as_told() -> contextlib.suppress:
    """Let what was read of a message stand when its bytes end: use it as a context around the reading."""
    return contextlib.suppress(struct.error, IndexError, ValueError, OverflowError)


def total(decoder: Decoder) -> Decoder:
    """Make a decoder total: whatever the bytes are, it gives the messages it could read.

    A decoder that meets the end of the bytes inside a message drops that message.
    """

    @functools.wraps(decoder)
    def decode(payload: bytes) -> list[Row]:
        try:
            return decoder(payload)
        except (struct.error, IndexError, ValueError, OverflowError):
            return []

    return decode
