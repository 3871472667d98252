"""Packets in words: "tcp 10.0.0.1 > 10.1.0.0/16:443" as a set of headers, and a header of a set in these words."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_network
from typing import TYPE_CHECKING

from netguru.config import acl_sets_headers as headers
from netguru.config.acl_sets import FULL
from netguru.errors import InputError

if TYPE_CHECKING:
    from netguru.config.acl_sets import Space
    from netguru.config.acl_sets_headers import Family

_SHAPE = re.compile(
    r"(?:(?P<protocol>[A-Za-z][\w-]*|\d+)(?::(?P<icmp>[\w-]+(?:/\d+)?))? )?(?P<src>\S+) > (?P<dst>\S+)"
    r"(?P<flags>(?: !?[a-z]+)*)"
)
_END = re.compile(r"(?P<address>any|\d+\.\d+\.\d+\.\d+(?:/\d+)?)(?::(?P<ports>[\w-]+))?")
_V6_END = re.compile(r"(?:\[(?P<inner>[^\]]+)\]:(?P<ports>[\w-]+)|\[?(?P<address>[\da-fA-F.:]+(?:/\d+)?)\]?)")
_HELP = 'write "tcp 10.0.0.1:1024 > 10.1.0.0/16:443", "icmp:8 any > 10.0.0.1", "udp [2001:db8::1]:53 > any"'


def families(text: str) -> tuple[Family, ...]:
    """Tell which filters a description of packets can be put to: those of its address family."""
    if not text:
        return ("ipv4", "ipv6", "prefix4", "prefix6")
    if ">" not in text:
        return ("prefix6",) if ":" in text else ("prefix4",)
    addresses = [_end(match)[0] for match in _ends(text)]
    versions = {ip_network(item, strict=False).version for item in addresses if item != "any"}
    if len(versions) > 1:
        message = f"packet {text!r} mixes IPv4 and IPv6"
        raise InputError(message)
    if not versions:
        return ("ipv4", "ipv6")
    return ("ipv4",) if versions == {4} else ("ipv6",)


def packets(space: Space, text: str) -> int:
    """Read a description into a set of headers of whole packets; an empty one is all of them."""
    if "network" in space.fields:
        return _prefixes(space, text)
    whole = space.equal("fragment", 0)
    if not text:
        return whole
    match = _shape(text)
    rows = [whole]
    protocol = match["protocol"]
    if protocol:
        rows.append(_known(headers.protocol(space, protocol.lower()), text))
    if match["icmp"]:
        kind, _, code = match["icmp"].partition("/")
        rows.append(_known(headers.icmp(space, kind, code), text))
    for side, end in zip(("src", "dst"), _ends(text), strict=True):
        rows += _side(space, side, _end(end), text, has_protocol=bool(protocol))
    table = headers.names("flags")
    for word in match["flags"].split():
        bit = _known(table.get(word.lstrip("!")), text)
        rows.append(space.matching("flags", 0 if word.startswith("!") else bit, bit))
    return space.all_of(rows)


def _known(value: int | None, text: str) -> int:
    if value is None:
        message = f"packet {text!r} is not understood"
        raise InputError(message, hint=_HELP)
    return value


def _shape(text: str) -> re.Match[str]:
    match = _SHAPE.fullmatch(" ".join(text.split()))
    if match is None:
        message = f"packet {text!r} is not understood"
        raise InputError(message, hint=_HELP)
    return match


def _ends(text: str) -> tuple[re.Match[str], re.Match[str]]:
    shape = _shape(text)
    found = []
    for end in (shape["src"], shape["dst"]):
        match = (_V6_END if end.count(":") > 1 else _END).fullmatch(end)
        if match is None:
            message = f"packet {text!r}: {end!r} is no address"
            raise InputError(message, hint=_HELP)
        found.append(match)
        try:
            address = _end(match)[0]
            if address != "any":
                ip_network(address, strict=False)
        except ValueError:
            message = f"packet {text!r}: {end!r} is no address"
            raise InputError(message, hint=_HELP) from None
    return found[0], found[1]


def _end(match: re.Match[str]) -> tuple[str, str]:
    groups = match.groupdict()
    return groups.get("inner") or groups["address"], groups["ports"] or ""


def _side(space: Space, side: str, end: tuple[str, str], text: str, *, has_protocol: bool) -> list[int]:
    address, ports = end
    rows = [FULL if address == "any" else _known(headers.network(space, side, address), text)]
    if ports:
        low, _, high = ports.partition("-") if ports[0].isdecimal() else (ports, "", "")
        first = _known(headers.port_number(low), text)
        rows.append(space.between(f"{side}_port", first, _known(headers.port_number(high or low), text)))
        if not has_protocol:
            rows.append(space.any_of(space.equal("protocol", number) for number in headers.WITH_PORTS))
    return rows


def _prefixes(space: Space, text: str) -> int:
    """Read prefixes: one, or all of any length where nothing is given; the bits behind the length are zero."""
    if not text:
        return space.between("length", 0, headers.width_of(space))
    try:
        known = ip_network(text.strip(), strict=False)
    except ValueError:
        message = f"{text!r} is no prefix"
        raise InputError(message, hint="write 10.0.0.0/24 for a prefix list") from None
    return space.both(space.equal("network", int(known.network_address)), space.equal("length", known.prefixlen))


def shown(space: Space, members: int) -> str:
    """Put one header of a set into words; empty for the empty set."""
    header = space.example(members)
    if header is None:
        return ""
    if "network" in header:
        return f"{_address(space, header['network'])}/{header['length']}"
    number = header["protocol"]
    name = next((name for name, known in headers.names("protocols").items() if known == number), str(number))
    ends = [_address(space, header["src"]), _address(space, header["dst"])]
    if number in headers.WITH_PORTS:
        ends = [
            f"{f'[{end}]' if ':' in end else end}:{header[f'{side}_port']}"
            for end, side in zip(ends, ("src", "dst"), strict=True)
        ]
    icmp = f":{header['icmp_type']}/{header['icmp_code']}" if number in (headers.ICMP, headers.ICMP6) else ""
    flags = [flag for flag, bit in headers.names("flags").items() if header["flags"] & bit and len(flag) == 3]  # noqa: PLR2004 - the short names
    return " ".join([f"{name}{icmp}", f"{ends[0]} > {ends[1]}", *(flags if number == headers.TCP else ())])


def _address(space: Space, value: int) -> str:
    return str(IPv4Address(value) if headers.width_of(space) == 32 else IPv6Address(value))  # noqa: PLR2004 - IPv4
