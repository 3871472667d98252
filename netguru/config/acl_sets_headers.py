"""Header spaces of filters, and conditions in them: addresses, protocols, ports, ICMP types, TCP flags."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any, Literal

from netguru import resources
from netguru.config.acl_sets import EMPTY, FULL, Space

if TYPE_CHECKING:
    from collections.abc import Iterable

Family = Literal["ipv4", "ipv6", "prefix4", "prefix6"]
TCP, UDP, SCTP, ICMP, ICMP6 = 6, 17, 132, 1, 58
WITH_PORTS = (TCP, UDP, SCTP)
_REST = (
    ("dst_port", 16),
    ("src_port", 16),
    ("icmp_type", 8),
    ("icmp_code", 8),
    ("flags", 8),
    ("dscp", 6),
    ("fragment", 1),
)


def space_of(family: Family) -> Space:
    """Lay out the header space of a family; prefix lists look at a network and its length."""
    width = 32 if family.endswith("4") else 128
    if family.startswith("prefix"):
        return Space.of(("network", width), ("length", 8))
    return Space.of(("protocol", 8), ("dst", width), ("src", width), *_REST)


@cache
def names(table: str) -> dict[str, Any]:
    """Read a table of names of `_filters.toml`."""
    found: dict[str, Any] = resources.table("platforms", "_filters.toml")[table]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A set of headers known from two sides: `must` surely match, `may` could.

    They differ where a condition is not modelled; `unknown` names it.
    """

    must: int
    may: int
    unknown: tuple[str, ...] = ()


def exactly(members: int) -> Condition:
    """Make a condition that is fully known."""
    return Condition(must=members, may=members)


def unmodelled(*reasons: str) -> Condition:
    """Make a condition of which only the name is known: it may match anything."""
    return Condition(must=EMPTY, may=FULL, unknown=reasons)


def together(space: Space, conditions: Iterable[Condition]) -> Condition:
    """Join conditions that must all hold."""
    rows = list(conditions)
    return Condition(
        must=space.all_of(row.must for row in rows),
        may=space.all_of(row.may for row in rows),
        unknown=tuple(dict.fromkeys(text for row in rows for text in row.unknown)),
    )


def alternatives(space: Space, conditions: Iterable[Condition]) -> Condition:
    """Join conditions of which one must hold."""
    rows = list(conditions)
    return Condition(
        must=space.any_of(row.must for row in rows),
        may=space.any_of(row.may for row in rows),
        unknown=tuple(dict.fromkeys(text for row in rows for text in row.unknown)),
    )


def inverse(space: Space, row: Condition) -> Condition:
    """Make the condition that holds where another does not."""
    return Condition(must=space.minus(FULL, row.may), may=space.minus(FULL, row.must), unknown=row.unknown)


def width_of(space: Space) -> int:
    """Give the number of bits of an address in a space."""
    return space.fields.get("dst", space.fields.get("network", (0, 32)))[1]


def network(space: Space, field: str, text: str) -> int | None:
    """Give the headers whose address is in a prefix; None when the text is none, or of the other family."""
    try:
        known = ip_network(text, strict=False)
    except ValueError:
        return None
    if known.max_prefixlen != width_of(space):
        return None
    return space.matching(field, int(known.network_address), int(known.netmask))


def masked(space: Space, field: str, address: str, mask: str, *, wildcard: bool) -> int | None:
    """Give the headers whose address equals another in the bits that a mask or wildcard selects."""
    try:
        value, bits = ip_address(address), int(ip_address(mask))
    except ValueError:
        return None
    if value.max_prefixlen != width_of(space):
        return None
    every = (1 << width_of(space)) - 1
    return space.matching(field, int(value), every ^ bits if wildcard else bits)


def span(space: Space, field: str, low: str, high: str) -> int | None:
    """Give the headers whose address lies between two, both included."""
    try:
        first, last = ip_address(low), ip_address(high)
    except ValueError:
        return None
    if {first.max_prefixlen, last.max_prefixlen} != {width_of(space)}:
        return None
    return space.between(field, int(first), int(last))


def protocol(space: Space, text: str) -> int | None:
    """Give the headers of a protocol by name or number; `ip` is every one."""
    if text in ("ip", "ipv4", "ipv6", "any"):
        return FULL
    if text == "icmp" and width_of(space) > 32:  # noqa: PLR2004 - an IPv4 address
        return space.equal("protocol", ICMP6)
    number = int(text) if text.isdecimal() else names("protocols").get(text)
    return None if number is None or number > 255 else space.equal("protocol", number)  # noqa: PLR2004 - one byte


def port_number(text: str) -> int | None:
    """Read a port by name or number; None when it is neither."""
    number = int(text) if text.isdecimal() else names("ports").get(text)
    return number if number is not None and number < 1 << 16 else None


def icmp(space: Space, text: str, code: str = "") -> int | None:
    """Give the headers of an ICMP type by name or number, and of a code."""
    table = names("icmp6" if width_of(space) > 32 else "icmp")  # noqa: PLR2004 - an IPv4 address
    numbers = [int(text)] if text.isdecimal() else table.get(text)
    if numbers is None or numbers[0] > 255:  # noqa: PLR2004 - one byte
        return None
    found = space.equal("icmp_type", numbers[0])
    if len(numbers) > 1:
        found = space.both(found, space.equal("icmp_code", numbers[1]))
    return space.both(found, space.equal("icmp_code", int(code))) if code.isdecimal() and int(code) < 256 else found  # noqa: PLR2004 - one byte


def established(space: Space) -> int:
    """Give the segments of a connection that is not just being opened: ACK or RST is set."""
    return space.either(space.matching("flags", 16, 16), space.matching("flags", 4, 4))
