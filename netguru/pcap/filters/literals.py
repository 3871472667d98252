"""Literals: what the text of a value means for the type of a field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from netguru.pcap.filters.problems import problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from netguru.pcap.filters.nodes import Constant

TYPE_NAMES = {
    "uint": "a number",
    "int": "a number",
    "float": "a number",
    "bool": "True, False or a number",
    "ipv4": "an IPv4 address",
    "ipv6": "an IPv6 address",
    "mac": "a hardware address",
    "bytes": "a byte string",
    "protocol": "a byte string",
    "string": "a string",
    "time": "a time",
    "seconds": "a number of seconds",
}

_HEX_PAIRS = re.compile(r"[0-9A-Fa-f]{1,2}(?:([:.\-])[0-9A-Fa-f]{1,2}(?:\1[0-9A-Fa-f]{1,2})*)?")
_HEX_QUADS = re.compile(r"[0-9A-Fa-f]{4}(?:[:.\-][0-9A-Fa-f]{4})+")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})+")
_NANO = 1_000_000_000
_LARGEST = (1 << 63) - 1
_MAC, _IPV4_BITS, _IPV6_BITS = 6, 32, 128
_TIME_FORMATS = (
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%b %d, %Y %H:%M:%S",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
)
_TIME = re.compile(r"(?P<date>.*?)(?:\.(?P<part>\d{1,9}))?\s*(?P<zone>Z|UTC|[+-]\d\d:?\d\d)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Span:
    """A value, as the lowest and the highest that count as equal to it: a network is more than one address."""

    low: int | float | str | bytes
    high: int | float | str | bytes


def literal(constant: Constant, kind: str) -> Span:
    """Read a literal for a type of field; raises InputError."""
    try:
        return _READERS[kind](constant)
    except (ValueError, InvalidOperation, OverflowError, AddressValueError):
        name = TYPE_NAMES.get(kind, kind)
        raise problem(constant.text, constant.position, f"is not {name}") from None


def number(text: str) -> int:
    """Read a decimal, octal, hexadecimal or binary number; raises ValueError.

    >>> number("10"), number("012"), number("0xa"), number("0b1010"), number("-1")
    (10, 10, 10, 10, -1)
    """
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    if not digits.isascii() or not digits[:1].isdigit() or "_" in digits:
        raise ValueError(text)
    lower = digits.lower()
    if lower.startswith(("0x", "0b")):
        value = int(lower, 0)
    else:
        value = int(digits, 8 if digits[0] == "0" and len(digits) > 1 else 10)
    if value > _LARGEST:
        raise ValueError(text)
    return sign * value


def _one(value: float | str | bytes) -> Span:
    return Span(value, value)


def _unquoted(constant: Constant) -> str:
    if constant.kind == "string":
        raise ValueError(constant.text)
    return constant.value


def _uint(constant: Constant) -> Span:
    return _one(ord(constant.value) if constant.kind == "char" else number(_unquoted(constant)))


def _float(constant: Constant) -> Span:
    return _one(float(_unquoted(constant)))


def _bool(constant: Constant) -> Span:
    text = _unquoted(constant)
    if text.lower() in {"true", "false"}:
        return _one(int(text.lower() == "true"))
    return _one(int(_uint(constant).low != 0))


def _prefix(text: str, bits: int) -> tuple[str, int]:
    address, slash, length = text.partition("/")
    if not slash:
        return address, 0
    if not length.isdigit() or int(length) > bits:
        raise ValueError(text)
    return address, bits - int(length)


def _ipv4(constant: Constant) -> Span:
    address, free = _prefix(constant.value, _IPV4_BITS)
    low = int(IPv4Address(address)) >> free << free
    return Span(low, low | ((1 << free) - 1))


def _ipv6(constant: Constant) -> Span:
    address, free = _prefix(constant.value, _IPV6_BITS)
    low = int(IPv6Address(address)) >> free << free
    return Span(low, low | ((1 << free) - 1))


def byte_string(text: str) -> bytes:
    r"""Read bytes in hexadecimal, with colons, full stops or hyphens between them or without; raises ValueError.

    >>> byte_string("0:0:83"), byte_string("0000.83ff"), byte_string("aa-bb"), byte_string("0xff")
    (b'\x00\x00\x83', b'\x00\x00\x83\xff', b'\xaa\xbb', b'\xff')
    """
    if text.lower().startswith("0x") and len(text) <= len("0xff"):
        return bytes([int(text, 16)])
    if match := _HEX_PAIRS.fullmatch(text):
        parts = text.split(match[1]) if match[1] else [text]
        return bytes(int(part, 16) for part in parts)
    if _HEX_QUADS.fullmatch(text) or _HEX.fullmatch(text):
        return bytes.fromhex(re.sub(r"[:.\-]", "", text))
    raise ValueError(text)


def _mac(constant: Constant) -> Span:
    data = byte_string(_unquoted(constant))
    if len(data) != _MAC:
        raise ValueError(constant.text)
    return _one(int.from_bytes(data, "big"))


def _bytes(constant: Constant) -> Span:
    if constant.kind in {"string", "char"}:
        encoding = "latin-1" if all(ord(char) <= 0xFF for char in constant.value) else "utf-8"  # noqa: PLR2004 - a byte
        return _one(constant.value.encode(encoding))
    return _one(byte_string(constant.text))


def _string(constant: Constant) -> Span:
    return _one(constant.value)


def _seconds(constant: Constant) -> Span:
    value = int(Decimal(_unquoted(constant)) * _NANO)
    if abs(value) > _LARGEST:
        raise ValueError(constant.text)
    return _one(value)


def _time(constant: Constant) -> Span:
    if constant.kind == "word" and re.fullmatch(r"-?\d+(\.\d*)?", constant.text):
        return _seconds(constant)
    match = _TIME.fullmatch(constant.value.strip())
    if match:
        for layout in _TIME_FORMATS:
            try:
                when = datetime.strptime(match["date"].strip(), layout).replace(tzinfo=UTC)
            except ValueError:
                continue
            whole = int((when - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) - _zone(match["zone"])
            return _one(whole * _NANO + int((match["part"] or "0").ljust(9, "0")))
    raise ValueError(constant.text)


def _zone(text: str | None) -> int:
    if not text or text in {"Z", "UTC"}:
        return 0
    seconds = int(text[1:3]) * 3600 + int(text[-2:]) * 60
    return -seconds if text[0] == "-" else seconds


_READERS: dict[str, Callable[[Constant], Span]] = {
    "uint": _uint, "int": _uint, "float": _float, "bool": _bool, "ipv4": _ipv4, "ipv6": _ipv6, "mac": _mac,
    "bytes": _bytes, "protocol": _bytes, "string": _string, "time": _time, "seconds": _seconds,
}  # fmt: skip
