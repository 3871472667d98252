"""LLDP (IEEE 802.1AB) with the 802.1 and 802.3 extensions that two ends of a link can disagree on."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, named
from netguru.pcap.protocols.wire import Row, clean, has, is_long, total, u16

if TYPE_CHECKING:
    import polars as pl

_ETHERTYPE = 0x88CC
_END, _CHASSIS, _PORT, _TTL, _PORT_TEXT, _NAME, _TEXT, _CAPABILITIES, _ADDRESS, _ORGANISATION = (*range(9), 127)
_CAPABILITY_NAMES = ("other", "repeater", "bridge", "wlan", "router", "phone", "docsis", "station")
# Subtypes whose value is a hardware or a network address (802.1AB tables 8-2 and 8-3).
_CHASSIS_MAC, _CHASSIS_ADDRESS, _PORT_MAC, _PORT_ADDRESS = 4, 5, 3, 4
_DOT1, _DOT3 = b"\x00\x80\xc2", b"\x00\x12\x0f"
_DOT1_PVID, _DOT3_PHY, _DOT3_FRAME = 1, 1, 4


@total
def decode(payload: bytes) -> list[Row]:
    """Decode an LLDPDU; it must begin with a chassis id."""
    row: Row = {"capabilities": [], "addresses": []}
    at, first = 0, True
    while at + 2 <= len(payload):
        head = u16(payload, at)
        kind, length = head >> 9, head & 0x1FF
        value = payload[at + 2 : at + 2 + length]
        if first and kind != _CHASSIS:
            return []
        first = False
        if kind == _END or len(value) < length:
            break
        _value(kind, value, row)
        at += 2 + length
    return [row] if row.get("chassis_id") is not None else []


def _value(kind: int, value: bytes, row: Row) -> None:
    if kind == _CHASSIS and value:
        row["chassis_subtype"], row["chassis_id"] = value[0], _identity(value, _CHASSIS_MAC, _CHASSIS_ADDRESS)
    elif kind == _PORT and value:
        row["port_subtype"], row["port_id"] = value[0], _identity(value, _PORT_MAC, _PORT_ADDRESS)
    elif kind == _TTL and has(value, 2):
        row["ttl"] = u16(value, 0)
    elif kind in (_PORT_TEXT, _NAME, _TEXT):
        row[{_PORT_TEXT: "port_description", _NAME: "system_name", _TEXT: "system_description"}[kind]] = clean(value)
    elif kind == _CAPABILITIES and has(value, 4):
        enabled = u16(value, 2)
        row["capabilities"] = [name for place, name in enumerate(_CAPABILITY_NAMES) if enabled >> place & 1]
    elif kind == _ADDRESS and has(value, 2):
        row["addresses"] += _address(value[1 : 1 + value[0]])
    elif kind == _ORGANISATION and has(value, 4):
        _organisation(value[:3], value[3], value[4:], row)


def _identity(value: bytes, hardware: int, network: int) -> str:
    if value[0] == hardware and is_long(value, 7):
        return value[1:].hex(":")
    if value[0] == network:
        return "".join(_address(value[1:])[:1]) or value[1:].hex()
    return clean(value[1:])


def _address(value: bytes) -> list[str]:
    # The first byte is the IANA address family.
    family, data = value[:1], value[1:]
    if family == b"\x01" and is_long(data, 4):
        return [str(IPv4Address(data))]
    if family == b"\x02" and is_long(data, 16):
        return [str(IPv6Address(data))]
    return []


def _organisation(oui: bytes, subtype: int, data: bytes, row: Row) -> None:
    if oui == _DOT1 and subtype == _DOT1_PVID and has(data, 2):
        row["pvid"] = u16(data, 0)
    elif oui == _DOT3 and subtype == _DOT3_FRAME and has(data, 2):
        row["max_frame"] = u16(data, 0)
    elif oui == _DOT3 and subtype == _DOT3_PHY and has(data, 5):
        row["mau_type"] = u16(data, 3)
        row["duplex"] = named("lldp", "mau_duplex", row["mau_type"], "-").strip("-")


def brief(row: Row) -> str:
    """Put an LLDPDU into words."""
    text = f"LLDP chassis {row['chassis_id']} port {row.get('port_id') or 'unknown'}"
    for name, word in (
        ("system_name", "system"),
        ("port_description", "description"),
        ("pvid", "port vlan"),
        ("max_frame", "max frame"),
        ("duplex", "duplex"),
    ):
        if row.get(name):
            text += f" {word} {row[name]}"
    text += f" address {','.join(row['addresses'])}" if row["addresses"] else ""
    return text + f" ttl {row.get('ttl')}"


def select() -> pl.Expr:
    """Choose LLDP by ethertype."""
    import polars as pl

    return pl.col("ethertype") == _ETHERTYPE


PROTOCOL = Protocol(name="lldp", layer="link", select=select, decode=decode, brief=brief)
