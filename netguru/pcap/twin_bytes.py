"""The bytes of a packet while its twin is made: fields replaced in place, checksums carried along."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from netguru.redact.addresses import in_subnet

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

    from netguru.redact.anonymizer import Anonymizer

    Handler = Callable[["Draft", int, int], None]

_ODD = (IndexError, ValueError, struct.error, RecursionError)
_MODULUS = 0xFFFF


class Draft:
    """A packet whose fields are replaced. Places are offsets from its first byte; `end` is the first one behind.

    What no handler understands is set to zero, and counted in `zeroed` by what it was.
    """

    def __init__(self, data: bytes, anonymizer: Anonymizer, zeroed: Counter[str]) -> None:
        self.data = bytearray(data)
        self.anonymizer = anonymizer
        self.zeroed = zeroed

    def u16(self, at: int) -> int:
        """Read two bytes."""
        return int.from_bytes(self._read(at, 2), "big")

    def u32(self, at: int) -> int:
        """Read four bytes."""
        return int.from_bytes(self._read(at, 4), "big")

    def _read(self, at: int, count: int) -> bytearray:
        if at < 0 or at + count > len(self.data):
            raise IndexError(at)
        return self.data[at : at + count]

    def _write(self, kind: str, at: int, count: int, after: int) -> None:
        new = after.to_bytes(count, "big")
        if new != self.data[at : at + count]:
            self.anonymizer.counts[kind] += 1
            self.data[at : at + count] = new

    def ipv4(self, at: int, length: int | None = None) -> None:
        """Replace an IPv4 address; of a network with the length of its prefix the host part stays what it is."""
        before = self.u32(at)
        if self.anonymizer.keep.addresses:
            return
        after = self.anonymizer.addresses.ipv4(before)
        self._write("ipv4", at, 4, after if length is None or after == before else in_subnet(before, after, 32, length))

    def ipv6(self, at: int, length: int | None = None) -> None:
        """Replace an IPv6 address."""
        before = int.from_bytes(self._read(at, 16), "big")
        if self.anonymizer.keep.addresses:
            return
        after = self.anonymizer.addresses.ipv6(before)
        self._write(
            "ipv6", at, 16, after if length is None or after == before else in_subnet(before, after, 128, length)
        )

    def prefix(self, at: int, length: int, size: int, bits: int) -> None:
        """Replace the leading bytes of a network: `size` of them are there, of a family of 32 or 128 bits."""
        if length > bits or size * 8 > bits:
            raise ValueError(length)
        if self.anonymizer.keep.addresses:
            return
        room = bits - size * 8
        before = int.from_bytes(self._read(at, size), "big") << room
        addresses = self.anonymizer.addresses
        after = addresses.ipv4(before) if bits == 32 else addresses.ipv6(before)  # noqa: PLR2004 - an IPv4 address
        if after != before:
            after &= ~((1 << (bits - length)) - 1)
        self._write("ipv4" if bits == 32 else "ipv6", at, size, after >> room)  # noqa: PLR2004 - as above

    def mac(self, at: int) -> None:
        """Replace a MAC address."""
        before = int.from_bytes(self._read(at, 6), "big")
        if not self.anonymizer.keep.macs:
            self._write("macs", at, 6, self.anonymizer.addresses.mac(before))

    def asn(self, at: int, size: int) -> None:
        """Replace an AS number of two or four bytes."""
        before = int.from_bytes(self._read(at, size), "big")
        if not self.anonymizer.keep.asns:
            self._write("asns", at, size, self.anonymizer.addresses.asn(before))

    def name(self, start: int, end: int) -> None:
        """Replace a name by one of the same length; known ones become what they become in texts."""
        self._read(start, end - start)
        before = self.data[start:end].decode("latin-1")
        if not self.anonymizer.keep.names:
            after = self.anonymizer.host(before).encode("latin-1")
            self.anonymizer.counts["names"] += after != self.data[start:end]
            self.data[start:end] = after

    def words(self, start: int, end: int) -> None:
        """Replace the known names inside a text, whose length stays."""
        self._read(start, end - start)
        after = self.anonymizer.path(self.data[start:end].decode("latin-1")).encode("latin-1")
        if len(after) == end - start:
            self.data[start:end] = after
        else:
            self.zero(start, end, "text with an address")

    def secret(self, start: int, end: int) -> None:
        """Replace a password by as many bytes of its pseudonym."""
        self._read(start, end - start)
        bare = bytes(self.data[start:end]).rstrip(b"\0")
        if bare:
            made = self.anonymizer.pseudonym(bare.decode("latin-1")).encode()[-len(bare) :]
            self.data[start:end] = made.ljust(end - start, b"\0")[: end - start]
            self.anonymizer.counts["secrets"] += 1

    def zero(self, start: int, end: int, what: str) -> None:
        """Set bytes to zero."""
        start, end = max(start, 0), min(end, len(self.data))
        if end > start and any(self.data[start:end]):
            self.zeroed[what] += end - start
            self.data[start:end] = bytes(end - start)

    def by(self, handler: Handler, start: int, end: int, what: str) -> None:
        """Let a handler replace what it knows; where it meets something odd, all of it is set to zero."""
        before = self.data[start:end]
        try:
            handler(self, start, min(end, len(self.data)))
        except _ODD:
            self.data[start:end] = before
            self.zero(start, end, f"{what}, cut off or malformed")

    def checksum(self, at: int, before: bytes | bytearray, after: bytes | bytearray, *, udp: bool = False) -> None:
        """Carry the change of covered bytes into the checksum at a place: a right one stays right, a wrong one wrong.

        `before` and `after` are the covered bytes without the checksum itself, each from an even place (RFC 1624).
        """
        if at + 2 > len(self.data) or before == after:
            return
        old = self.u16(at)
        if udp and old == 0:
            return
        total = ((old ^ _MODULUS) + ones_sum(after) - ones_sum(before)) % _MODULUS
        if not total and any(after):
            # Of the two zeros of this arithmetic, the sum of zeros alone is the one, any other sum the other.
            total = _MODULUS
        new = total ^ _MODULUS
        self.data[at : at + 2] = (new or (_MODULUS if udp else 0)).to_bytes(2, "big")


def ones_sum(data: bytes | bytearray) -> int:
    """Sum 16-bit words; an odd last byte counts as the upper half of one.

    >>> ones_sum(bytes([0, 1, 2])) == 1 + 0x200
    True
    """
    if len(data) % 2:
        data = data + b"\0"
    return sum(struct.unpack(f">{len(data) // 2}H", data))


def without(data: bytes | bytearray, at: int) -> bytearray:
    """Give bytes with the two of a checksum set to zero."""
    made = bytearray(data)
    if at + 2 <= len(made):
        made[at : at + 2] = b"\0\0"
    return made
