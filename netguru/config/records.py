"""Records: the events about one thing gathered, and the values read out of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING

from netguru.config.statements import unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from netguru.config.statements import Event
    from netguru.model.config import Lines

# Values that are read on the way and never kept.
_HIDDEN = frozenset(
    {
        "secret",
        "rest",
        "interface",
        "interface_unit",
        "unit",
        "v3",
        "junos_group",
        "how",
        "kind",
        "neighbor",
        "user",
        "login",
    }
)


@dataclass(slots=True)
class Record:
    """All events about one thing, in the order of the file; a later statement goes before an earlier one."""

    events: list[Event] = field(default_factory=list)

    def stated(self, name: str) -> Event | None:
        """Give the last statement of a value; None when it is absent or taken back."""
        for event in reversed(self.events):
            if name in event.own:
                return None if event.negated else event
        return None

    def text(self, name: str) -> str:
        """Give a value as text, without quotes; empty when absent."""
        event = self.stated(name)
        return "" if event is None else unquote(event.own[name])

    def number(self, name: str) -> int | None:
        """Give a value as a whole number; None when absent or no number."""
        text = self.text(name)
        return int(text) if text.isdecimal() else None

    def flag(self, name: str) -> bool | None:
        """Give what the last statement says: True when made, False when taken back, None when absent."""
        for event in reversed(self.events):
            if name in event.own:
                return not event.negated
        return None

    def every(self, name: str) -> list[Event]:
        """Give all statements of a value that are not taken back later."""
        kept: dict[str, Event] = {}
        for event in self.events:
            if name not in event.own:
                continue
            if event.negated:
                kept.pop(event.own[name], None)
            else:
                kept[event.own[name]] = event
        return list(kept.values())

    def texts(self, name: str) -> tuple[str, ...]:
        """Give all values of a name, each once, in the order of the file."""
        return tuple(dict.fromkeys(unquote(event.own[name]) for event in self.every(name)))

    def lines(self) -> Lines:
        """Number every line that states something, headings in braces included."""
        return tuple(sorted({number for event in self.events for number in (*event.around, *event.lines)}))

    def at(self) -> dict[str, Lines]:
        """Map each value's name to the lines that state it."""
        found: dict[str, set[int]] = {}
        for event in self.events:
            for name in event.own:
                if name not in _HIDDEN:
                    found.setdefault(name, set()).update(event.lines)
        return {name: tuple(sorted(numbers)) for name, numbers in found.items()}


def gather(events: Iterable[Event], kind: str, key: Callable[[Event], Hashable]) -> dict[Hashable, Record]:
    """Group the events of a kind by what they are about."""
    found: dict[Hashable, Record] = {}
    for event in events:
        if event.kind == kind:
            found.setdefault(key(event), Record()).events.append(event)
    return found


def numbers_of(text: str) -> tuple[int, ...]:
    """Read a list of numbers with ranges.

    >>> numbers_of("10,20-22,30")
    (10, 20, 21, 22, 30)
    """
    spans: set[tuple[int, int]] = set()
    for part in text.replace(" ", "").split(","):
        first, _, last = part.partition("-")
        if first.isdecimal() and (not last or last.isdecimal()):
            spans.add((int(first), min(int(last or first), 4095)))
    found: list[int] = []
    # Ranges that overlap are counted out once, however many there are.
    for low, high in sorted(spans):
        found += range(max(low, found[-1] + 1) if found else low, high + 1)
    return tuple(found)


def with_length(address: str, mask: str = "") -> str:
    """Give "address/prefix-length" from an address and a mask; empty when they are none.

    >>> with_length("10.0.0.1", "255.255.255.252"), with_length("2001:DB8::1/64"), with_length("x")
    ('10.0.0.1/30', '2001:db8::1/64', '')
    """
    text = f"{address}/{mask}" if mask and "/" not in address else address
    if "/" not in text:
        return ""
    try:
        return str(ip_interface(text))
    except ValueError:
        return ""


def host(text: str) -> str:
    """Give an address without its prefix length; empty when the text is none.

    >>> host("10.0.0.1/24"), host("autoconfig")
    ('10.0.0.1', '')
    """
    try:
        return str(ip_address(text.split("/", 1)[0]))
    except ValueError:
        return ""


def prefix(address: str, mask: str = "") -> str:
    """Give a network's prefix from an address and a mask or wildcard; empty when they are none.

    >>> prefix("10.0.0.5", "0.0.0.3"), prefix("10.1.0.0/16")
    ('10.0.0.4/30', '10.1.0.0/16')
    """
    try:
        return str(ip_network(f"{address}/{mask}" if mask else address, strict=False))
    except ValueError:
        return ""


def classful(address: str) -> str:
    """Give the network that an address without a mask stands for, by its class (RFC 791 section 3.2).

    >>> classful("10.0.0.0"), classful("192.168.5.0"), classful("x")
    ('10.0.0.0/8', '192.168.5.0/24', '')
    """
    if "/" in address or ":" in address or not host(address):
        return prefix(address)
    first = int(address.split(".", 1)[0])
    length = next(bits for limit, bits in ((128, 8), (192, 16), (256, 24)) if first < limit)
    return prefix(f"{address}/{length}")


def dotted_area(text: str) -> str:
    """Give an OSPF area in dotted form.

    >>> dotted_area("10"), dotted_area("0.0.0.1")
    ('0.0.0.10', '0.0.0.1')
    """
    if text.isdecimal() and int(text) < 1 << 32:
        value = int(text)
        return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))
    return text


def as_number(text: str) -> int | None:
    """Read an AS number, plain or dotted (RFC 5396).

    >>> as_number("65000"), as_number("1.10"), as_number("external")
    (65000, 65546, None)
    """
    high, dot, low = text.partition(".")
    if dot and high.isdecimal() and low.isdecimal():
        return (int(high) << 16) + int(low)
    return int(text) if text.isdecimal() else None
