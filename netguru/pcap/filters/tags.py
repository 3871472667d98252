"""VLAN tags and MPLS labels in front of the network layer, as many as there are."""

from __future__ import annotations

from netguru.pcap.protocols.wire import has, u16, u32

TAGS = ("id", "priority", "dei", "etype")
LABELS = ("label", "exp", "bottom", "ttl")

_VLAN_TYPES = (0x8100, 0x88A8, 0x9100, 0x9200)
_MPLS_TYPES = (0x8847, 0x8848)
# Bytes before the EtherType, by link type: Ethernet, Linux cooked 1, Cisco HDLC.
_BEFORE = {1: 12, 113: 14, 104: 2}
_TYPES_FROM = 1536


def tags(frame: bytes, link_type: int) -> list[tuple[int, int, int, int | None]]:
    """Read the VLAN tags (IEEE 802.1Q, 9.3): identifier, priority, drop eligible, EtherType that follows."""
    return _walk(frame, link_type)[0]


def _walk(frame: bytes, link_type: int) -> tuple[list[tuple[int, int, int, int | None]], int, int]:
    found: list[tuple[int, int, int, int | None]] = []
    place = _BEFORE.get(link_type, -1)
    if place < 0 or not has(frame, place + 2):
        return found, 0, 0
    kind = u16(frame, place)
    place += 2
    while kind in _VLAN_TYPES and has(frame, place + 4):
        control, kind = u16(frame, place), u16(frame, place + 2)
        found.append((control & 0xFFF, control >> 13, control >> 12 & 1, kind if kind >= _TYPES_FROM else None))
        place += 4
    return found, place, kind


def labels(frame: bytes, link_type: int) -> list[tuple[int, int, int, int]]:
    """Read the label stack (RFC 3032, section 2.1): label, traffic class, bottom of stack, time to live."""
    _, place, kind = _walk(frame, link_type)
    found: list[tuple[int, int, int, int]] = []
    while kind in _MPLS_TYPES and has(frame, place + 4):
        word = u32(frame, place)
        found.append((word >> 12, word >> 9 & 7, word >> 8 & 1, word & 0xFF))
        place += 4
        if word >> 8 & 1:
            break
    return found
