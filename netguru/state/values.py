"""Turning the texts of an output into values: durations, hardware addresses, prefixes, closed words."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from netguru.model.names import canonical_mac, canonical_port

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_UNITS = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|[ywdhms])")
_LONG_UNIT = re.compile(r"\b(year|week|day|hour|minute|second)s?\b|\b(sec|min|msec)s?\b")
_CLOCK = re.compile(r"^(?:(\d+)d\s*)?(\d+):(\d{2})(?::(\d{2})(?:\.\d+)?)?$")
_TRUE = frozenset({"true", "yes", "on", "1", "enabled", "enable", "*", ">"})
_MOST_DIGITS = 18
"""More digits do not fit a column of 64-bit numbers, and no counter has them."""
_WHOLE_NUMBER = re.compile(r"^[+-]?(?:0x[0-9a-fA-F]+|\d+)$")


def seconds(text: str) -> int | None:
    """Read a duration as whole seconds; None for never and for text that is none.

    >>> seconds("3m47s"), seconds("00:03:46"), seconds("1d02h"), seconds("2w1d"), seconds("17.426s")
    (227, 226, 93600, 1296000, 17)
    >>> seconds("never"), seconds("6 hours, 41 minutes"), seconds("1d02:03:04")
    (None, 24060, 93784)
    """
    clock = _CLOCK.match(text.strip())
    if clock:
        days, first, second, third = (int(part or 0) for part in clock.groups())
        if clock[4] is None:
            return days * 86_400 + first * 60 + second
        return days * 86_400 + first * 3600 + second * 60 + third
    short = _LONG_UNIT.sub(lambda m: "ms" if m[0].startswith("msec") else m[0][0], text.lower())
    parts = _PART.findall(short)
    if not parts:
        return None
    return int(sum(float(number) * (0.001 if unit == "ms" else _UNITS[unit]) for number, unit in parts))


def prefix(text: str, *, six: bool = False) -> str:
    """Write a destination as address/length; text that is none comes back as it is.

    >>> prefix("10.1.1.1"), prefix("default"), prefix("default", six=True), prefix("2001:DB8::/32")
    ('10.1.1.1/32', '0.0.0.0/0', '::/0', '2001:db8::/32')
    """
    if text == "default":
        return "::/0" if six else "0.0.0.0/0"
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return text


def area(text: str) -> str:
    """Write an OSPF area in dotted form.

    >>> area("0"), area("0.0.0.1"), area("10")
    ('0.0.0.0', '0.0.0.1', '0.0.0.10')
    """
    if text.isdecimal() and int(text) < 1 << 32:
        return str(ip_address(int(text)))
    return text


def whole(text: str) -> int | None:
    """Read a whole number; commas group digits, 0x begins a hexadecimal one, asdot AS numbers are folded.

    >>> whole("1,500"), whole("0x10"), whole("1.10"), whole("n/a")
    (1500, 16, 65546, None)
    """
    bare = text.strip().replace(",", "")
    if re.fullmatch(r"\d{1,5}\.\d{1,5}", bare):
        high, low = bare.split(".")
        return int(high) * 65536 + int(low)
    if not _WHOLE_NUMBER.match(bare) or len(bare) > _MOST_DIGITS:
        return None
    return int(bare, 0 if "x" in bare else 10)


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


_CONVERT: dict[str, Callable[[str], Any]] = {
    "int": whole,
    "float": _float,
    "seconds": seconds,
    "bool": lambda text: text.strip().lower() in _TRUE,
    "mac": canonical_mac,
    "port": canonical_port,
    "area": area,
}


def convert(declared: str, value: Any, values: Mapping[str, Any], words: Mapping[str, str] | None) -> Any:
    """Bring one value to a declared type; `values` are its row's others, `words` its closed vocabulary."""
    if isinstance(value, bool):
        return value if declared == "bool" else str(value).lower()
    text = " ".join(str(value).split()) if words is not None else str(value).strip()
    if declared == "prefix":
        named = " ".join(str(values.get(name) or "") for name in ("next_hop", "preferred_source"))
        six = ":" in named or str(values.get("family")) == "6"
        # Cisco prints the length once, in the heading of a classful network.
        bare = "/" not in text and values.get("mask") and text != "default"
        return prefix(f"{text}/{values['mask']}" if bare else text, six=six)
    if words is not None:
        return words.get(text.lower(), text.lower() if declared == "updown" else text)
    return _CONVERT.get(declared, str)(text)
