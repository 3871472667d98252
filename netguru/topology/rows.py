"""From records to `Neighbor` rows: cleaned values, canonical port names, evidence."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal, cast

from netguru.model.evidence import QUOTATION_LIMIT, Evidence
from netguru.model.names import canonical_port
from netguru.model.topology import Neighbor
from netguru.topology.formats import common

if TYPE_CHECKING:
    from netguru.model.source import Piece
    from netguru.topology.formats import Format
    from netguru.topology.records import Record

# The fields that say which port hears which port: their lines are the evidence of a row.
_IDENTITY = ("port", "remote_device", "remote_port", "chassis_id")
# Fields that a check quotes alone.
_QUOTED = ("native_vlan", "duplex", "mtu")
NO_NEIGHBOR = "no neighbour"
_LETTERS = re.compile(r"^[A-Za-z](?:[\s,]*[A-Za-z])*[\s,]*$")


@cache
def _absent() -> frozenset[str]:
    return frozenset(common()["absent"])


def clean(value: str) -> str:
    """Strip quotes and blanks; a word for "not advertised" becomes empty.

    >>> clean(' "Ethernet1" '), clean("not advertised")
    ('Ethernet1', '')
    """
    text = value.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        text = text[1:-1].strip()
    return "" if text.lower() in _absent() else text


def neighbor(form: Format, record: Record, piece: Piece) -> Neighbor | str:
    """Make a row of a record, or say in words why it is none."""
    protocol = form.protocol or _protocol(_first(record, "via"))
    if not protocol:
        return f"heard by a protocol other than LLDP and CDP ({_first(record, 'via')})"
    chassis = _first(record, "chassis_id")
    name = _first(record, "remote_device") or _first(record, "system_name")
    remote_port = canonical_port(_first(record, "remote_port"))
    if not (name or chassis or remote_port):
        return NO_NEIGHBOR
    addresses = _addresses(record)
    return Neighbor(
        device=piece.device,
        port=canonical_port(_first(record, "port")),
        remote_device=name or chassis,
        remote_port=remote_port,
        protocol=cast("Literal['cdp', 'lldp']", protocol),
        platform=_first(record, "platform") or _first(record, "description"),
        address=addresses[0] if addresses else "",
        addresses=addresses,
        capabilities=_capabilities(record, protocol),
        chassis_id=chassis,
        port_description=_first(record, "port_description"),
        native_vlan=_number(record, "native_vlan") or None,
        duplex=_first(record, "duplex").lower(),
        mtu=_number(record, "mtu") or None,
        ttl=_number(record, "ttl"),
        evidence=_evidence(record, piece),
    )


def _first(record: Record, name: str) -> str:
    for value, _ in record.values.get(name, ()):
        text = clean(value)
        if text:
            return text
    return ""


def _number(record: Record, name: str) -> int | None:
    text = _first(record, name)
    return int(text) if re.fullmatch(r"\d{1,9}", text) else None


def _protocol(via: str) -> str:
    words: dict[str, str] = common()["protocols"]
    return next((name for word, name in words.items() if via.upper().startswith(word)), "")


def _addresses(record: Record) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for value, _ in record.values.get("addresses", ()):
        text = clean(value)
        try:
            ip_address(text)
        except ValueError:
            continue
        found[text] = None
    return tuple(found)


def _capabilities(record: Record, protocol: str) -> tuple[str, ...]:
    """Give capability names in lower case; letters are looked up.

    "B,R", "BR" and "B, R" are letters; "Bridge, Router" and "Router Switch IGMP" are words.
    """
    letters: dict[str, str] = common()["capabilities"][protocol]
    found: dict[str, None] = {}
    for value, _ in record.values.get("capabilities", ()):
        text = clean(value)
        if _LETTERS.match(text) and (len(text) <= 2 or not text.isalpha()):  # noqa: PLR2004 - "BR" against "Host"
            names = [letters.get(letter, letter) for letter in text if letter.isalpha()]
        else:
            separator = "," if "," in text else None
            names = [name.strip().lower().replace(" ", "-") for name in text.split(separator)]
        found.update(dict.fromkeys(name for name in names if name))
    return tuple(found)


def _evidence(record: Record, piece: Piece) -> tuple[Evidence, ...]:
    if record.excerpt:
        return (piece.evidence(record.start, record.end, record.excerpt[:QUOTATION_LIMIT]),)
    # What a line above the group states is quoted by itself when it is far from the record.
    lines = sorted({line for name in _IDENTITY for _, line in record.values.get(name, ())[:1]})
    spans: list[tuple[int, int]] = []
    inside = [line for line in lines if record.start <= line <= record.end]
    spans += [(line, line) for line in lines if not record.start <= line <= record.end]
    spans.append((min(inside, default=record.start), max(inside, default=record.start)))
    spans += [
        (line, line)
        for name in _QUOTED
        for _, line in record.values.get(name, ())[:1]
        if not any(low <= line <= high for low, high in spans)
    ]
    return tuple(piece.evidence(low, high) for low, high in spans)
