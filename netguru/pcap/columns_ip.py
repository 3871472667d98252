"""IPv4 and IPv6 headers of many packets at once, with extension headers and fragments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netguru.pcap.columns import DONE, IP, IPV4, IPV6
from netguru.pcap.columns_transport import decode_transport
from netguru.pcap.counting import one_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netguru.pcap.columns import Cursor

    Rows = NDArray[np.int64]

_V4_HEADER, _V6_HEADER = 20, 40
# ARP and RARP; the packet with Ethernet and IPv4 addresses.
_ARP_TYPES, _ARP_PACKET = (0x0806, 0x8035), 28
_HOP_BY_HOP, _ROUTING, _FRAGMENT, _AUTHENTICATION = 0, 43, 44, 51
# Headers of which the second byte counts units of eight bytes beyond the first eight (RFC 8200, 6275, 7401, 5533).
_BY_EIGHT = (_HOP_BY_HOP, _ROUTING, 60, 135, 139, 140)
_MAX_EXTENSIONS = 16
_NO_NEXT = 59


def decode_network(cursor: Cursor) -> None:
    """Read the IP headers and go on to the transport layer."""
    raw = np.flatnonzero(cursor.kind == IP)
    raw = cursor.have(raw, 1)
    nibble = cursor.read(raw, 0, 1) >> 4
    cursor.kind[np.flatnonzero(cursor.kind == IP)] = DONE
    cursor.kind[raw[nibble == 4]] = IPV4  # noqa: PLR2004 - the version number
    cursor.kind[raw[nibble == 6]] = IPV6  # noqa: PLR2004 - the version number
    _arp(cursor)
    v4, v6 = _ipv4(cursor), _ipv6(cursor)
    rows = np.concatenate((v4, v6))
    cursor.put("ethertype", v4, IPV4)
    cursor.put("ethertype", v6, IPV6)
    _authentication(cursor, v4)
    cursor.put("protocol", rows, cursor.kind[rows])
    later = cursor.values["fragment_offset"][rows] > 0
    cursor.put("payload_offset", rows[later], cursor.frame_offset(rows[later]))
    cursor.put("payload_length", rows[later], np.maximum(cursor.limit[rows[later]] - cursor.position[rows[later]], 0))
    first = rows[~later & (cursor.kind[rows] != _NO_NEXT)]
    first = first[cursor.position[first] <= cursor.end[first]]
    cursor.put("transport_offset", first, cursor.frame_offset(first))
    decode_transport(cursor, first)


def _arp(cursor: Cursor) -> None:
    """Read ARP of Ethernet and IPv4 addresses, the one use that is left (RFC 826)."""
    rows = cursor.have(np.flatnonzero(one_of(cursor.kind, _ARP_TYPES)), _ARP_PACKET)
    # Protocol type, then the lengths of the two kinds of addresses.
    rows = rows[(cursor.read(rows, 2, 2) == IPV4) & (cursor.read(rows, 4, 2) == 0x0604)]  # noqa: PLR2004 - 6 and 4
    cursor.put("arp_opcode", rows, cursor.read(rows, 6, 2))
    for name, at in (("src", 8), ("dst", 18)):
        cursor.put(f"arp_{name}_mac", rows, cursor.read_mac(rows, at))
        cursor.put(f"arp_{name}_ip", rows, cursor.read(rows, at + 6, 4))


def _ipv4(cursor: Cursor) -> Rows:
    rows: Rows = cursor.have(np.flatnonzero(cursor.kind == IPV4), _V4_HEADER)
    first = cursor.read(rows, 0, 1)
    sane = (first >> 4 == 4) & (first & 15 >= 5)  # noqa: PLR2004 - version and least header length in words
    rows, first = rows[sane], first[sane]
    header = (first & 15) * 4
    length = cursor.read(rows, 2, 2)
    frame = cursor.limit[rows] - cursor.position[rows]
    # A length of zero is left by cards that cut segments themselves (TSO): the frame tells.
    length = np.where(length == 0, frame, length)
    cursor.put("ip_version", rows, 4)
    _service(cursor, rows, cursor.read(rows, 1, 1))
    cursor.put("ip_length", rows, length)
    cursor.put("ip_id", rows, cursor.read(rows, 4, 2))
    fragment = cursor.read(rows, 6, 2)
    cursor.put("dont_fragment", rows, (fragment & 0x4000) != 0)
    cursor.put("more_fragments", rows, (fragment & 0x2000) != 0)
    cursor.put("fragment_offset", rows, (fragment & 0x1FFF) * 8 & 0xFFFF)
    cursor.put("ttl", rows, cursor.read(rows, 8, 1))
    for name, at in (("src", 12), ("dst", 16)):
        cursor.put(f"{name}_hi", rows, 0)
        cursor.put(f"{name}_lo", rows, cursor.read(rows, at, 4))
    _limit(cursor, rows, np.minimum(length, frame))
    # A total length below the header's own says nothing about what follows.
    cursor.kind[rows] = np.where(length >= header, cursor.read(rows, 9, 1), _NO_NEXT)
    cursor.position[rows] += header
    return rows


def _ipv6(cursor: Cursor) -> Rows:
    rows: Rows = cursor.have(np.flatnonzero(cursor.kind == IPV6), _V6_HEADER)
    rows = rows[cursor.read(rows, 0, 1) >> 4 == 6]  # noqa: PLR2004 - the version
    payload = cursor.read(rows, 4, 2)
    frame = cursor.limit[rows] - cursor.position[rows]
    # A payload length of zero stands before a jumbogram (RFC 2675) or is left by the card.
    length = np.where(payload == 0, frame, payload + _V6_HEADER)
    cursor.put("ip_version", rows, 6)
    _service(cursor, rows, cursor.read(rows, 0, 2) >> 4 & 0xFF)
    cursor.put("ip_length", rows, length)
    cursor.put("dont_fragment", rows, np.bool_(False))
    cursor.put("more_fragments", rows, np.bool_(False))
    cursor.put("fragment_offset", rows, 0)
    cursor.put("ttl", rows, cursor.read(rows, 7, 1))
    for name, at in (("src", 8), ("dst", 24)):
        cursor.put(f"{name}_hi", rows, cursor.read_wide(cursor.position[rows] + at))
        cursor.put(f"{name}_lo", rows, cursor.read_wide(cursor.position[rows] + at + 8))
    _limit(cursor, rows, np.minimum(length, frame))
    cursor.kind[rows] = cursor.read(rows, 6, 1)
    cursor.position[rows] += _V6_HEADER
    _extensions(cursor, rows)
    return rows


def _service(cursor: Cursor, rows: Rows, octet: NDArray[np.int64]) -> None:
    cursor.put("dscp", rows, octet >> 2)
    cursor.put("ecn", rows, octet & 3)


def _limit(cursor: Cursor, rows: Rows, length: NDArray[np.int64]) -> None:
    cursor.limit[rows] = cursor.position[rows] + length
    cursor.end[rows] = np.minimum(cursor.end[rows], cursor.limit[rows])
    cursor.put("network_length", rows, length)


def _extensions(cursor: Cursor, rows: Rows) -> None:
    """Walk the extension headers; later fragments stop behind their fragment header."""
    active = rows
    for _ in range(_MAX_EXTENSIONS):
        kind = cursor.kind[active]
        active = cursor.have(active[one_of(kind, (*_BY_EIGHT, _FRAGMENT, _AUTHENTICATION))], 8)
        if not active.size:
            return
        kind = cursor.kind[active]
        following = cursor.read(active, 0, 1)
        units = cursor.read(active, 1, 1)
        fragment = kind == _FRAGMENT
        size = np.where(fragment, 8, np.where(kind == _AUTHENTICATION, (units + 2) * 4, (units + 1) * 8))
        pieces = active[fragment]
        field = cursor.read(pieces, 2, 2)
        cursor.put("fragment_offset", pieces, field & 0xFFF8)
        cursor.put("more_fragments", pieces, (field & 1) != 0)
        cursor.put("ip_id", pieces, cursor.read(pieces, 4, 4))
        cursor.position[active] += size
        cursor.kind[active] = following
        active = active[cursor.values["fragment_offset"][active] == 0]


def _authentication(cursor: Cursor, rows: Rows) -> None:
    """Pass over an authentication header (RFC 4302) of IPv4."""
    rows = rows[(cursor.kind[rows] == _AUTHENTICATION) & (cursor.values["fragment_offset"][rows] == 0)]
    rows = cursor.have(rows, 8)
    following, units = cursor.read(rows, 0, 1), cursor.read(rows, 1, 1)
    cursor.position[rows] += (units + 2) * 4
    cursor.kind[rows] = following
