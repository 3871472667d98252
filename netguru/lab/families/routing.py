"""Routing and first-hop redundancy: neighbours that cannot agree, sessions refused, gateways twice, loops."""

from __future__ import annotations

import struct
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Packet, Raw

from netguru.lab.frames import CLIENT, ROUTER, SERVER, Host, Talk, ip

if TYPE_CHECKING:
    from netguru.lab.catalogue import Kind
    from netguru.lab.frames import Builder, Trace

_OSPF, _EIGRP, _VRRP = 89, 88, 112
_ROUTERS = (Host("192.0.2.1", "02:00:00:00:02:01"), Host("192.0.2.2", "02:00:00:00:02:02"))
_IDS = ("203.0.113.1", "203.0.113.2")


def _sum(data: bytes) -> int:
    padded = data + b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def _multicast(sender: Host, group: str, protocol: int, body: bytes, *, ttl: int = 1, mac: str = "") -> Packet:
    last = ip_address(group).packed[1:]
    towards = f"01:00:5e:{last[0] & 127:02x}:{last[1]:02x}:{last[2]:02x}"
    return Ether(src=mac or sender.mac, dst=towards) / IP(src=sender.ip, dst=group, proto=protocol, ttl=ttl) / Raw(body)


def _ospf(kind: int, router: str, area: str, body: bytes, *, signed: bool = False) -> bytes:
    """Put the header before a message (RFC 2328 appendix A.3.1), signed ones with a digest behind (appendix D.3)."""
    start = struct.pack(">BBH4s4s", 2, kind, 24 + len(body), ip_address(router).packed, ip_address(area).packed)
    if signed:
        return start + struct.pack(">HHHBBI", 0, 2, 0, 1, 16, 1) + body + bytes(range(16))
    total = _sum(start + b"\0\0\0\0" + body)
    return start + struct.pack(">HH8s", total, 0, b"") + body


def _ospf_hello(
    side: int,
    *,
    hello: int = 10,
    dead: int = 40,
    area: str = "0.0.0.0",
    knows: tuple[str, ...] = (),
    router: str = "",
    mask: str = "255.255.255.0",
    signed: bool = False,
) -> Packet:
    body = ip_address(mask).packed + struct.pack(
        ">HBBI4s4s", hello, 2, 1, dead, ip_address("192.0.2.1").packed, b"\0" * 4
    )
    body += b"".join(ip_address(item).packed for item in knows)
    return _multicast(_ROUTERS[side], "224.0.0.5", _OSPF, _ospf(1, router or _IDS[side], area, body, signed=signed))


def _ospf_hellos(two: dict[str, Any]) -> Builder:
    """Build hellos of which the second router's differ; those that agree list each other, in a near-miss later."""

    def build(trace: Trace, kind: Kind) -> None:
        differs = two if kind == "positive" else {}
        for index in range(8):
            is_known = kind == "negative" or (kind == "near-miss" and index > 1)
            trace.add(index * 10.0, _ospf_hello(0, knows=(_IDS[1],) if is_known else ()))
            trace.add(index * 10.0 + 1.0, _ospf_hello(1, knows=(_IDS[0],) if is_known else (), **differs))

    return build


def _ospf_setting(given: dict[str, Any]) -> Builder:
    """Build hellos of which the second router's differ; in a near-miss both have the setting, and list each other."""

    def build(trace: Trace, kind: Kind) -> None:
        one, two = {"positive": ({}, given), "near-miss": (given, given), "negative": ({}, {})}[kind]
        for index in range(8):
            is_known = kind != "positive" and index > 0
            trace.add(index * 10.0, _ospf_hello(0, knows=(_IDS[1],) if is_known else (), **one))
            trace.add(index * 10.0 + 1.0, _ospf_hello(1, knows=(_IDS[0],) if is_known else (), **two))

    return build


def _ospf_dbd(side: int, mtu: int, flags: int, sequence: int) -> Packet:
    body = struct.pack(">HBBI", mtu, 2, flags, sequence)
    one, two = _ROUTERS[side], _ROUTERS[1 - side]
    head = Ether(src=one.mac, dst=two.mac) / IP(src=one.ip, dst=two.ip, proto=_OSPF, ttl=1)
    return head / Raw(_ospf(2, _IDS[side], "0.0.0.0", body))


def _ospf_exchange(mtus: tuple[int, int]) -> Builder:
    def build(trace: Trace, kind: Kind) -> None:
        for index in range(6):
            trace.add(index * 10.0, _ospf_hello(0, knows=(_IDS[1],)))
            trace.add(index * 10.0 + 1.0, _ospf_hello(1, knows=(_IDS[0],)))
        if kind == "positive":
            for index in range(8):
                trace.add(12.0 + index * 5.0, _ospf_dbd(0, mtus[0], 7, 100))
                trace.add(12.1 + index * 5.0, _ospf_dbd(1, mtus[1], 7, 200))
            return
        # The near-miss sends its first description twice, the rest goes on at once.
        for index in range(2 if kind == "near-miss" else 1):
            trace.add(12.0 + index * 5.0, _ospf_dbd(0, 1500, 7, 100))
            trace.add(12.1 + index * 5.0, _ospf_dbd(1, 1500, 7, 200))
        trace.add(17.3, _ospf_dbd(0, 1500, 2, 200))
        trace.add(17.4, _ospf_dbd(1, 1500, 1, 201))
        trace.add(17.5, _ospf_dbd(0, 1500, 0, 201))

    return build


def _bgp(kind: int, body: bytes = b"") -> bytes:
    return b"\xff" * 16 + struct.pack(">HB", 19 + len(body), kind) + body


def _bgp_open(asn: int, side: int, hold: int = 90) -> bytes:
    return _bgp(1, struct.pack(">BHH4sB", 4, asn, hold, ip_address(_IDS[side]).packed, 0))


def _bgp_ends(code: int, subcode: int, data: bytes = b"", near: bytes = b"") -> Builder:
    """Build a session that ends with a NOTIFICATION; without the fault it stays, or ends as an operator wants."""

    def build(trace: Trace, kind: Kind) -> None:
        talk = Talk(trace, one=_ROUTERS[0], two=_ROUTERS[1], service=179)
        talk.open()
        talk.ask(_bgp_open(64496, 0), _bgp_open(64497, 1))
        if code != 2 or kind != "positive":
            for _ in range(3):
                talk.ask(_bgp(4), _bgp(4))
                talk.wait(30.0)
        if kind == "positive":
            talk.say(0, _bgp(3, bytes([code, subcode]) + data))
            talk.close()
        elif kind == "near-miss" and near:
            talk.say(0, _bgp(3, near))
            talk.close()

    return build


def _bgp_md5(trace: Trace, kind: Kind) -> None:
    """Signed SYNs are not answered; in a near-miss both sign alike, and the session comes up."""
    signature = [("MSS", 1460), (19, bytes(range(16)))]
    if kind == "positive":
        for side in (0, 1):
            talk = Talk(trace, one=_ROUTERS[side], two=_ROUTERS[1 - side], port=40_100 + side, service=179)
            start = talk.seq[0]
            for at in (0.0, 1.0, 3.0, 7.0):
                talk.send(0, "S", at=at + side * 0.2, seq=start, options=signature)
        return
    options = signature if kind == "near-miss" else [("MSS", 1460)]
    talk = Talk(trace, one=_ROUTERS[0], two=_ROUTERS[1], service=179)
    for side, flags in ((0, "S"), (1, "SA"), (0, "A")):
        talk.send(side, flags, options=options)
        talk.wait(0.01)
    talk.ask(_bgp_open(64496, 0), _bgp_open(64497, 1))
    talk.ask(_bgp(4), _bgp(4))


def _bgp_refused(trace: Trace, kind: Kind) -> None:
    """A router's calls are refused; in a near-miss the other one calls back when it has started."""
    if kind != "negative":
        for count in range(4 if kind == "positive" else 1):
            talk = Talk(trace, at=count * 5.0, one=_ROUTERS[0], two=_ROUTERS[1], port=40_200 + count, service=179)
            talk.send(0, "S", options=[("MSS", 1460)])
            talk.wait(0.01)
            talk.send(1, "RA", seq=0, window=0)
    if kind != "positive":
        talk = Talk(trace, at=8.0, one=_ROUTERS[1], two=_ROUTERS[0], service=179)
        talk.open()
        talk.ask(_bgp_open(64497, 1), _bgp_open(64496, 0))
        talk.ask(_bgp(4), _bgp(4))


def _eigrp_hello(side: int, asn: int, weights: bytes, hold: int = 15) -> Packet:
    """Give a hello with its parameters (RFC 7868 section 6.8.1)."""
    parameters = struct.pack(">HH6sH", 1, 12, weights, hold)
    start, rest = struct.pack(">BB", 2, 5), struct.pack(">IIIHH", 0, 0, 0, 0, asn) + parameters
    body = start + struct.pack(">H", _sum(start + b"\0\0" + rest)) + rest
    return _multicast(_ROUTERS[side], "224.0.0.10", _EIGRP, body)


_USUAL = bytes((1, 0, 1, 0, 0, 0))


def _eigrp(two: tuple[int, bytes], near: tuple[int, bytes, int]) -> Builder:
    def build(trace: Trace, kind: Kind) -> None:
        for index in range(6):
            trace.add(index * 5.0, _eigrp_hello(0, 100, _USUAL))
            said = {"positive": (*two, 15), "near-miss": near, "negative": (100, _USUAL, 15)}[kind]
            trace.add(index * 5.0 + 1.0, _eigrp_hello(1, *said))

    return build


def _vrrp_said(side: int, priority: int, vrid: int = 10, address: str = "") -> Packet:
    """Give an advertisement of version 2 (RFC 3768 section 5.1); each group has an address of its own."""
    start = struct.pack(">BBBBBB", 0x21, vrid, priority, 1, 0, 1)
    rest = ip_address(address or f"192.0.2.{240 + vrid}").packed + b"\0" * 8
    body = start + struct.pack(">H", _sum(start + b"\0\0" + rest)) + rest
    return _multicast(_ROUTERS[side], "224.0.0.18", _VRRP, body, ttl=255, mac=f"00:00:5e:00:01:{vrid:02x}")


def _vrrp_dual(trace: Trace, kind: Kind) -> None:
    """Two masters of one group; in a near-miss each of the two is the master of a group of its own."""
    for index in range(20):
        trace.add(index * 1.0, _vrrp_said(0, 120))
        if kind != "negative":
            trace.add(index * 1.0 + 0.5, _vrrp_said(1, 100, 10 if kind == "positive" else 11))


def _vrrp_flap(trace: Trace, kind: Kind) -> None:
    """The master leaves and comes back three times; in a near-miss it leaves once."""
    for index in range(60):
        away = {"positive": (index // 10) % 2 == 1, "near-miss": index >= 30, "negative": False}[kind]
        trace.add(index * 1.0, _vrrp_said(1, 100) if away else _vrrp_said(0, 120))
        if kind == "positive" and index % 20 == 9:
            trace.add(index + 0.5, _vrrp_said(0, 0))


def _vrrp_groups(trace: Trace, kind: Kind) -> None:
    """One address is in two groups with a master each; in a near-miss each group has an address of its own."""
    shared = "192.0.2.250" if kind == "positive" else ""
    for index in range(20):
        trace.add(index * 1.0, _vrrp_said(0, 120, 10, shared))
        if kind != "negative":
            trace.add(index * 1.0 + 0.5, _vrrp_said(1, 120, 11, shared))


_STATES = {"standby": 8, "active": 16}


def _hsrp_said(
    side: int,
    state: str,
    *,
    opcode: int = 0,
    hello: int = 3,
    hold: int = 10,
    group: int = 1,
    virtual: str = "192.0.2.254",
) -> Packet:
    """Give a message of version 1 (RFC 2281 section 5.1), with the default authentication left empty."""
    body = struct.pack(
        ">BBBBBBBB8s4s",
        0,
        opcode,
        _STATES[state],
        hello,
        hold,
        110 - 10 * side,
        group,
        0,
        b"",
        ip_address(virtual).packed,
    )
    one = _ROUTERS[side]
    head = Ether(src=one.mac, dst="01:00:5e:00:00:02") / IP(src=one.ip, dst="224.0.0.2", ttl=1)
    return head / UDP(sport=1985, dport=1985) / Raw(body)


def _hsrp_dual(trace: Trace, kind: Kind) -> None:
    """Both routers are active; the near-miss hands over once."""
    for index in range(20):
        later = kind == "near-miss" and index >= 10
        trace.add(index * 3.0, _hsrp_said(0, "standby" if later else "active"))
        trace.add(index * 3.0 + 1.0, _hsrp_said(1, "active" if later or kind == "positive" else "standby"))


def _hsrp_flap(trace: Trace, kind: Kind) -> None:
    """The active router changes four times, with coups; in a near-miss once."""
    for index in range(40):
        turned = {"positive": (index // 8) % 2 == 1, "near-miss": index >= 20, "negative": False}[kind]
        active = 1 if turned else 0
        if kind == "positive" and index and not index % 8:
            trace.add(index * 3.0 - 0.2, _hsrp_said(active, "active", opcode=1))
        trace.add(index * 3.0, _hsrp_said(active, "active"))
        trace.add(index * 3.0 + 1.0, _hsrp_said(1 - active, "standby"))


def _hsrp_timers(trace: Trace, kind: Kind) -> None:
    """The members state different timers; in a near-miss only their priorities differ, as they should."""
    for index in range(10):
        trace.add(index * 3.0, _hsrp_said(0, "active"))
        if kind != "negative":
            times: dict[str, Any] = {"hello": 5, "hold": 15} if kind == "positive" else {}
            trace.add(index * 3.0 + 1.0, _hsrp_said(1, "standby", **times))


def _hsrp_groups(trace: Trace, kind: Kind) -> None:
    """One virtual address is in two groups; in a near-miss each group has its own."""
    other = "192.0.2.254" if kind == "positive" else "192.0.2.253"
    for index in range(10):
        trace.add(index * 3.0, _hsrp_said(0, "active"))
        if kind != "negative":
            trace.add(index * 3.0 + 1.0, _hsrp_said(1, "active", group=2, virtual=other))


def _loop(trace: Trace, kind: Kind) -> None:
    """Packets go round between two routers with a falling TTL; the near-miss is a traceroute, the negative a ping."""
    for index in range(6):
        ttls = {"positive": range(60, 2, -2), "near-miss": range(index + 1, index + 2), "negative": range(64, 63, -1)}
        for step, ttl in enumerate(ttls[kind]):
            echo = ICMP(type=8, id=7, seq=index) / Raw(b"planted ping payload")
            trace.add(index * 1.0 + step * 0.001, ip(CLIENT, SERVER, ttl=ttl, ident=300 + index) / echo)
        if kind == "negative":
            echo = ICMP(type=0, id=7, seq=index) / Raw(b"planted ping payload")
            trace.add(index * 1.0 + 0.01, ip(SERVER, CLIENT, ident=300 + index) / echo)
        else:
            quoted = IP(src=CLIENT.ip, dst=SERVER.ip, ttl=1, id=300 + index) / ICMP(type=8, id=7, seq=index)
            trace.add(index * 1.0 + 0.05, ip(ROUTER, CLIENT) / ICMP(type=11) / quoted)


BUILDERS: dict[str, Builder] = {
    "ospf-hello-interval": _ospf_hellos({"hello": 5}),
    "ospf-dead-interval": _ospf_hellos({"dead": 120}),
    "ospf-area": _ospf_hellos({"area": "0.0.0.1"}),
    "ospf-authentication": _ospf_setting({"signed": True}),
    "ospf-mask": _ospf_setting({"mask": "255.255.255.128"}),
    "ospf-router-id": _ospf_hellos({"router": _IDS[0]}),
    "ospf-mtu": _ospf_exchange((1500, 1400)),
    "ospf-exstart": _ospf_exchange((1500, 1500)),
    "bgp-peer-as": _bgp_ends(2, 2, b"\xfb\xf1", near=b"\x06\x02"),
    "bgp-identifier": _bgp_ends(2, 3, near=b"\x06\x02"),
    "bgp-hold-time": _bgp_ends(2, 6, near=b"\x06\x04"),
    "bgp-capability": _bgp_ends(2, 7, near=b"\x06\x02"),
    "bgp-hold-expired": _bgp_ends(4, 0, near=b"\x06\x04"),
    "bgp-max-prefixes": _bgp_ends(6, 1, near=b"\x06\x02"),
    "bgp-update-error": _bgp_ends(3, 1, near=b"\x06\x02"),
    "bgp-state-machine": _bgp_ends(5, 0, near=b"\x06\x04"),
    "bgp-hard-reset": _bgp_ends(6, 9, b"\x06\x01", near=b"\x06\x09\x06\x02\x04work"),
    "bgp-header-error": _bgp_ends(1, 1, near=b"\x06\x02"),
    "bgp-version": _bgp_ends(2, 1, b"\x00\x04", near=b"\x06\x02"),
    "bgp-resources": _bgp_ends(6, 8, near=b"\x06\x04"),
    "bgp-md5": _bgp_md5,
    "bgp-refused": _bgp_refused,
    "eigrp-k-values": _eigrp((100, bytes((1, 1, 1, 0, 0, 0))), (100, _USUAL, 30)),
    "eigrp-as": _eigrp((200, _USUAL), (100, _USUAL, 30)),
    "vrrp-two-masters": _vrrp_dual,
    "vrrp-flap": _vrrp_flap,
    "vrrp-two-groups": _vrrp_groups,
    "hsrp-two-active": _hsrp_dual,
    "hsrp-flap": _hsrp_flap,
    "hsrp-timers": _hsrp_timers,
    "hsrp-groups": _hsrp_groups,
    "routing-loop": _loop,
}
