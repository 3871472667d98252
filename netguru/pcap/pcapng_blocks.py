"""The blocks and options of pcapng files that are not packets (draft-ietf-opsawg-pcapng, section 4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from math import gcd
from typing import TYPE_CHECKING, Any

from netguru.pcap.kernels import framing as kernels

if TYPE_CHECKING:
    from netguru.pcap.framing import Found

_OPTION_RESOLUTION, _OPTION_OFFSET = 9, 14
_SECOND = 1_000_000_000
_BINARY = 0x80
_LARGEST = 2**62
_NAME_IPV4, _NAME_IPV6 = 1, 2
MAX_NAMES = 100_000
"""Addresses whose names are kept; a file with more is no resolver's table."""
MAX_SECRETS = 16 << 20
"""Bytes of decryption secrets that are kept, in at most `MAX_SECRET_BLOCKS` blocks."""
MAX_SECRET_BLOCKS = 1000
_NAMES_OF_ONE = 100


@dataclass(frozen=True, slots=True)
class Clock:
    """How one interface counts time: units in a second and an offset in seconds."""

    units: int = 1_000_000
    offset: int = 0

    @classmethod
    def of(cls, options: dict[int, bytes], order: str) -> Clock:
        """Read the clock from the options of an interface description (if_tsresol, if_tsoffset)."""
        resolution = options.get(_OPTION_RESOLUTION, b"\x06")[:1] or b"\x06"
        exponent = resolution[0] & 0x7F
        offset = options.get(_OPTION_OFFSET, b"")
        return cls(
            units=2**exponent if resolution[0] & _BINARY else 10**exponent,
            offset=struct.unpack(f"{order}q", offset)[0] if len(offset) == 8 else 0,  # noqa: PLR2004 - 64 bits
        )

    def nanoseconds(self, ticks: int) -> int:
        """Turn ticks into nanoseconds since the epoch; `NO_TIME` where these have more than 64 bits.

        >>> Clock(units=1024, offset=100).nanoseconds(1536)
        101500000000
        """
        seconds, rest = divmod(ticks, self.units)
        seconds += self.offset
        if not -kernels.LAST_SECOND <= seconds <= kernels.LAST_SECOND:
            return kernels.NO_TIME
        return seconds * _SECOND + rest * _SECOND // self.units

    def row(self) -> tuple[int, int, int, int]:
        """Give units, factor, divisor and offset for the kernel; no units where its 64 bits are too few."""
        common = gcd(self.units, _SECOND)
        factor, divisor = _SECOND // common, self.units // common
        if self.units * factor > _LARGEST or abs(self.offset) > _LARGEST:
            return 0, 0, 1, 0
        return self.units, factor, divisor, self.offset


def options_of(data: Any, position: int, end: int, order: str) -> dict[int, bytes]:
    """Read the options of a block; a broken option ends the list."""
    found: dict[int, bytes] = {}
    while position + 4 <= end:
        code, length = struct.unpack_from(f"{order}HH", data, position)
        position += 4
        if code == 0 or position + length > end:
            break
        found.setdefault(code, bytes(data[position : position + length]))
        position += length + (-length % 4)
    return found


def option_text(value: bytes) -> str:
    """Read an option that is text."""
    return value.rstrip(b"\0").decode("utf-8", "replace")


def keep_names(found: Found, data: Any, position: int, end: int, order: str) -> None:
    """Keep the names of a name resolution block; a broken record ends it."""
    while position + 4 <= end:
        kind, length = struct.unpack_from(f"{order}HH", data, position)
        position += 4
        if kind == 0 or position + length > end:
            return
        value = bytes(data[position : position + length])
        position += length + (-length % 4)
        size = {_NAME_IPV4: 4, _NAME_IPV6: 16}.get(kind)
        if size is None or length <= size:
            continue
        address = str(IPv4Address(value[:4]) if kind == _NAME_IPV4 else IPv6Address(value[:16]))
        names = [option_text(name) for name in value[size:].split(b"\0") if name]
        if address not in found.names and len(found.names) >= MAX_NAMES:
            found.note(f"only the first {MAX_NAMES:,} names of addresses were kept")
            return
        found.names[address] = tuple(dict.fromkeys((*found.names.get(address, ()), *names)))[:_NAMES_OF_ONE]


def keep_secrets(found: Found, data: Any, position: int, end: int, order: str) -> None:
    """Keep the secrets of a decryption secrets block."""
    kind, length = struct.unpack_from(f"{order}II", data, position)
    secret = bytes(data[position + 8 : min(position + 8 + length, end)])
    kept = len(found.secrets) < MAX_SECRET_BLOCKS
    if not kept or sum(len(known) for _, known in found.secrets) + len(secret) > MAX_SECRETS:
        found.note(f"only {MAX_SECRETS >> 20} MiB of decryption secrets were kept")
        return
    found.secrets.append((kind, secret))
