"""Twins of what stays on a link: ARP, neighbour discovery, LLDP, CDP, spanning tree, LACP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap.twin_bytes import without

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from netguru.pcap.twin_bytes import Draft

    Handler = Callable[[Draft, int, int], None]

DISCOVERY = {133: 8, 134: 16, 135: 24, 136: 24, 137: 40}
"""The messages of neighbour discovery, and where their options begin."""

_SOLICITATION, _ADVERTISEMENT, _REDIRECT = 135, 136, 137
_SOLICITED = bytes.fromhex("ff0200000000000000000001ff")
_CDP, _STP = b"\xaa\xaa\x03\x00\x00\x0c\x20\x00", b"\x42\x42\x03"
_PVST = b"\xaa\xaa\x03\x00\x00\x0c\x01\x0b"
_RSTP, _MSTP = 2, 3


def arp(draft: Draft, start: int, end: int) -> None:
    """Replace the addresses of ARP for Ethernet and IPv4."""
    if bytes(draft.data[start : start + 6]) != b"\x00\x01\x08\x00\x06\x04":
        raise ValueError(start)
    draft.mac(start + 8)
    draft.ipv4(start + 14)
    draft.mac(start + 18)
    draft.ipv4(start + 24)
    draft.zero(start + 28, end, "padding")


def solicited(draft: Draft, header: int, start: int, end: int) -> None:
    """Give a solicitation's group the last bits of the new target, and the frame its group address."""
    place = header + 24
    if bytes(draft.data[place : place + 13]) != _SOLICITED:
        return
    if draft.data[start] != _SOLICITATION or start + 24 > end:
        draft.data[place + 13 : place + 16] = bytes(3)
        return
    target = int.from_bytes(draft.data[start + 8 : start + 24], "big")
    new = draft.anonymizer.addresses.ipv6(target) if not draft.anonymizer.keep.addresses else target
    low = (new & 0xFFFFFF).to_bytes(3, "big")
    draft.data[place + 13 : place + 16] = low
    if bytes(draft.data[:3]) == b"\x33\x33\xff":
        draft.data[3:6] = low


def discovery(draft: Draft, start: int, end: int) -> None:
    """Replace the addresses of neighbour discovery (RFC 4861)."""
    kind = draft.data[start]
    if kind in (_SOLICITATION, _ADVERTISEMENT, _REDIRECT):
        draft.ipv6(start + 8)
    if kind == _REDIRECT:
        draft.ipv6(start + 24)
    at = start + DISCOVERY[kind]
    while at < end:
        option, size = draft.data[at], draft.data[at + 1] * 8
        if not size:
            raise ValueError(at)
        if option in (1, 2):
            draft.mac(at + 2)
        elif option == 3:  # noqa: PLR2004 - a prefix
            draft.ipv6(at + 16, draft.data[at + 2])
        elif option == 25:  # noqa: PLR2004 - name servers
            for place in range(at + 8, at + size, 16):
                draft.ipv6(place)
        elif option not in (5, 14):
            draft.zero(at + 2, at + size, "options of neighbour discovery")
        at += size


def llc(draft: Draft, start: int, end: int) -> None:
    """Replace what CDP and the spanning tree tell; other protocols above LLC are set to zero."""
    head = bytes(draft.data[start : start + 8])
    if head == _CDP:
        draft.by(_cdp, start + 8, end, "CDP")
    elif head[:3] == _STP:
        draft.by(_spanning_tree, start + 3, end, "spanning tree")
    elif head == _PVST:
        draft.by(_spanning_tree, start + 8, end, "spanning tree")
    else:
        draft.zero(start + 3, end, "LLC payload")


def _spanning_tree(draft: Draft, start: int, end: int) -> None:
    version, kind = draft.data[start + 2], draft.data[start + 3]
    if kind == 0x80:  # noqa: PLR2004 - a notification of a topology change
        return
    draft.mac(start + 7)
    draft.mac(start + 19)
    if version != _MSTP or end - start < 102:  # noqa: PLR2004 - the length of an MST BPDU without instances
        return
    draft.zero(start + 39, start + 71, "names of regions")
    draft.mac(start + 95)
    for place in range(start + 102, end - 15, 16):
        draft.mac(place + 3)


def lacp(draft: Draft, start: int, end: int) -> None:
    """Replace the systems of LACP; other slow protocols are set to zero."""
    if draft.data[start] != 1:
        draft.zero(start + 1, end, "slow protocols")
        return
    draft.mac(start + 6)
    draft.mac(start + 26)


def _cdp(draft: Draft, start: int, end: int) -> None:
    before = without(draft.data[start:end], 2)
    at = start + 4
    while at + 4 <= end:
        kind, size = draft.u16(at), draft.u16(at + 2)
        if size < 4:  # noqa: PLR2004 - its own head
            raise ValueError(at)
        _cdp_field(draft, kind, at + 4, min(at + size, end))
        at += size
    draft.checksum(start + 2, _cdp_words(before), _cdp_words(without(draft.data[start:end], 2)))


def _cdp_words(data: bytearray) -> bytearray:
    """Lay an odd last byte as CDP sums it: as the lower half of a word, with its sign, and that one too low."""
    if len(data) % 2 == 0:
        return data
    last = data[-1]
    return data[:-1] + (bytes((0xFF, last - 1)) if last & 0x80 else bytes((0, last)))


def _cdp_field(draft: Draft, kind: int, start: int, end: int) -> None:
    if kind in (0x0001, 0x0009, 0x0014):
        draft.name(start, end)
    elif kind in (0x0002, 0x0016):
        at = start + 4
        for _ in range(draft.u32(start)):
            at += 2 + draft.data[at + 1]
            size = draft.u16(at)
            if size == 4:  # noqa: PLR2004 - an IPv4 address
                draft.ipv4(at + 2)
            elif size == 16:  # noqa: PLR2004 - an IPv6 address
                draft.ipv6(at + 2)
            else:
                draft.zero(at + 2, at + 2 + size, "CDP addresses")
            at += 2 + size
    elif kind == 0x0007:  # noqa: PLR2004 - networks of on-demand routing
        for at in range(start, end - 4, 5):
            draft.ipv4(at, draft.data[at + 4])
    elif kind in (0x0003, 0x0005, 0x0006):
        draft.words(start, end)
    elif kind not in (0x0004, 0x000A, 0x000B, 0x000E, 0x000F, 0x0010, 0x0011, 0x0012, 0x0013, 0x001A):
        draft.zero(start, end, "CDP fields")


def lldp(draft: Draft, start: int, end: int) -> None:
    """Replace what LLDP tells of the sender (IEEE 802.1AB)."""
    at = start
    while at + 2 <= end:
        head = draft.u16(at)
        kind, size = head >> 9, head & 0x1FF
        if not kind:
            draft.zero(at + 2, end, "padding")
            return
        _lldp_field(draft, kind, at + 2, min(at + 2 + size, end))
        at += 2 + size


def _lldp_field(draft: Draft, kind: int, start: int, end: int) -> None:
    if kind in (1, 2):
        _lldp_id(draft, kind, draft.data[start], start + 1, end)
    elif kind == 5:  # noqa: PLR2004 - the name of the system
        draft.name(start, end)
    elif kind in (4, 6):
        draft.words(start, end)
    elif kind == 8:  # noqa: PLR2004 - an address of management
        _network_address(draft, start + 1)
    elif kind == 127:  # noqa: PLR2004 - of an organisation
        if bytes(draft.data[start : start + 3]) not in (b"\x00\x80\xc2", b"\x00\x12\x0f"):
            draft.zero(start + 4, end, "LLDP fields of makers")
    elif kind not in (3, 7):
        draft.zero(start, end, "LLDP fields")


def _lldp_id(draft: Draft, kind: int, form: int, start: int, end: int) -> None:
    if form == (4 if kind == 1 else 3):
        draft.mac(start)
    elif form == (5 if kind == 1 else 4):
        _network_address(draft, start)
    elif kind == 1:
        draft.name(start, end)
    else:
        draft.words(start, end)


def _network_address(draft: Draft, at: int) -> None:
    family = draft.data[at]
    if family == 1:
        draft.ipv4(at + 1)
    elif family == 2:  # noqa: PLR2004 - IPv6
        draft.ipv6(at + 1)
    elif family == 6:  # noqa: PLR2004 - IEEE 802
        draft.mac(at + 1)
    else:
        raise ValueError(family)


TYPES: dict[int, tuple[str, Handler]] = {
    0x2000: ("CDP", _cdp),
    0x88CC: ("LLDP", lldp),
    0x8809: ("slow protocols", lacp),
}
"""The protocols that have an EtherType of their own."""


def fields(draft: Draft, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Give fields of one byte of type and one of length: type, start and end of the value."""
    at = start
    while at + 2 <= end:
        size = draft.data[at + 1]
        yield draft.data[at], at + 2, min(at + 2 + size, end)
        at += 2 + size
