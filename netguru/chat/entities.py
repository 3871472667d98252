"""What a question names: devices, addresses, interfaces, VLANs, protocols, files, subjects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING

from netguru import resources
from netguru.chat.inventory import pattern
from netguru.model.names import canonical_mac, device_key
from netguru.rag.tokens import fold

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.chat.inventory import Inventory

_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7})(?:/\d{1,3})?(?![\w:])"
)
_MAC = re.compile(
    r"\b(?:[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2})\b"
)
_WORD = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entities:
    """The things that a question names; `unknown` look like devices and are none of those that are known."""

    devices: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    vlans: tuple[int, ...] = ()
    protocols: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def any(self) -> bool:
        """Say whether something of the network was named."""
        return bool(self.devices or self.addresses or self.interfaces or self.vlans or self.files)


def read_entities(question: str, stock: Inventory) -> Entities:
    """Read what a question names, held against what there is."""
    files = _files(question, stock)
    rest = question
    for path in files:
        rest = rest.replace(path.name, " ")
    addresses, rest = _addresses(rest)
    interfaces = tuple(dict.fromkeys(found[0] for found in pattern("interface").finditer(rest)))
    vlans = tuple(dict.fromkeys(int(found[1]) for found in pattern("vlan").finditer(rest)))
    devices = _devices(rest, stock)
    return Entities(
        devices=devices,
        addresses=addresses,
        interfaces=tuple(name for name in interfaces if device_key(name) not in {device_key(item) for item in devices}),
        vlans=vlans,
        protocols=_protocols(rest),
        topics=topics_of(rest),
        files=files,
        unknown=_unknown(rest, stock, interfaces),
    )


def _files(question: str, stock: Inventory) -> tuple[Path, ...]:
    lowered = question.lower()
    return tuple(
        item.path for item in stock.items if "." in item.path.name and _stands(item.path.name.lower(), lowered)
    )


def _stands(name: str, text: str) -> bool:
    """Say whether a name stands in a text by itself, perhaps behind a path."""
    return re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", text) is not None


def _addresses(text: str) -> tuple[tuple[str, ...], str]:
    found = [canonical_mac(match[0]) for match in _MAC.finditer(text)]
    text = _MAC.sub(" ", text)
    for match in _ADDRESS.finditer(text):
        try:
            found.append(str(ip_address(match[0].split("/", 1)[0])))
        except ValueError:
            continue
    return tuple(dict.fromkeys(found)), _ADDRESS.sub(" ", text)


def _devices(text: str, stock: Inventory) -> tuple[str, ...]:
    """Find the known devices; a name of letters alone counts only as it is spelled, for `core` is also a word."""
    words = {match[0].rstrip(".") for match in re.finditer(r"[\w][\w.-]*", text)}
    found = []
    for word in sorted(words, key=text.index):
        known = stock.devices.get(device_key(word))
        if known is not None and (any(char.isdigit() for char in known) or known == word):
            found.append(known)
    return tuple(dict.fromkeys(found))


def _unknown(text: str, stock: Inventory, interfaces: tuple[str, ...]) -> tuple[str, ...]:
    spoken = {name.lower() for name in interfaces} | _not_devices() | set(_protocol_names())
    found = [match[0] for match in pattern("device_like").finditer(text)]
    return tuple(
        dict.fromkeys(
            name
            for name in found
            if device_key(name) not in stock.devices and name.lower() not in spoken and not _is_vlan(name)
        )
    )


def _is_vlan(name: str) -> bool:
    return name.lower().startswith(("vlan", "as", "area", "type", "port"))


@cache
def _not_devices() -> frozenset[str]:
    return frozenset(pattern("not_devices").pattern.split())


@cache
def _protocol_names() -> frozenset[str]:
    """Give the protocols that have a table of messages."""
    folder = resources.path("data", "tables", "protocols")
    return frozenset(file.stem for file in folder.glob("*.toml"))


def _protocols(text: str) -> tuple[str, ...]:
    words = dict.fromkeys(fold(word) for word in _WORD.findall(text))
    return tuple(word for word in words if word in _protocol_names())


def topics_of(text: str) -> tuple[str, ...]:
    """Give the subjects of a text.

    >>> topics_of("Por que leaf2 não é adjacente a spine1?")
    ('adjacency',)
    """
    return tuple(name for name, row in resources.table("chat", "topics.toml").items() if speaks(row["words"], text))


def speaks(spelled: str, text: str) -> bool:
    """Say whether a text has one of the words; one that ends in a star stands for all that begin so.

    >>> speaks("delay latenc*", "Qual é a latência?")
    True
    """
    words = {fold(word) for word in _WORD.findall(text)}
    for item in spelled.split():
        start = item.removesuffix("*")
        if any(word.startswith(start) if item.endswith("*") else word == item for word in words):
            return True
    return False
