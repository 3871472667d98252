"""What the fuzzer starts from: packets of the lab and the shared captures, and made by scapy for every layer."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))
from capture_sources import FOLDERS, records

ETHERNET, RAW, LOOPBACK, COOKED, COOKED2, WIFI, RADIOTAP = 1, 101, 0, 113, 276, 105, 127

PACKETS = 400  # of a seed: a mutant takes some two dozen in a row
MACS = {"dst": "02:00:00:00:00:02", "src": "02:00:00:00:00:01"}  # without them scapy asks the network


@dataclass(frozen=True, slots=True)
class Record:
    """One packet as a capture file keeps it."""

    link: int
    time_us: int
    length: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Seed:
    """Packets of one kind; `own` tells that what grows from them may be kept in the repository."""

    name: str
    own: bool
    packets: tuple[Record, ...]


def seeds(*, shared: bool = True) -> dict[str, Seed]:
    """Give all seeds by name."""
    found = {f"made/{name}": _made(name, link, packets) for name, (link, packets) in _layers().items()}
    for own, folder in ((True, FOLDERS[0]), (False, FOLDERS[1])):
        for path in sorted(folder.rglob("*.pcap*")) if own or shared else ():
            packets = tuple(Record(*one) for one in records(path.read_bytes()))
            if packets:
                name = f"{'lab' if own else 'shared'}/{path.relative_to(folder).as_posix()}"
                found[name] = Seed(name, own, packets[:PACKETS])
    return dict(sorted(found.items()))


def _made(name: str, link: int, packets: list[Any]) -> Seed:
    raw = [bytes(packet) for packet in packets]
    start = 1_700_000_000_000_000
    return Seed(
        f"made/{name}", True, tuple(Record(link, start + 1000 * at, len(one), one) for at, one in enumerate(raw))
    )


def _layers() -> dict[str, tuple[int, list[Any]]]:
    from scapy.all import Ether

    made = {**_transport(), **_services(), **_names()}
    inner = made["tcp"][:4] + made["dns"][:2]
    frames = {
        **{name: [Ether(**MACS) / one for one in packets] for name, packets in made.items()},
        **_link(),
        **_tunnels(inner),
    }
    found: dict[str, tuple[int, list[Any]]] = {name: (ETHERNET, packets) for name, packets in frames.items()}
    plain = [bytes(one) for one in inner]
    found["raw"] = (RAW, plain)
    found["loopback"] = (LOOPBACK, [b"\x02\0\0\0" + one for one in plain])
    found["cooked"] = (COOKED, [b"\0\0\0\1\0\6\2\0\0\0\0\1\0\0\x08\0" + one for one in plain])
    found["cooked2"] = (COOKED2, [b"\x08\0\0\0\0\0\0\1\0\1\0\6\2\0\0\0\0\1\0\0" + one for one in plain])
    wifi = bytes.fromhex("0801000002000000000102000000000202000000000300 10aaaa030000000800")
    found["wifi"] = (WIFI, [wifi + one for one in plain])
    found["radiotap"] = (RADIOTAP, [b"\0\0\x08\0\0\0\0\0" + wifi + one for one in plain])
    return found


def _transport() -> dict[str, list[Any]]:
    from scapy.all import (
        ICMP,
        IP,
        SCTP,
        TCP,
        UDP,
        IPv6,
        IPv6ExtHdrDestOpt,
        IPv6ExtHdrFragment,
        IPv6ExtHdrHopByHop,
        Raw,
        fragment,
    )

    options = [("MSS", 1460), ("SAckOK", b""), ("Timestamp", (5, 0)), ("WScale", 7), ("NOP", None)]
    client, server = IP(src="10.0.0.1", dst="10.0.0.2"), IP(src="10.0.0.2", dst="10.0.0.1")
    there, back = {"sport": 40000, "dport": 80}, {"sport": 80, "dport": 40000}
    text = Raw(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
    tcp = [
        client / TCP(**there, flags="S", seq=100, options=options),
        server / TCP(**back, flags="SA", seq=900, ack=101, options=options),
        client / TCP(**there, flags="PA", seq=101, ack=901) / text,
        server / TCP(**back, flags="A", seq=901, ack=136, options=[("SAck", (200, 300, 400, 500))]) / Raw(b"x" * 200),
        server / TCP(**back, flags="A", seq=901, ack=136) / Raw(b"x" * 200),
        client / TCP(**there, flags="FA", seq=136, ack=1101),
        server / TCP(**back, flags="RA", seq=1101, ack=137),
    ]
    wide = IPv6(src="2001:db8::1", dst="2001:db8::2")
    chained = wide / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt()
    return {
        "tcp": tcp,
        "tcp6": [wide / bytes_of for bytes_of in (one[TCP] for one in tcp)],
        "extensions": [chained / one[TCP] for one in tcp],
        "udp": [
            client / UDP(sport=5000, dport=6000) / Raw(b"u" * 30),
            wide / UDP(sport=5000, dport=6000) / Raw(b"u" * 30),
        ],
        "sctp": [client / SCTP(sport=1, dport=2) / Raw(b"s" * 20)],
        "icmp": [
            client / ICMP() / Raw(b"p" * 32),
            server / ICMP(type=0),
            server / ICMP(type=3, code=4) / bytes(tcp[2]),
        ],
        "fragments": [*fragment(client / UDP(sport=9, dport=10) / Raw(b"f" * 2000), fragsize=400)],
        "fragments6": [
            wide / IPv6ExtHdrFragment(id=7, m=1, offset=0, nh=17) / UDP(sport=9, dport=10, len=108) / Raw(b"f" * 40),
            wide / IPv6ExtHdrFragment(id=7, m=0, offset=6, nh=17) / Raw(b"f" * 60),
        ],
    }


def _services() -> dict[str, list[Any]]:
    from scapy.all import (
        BOOTP,
        DHCP,
        HSRP,
        IP,
        NTP,
        TCP,
        UDP,
        ICMPv6ND_NA,
        ICMPv6ND_NS,
        ICMPv6ND_RA,
        ICMPv6NDOptPrefixInfo,
        IPv6,
        Raw,
    )
    from scapy.contrib.bgp import BGPHeader, BGPOpen
    from scapy.contrib.eigrp import EIGRP, EIGRPParam
    from scapy.contrib.ospf import OSPF_Hdr, OSPF_Hello, OSPF_LSUpd, OSPF_Router_LSA
    from scapy.layers.vrrp import VRRP

    both = IP(src="10.0.0.1", dst="10.0.0.2")
    asked = both / UDP(sport=68, dport=67) / BOOTP(chaddr=b"\2\0\0\0\0\1", xid=7)
    choices = [("message-type", "discover"), ("hostname", b"host"), ("param_req_list", [1, 3, 6]), "end"]
    offered = [("message-type", "offer"), ("server_id", "10.0.0.2"), ("router", "10.0.0.2"), ("lease_time", 60), "end"]
    local = IPv6(src="fe80::1", dst="ff02::1")
    routing = IP(src="10.0.0.1", dst="224.0.0.5", proto=89) / OSPF_Hdr(src="10.0.0.1")
    hello = (
        b"\x16\x03\x01\x00\x4a\x01\x00\x00\x46\x03\x03"
        + b"r" * 32
        + bytes.fromhex("00000213010100001b000000170015000012")
        + b"a.example.invalid!"
    )
    keep = b"\xff" * 16 + b"\x00\x13\x04"
    open_ = BGPHeader(type=1) / BGPOpen(my_as=65001, bgp_id="1.1.1.1")
    return {
        "dhcp": [
            asked / DHCP(options=choices),
            both / UDP(sport=67, dport=68) / BOOTP(op=2, xid=7) / DHCP(options=offered),
        ],
        "nd": [
            local / ICMPv6ND_NS(tgt="fe80::2"),
            local / ICMPv6ND_NA(tgt="fe80::2"),
            local / ICMPv6ND_RA() / ICMPv6NDOptPrefixInfo(prefix="2001:db8::"),
        ],
        "ospf": [routing / OSPF_Hello(), routing / OSPF_LSUpd(lsalist=[OSPF_Router_LSA()])],
        "eigrp": [IP(src="10.0.0.1", dst="224.0.0.10", proto=88) / EIGRP(tlvlist=[EIGRPParam()])],
        "hsrp": [IP(src="10.0.0.1", dst="224.0.0.2", ttl=1) / UDP(sport=1985, dport=1985) / HSRP(virtualIP="10.0.0.3")],
        "vrrp": [IP(src="10.0.0.1", dst="224.0.0.18", ttl=255, proto=112) / VRRP(vrid=1, addrlist=["10.0.0.3"])],
        "ntp": [both / UDP(sport=123, dport=123) / NTP(version=4, sent=0)],
        "bgp": [
            both / TCP(sport=179, dport=4000, flags="PA", seq=1) / open_,
            both / TCP(sport=179, dport=4000, flags="PA", seq=60) / Raw(keep * 3),
        ],
        "tls": [both / TCP(sport=4001, dport=443, flags="PA", seq=1) / Raw(hello)],
        "http": [both / TCP(sport=80, dport=4002, flags="PA", seq=1) / Raw(b"HTTP/1.1 404 Not Found\r\n\r\n")],
    }


def _names() -> dict[str, list[Any]]:
    from scapy.all import DNS, DNSQR, DNSRR, IP, TCP, UDP, Raw

    both = IP(src="10.0.0.1", dst="10.0.0.2")
    question = DNS(id=5, rd=1, qd=DNSQR(qname="www.example.invalid"))
    answer = DNS(
        id=5, qr=1, qd=DNSQR(qname="www.example.invalid"), an=DNSRR(rrname="www.example.invalid", rdata="10.0.0.9")
    )
    raw = bytes(answer)
    return {
        "dns": [both / UDP(sport=4000, dport=53) / question, both / UDP(sport=53, dport=4000) / answer],
        "dns-tcp": [both / TCP(sport=53, dport=4003, flags="PA", seq=1) / Raw(len(raw).to_bytes(2, "big") + raw)],
        "mdns": [IP(src="10.0.0.1", dst="224.0.0.251") / UDP(sport=5353, dport=5353) / answer],
    }


def _link() -> dict[str, list[Any]]:
    from scapy.all import ARP, LLC, SNAP, STP, Dot3, Ether
    from scapy.contrib.cdp import CDPMsgDeviceID, CDPMsgPlatform, CDPMsgPortID, CDPv2_HDR
    from scapy.contrib.dtp import DTP, DTPDomain, DTPStatus
    from scapy.contrib.lldp import LLDPDUChassisID, LLDPDUEndOfLLDPDU, LLDPDUPortID, LLDPDUSystemName, LLDPDUTimeToLive
    from scapy.contrib.vtp import VTP

    cisco = Dot3(dst="01:00:0c:cc:cc:cc", src="02:00:00:00:00:01") / LLC() / SNAP(OUI=0xC)
    lldp = (
        Ether(dst="01:80:c2:00:00:0e", src="02:00:00:00:00:01")
        / LLDPDUChassisID(subtype=4, id=b"\2\0\0\0\0\1")
        / LLDPDUPortID(subtype=5, id=b"Gi0/1")
    )
    cdp = CDPv2_HDR(msg=[CDPMsgDeviceID(val=b"sw1"), CDPMsgPortID(iface=b"Gi0/1"), CDPMsgPlatform(val=b"cisco")])
    return {
        "arp": [
            Ether(**MACS) / ARP(hwsrc="02:00:00:00:00:01", psrc="10.0.0.1", pdst="10.0.0.2"),
            Ether(**MACS) / ARP(op=2, hwsrc="02:00:00:00:00:02", psrc="10.0.0.2", pdst="10.0.0.1"),
        ],
        "stp": [Dot3(dst="01:80:c2:00:00:00", src="02:00:00:00:00:01") / LLC() / STP()],
        "lldp": [lldp / LLDPDUTimeToLive(ttl=120) / LLDPDUSystemName(system_name=b"sw1") / LLDPDUEndOfLLDPDU()],
        "cdp": [cisco / cdp],
        "dtp": [cisco / DTP(tlvlist=[DTPDomain(), DTPStatus()])],
        "vtp": [cisco / VTP()],
    }


def _tunnels(inner: list[Any]) -> dict[str, list[Any]]:
    from scapy.all import GRE, IP, UDP, VXLAN, Dot1AD, Dot1Q, Ether, IPv6, PPPoE
    from scapy.contrib.geneve import GENEVE
    from scapy.contrib.gtp import GTP_U_Header
    from scapy.contrib.mpls import MPLS
    from scapy.layers.ppp import PPP

    ends = IP(src="192.0.2.1", dst="192.0.2.2")
    frame = [Ether(**MACS) / one for one in inner]
    around = Ether(**MACS) / ends
    return {
        "vlan": [Ether(**MACS) / Dot1Q(vlan=5) / one for one in inner],
        "qinq": [Ether(**MACS) / Dot1AD(vlan=7) / Dot1Q(vlan=5) / one for one in inner],
        "mpls": [Ether(**MACS, type=0x8847) / MPLS(label=16, s=0) / MPLS(label=17, s=1) / one for one in inner],
        "pppoe": [Ether(**MACS) / PPPoE() / PPP(proto=0x21) / one for one in inner],
        "gre": [around / GRE() / one for one in inner] + [around / GRE(proto=0x6558) / one for one in frame],
        "erspan": [around / GRE(proto=0x88BE, seqnum_present=1) / (bytes(8) + bytes(one)) for one in frame],
        "vxlan": [around / UDP(sport=9, dport=4789) / VXLAN(vni=5) / one for one in frame],
        "geneve": [around / UDP(sport=9, dport=6081) / GENEVE(proto=0x6558) / one for one in frame],
        "gtp": [around / UDP(sport=2152, dport=2152) / GTP_U_Header(teid=1) / one for one in inner],
        "ipip": [around / one for one in inner],
        "6in4": [around / IPv6() / one.payload for one in inner],
        "etherip": [
            Ether(**MACS) / IP(src="192.0.2.1", dst="192.0.2.2", proto=97) / (b"\x30\0" + bytes(one)) for one in frame
        ],
    }
