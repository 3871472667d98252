"""The link layer: ARP, duplicate addresses, spanning tree, and neighbours that disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, IPv6
from scapy.layers.l2 import ARP, LLC, SNAP, STP, Dot3, Ether
from scapy.packet import Raw

from netguru.lab.frames import CLIENT, OTHER

if TYPE_CHECKING:
    from scapy.packet import Packet

    from netguru.lab.catalogue import Kind
    from netguru.lab.frames import Builder, Host, Trace

_BROADCAST, _NOBODY = "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"
_BRIDGES = "01:80:c2:00:00:00"
_ONE, _TWO = "02:00:00:00:01:01", "02:00:00:00:01:02"


def _who_has(sender: Host, target: str) -> Packet:
    fields = ARP(op=1, hwsrc=sender.mac, psrc=sender.ip, hwdst=_NOBODY, pdst=target)
    return Ether(src=sender.mac, dst=_BROADCAST) / fields


def _is_at(mac: str, address: str, asker: Host) -> Packet:
    return Ether(src=mac, dst=asker.mac) / ARP(op=2, hwsrc=mac, psrc=address, hwdst=asker.mac, pdst=asker.ip)


def _arp_storm(trace: Trace, kind: Kind) -> None:
    """One host asks 200 times in a second; in a near-miss as often in 20 seconds."""
    step = {"positive": 0.005, "near-miss": 0.1, "negative": 5.0}[kind]
    for index in range(20 if kind == "negative" else 200):
        target = f"192.0.2.{20 + index % 200}"
        trace.add(index * step, _who_has(CLIENT, target))
        if kind == "negative":
            trace.add(index * step + 0.001, _is_at(OTHER.mac, OTHER.ip, CLIENT))


def _duplicate_ip(trace: Trace, kind: Kind) -> None:
    """Two hosts answer for one address in turn; a near-miss hands it over once, to a new card."""
    for index in range(8):
        at = index * 30.0
        trace.add(at, _who_has(CLIENT, OTHER.ip))
        handed_over = kind == "near-miss" and index > 3
        trace.add(at + 0.001, _is_at("02:00:00:00:00:99" if handed_over else OTHER.mac, OTHER.ip, CLIENT))
        if kind == "positive":
            trace.add(at + 0.002, _is_at("02:00:00:00:00:99", OTHER.ip, CLIENT))


def _duplicate_ipv6(trace: Trace, kind: Kind) -> None:
    """A probe for an address is answered by its owner; a near-miss asks for it without being a probe."""
    target = "2001:db8::10"
    for index in range(2):
        source = "2001:db8::99" if kind == "near-miss" else "::"
        ask = IPv6(src=source, dst="ff02::1:ff00:10", hlim=255) / ICMPv6ND_NS(tgt=target)
        trace.add(index * 10.0, Ether(src=CLIENT.mac, dst="33:33:ff:00:00:10") / ask)
        if kind != "negative":
            say = IPv6(src=target, dst="ff02::1", hlim=255) / ICMPv6ND_NA(tgt=target, R=0, S=0, O=1)
            whole = Ether(src=OTHER.mac, dst="33:33:00:00:00:01") / say / ICMPv6NDOptDstLLAddr(lladdr=OTHER.mac)
            trace.add(index * 10.0 + 0.1, whole)


def _duplicate_probes(trace: Trace, kind: Kind) -> None:
    """Two hosts probe one address at once; a near-miss are two probes of one host."""
    target = "2001:db8::11"
    ask = IPv6(src="::", dst="ff02::1:ff00:11", hlim=255) / ICMPv6ND_NS(tgt=target)
    second = {"positive": OTHER.mac, "near-miss": CLIENT.mac, "negative": ""}[kind]
    trace.add(0.0, Ether(src=CLIENT.mac, dst="33:33:ff:00:00:11") / ask)
    if second:
        trace.add(0.6, Ether(src=second, dst="33:33:ff:00:00:11") / ask)


def _bpdu(sender: str, root: tuple[int, str], *, flags: int = 0) -> Packet:
    fields = STP(
        rootid=root[0],
        rootmac=root[1],
        bridgeid=32768,
        bridgemac=sender,
        portid=0x8001,
        maxage=20,
        hellotime=2,
        fwddelay=15,
        bpduflags=flags,
        pathcost=0 if root[1] == sender else 4,
    )
    return Dot3(src=sender, dst=_BRIDGES) / LLC(dsap=0x42, ssap=0x42, ctrl=3) / fields


def _notice(sender: str) -> Packet:
    return Dot3(src=sender, dst=_BRIDGES) / LLC(dsap=0x42, ssap=0x42, ctrl=3) / Raw(b"\x00\x00\x00\x80")


def _stp_change(trace: Trace, kind: Kind) -> None:
    """A bridge reports changes in a tree that was quiet; near misses are hellos with an acknowledgment alone."""
    for index in range(60):
        changing = kind == "positive" and 30 <= index < 45
        acknowledged = kind == "near-miss" and index == 30
        flags = 1 if changing else 0x80 if acknowledged else 0
        trace.add(index * 2.0, _bpdu(_ONE, (4096, _ONE), flags=flags))
        if kind == "positive" and index == 30:
            trace.add(index * 2.0 - 0.5, _notice(_TWO))


def _stp_root(trace: Trace, kind: Kind) -> None:
    """After a quiet minute a better bridge appears; in a near-miss two elect at the very start."""
    change = {"positive": 30, "near-miss": 1, "negative": 0}[kind]
    for index in range(60):
        root = (8192, _TWO) if index < change else (4096, _ONE)
        trace.add(index * 2.0, _bpdu(root[1], root))


def _stp_two_roots(trace: Trace, kind: Kind) -> None:
    """Two bridges claim the root in turn; a near-miss are two bridges that name one root."""
    for index in range(30):
        trace.add(index * 2.0, _bpdu(_ONE, (4096, _ONE)))
        if kind != "negative":
            trace.add(index * 2.0 + 1.0, _bpdu(_TWO, (4096, _ONE) if kind == "near-miss" else (4096, _TWO)))


def _cdp_tlv(kind: int, value: bytes) -> bytes:
    return kind.to_bytes(2, "big") + (len(value) + 4).to_bytes(2, "big") + value


def _checksum(data: bytes) -> bytes:
    padded = data + b"\0" * (len(data) % 2)
    total = sum(int.from_bytes(padded[place : place + 2], "big") for place in range(0, len(padded), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return (~total & 0xFFFF).to_bytes(2, "big")


def _cdp(mac: str, device: str, native: int, duplex: int) -> Packet:
    """Give an announcement: version 2, 180 seconds, device, port, native VLAN and duplex."""
    tlvs = _cdp_tlv(1, device.encode()) + _cdp_tlv(3, b"GigabitEthernet0/1")
    tlvs += _cdp_tlv(10, native.to_bytes(2, "big")) + _cdp_tlv(11, bytes([duplex]))
    body = b"\x02\xb4" + _checksum(b"\x02\xb4\x00\x00" + tlvs) + tlvs
    head = Dot3(src=mac, dst="01:00:0c:cc:cc:cc") / LLC(dsap=0xAA, ssap=0xAA, ctrl=3)
    return head / SNAP(OUI=0x00000C, code=0x2000) / Raw(body)


def _cdp_differs(what: str) -> Builder:
    def build(trace: Trace, kind: Kind) -> None:
        # The near-miss names its neighbour's port twice: one sender only, so no two ends.
        for index in range(3):
            native = 20 if kind == "positive" and what == "vlan" else 10
            duplex = 0 if kind == "positive" and what == "duplex" else 1
            trace.add(index * 60.0, _cdp(_ONE, "sw1.example.net", 10, 1))
            other = "sw1.example.net" if kind == "near-miss" else "sw2.example.net"
            trace.add(index * 60.0 + 7.0, _cdp(_TWO, other, native, duplex))

    return build


def _lldp_tlv(kind: int, value: bytes) -> bytes:
    return (kind << 9 | len(value)).to_bytes(2, "big") + value


def _lldp(mac: str, name: str, *, pvid: int, frame: int, mau: int) -> Packet:
    chassis = bytes.fromhex(mac.replace(":", ""))
    body = _lldp_tlv(1, b"\x04" + chassis) + _lldp_tlv(2, b"\x05Gi0/1") + _lldp_tlv(3, b"\x00\x78")
    body += _lldp_tlv(5, name.encode()) + _lldp_tlv(127, b"\x00\x80\xc2\x01" + pvid.to_bytes(2, "big"))
    body += _lldp_tlv(127, b"\x00\x12\x0f\x01\x03\x6c\x00" + mau.to_bytes(2, "big"))
    body += _lldp_tlv(127, b"\x00\x12\x0f\x04" + frame.to_bytes(2, "big")) + _lldp_tlv(0, b"")
    return Ether(src=mac, dst="01:80:c2:00:00:0e", type=0x88CC) / Raw(body)


def _lldp_differs(what: str, value: int) -> Builder:
    def build(trace: Trace, kind: Kind) -> None:
        said = {"pvid": 10, "frame": 1522, "mau": 30}
        for index in range(3):
            trace.add(index * 30.0, _lldp(_ONE, "sw1", **said))
            # A near-miss leaves the fact unsaid, which is no contradiction.
            given = {"positive": value, "near-miss": 0, "negative": said[what]}[kind]
            trace.add(index * 30.0 + 3.0, _lldp(_TWO, "sw2", **(said | {what: given})))

    return build


BUILDERS: dict[str, Builder] = {
    "arp-storm": _arp_storm,
    "ip-duplicate": _duplicate_ip,
    "ipv6-duplicate": _duplicate_ipv6,
    "ipv6-duplicate-probes": _duplicate_probes,
    "stp-topology-change": _stp_change,
    "stp-root-change": _stp_root,
    "stp-two-roots": _stp_two_roots,
    "cdp-native-vlan": _cdp_differs("vlan"),
    "cdp-duplex": _cdp_differs("duplex"),
    "lldp-port-vlan": _lldp_differs("pvid", 20),
    "lldp-duplex": _lldp_differs("mau", 29),
    "lldp-frame-size": _lldp_differs("frame", 9216),
}
