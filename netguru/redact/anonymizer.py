"""The anonymiser: secrets, addresses, AS numbers and names of any text under one key; lines keep their numbers."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

from netguru import resources
from netguru.redact.addresses import Addresses, in_subnet, prefix_length
from netguru.redact.names import Names, common
from netguru.redact.replacing import Pseudonyms, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Change = Callable[[re.Match[str]], str]

_HASH = re.compile(r"\$[0-9A-Za-z]{1,8}\$")
_QUAD = r"\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}"
_IPV4 = re.compile(rf"(?<![\w.]){_QUAD}(?!\w|\.\d)")
_BEHIND = re.compile(rf"/(\d{{1,2}})(?!\d|\.)|[ \t]+(?:mask[ \t]+|netmask[ \t]+)?({_QUAD})(?![\w.])")
_IPV6 = re.compile(
    r"(?<![\w:.])(?=[0-9A-Fa-f:.]{0,45}:)(?:[0-9A-Fa-f]{0,4}:){2,8}(?:[0-9A-Fa-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])"
)
_MAC = re.compile(
    r"(?<![\w:.-])(?:[0-9A-Fa-f]{2}(?P<s>[:-])(?:[0-9A-Fa-f]{2}(?P=s)){4}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}(?P<d>[.-])[0-9A-Fa-f]{4}(?P=d)[0-9A-Fa-f]{4})"
    r"(?![\w:])|(?<=\b[0-9A-Fa-f]{4}\.)[0-9A-Fa-f]{12}\b"
)
# The system id of an IS-IS network entity title.
_TITLE = re.compile(r"\b49(?:\.[0-9A-Fa-f]{4}){1,6}\.00\b")
_TITLE_END = -15
_NUMBER = re.compile(r"\d{1,10}")
_COLUMN = re.compile(r" {2,}(?=\S)")
_OCTET = 255
_BELOW_A = 0xFFFFFF


class Standing(Pseudonyms):
    """Leave the mark of a hash before its pseudonym: a reader sees what kind of storage it was."""

    __slots__ = ()

    def of(self, secret: str) -> str:
        """Give the pseudonym behind the mark."""
        mark = _HASH.match(secret)
        return (mark.group() if mark else "") + super().of(secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Say what stays: kinds that are left as they are."""

    addresses: bool = False
    macs: bool = False
    asns: bool = False
    names: bool = False


class Anonymizer:
    r"""Replace what tells whose network it is. The same key gives the same result in every file and run.

    `counts` tells how many places of each kind were replaced.

    >>> made = Anonymizer(b"k" * 32, names=["leaf1"]).text("hostname leaf1\nip address 10.9.8.7 255.255.255.0")
    >>> "leaf1" in made, made.endswith("255.255.255.0"), made.count(chr(10))
    (False, True, 1)
    """

    def __init__(
        self, key: bytes, *, names: Iterable[str] = (), keep: Keep | None = None, keep_oui: bool = False
    ) -> None:
        self.addresses = Addresses(key, keep_oui=keep_oui)
        self.names = Names(key, names)
        self.counts: Counter[str] = Counter()
        self.keep = keep or Keep()
        self._secrets = Standing(key)
        self._name_pattern = None if self.keep.names else _names_pattern(self.names)

    def text(self, text: str) -> str:
        """Replace what a text tells; it has as many lines as before, and columns stay columns where there is room."""
        made = redact(text, pseudonyms=self._secrets)
        self.counts["secrets"] += len(made.secrets)
        text = made.text
        if self._name_pattern is not None:
            text = self._replaced("names", self._name_pattern, self._name, text)
        if not self.keep.macs:
            text = self._replaced("macs", _MAC, self._mac, text)
            text = self._replaced("macs", _TITLE, self._title, text)
        if not self.keep.addresses:
            text = self._replaced("ipv6", _IPV6, self._ipv6, text)
            text = self._replaced("ipv4", _IPV4, self._ipv4, text)
        return text if self.keep.asns else self._asns(text)

    def path(self, text: str) -> str:
        """Replace names and addresses in the name of a file."""
        if self._name_pattern is not None:
            text = self._name_pattern.sub(self._name, text)
        return text if self.keep.addresses else _IPV4.sub(self._ipv4, text)

    def host(self, name: str) -> str:
        """Give what stands for the name of a host as long as it is: all labels but the last change.

        >>> made = Anonymizer(b"k" * 32).host("sw1.example.com")
        >>> len(made), made.endswith(".com"), "example" in made
        (15, True, False)
        """
        labels = name.split(".")
        last = len(labels) if len(labels) == 1 else len(labels) - 1
        return ".".join([*(self._label(label) for label in labels[:last]), *labels[last:]])

    def _label(self, label: str) -> str:
        return label if label.lower() in common() else self.names.made(label)

    def pseudonym(self, secret: str) -> str:
        """Give what stands for a secret."""
        return self._secrets.of(secret)

    def _replaced(self, kind: str, pattern: re.Pattern[str], change: Change, text: str) -> str:
        parts: list[str] = []
        done = 0
        for found in pattern.finditer(text):
            new = change(found)
            if new == found.group():
                continue
            self.counts[kind] += 1
            parts += (text[done : found.start()], new)
            done = found.end()
            longer = len(new) - (found.end() - found.start())
            room = _COLUMN.match(text, done) if longer else None
            if room is not None:
                width = max(1, room.end() - room.start() - longer)
                parts.append(" " * width)
                done = room.end()
        return "".join((*parts, text[done:])) if parts else text

    def _name(self, found: re.Match[str]) -> str:
        return self._domain(found) if found["domain"] else self.names.of(found.group())

    def _domain(self, found: re.Match[str]) -> str:
        user, at, domain = found.group().rpartition("@")
        return (self.host(user) if user else "") + at + self.host(domain)

    def _ipv4(self, found: re.Match[str]) -> str:
        octets = [int(part) for part in found.group().split(".")]
        if max(octets) > _OCTET or _versions().search(found.string, max(0, found.start() - 24), found.start()):
            return found.group()
        before = int.from_bytes(bytes(octets), "big")
        after = self.addresses.ipv4(before)
        length = _length_behind(found.string, found.end())
        if length is None and before & _BELOW_A == 0:
            # `network 10.0.0.0`: a network of class A without its mask.
            length = 8
        if length is not None and after != before:
            after = in_subnet(before, after, 32, length)
        return ".".join(str(part) for part in after.to_bytes(4, "big"))

    def _ipv6(self, found: re.Match[str]) -> str:
        try:
            before = int(IPv6Address(found.group()))
        except ValueError:
            return found.group()
        after = self.addresses.ipv6(before)
        behind = re.compile(r"/(\d{1,3})").match(found.string, found.end())
        if behind and int(behind[1]) <= 128 and after != before:  # noqa: PLR2004 - bits of an IPv6 address
            after = in_subnet(before, after, 128, int(behind[1]))
        if after == before:
            return found.group()
        made = str(IPv6Address(after))
        return made.upper() if found.group() != found.group().lower() else made

    def _mac(self, found: re.Match[str]) -> str:
        return self._hardware(found.group())

    def _title(self, found: re.Match[str]) -> str:
        title = found.group()[:-3]
        return title[: _TITLE_END + 1] + self._hardware(title[_TITLE_END + 1 :]) + ".00"

    def _hardware(self, given: str) -> str:
        digits = re.sub(r"[:.-]", "", given)
        address = _as_system_id(digits) if "." in given else None
        new = (
            _system_id(self.addresses.ipv4(address))
            if address is not None
            else f"{self.addresses.mac(int(digits, 16)):012x}"
        )
        if given != given.lower():
            new = new.upper()
        rest = iter(new)
        return "".join(char if char in ":.-" else next(rest) for char in given)

    def _asns(self, text: str) -> str:
        # The places are gathered first: a number that two patterns find is changed once.
        places: dict[int, int] = {}
        for pattern in _asn_patterns():
            for found in pattern.finditer(text):
                for number in _NUMBER.finditer(text, *found.span("asns")):
                    places[number.start()] = number.end()
        parts: list[str] = []
        done = 0
        for start, end in sorted(places.items()):
            new = str(self.addresses.asn(int(text[start:end])))
            self.counts["asns"] += new != text[start:end]
            parts += (text[done:start], new)
            done = end
        return "".join((*parts, text[done:]))


def _names_pattern(names: Names) -> re.Pattern[str]:
    """Find names with a domain and, elsewhere, the known ones: in one pass, so that nothing is replaced twice."""
    domains = resources.table("redact", "classes.toml")["text"]["domains"]
    known = f"|{names.pattern}" if names.pattern else ""
    return re.compile(f"(?P<domain>{domains}){known}", re.IGNORECASE)


@cache
def _versions() -> re.Pattern[str]:
    return re.compile(resources.table("redact", "classes.toml")["text"]["versions"])


@cache
def _asn_patterns() -> tuple[re.Pattern[str], ...]:
    table = resources.table("redact", "classes.toml")["text"]
    number = r"(?<![\w.])\d{1,10}(?![\w.])"
    return tuple(re.compile(row.replace("{N}", number)) for row in (*table["asns"], table["communities"]))


def _length_behind(text: str, place: int) -> int | None:
    """Give the length of a prefix that stands behind its address, as a number or a mask."""
    found = _BEHIND.match(text, place)
    if found is None:
        return None
    if found[1]:
        return int(found[1]) if int(found[1]) <= 32 else None  # noqa: PLR2004 - bits of an IPv4 address
    octets = [int(part) for part in found[2].split(".")]
    return prefix_length(int.from_bytes(bytes(octets), "big")) if max(octets) <= _OCTET else None


def _as_system_id(digits: str) -> int | None:
    """Read an IS-IS system id that is written after an IPv4 address; None for another."""
    if not digits.isdigit():
        return None
    octets = [int(digits[place : place + 3]) for place in (0, 3, 6, 9)]
    return int.from_bytes(bytes(octets), "big") if max(octets) <= _OCTET and octets[0] else None


def _system_id(address: int) -> str:
    return "".join(f"{part:03d}" for part in address.to_bytes(4, "big"))
