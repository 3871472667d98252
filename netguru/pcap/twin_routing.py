"""Twins of routing messages: OSPF (2 and 3), BGP, EIGRP, RIP, VRRP, HSRP."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netguru.pcap.twin_bytes import Draft

_LSA_HEADER = 20
_OLD_TRANSITION = 23456
_MARKER = b"\xff" * 16
_FAMILIES = {1: (32, 4), 2: (128, 16)}
_UNICAST = (1, 2)
_HSRP_ADVERTISEMENT = b"\0\3"


def ospf(draft: Draft, start: int, end: int) -> None:
    """Replace routers, addresses and networks of OSPF (RFC 2328, RFC 5340)."""
    version, kind = draft.data[start], draft.data[start + 1]
    stop = min(end, start + draft.u16(start + 2))
    draft.ipv4(start + 4)
    draft.ipv4(start + 8)
    if version == 2:  # noqa: PLR2004 - OSPF's version
        if draft.data[start + 15] == 1:
            draft.secret(start + 16, start + 24)
        # Behind the packet stands the digest of a key, or data of the link.
        draft.zero(stop, end, "OSPF digests")
        _ospf_body(draft, kind, start + 24, stop, three=False)
    else:
        draft.zero(stop, end, "OSPF digests")
        _ospf_body(draft, kind, start + 16, stop, three=True)


def _ospf_body(draft: Draft, kind: int, start: int, end: int, *, three: bool) -> None:
    if kind == 1:
        for at in range(start + 12, end - 3, 4):
            draft.ipv4(at)
    elif kind == 2:  # noqa: PLR2004 - a description of the database
        for at in range(start + (12 if three else 8), end - _LSA_HEADER + 1, _LSA_HEADER):
            _lsa_head(draft, at, three=three)
    elif kind == 3:  # noqa: PLR2004 - a request
        for at in range(start, end - 11, 12):
            if not three and draft.u32(at) < 9:  # noqa: PLR2004 - opaque ones have no address there
                draft.ipv4(at + 4)
            draft.ipv4(at + 8)
    elif kind == 5:  # noqa: PLR2004 - an acknowledgment
        for at in range(start, end - _LSA_HEADER + 1, _LSA_HEADER):
            _lsa_head(draft, at, three=three)
    else:
        at = start + 4
        for _ in range(draft.u32(start)):
            size = draft.u16(at + 18)
            if size < _LSA_HEADER or at + size > end:
                raise ValueError(at)
            _lsa(draft, at, at + size, three=three)
            at += size


def _lsa_head(draft: Draft, at: int, *, three: bool) -> None:
    if not three and draft.data[at + 3] < 9:  # noqa: PLR2004 - opaque ones have no address there
        draft.ipv4(at + 4)
    draft.ipv4(at + 8)


def _lsa(draft: Draft, start: int, end: int, *, three: bool) -> None:
    right = fletcher(draft.data[start + 2 : end]) == (0, 0)
    _lsa_head(draft, start, three=three)
    if three:
        _body_three(draft, draft.u16(start + 2), start + _LSA_HEADER, end)
    else:
        _body_two(draft, draft.data[start + 3], start + _LSA_HEADER, end)
    if right:
        draft.data[start + 16 : start + 18] = fletcher_bytes(draft.data[start + 2 : end], 14)


def _body_two(draft: Draft, kind: int, start: int, end: int) -> None:
    if kind == 1:
        at = start + 4
        for _ in range(draft.u16(start + 2)):
            form = draft.data[at + 8]
            stub = 32 - (~draft.u32(at + 4) & 0xFFFFFFFF).bit_length() if form == 3 else None  # noqa: PLR2004 - a stub
            draft.ipv4(at, stub)
            draft.ipv4(at + 4)
            at += 12 + 4 * draft.data[at + 9]
    elif kind == 2:  # noqa: PLR2004 - a network
        for at in range(start + 4, end - 3, 4):
            draft.ipv4(at)
    elif kind in (5, 7):
        for at in range(start + 4, end - 11, 12):
            draft.ipv4(at + 4)
    elif kind not in (3, 4):
        draft.zero(start, end, "opaque LSAs")


def _body_three(draft: Draft, kind: int, start: int, end: int) -> None:
    function = kind & 0x1FFF
    if function == 1:
        for at in range(start + 4, end - 15, 16):
            draft.ipv4(at + 12)
    elif function == 2:  # noqa: PLR2004 - a network
        for at in range(start + 4, end - 3, 4):
            draft.ipv4(at)
    elif function in (3, 5, 7):
        at = _prefix_three(draft, start + 4)
        if function != 3 and draft.data[start] & 2:  # noqa: PLR2004 - inside the domain
            draft.ipv6(at)
    elif function == 4:  # noqa: PLR2004 - a router of another area
        draft.ipv4(start + 8)
    elif function == 8:  # noqa: PLR2004 - a link
        draft.ipv6(start + 4)
        _prefixes_three(draft, start + 24, draft.u32(start + 20))
    elif function == 9:  # noqa: PLR2004 - prefixes of an area
        draft.ipv4(start + 8)
        _prefixes_three(draft, start + 12, draft.u16(start))
    else:
        draft.zero(start, end, "opaque LSAs")


def _prefixes_three(draft: Draft, at: int, count: int) -> None:
    for _ in range(count):
        at = _prefix_three(draft, at)


def _prefix_three(draft: Draft, at: int) -> int:
    length = draft.data[at]
    size = (length + 31) // 32 * 4
    if size:
        draft.prefix(at + 4, length, size, 128)
    return at + 4 + size


def fletcher(data: bytes | bytearray) -> tuple[int, int]:
    """Give the two sums of Fletcher's checksum, both 0 over a right LSA (RFC 905, annex B)."""
    low = high = 0
    for byte in data:
        low = (low + byte) % 255
        high = (high + low) % 255
    return low, high


def fletcher_bytes(data: bytes | bytearray, place: int) -> bytes:
    """Give the two bytes of the checksum that stands at a place."""
    bare = bytearray(data)
    bare[place : place + 2] = b"\0\0"
    low, high = fletcher(bare)
    first = ((len(bare) - place - 1) * low - high) % 255 or 255
    second = (510 - low - first) % 255 or 255
    return bytes((first, second))


def bgp(draft: Draft, start: int, end: int) -> None:
    """Replace AS numbers and networks of BGP (RFC 4271); what begins inside of a message is set to zero."""
    at = start
    while at + 19 <= end and draft.data[at : at + 16] == _MARKER:
        size, kind = draft.u16(at + 16), draft.data[at + 18]
        if size < 19:  # noqa: PLR2004 - its own head
            raise ValueError(size)
        body, stop = at + 19, at + size
        if stop > end:
            draft.zero(at, end, "BGP messages in several packets")
            return
        if kind == 1:
            draft.by(_bgp_open, body, stop, "BGP")
        elif kind == 2:  # noqa: PLR2004 - an update
            draft.by(_bgp_update, body, stop, "BGP")
        elif kind == 3:  # noqa: PLR2004 - a notification
            draft.zero(body + 2, stop, "BGP notification data")
        at = stop
    draft.zero(at, end, "BGP messages in several packets")


def _bgp_open(draft: Draft, start: int, end: int) -> None:
    if draft.u16(start + 1) != _OLD_TRANSITION:
        draft.asn(start + 1, 2)
    draft.ipv4(start + 5)
    at = start + 10
    while at + 2 <= end:
        kind, stop = draft.data[at], at + 2 + draft.data[at + 1]
        if kind == 2:  # noqa: PLR2004 - capabilities
            _capabilities(draft, at + 2, stop)
        else:
            draft.zero(at + 2, stop, "BGP options")
        at = stop


def _capabilities(draft: Draft, start: int, end: int) -> None:
    at = start
    while at + 2 <= end:
        kind, value, stop = draft.data[at], at + 2, at + 2 + draft.data[at + 1]
        if kind == 65:  # noqa: PLR2004 - AS numbers of four bytes
            draft.asn(value, 4)
        elif kind == 73:  # noqa: PLR2004 - the name of the host and of its domain
            size = draft.data[value]
            draft.name(value + 1, value + 1 + size)
            draft.name(value + 2 + size, stop)
        elif kind not in (1, 2, 5, 6, 9, 64, 69, 70, 71, 128):
            draft.zero(value, stop, "BGP capabilities")
        at = stop


def _bgp_update(draft: Draft, start: int, end: int) -> None:
    withdrawn = start + 2 + draft.u16(start)
    _networks(draft, start + 2, withdrawn, 32)
    stop = withdrawn + 2 + draft.u16(withdrawn)
    at = withdrawn + 2
    while at + 3 <= stop:
        wide = draft.data[at] & 0x10
        value = at + (4 if wide else 3)
        size = draft.u16(at + 2) if wide else draft.data[at + 2]
        if value + size > stop:
            raise ValueError(at)
        _attribute(draft, draft.data[at + 1], value, value + size)
        at = value + size
    _networks(draft, stop, end, 32)


def _networks(draft: Draft, start: int, end: int, bits: int) -> None:
    at = start
    while at < end:
        size = (draft.data[at] + 7) // 8
        draft.prefix(at + 1, draft.data[at], size, bits)
        at += 1 + size
    if at != end:
        raise ValueError(at)


def _attribute(draft: Draft, kind: int, start: int, end: int) -> None:
    if kind in (2, 17):
        _as_path(draft, start, end)
    elif kind in (7, 18):
        draft.asn(start, end - start - 4)
        draft.ipv4(end - 4)
    elif kind in (3, 9, 10):
        for at in range(start, end - 3, 4):
            draft.ipv4(at)
    elif kind == 8:  # noqa: PLR2004 - communities
        for at in range(start, end - 3, 4):
            draft.asn(at, 2)
    elif kind == 32:  # noqa: PLR2004 - large communities
        for at in range(start, end - 11, 12):
            draft.asn(at, 4)
    elif kind in (14, 15):
        _reach(draft, start, end, hops=kind == 14)  # noqa: PLR2004 - with next hops
    elif kind not in (1, 4, 5, 6):
        draft.zero(start, end, "BGP attributes")


def _as_path(draft: Draft, start: int, end: int) -> None:
    for size in (4, 2):
        at, places = start, []
        while at + 2 <= end:
            count = draft.data[at + 1]
            places += [at + 2 + step * size for step in range(count)]
            at += 2 + count * size
        if at == end:
            for place in places:
                draft.asn(place, size)
            return
    raise ValueError(start)


def _reach(draft: Draft, start: int, end: int, *, hops: bool) -> None:
    family, service = draft.u16(start), draft.data[start + 2]
    at = start + 3
    bits, size = _FAMILIES.get(family, (0, 0))
    if not bits or service not in _UNICAST:
        draft.zero(at, end, "BGP routes of other families")
        return
    if hops:
        stop = at + 1 + draft.data[at]
        for place in range(at + 1, stop - size + 1, size):
            (draft.ipv4 if size == 4 else draft.ipv6)(place)  # noqa: PLR2004 - bytes of an IPv4 address
        at = stop + 1
    _networks(draft, at, end, bits)


def eigrp(draft: Draft, start: int, end: int) -> None:
    """Replace networks and next hops of EIGRP (RFC 7868); its wide form is set to zero."""
    at = start + 20
    while at + 4 <= end:
        kind, size = draft.u16(at), draft.u16(at + 2)
        if size < 4 or at + size > end:  # noqa: PLR2004 - its own head
            raise ValueError(at)
        if kind == 0x0102:  # noqa: PLR2004 - internal routes
            draft.ipv4(at + 4)
            _eigrp_networks(draft, at + 24, at + size)
        elif kind == 0x0103:  # noqa: PLR2004 - external routes
            draft.ipv4(at + 4)
            draft.ipv4(at + 8)
            _eigrp_networks(draft, at + 44, at + size)
        elif kind == 0x0003 and draft.data[at + 4] == 4:  # noqa: PLR2004 - routers that are to wait, IPv4
            for place in range(at + 5, at + size - 3, 5):
                draft.ipv4(place)
        elif kind not in (0x0001, 0x0004, 0x0005, 0x0007, 0x0008):
            draft.zero(at + 4, at + size, "EIGRP fields")
        at += size


def _eigrp_networks(draft: Draft, start: int, end: int) -> None:
    at = start
    while at < end:
        size = (draft.data[at] + 7) // 8
        draft.prefix(at + 1, draft.data[at], min(size, end - at - 1), 32)
        at += 1 + size


def rip(draft: Draft, start: int, end: int) -> None:
    """Replace networks and passwords of RIP (RFC 2453)."""
    for at in range(start + 4, end - 19, 20):
        if draft.u16(at) == 0xFFFF:  # noqa: PLR2004 - authentication
            if draft.u16(at + 2) == 2:  # noqa: PLR2004 - a password
                draft.secret(at + 4, at + 20)
            else:
                draft.zero(at + 4, at + 20, "RIP digests")
            continue
        mask = draft.u32(at + 8)
        draft.ipv4(at + 4, 32 - (~mask & 0xFFFFFFFF).bit_length() if mask else None)
        draft.ipv4(at + 12)


def vrrp(draft: Draft, start: int, end: int) -> None:
    """Replace the addresses of VRRP (2 and 3), and the password of its version 2."""
    version, count = draft.data[start] >> 4, draft.data[start + 3]
    size = (end - start - 8) // count if version > 2 and count else 4  # noqa: PLR2004 - version 3 has IPv6 too
    at = start + 8
    for _ in range(count):
        (draft.ipv6 if size >= 16 else draft.ipv4)(at)  # noqa: PLR2004 - bytes of an IPv6 address
        at += 16 if size >= 16 else 4  # noqa: PLR2004 - as above
    if version == 2 and draft.data[start + 4]:  # noqa: PLR2004 - with authentication
        draft.secret(at, at + 8)
        at += 8
    if version == 2:  # noqa: PLR2004 - with a field for authentication
        at = max(at, min(at + 8, end))
    draft.zero(at, end, "padding")


def hsrp(draft: Draft, start: int, end: int) -> None:
    """Replace address, identifier and password of HSRP (1 and 2)."""
    if draft.data[start] == 0 and end - start >= 20:  # noqa: PLR2004 - the length of version 1
        draft.secret(start + 8, start + 16)
        draft.ipv4(start + 16)
        draft.zero(start + 20, end, "HSRP digests")
        return
    if draft.data[start : start + 2] == _HSRP_ADVERTISEMENT:
        # State and counts of groups.
        return
    at = start
    while at + 2 <= end:
        kind, size = draft.data[at], draft.data[at + 1]
        value = at + 2
        if kind == 1:
            draft.mac(value + 6)
            (draft.ipv4 if draft.data[value + 3] == 4 else draft.ipv6)(value + 24)  # noqa: PLR2004 - IP's version
        elif kind == 3:  # noqa: PLR2004 - a password
            draft.secret(value, value + size)
        else:
            draft.zero(value, value + size, "HSRP digests")
        at = value + size
