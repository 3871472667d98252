"""Addresses under a key: prefixes stay prefixes, classes stay classes, masks and special addresses stay."""

from __future__ import annotations

from functools import cache
from ipaddress import ip_network
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.redact.permutation import Permutation

if TYPE_CHECKING:
    from collections.abc import Callable

_V4, _V6 = 32, 128
_V4_UNIT, _V6_UNIT = range(16, 24), range(48, 104)
"""Bits in which units (of 8, of 16) of zeros alone and of ones alone stay: networks and their last addresses."""
_V4_STEP, _V6_STEP = 8, 16
_V4_KEPT, _V6_KEPT = 8, 24
"""The last bits, which stay: hosts keep their place in their subnet, and solicited-node groups their members."""
_EUI64 = 0xFFFE
_LOCAL = 0x02 << 40
_GROUP = 0x01 << 40


@cache
def _blocks(group: str, name: str) -> tuple[tuple[int, int], ...]:
    """Give blocks of a table as beginnings and their lengths."""
    rows = [ip_network(row) for row in resources.table("redact", "classes.toml")[group][name]]
    return tuple((int(row.network_address) >> (row.max_prefixlen - row.prefixlen), row.prefixlen) for row in rows)


def _inside(value: int, bits: int, blocks: tuple[tuple[int, int], ...]) -> bool:
    return any(value >> (bits - length) == beginning for beginning, length in blocks)


@cache
def _ways(name: str) -> frozenset[tuple[int, int]]:
    """Give every beginning that leads to a block of a class: the bit behind it stays."""
    rows = _blocks("classes", name) + _blocks("untouched", name)
    return frozenset((place, beginning >> (length - place)) for beginning, length in rows for place in range(length))


def _fixed(name: str, bits: int, units: range, step: int, kept: int) -> Callable[[int, int], bool]:
    ways, low = _ways(name), bits - kept

    def fixed(place: int, beginning: int) -> bool:
        if place >= low or (place, beginning) in ways:
            return True
        done = place % step
        return place in units and beginning & ((1 << done) - 1) in (0, (1 << done) - 1)

    return fixed


class Addresses:
    """Permute addresses and AS numbers, given and returned as whole numbers, under one key.

    >>> one = Addresses(b"k" * 32)
    >>> one.ipv4(0x0A000000) >> 24, one.ipv4(0xFFFFFF00) == 0xFFFFFF00
    (10, True)
    """

    def __init__(self, key: bytes, *, keep_oui: bool = False) -> None:
        self._ipv4 = Permutation(key, "ipv4")
        self._ipv6 = Permutation(key, "ipv6")
        self._mac = Permutation(key, "mac")
        self._asn = Permutation(key, "asn")
        self._keep_oui = keep_oui
        self._known: dict[tuple[str, int], int] = {}

    def _once(self, kind: str, value: int, make: Callable[[int], int]) -> int:
        made = self._known.get((kind, value))
        if made is None:
            made = self._known[kind, value] = make(value)
        return made

    def ipv4(self, value: int) -> int:
        """Permute an IPv4 address; masks, wildcards and special addresses stay."""
        return self._once("ipv4", value, self._new_ipv4)

    def _new_ipv4(self, value: int) -> int:
        if _inside(value, _V4, _blocks("untouched", "ipv4")) or is_mask(value):
            return value
        return self._ipv4.prefixes(value, _V4, _fixed("ipv4", _V4, _V4_UNIT, _V4_STEP, _V4_KEPT))

    def ipv6(self, value: int) -> int:
        """Permute an IPv6 address; a MAC address and an IPv4 address inside of it become what they become alone."""
        return self._once("ipv6", value, self._new_ipv6)

    def _new_ipv6(self, value: int) -> int:
        if _inside(value, _V6, _blocks("untouched", "ipv6")):
            return value
        if _inside(value, _V6, _blocks("classes", "embedded")):
            return value >> 32 << 32 | self.ipv4(value & 0xFFFFFFFF)
        made = self._ipv6.prefixes(value, _V6, _fixed("ipv6", _V6, _V6_UNIT, _V6_STEP, _V6_KEPT))
        if value >> 24 & 0xFFFF == _EUI64:
            mac = (value >> 16 & 0xFFFFFF000000 | value & 0xFFFFFF) ^ _LOCAL
            mac = self.mac(mac) ^ _LOCAL
            made = made >> 64 << 64 | (mac >> 24) << 40 | _EUI64 << 24 | mac & 0xFFFFFF
        return made

    def mac(self, value: int) -> int:
        """Permute a MAC address; groups and the addresses of protocols stay."""
        return self._once("mac", value, self._new_mac)

    def _new_mac(self, value: int) -> int:
        table: list[str] = resources.table("redact", "classes.toml")["macs"]["untouched"]
        text = f"{value:012x}"
        if value & _GROUP or text.startswith(tuple(table)):
            return value
        low = self._mac.below(1 << 24, value & 0xFFFFFF)
        if self._keep_oui:
            return value >> 24 << 24 | low
        oui = value >> 24
        # The two bits that say group and local stay where they are.
        bare = (oui >> 18) << 16 | oui & 0xFFFF
        made = self._mac.below(1 << 22, bare)
        return ((made >> 16) << 18 | oui & 0x030000 | made & 0xFFFF) << 24 | low

    def asn(self, value: int) -> int:
        """Permute an AS number inside of its range: public, private."""
        return self._once("asn", value, self._new_asn)

    def _new_asn(self, value: int) -> int:
        ranges: Any = resources.table("redact", "classes.toml")["autonomous_systems"]["ranges"]
        for first, last in ranges:
            if first <= value <= last:
                return int(first + self._asn.below(last - first + 1, value - first))
        return value


def is_mask(value: int) -> bool:
    """Tell whether a number of 32 bits is a mask or a wildcard, as its bits tell alone.

    >>> is_mask(0xFFFFF000), is_mask(0x000003FF), is_mask(0x0A0000FF)
    (True, True, False)
    """
    inverse = value ^ 0xFFFFFFFF
    return value & (value + 1) == 0 or inverse & (inverse + 1) == 0


def prefix_length(value: int) -> int | None:
    """Give the length of the prefix that a mask or a wildcard states; None for another number."""
    if not is_mask(value):
        return None
    ones = (1 << _V4) - 1
    wildcard = value & (value + 1) == 0 and value != ones
    return _V4 - (value if wildcard else value ^ ones).bit_length()


def in_subnet(before: int, after: int, bits: int, length: int) -> int:
    """Keep the first and the last address of a subnet what they are."""
    host = (1 << (bits - length)) - 1
    if length >= bits - 1:
        return after
    if before & host == 0:
        return after & ~host
    return after | host if before & host == host else after
