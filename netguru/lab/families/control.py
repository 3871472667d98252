"""The control plane beside routing tables: LACP, BFD, group membership, IS-IS, UDLD, DTP and VTP."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from scapy.layers.inet import IP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrHopByHop, RouterAlert
from scapy.layers.l2 import LLC, SNAP, Dot3, Ether
from scapy.packet import Packet, Raw

from netguru.lab.frames import ROUTER, SECOND, udp

if TYPE_CHECKING:
    from netguru.lab.catalogue import Kind
    from netguru.lab.frames import Builder, Trace

_ONE, _TWO = "02:00:00:00:03:01", "02:00:00:00:03:02"
_NOBODY = "00:00:00:00:00:00"
_CISCO_GROUP = "01:00:0c:cc:cc:cc"
_ACTIVE, _SHORT, _AGGREGATABLE, _CARRYING, _DEFAULTED = 0x01, 0x02, 0x04, 0x38, 0x40
_UP, _DOWN, _ADMIN_DOWN = 3, 1, 0


def _bytes(mac: str) -> bytes:
    return bytes.fromhex(mac.replace(":", ""))


def _sum(data: bytes) -> int:
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _lacp(sender: tuple[str, int, int], partner: tuple[str, int, int]) -> Packet:
    """Give a LACPDU; an end is its system, port and state, and every bundle has key 7."""
    body = b"\x01\x01"
    for kind, (system, port, state) in ((1, sender), (2, partner)):
        key = 7 if system != _NOBODY else 0
        body += struct.pack(">BBH6sHHHB3x", kind, 20, 32768, _bytes(system), key, 32768, port, state)
    body += struct.pack(">BBH12xBB50x", 3, 16, 0, 0, 0)
    return Ether(src=f"{sender[0][:-2]}{sender[1] + 16:02x}", dst="01:80:c2:00:00:02", type=0x8809) / Raw(body)


def _lacp_talk(trace: Trace, at: float, states: tuple[int, int], port: int = 1, other: str = _TWO) -> None:
    one, two = (_ONE, port, states[0]), (other, port, states[1])
    trace.add(at, _lacp(one, two))
    trace.add(at + 0.1, _lacp(two, one))


_ALL = _ACTIVE | _AGGREGATABLE | _CARRYING


def _lacp_no_partner(trace: Trace, kind: Kind) -> None:
    """A port names no partner; in a near-miss only in its first two messages."""
    for index in range(8):
        if kind == "positive" or (kind == "near-miss" and index < 2):
            trace.add(index * 1.0, _lacp((_ONE, 1, _ACTIVE | _AGGREGATABLE | _DEFAULTED), (_NOBODY, 0, 0)))
        else:
            _lacp_talk(trace, index * 1.0, (_ALL, _ALL))


def _lacp_not_carrying(trace: Trace, kind: Kind) -> None:
    """Both ports stay out of sync; in a near-miss until the third second."""
    waiting = {"positive": 8, "near-miss": 3, "negative": 0}[kind]
    for index in range(8):
        state = _ACTIVE | _AGGREGATABLE if index < waiting else _ALL
        _lacp_talk(trace, index * 1.0, (state, state))


def _lacp_partners(trace: Trace, kind: Kind) -> None:
    """Two ports of a bundle lead to two systems; in a near-miss the second port was moved over to the first system."""
    for index in range(6):
        _lacp_talk(trace, index * 1.0, (_ALL, _ALL))
        away = kind == "positive" or (kind == "near-miss" and index < 3)
        _lacp_talk(trace, index * 1.0 + 0.3, (_ALL, _ALL), port=2, other="02:00:00:00:03:03" if away else _TWO)


def _lacp_timeout(trace: Trace, kind: Kind) -> None:
    """One end wants short timeouts, the other long ones; in a near-miss both change to short ones."""
    for index in range(6):
        short = _ALL | _SHORT
        both = kind == "near-miss" and index > 2
        _lacp_talk(trace, index * 1.0, (_ALL if kind == "negative" else short, short if both else _ALL))


def _bfd(side: int, state: int, diagnostic: int = 0, *, heard: bool = True) -> Packet:
    ends = (ROUTER, SECOND) if side == 0 else (SECOND, ROUTER)
    fields = (0x20 | diagnostic, state << 6, 3, 24, 17 + side, 18 - side if heard else 0, 300_000, 300_000, 0)
    packet = udp(*ends, (49152, 3784), struct.pack(">BBBBIIIII", *fields))
    packet[IP].ttl = 255
    return packet


def _bfd_down(trace: Trace, kind: Kind) -> None:
    """A session is up, then its detection time ends; in a near-miss an administrator takes it down."""
    for index in range(20):
        late = index > 9
        state, diagnostic = _UP, 0
        if late and kind != "negative":
            state, diagnostic = (_DOWN, 1) if kind == "positive" else (_ADMIN_DOWN, 7)
        trace.add(index * 0.3, _bfd(0, state, diagnostic))
        if not late or kind == "negative":
            trace.add(index * 0.3 + 0.1, _bfd(1, _UP))
        elif kind == "near-miss":
            trace.add(index * 0.3 + 0.1, _bfd(1, _DOWN, 3))


def _bfd_never_up(trace: Trace, kind: Kind) -> None:
    """One end alone says down once a second; in a near-miss its peer joins in."""
    alone = {"positive": 10, "near-miss": 4, "negative": 1}[kind]
    for index in range(10):
        trace.add(index * 1.0, _bfd(0, _DOWN if index < alone else _UP, heard=index >= alone))
        if index >= alone:
            trace.add(index * 1.0 + 0.1, _bfd(1, _UP))


def _igmp(sender: str, kind: int, group: str, code: int = 0) -> Packet:
    group_bytes = ip_address(group).packed
    towards = "224.0.0.1" if kind == 0x11 else group
    last = ip_address(towards).packed[1:]
    body = struct.pack(">BBH4s", kind, code, _sum(struct.pack(">BBH4s", kind, code, 0, group_bytes)), group_bytes)
    mac = f"02:00:00:00:04:{int(sender.rsplit('.', 1)[1]):02x}"
    link = Ether(src=mac, dst=f"01:00:5e:{last[0] & 127:02x}:{last[1]:02x}:{last[2]:02x}")
    return link / IP(src=sender, dst=towards, ttl=1, proto=2) / Raw(body)


def _igmp_queriers(trace: Trace, kind: Kind) -> None:
    """Two routers query in turn; in a near-miss the second one stops when it hears the first."""
    for index in range(4):
        trace.add(index * 125.0, _igmp("192.0.2.1", 0x11, "0.0.0.0", 100))
        if kind == "positive" or (kind == "near-miss" and index == 0):
            trace.add(index * 125.0 + 5.0, _igmp("192.0.2.2", 0x11, "0.0.0.0", 100))


def _igmp_no_querier(trace: Trace, kind: Kind) -> None:
    """Hosts report a group for minutes and nobody queries; in a near-miss the group is one of the link."""
    for index in range(6):
        group = "224.0.0.251" if kind == "near-miss" else "233.252.0.1"
        trace.add(index * 60.0 + 1.0, _igmp("192.0.2.10", 0x16, group))
        if kind == "negative":
            trace.add(index * 60.0, _igmp("192.0.2.1", 0x11, "0.0.0.0", 100))


def _mld_query(sender: str) -> Packet:
    body = struct.pack(">BBHHH16sBBH", 130, 0, 0, 10_000, 0, b"\0" * 16, 2, 125, 0)
    pseudo = ip_address(sender).packed + ip_address("ff02::1").packed + struct.pack(">II", len(body), 58)
    body = body[:2] + struct.pack(">H", _sum(pseudo + body)) + body[4:]
    mac = f"02:00:00:00:04:{int(sender.rsplit(':', 1)[1], 16):02x}"
    options = IPv6ExtHdrHopByHop(nh=58, options=[RouterAlert()])
    return Ether(src=mac, dst="33:33:00:00:00:01") / IPv6(src=sender, dst="ff02::1", hlim=1) / options / Raw(body)


def _mld_queriers(trace: Trace, kind: Kind) -> None:
    """Two routers query in turn; in a near-miss the second one stops when it hears the first."""
    for index in range(4):
        trace.add(index * 125.0, _mld_query("fe80::1"))
        if kind == "positive" or (kind == "near-miss" and index == 0):
            trace.add(index * 125.0 + 5.0, _mld_query("fe80::2"))


def _isis_hello(
    side: int, *, kind: int = 15, area: str = "490001", auth: bytes = b"", size: int = 1497, system: int = 0
) -> Packet:
    """Give a padded LAN hello of level 1 (15) or 2 (16)."""
    identity = struct.pack(">HHH", 0, 0, system or side + 1)
    areas = bytes.fromhex(area)
    options = struct.pack(">BBB", 1, len(areas) + 1, len(areas)) + areas + b"\x81\x01\xcc"
    options += b"\x84\x04" + ip_address(f"192.0.2.{side + 1}").packed
    options += struct.pack(">BB", 10, len(auth)) + auth if auth else b""
    left = size - 27 - len(options)
    while left > 1:
        part = min(left - 2, 255)
        options += struct.pack(">BB", 8, part) + b"\0" * part
        left -= part + 2
    length = 27 + len(options)
    level = kind - 14
    body = struct.pack(
        ">BBBBBBBBB6sHHB6sB", 0x83, 27, 1, 0, kind, 1, 0, 0, level, identity, 30, length, 64, identity, 1
    )
    mac, group = (_ONE, _TWO)[side], f"01:80:c2:00:00:{'14' if level == 1 else '15'}"
    return Dot3(src=mac, dst=group) / LLC(dsap=0xFE, ssap=0xFE, ctrl=3) / Raw(body + options)


def _isis_hellos(differs: dict[str, Any], near: dict[str, Any]) -> Builder:
    """Let the second system's hellos differ in a way that matters, or in a near-miss in one that does not."""

    def build(trace: Trace, kind: Kind) -> None:
        second = {"positive": differs, "near-miss": near, "negative": {}}[kind]
        shared = ("kind", "auth")
        both = {name: near[name] for name in shared if name in near} if kind == "near-miss" else {}
        for index in range(5):
            trace.add(index * 10.0, _isis_hello(0, **both))
            trace.add(index * 10.0 + 1.0, _isis_hello(1, **second))

    return build


def _isis_duplicate(trace: Trace, kind: Kind) -> None:
    """Two systems use one id; in a near-miss the first one goes and a new card takes its place."""
    for index in range(8):
        replaced = kind == "near-miss" and index > 3
        trace.add(index * 10.0, _isis_hello(1 if replaced else 0, system=1))
        if kind != "near-miss":
            trace.add(index * 10.0 + 1.0, _isis_hello(1, system=1 if kind == "positive" else 2))


def _snap(sender: str, pid: int, body: bytes) -> Packet:
    return Dot3(src=sender, dst=_CISCO_GROUP) / LLC(dsap=0xAA, ssap=0xAA, ctrl=3) / SNAP(OUI=0x0C, code=pid) / Raw(body)


def _udld(side: int, *, hears: bool) -> Packet:
    names = (b"SW1", b"SW2")

    def tlv(kind: int, value: bytes) -> bytes:
        return struct.pack(">HH", kind, 4 + len(value)) + value

    other = struct.pack(">H3sH5s", 3, names[1 - side], 5, b"Gi0/1")
    echo = struct.pack(">I", 1) + other if hears else struct.pack(">I", 0)
    body = tlv(1, names[side]) + tlv(2, b"Gi0/1") + tlv(3, echo) + tlv(4, b"\x07") + tlv(5, b"\x05")
    body += tlv(6, names[side]) + tlv(7, struct.pack(">I", 1))
    head = struct.pack(">BB", 0x21, 0)
    padded = head + b"\0\0" + body + b"\0" * (len(body) % 2)
    return _snap((_ONE, _TWO)[side], 0x0111, head + struct.pack(">H", _sum(padded)) + body)


def _udld_one_way(trace: Trace, kind: Kind) -> None:
    """The second switch never names the first; in a near-miss it does from its second message on."""
    for index in range(6):
        hears = {"positive": False, "near-miss": index > 0, "negative": True}[kind]
        trace.add(index * 7.0, _udld(0, hears=True))
        trace.add(index * 7.0 + 0.4, _udld(1, hears=hears))


def _dtp(trace: Trace, kind: Kind) -> None:
    """An access port is ready to become a trunk; in a near-miss it is one already, else it is off."""
    status = {"positive": 0x04, "near-miss": 0x84, "negative": 0x02}[kind]
    for index in range(3):
        body = b"\x01" + struct.pack(">HH4s", 1, 8, b"LAB\0") + struct.pack(">HHB", 2, 5, status)
        body += struct.pack(">HHB", 3, 5, 0xA5) + struct.pack(">HH6s", 4, 10, _bytes(_ONE))
        trace.add(index * 30.0, _snap(_ONE, 0x2004, body))


def _vtp(trace: Trace, kind: Kind) -> None:
    """Two switches are in two domains; in a near-miss their revisions differ."""
    for index in range(3):
        for side in (0, 1):
            domain = b"OFFICE" if side and kind == "positive" else b"CAMPUS"
            revision = 8 if side and kind == "near-miss" else 7
            body = struct.pack(">BBBB32sI4s12s16s", 2, 1, 0, 6, domain, revision, b"\xc0\0\2\1", b"260101000000", b"")
            trace.add(index * 300.0 + side, _snap((_ONE, _TWO)[side], 0x2003, body))


BUILDERS: dict[str, Builder] = {
    "lacp-no-partner": _lacp_no_partner,
    "lacp-not-carrying": _lacp_not_carrying,
    "lacp-partners": _lacp_partners,
    "lacp-timeout": _lacp_timeout,
    "bfd-down": _bfd_down,
    "bfd-never-up": _bfd_never_up,
    "igmp-queriers": _igmp_queriers,
    "igmp-no-querier": _igmp_no_querier,
    "mld-queriers": _mld_queriers,
    "isis-level": _isis_hellos({"kind": 16}, {"kind": 16}),
    "isis-area": _isis_hellos({"area": "490002"}, {"area": "490002", "kind": 16}),
    "isis-auth": _isis_hellos({"auth": b"\x01secret"}, {"auth": b"\x01secret"}),
    "isis-mtu": _isis_hellos({"size": 1400}, {"size": 0}),
    "isis-duplicate": _isis_duplicate,
    "udld-one-way": _udld_one_way,
    "dtp-access": _dtp,
    "vtp-domain": _vtp,
}
