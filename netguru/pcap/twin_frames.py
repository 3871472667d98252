"""Twins of frames: what lies between the wire and the messages of protocols."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.pcap import twin_link, twin_messages, twin_routing
from netguru.pcap.twin_bytes import Draft, without

if TYPE_CHECKING:
    from collections.abc import Callable

    Handler = Callable[[Draft, int, int], None]

_ETHERNET, _NULL, _LOOP, _SLL, _SLL2, _HDLC = 1, 0, 108, 113, 276, 104
_PPP_LINKS = {9, 50}
_RAW = {12, 14, 101, 228, 229}
_TAGS = {0x8100, 0x88A8, 0x9100, 0x9200}
_LLC_MOST = 1500
_IPV4, _IPV6, _ARP, _MPLS, _MPLS_GROUP = 0x0800, 0x86DD, 0x0806, 0x8847, 0x8848
_PPPOE, _BRIDGED = 0x8864, 0x6558
_PPP = {0x0021: _IPV4, 0x0057: _IPV6}
_TCP, _UDP, _ICMP, _ICMPV6, _GRE, _IPIP, _SIT, _IGMP = 6, 17, 1, 58, 47, 4, 41, 2
_EXTENSIONS = {0, 43, 60}
_FRAGMENT = 44
_VXLAN = 4789
_ROUTER_ALERT = 0x94
_HEADER = 20
_DEEPEST = 8

_UDP_PORTS: dict[int, Handler] = {
    53: twin_messages.dns,
    67: twin_messages.dhcp,
    68: twin_messages.dhcp,
    123: twin_messages.ntp,
    1985: twin_routing.hsrp,
    2029: twin_routing.hsrp,
    3784: twin_messages.bfd,
    4784: twin_messages.bfd,
    520: twin_routing.rip,
    5353: twin_messages.dns,
    5355: twin_messages.dns,
}
_PROTOCOLS: dict[int, tuple[str, Handler]] = {
    88: ("EIGRP", twin_routing.eigrp),
    89: ("OSPF", twin_routing.ospf),
    112: ("VRRP", twin_routing.vrrp),
}


def frame(draft: Draft, link_type: int) -> None:
    """Replace what a frame tells; an unknown link type leaves nothing."""
    end = len(draft.data)
    if link_type == _ETHERNET:
        draft.by(_ethernet, 0, end, "Ethernet")
    elif link_type in _RAW:
        draft.by(_any_ip, 0, end, "IP")
    elif link_type in (_NULL, _LOOP):
        draft.by(_any_ip, 4, end, "IP")
    elif link_type == _SLL:
        draft.by(lambda made, start, stop: _cooked(made, start + 6, start + 14, stop), 0, end, "Linux cooked")
    elif link_type == _SLL2:
        draft.by(lambda made, start, stop: _cooked(made, start + 12, start, stop, 20), 0, end, "Linux cooked")
    elif link_type == _HDLC:
        draft.by(lambda made, start, stop: _typed(made, made.u16(start + 2), start + 4, stop), 0, end, "HDLC")
    elif link_type in _PPP_LINKS:
        draft.by(_ppp, 0, end, "PPP")
    else:
        draft.zero(0, end, f"link type {link_type}")


def _ppp(draft: Draft, start: int, end: int) -> None:
    at = start + 2 * (draft.data[start] in (0x0F, 0xFF))
    _typed(draft, _PPP.get(draft.u16(at), _LLC_MOST + 1), at + 2, end)


def _cooked(draft: Draft, address: int, kind: int, end: int, size: int = 16) -> None:
    draft.mac(address)
    draft.zero(address + 6, address + 8, "address")
    _typed(draft, draft.u16(kind), kind - kind % 16 + size, end)


def _ethernet(draft: Draft, start: int, end: int) -> None:
    draft.mac(start)
    draft.mac(start + 6)
    _typed(draft, draft.u16(start + 12), start + 14, end)


def _typed(draft: Draft, kind: int, start: int, end: int) -> None:
    """Go on behind an EtherType or a length."""
    while kind in _TAGS:
        kind, start = draft.u16(start + 2), start + 4
    if kind <= _LLC_MOST:
        stop = min(end, start + kind)
        draft.by(twin_link.llc, start, stop, "LLC")
        draft.zero(stop, end, "padding")
    elif kind in (_IPV4, _IPV6):
        draft.by(_any_ip, start, end, "IP")
    elif kind == _ARP:
        draft.by(twin_link.arp, start, end, "ARP")
    elif kind in (_MPLS, _MPLS_GROUP):
        while not draft.data[start + 2] & 1:
            start += 4
        draft.by(_any_ip, start + 4, end, "MPLS")
    elif kind == _PPPOE:
        _typed(draft, _PPP.get(draft.u16(start + 6), _LLC_MOST + 1), start + 8, end)
    elif kind == _BRIDGED:
        draft.by(_ethernet, start, end, "Ethernet")
    elif kind in twin_link.TYPES:
        what, handler = twin_link.TYPES[kind]
        draft.by(handler, start, end, what)
    else:
        draft.zero(start, end, f"EtherType 0x{kind:04x}")


def _any_ip(draft: Draft, start: int, end: int) -> None:
    version = draft.data[start] >> 4
    if version == 4:  # noqa: PLR2004 - IP's version
        _ipv4(draft, start, end)
    elif version == 6:  # noqa: PLR2004 - IP's version
        _ipv6(draft, start, end)
    else:
        draft.zero(start, end, "payload that is no IP")


def _ipv4(draft: Draft, start: int, end: int) -> None:
    size = (draft.data[start] & 0x0F) * 4
    if size < _HEADER or start + size > end:
        raise ValueError(size)
    before = without(draft.data[start : start + size], 10)
    total = draft.u16(start + 2)
    stop = min(end, start + total) if total >= size else end
    draft.zero(stop, end, "padding")
    draft.ipv4(start + 12)
    draft.ipv4(start + 16)
    if size > _HEADER and draft.data[start + _HEADER] != _ROUTER_ALERT:
        draft.zero(start + _HEADER, start + size, "IP options")
    after = without(draft.data[start : start + size], 10)
    draft.checksum(start + 10, before, after)
    protocol, fragment = draft.data[start + 9], draft.u16(start + 6)
    if fragment & 0x1FFF:
        draft.zero(start + size, stop, "later fragments")
    else:
        _transport(draft, protocol, start + size, stop, (bytes(before[12:20]), bytes(after[12:20])))


def _ipv6(draft: Draft, start: int, end: int) -> None:
    before = bytes(draft.data[start + 8 : start + 40])
    length = draft.u16(start + 4)
    stop = min(end, start + 40 + length) if length else end
    draft.zero(stop, end, "padding")
    draft.ipv6(start + 8)
    draft.ipv6(start + 24)
    protocol, at = draft.data[start + 6], start + 40
    while protocol in _EXTENSIONS or protocol == _FRAGMENT:
        if protocol == _FRAGMENT and draft.u16(at + 2) & 0xFFF8:
            draft.zero(at + 8, stop, "later fragments")
            return
        size = 8 if protocol == _FRAGMENT else (draft.data[at + 1] + 1) * 8
        if protocol == 43:  # noqa: PLR2004 - a routing header
            draft.zero(at + 4, at + size, "routing headers")
        protocol, at = draft.data[at], at + size
    if protocol == _ICMPV6:
        twin_link.solicited(draft, start, at, stop)
    _transport(draft, protocol, at, stop, (before, bytes(draft.data[start + 8 : start + 40])))


def _transport(draft: Draft, protocol: int, start: int, end: int, pair: tuple[bytes, bytes]) -> None:
    """Replace what a transport carries; `pair` is the addresses before and after, which its checksum covers."""
    if protocol in (_IPIP, _SIT):
        draft.by(_any_ip, start, end, "IP in IP")
        return
    if protocol == _GRE:
        draft.by(_gre, start, end, "GRE")
        return
    places = {_TCP: 16, _UDP: 6, _ICMP: 2, _ICMPV6: 2, 88: 2, 89: 12, 112: 6, _IGMP: 2}
    if protocol not in places:
        draft.zero(start, end, f"IP protocol {protocol}")
        return
    at = places[protocol]
    before = without(draft.data[start:end], at)
    if protocol == _TCP:
        draft.by(_tcp, start, end, "TCP")
    elif protocol == _UDP:
        draft.by(_udp, start, end, "UDP")
    elif protocol in (_ICMP, _ICMPV6):
        draft.by(_icmp if protocol == _ICMP else _icmpv6, start, end, "ICMP")
    elif protocol == _IGMP:
        draft.zero(start + 8, end, "IGMP records")
    else:
        what, handler = _PROTOCOLS[protocol]
        draft.by(handler, start, end, what)
    after = without(draft.data[start:end], at)
    covered = protocol in (_TCP, _UDP, _ICMPV6) or len(pair[0]) > 8  # noqa: PLR2004 - IPv6: all checksums
    if protocol == 112:  # noqa: PLR2004 - VRRP covers the addresses since version 3
        covered = draft.data[start] >> 4 > 2  # noqa: PLR2004 - as above
    if protocol == 89 and len(pair[0]) == 8:  # noqa: PLR2004 - OSPFv2 leaves its password out
        before[16:24] = after[16:24] = bytes(8)
        length = draft.u16(start + 2) if end - start > 4 else 0  # noqa: PLR2004 - the place of the length
        before, after = before[:length], after[:length]
        if draft.data[start + 15 : start + 16] == b"\2":
            return
    head = pair if covered else (b"", b"")
    draft.checksum(start + at, head[0] + before, head[1] + after, udp=protocol == _UDP)


def _tcp(draft: Draft, start: int, end: int) -> None:
    size = (draft.data[start + 12] >> 4) * 4
    if size < _HEADER:
        raise ValueError(size)
    at, stop = start + _HEADER, min(end, start + size)
    while at < stop and draft.data[at]:
        length = 1 if draft.data[at] == 1 else draft.data[at + 1]
        if draft.data[at] in (19, 29):
            draft.zero(at + 2, min(at + length, stop), "TCP digests")
        at += max(length, 1)
    payload = start + size
    if payload >= end:
        return
    ports = {draft.u16(start), draft.u16(start + 2)}
    if 179 in ports:  # noqa: PLR2004 - BGP
        draft.by(twin_routing.bgp, payload, end, "BGP")
    elif 53 in ports and draft.u16(payload) == end - payload - 2:  # noqa: PLR2004 - DNS, a whole message
        draft.by(twin_messages.dns, payload + 2, end, "DNS")
    elif twin_messages.is_http(draft, payload, end):
        draft.by(twin_messages.http, payload, end, "HTTP")
    else:
        draft.zero(payload, end, f"TCP payload, port {min(ports)}")


def _udp(draft: Draft, start: int, end: int) -> None:
    ports = (draft.u16(start), draft.u16(start + 2))
    payload = start + 8
    if payload >= end:
        return
    if ports[1] == _VXLAN:
        draft.by(_ethernet, payload + 8, end, "VXLAN")
        return
    handler = _UDP_PORTS.get(ports[1]) or _UDP_PORTS.get(ports[0])
    if handler is None:
        draft.zero(payload, end, f"UDP payload, port {min(ports)}")
    else:
        draft.by(handler, payload, end, f"UDP payload, port {min(ports)}")


def _gre(draft: Draft, start: int, end: int) -> None:
    flags, kind = draft.u16(start), draft.u16(start + 2)
    if flags & 0xC007:
        raise ValueError(flags)
    at = start + 4 + 4 * bool(flags & 0x2000) + 4 * bool(flags & 0x1000)
    draft.zero(start + 4, start + 4 + 4 * bool(flags & 0x2000), "GRE keys")
    _typed(draft, kind, at, end)


def _icmp(draft: Draft, start: int, end: int) -> None:
    kind = draft.data[start]
    if kind in (3, 4, 5, 11, 12):
        if kind == 5:  # noqa: PLR2004 - a redirect
            draft.ipv4(start + 4)
        draft.by(_any_ip, start + 8, end, "quoted packets")
    else:
        draft.zero(start + 8, end, "ICMP data")


def _icmpv6(draft: Draft, start: int, end: int) -> None:
    kind = draft.data[start]
    if kind in (1, 2, 3, 4):
        draft.by(_any_ip, start + 8, end, "quoted packets")
    elif kind in twin_link.DISCOVERY:
        twin_link.discovery(draft, start, end)
    else:
        draft.zero(start + 8, end, "ICMPv6 data")
