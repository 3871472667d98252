"""Addresses as text: made for the rows that are shown, never for whole tables."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@lru_cache(maxsize=65536)
def address_text(version: int, hi: int, lo: int) -> str:
    """Give an address as text; empty for a packet that is not IP.

    >>> address_text(4, 0, 0x0A000001), address_text(6, 0x20010DB8 << 32, 1), address_text(0, 0, 0)
    ('10.0.0.1', '2001:db8::1', '')
    """
    if version == 4:  # noqa: PLR2004 - the version
        return str(IPv4Address(lo))
    return str(IPv6Address(hi << 64 | lo)) if version == 6 else ""  # noqa: PLR2004 - the version


def source(row: Mapping[str, Any]) -> str:
    """Give the source address of a row of the packet table."""
    return address_text(row["ip_version"], row["src_hi"] or 0, row["src_lo"] or 0)


def destination(row: Mapping[str, Any]) -> str:
    """Give the destination address of a row of the packet table."""
    return address_text(row["ip_version"], row["dst_hi"] or 0, row["dst_lo"] or 0)


def client(row: Mapping[str, Any]) -> str:
    """Give the client's address of a row of the flow table."""
    return address_text(row["ip_version"], row["client_hi"], row["client_lo"])


def server(row: Mapping[str, Any]) -> str:
    """Give the server's address of a row of the flow table."""
    return address_text(row["ip_version"], row["server_hi"], row["server_lo"])


def endpoint(address: str, port: int | None) -> str:
    """Join an address and a port; IPv6 in brackets.

    >>> endpoint("10.0.0.1", 80), endpoint("::1", 80), endpoint("10.0.0.1", None)
    ('10.0.0.1:80', '[::1]:80', '10.0.0.1')
    """
    if port is None:
        return address
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def mac_text(value: int | None) -> str:
    """Give a hardware address as six pairs; empty for none.

    >>> mac_text(0x024E47040001), mac_text(None)
    ('02:4e:47:04:00:01', '')
    """
    if value is None:
        return ""
    return value.to_bytes(6, "big").hex(":")
