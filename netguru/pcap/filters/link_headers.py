"""What stands between the link layer and the network layer: VLAN tags, MPLS labels, IEEE 802.2."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.protocols.wire import has, u8, u16, u32

if TYPE_CHECKING:
    from collections.abc import Callable

    Occurrence = tuple[int | None, ...]

_VLAN, _SERVICE = 0x8100, 0x88A8
_TAG_TYPES = (_VLAN, _SERVICE, 0x9100, 0x9200)
_MPLS_TYPES = (0x8847, 0x8848)
# Bytes before the EtherType, by link type: Ethernet, Linux cooked 1, Cisco HDLC.
_BEFORE = {1: 12, 113: 14, 104: 2}
_ETHERNET = 1
_TYPES_FROM, _LONGEST = 1536, 1500
_SNAP, _CISCO = 0xAA, 0x00000C


def _walk(frame: bytes, link_type: int) -> tuple[list[Occurrence], int, int]:
    """Give the tags, the place behind them, and the EtherType or length that the last one states."""
    found: list[Occurrence] = []
    place = _BEFORE.get(link_type, -1)
    if place < 0 or not has(frame, place + 2):
        return found, len(frame), 0
    kind = u16(frame, place)
    place += 2
    while kind in _TAG_TYPES and has(frame, place + 4):
        tag, control, kind = kind, u16(frame, place), u16(frame, place + 2)
        follows = kind if kind >= _TYPES_FROM else None
        found.append((tag, control & 0xFFF, control >> 13, control >> 12 & 1, follows))
        place += 4
    return found, place, kind


def tags(frame: bytes, link_type: int) -> list[Occurrence]:
    """Read the VLAN tags (IEEE 802.1Q, 9.3): identifier, priority, drop eligible, EtherType that follows."""
    return [one[1:] for one in _walk(frame, link_type)[0] if one[0] != _SERVICE]


def service_tags(frame: bytes, link_type: int) -> list[Occurrence]:
    """Read the tags of providers (IEEE 802.1ad): identifier."""
    return [(one[1],) for one in _walk(frame, link_type)[0] if one[0] == _SERVICE]


def labels(frame: bytes, link_type: int) -> list[Occurrence]:
    """Read the label stack (RFC 3032, section 2.1): label, traffic class, bottom of stack, time to live."""
    _, place, kind = _walk(frame, link_type)
    found: list[Occurrence] = []
    while kind in _MPLS_TYPES and has(frame, place + 4):
        word = u32(frame, place)
        found.append((word >> 12, word >> 9 & 7, word >> 8 & 1, word & 0xFF))
        place += 4
        if word >> 8 & 1:
            break
    return found


def llc(frame: bytes, link_type: int) -> list[Occurrence]:
    """Read the header of IEEE 802.2 with SNAP: both access points, organisation, Cisco's protocol."""
    _, place, kind = _walk(frame, link_type)
    if link_type != _ETHERNET or kind > _LONGEST or not has(frame, place + 3):
        return []
    dsap, ssap = u8(frame, place), u8(frame, place + 1)
    if (dsap, ssap) == (0xFF, 0xFF):
        # Novell's frames without a header (IPX).
        return []
    if dsap != _SNAP or not has(frame, place + 8):
        return [(dsap, ssap, None, None)]
    oui, pid = u32(frame, place + 2) & 0xFFFFFF, u16(frame, place + 6)
    return [(dsap, ssap, oui, pid if oui == _CISCO else None)]


WALKS: dict[str, tuple[tuple[str, ...], Callable[[bytes, int], list[Occurrence]]]] = {
    "tags": (("id", "priority", "dei", "etype"), tags),
    "service_tags": (("id",), service_tags),
    "labels": (("label", "exp", "bottom", "ttl"), labels),
    "llc": (("dsap", "ssap", "oui", "cisco_pid"), llc),
}
