"""VRRP versions 2 (RFC 3768) and 3 (RFC 9568)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.base import Protocol, carried_by
from netguru.pcap.protocols.wire import Row, ipv4, ipv6, total, u8, u16

if TYPE_CHECKING:
    import polars as pl

_ADVERTISEMENT = 1
_HEADER = 8
_VERSION_2 = 2
_CENTISECONDS = 100


@total
def decode(payload: bytes) -> list[Row]:
    """Decode an advertisement; version 3 carries IPv6 addresses when the length leaves 16 bytes each."""
    version, kind = u8(payload, 0) >> 4, u8(payload, 0) & 15
    if kind != _ADVERTISEMENT or version not in (2, 3):
        return []
    count = u8(payload, 3)
    wide = version != _VERSION_2 and count > 0 and len(payload) >= _HEADER + 16 * count
    read, size = (ipv6, 16) if wide else (ipv4, 4)
    return [
        {
            "version": version,
            "vrid": u8(payload, 1),
            "priority": u8(payload, 2),
            "interval": float(u8(payload, 5)) if version == _VERSION_2 else (u16(payload, 4) & 0x0FFF) / _CENTISECONDS,
            "virtual_ips": [read(payload, _HEADER + size * place) for place in range(count)],
            "auth_type": u8(payload, 4) if version == _VERSION_2 else None,
        }
    ]


def brief(row: Row) -> str:
    """Put an advertisement into words."""
    return (
        f"VRRPv{row['version']} vrid {row['vrid']} priority {row['priority']} interval {row['interval']:g}"
        f" virtual {','.join(row['virtual_ips']) or 'none'}"
    )


def select() -> pl.Expr:
    """Choose IP protocol 112 to the VRRP groups (CARP shares the number)."""
    return carried_by(112)


PROTOCOL = Protocol(name="vrrp", layer="network", select=select, decode=decode, brief=brief)
