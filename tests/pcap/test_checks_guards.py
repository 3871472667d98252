"""Checks on captures made for one question: what is normal stays silent, what is not is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from scapy.contrib.ospf import OSPF_DBDesc, OSPF_Hdr, OSPF_Hello
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.dns import DNS, DNSQR
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6ND_NS, IPv6
from scapy.layers.l2 import ARP, LLC, STP, Dot3, Ether
from scapy.layers.vrrp import VRRP
from scapy.packet import Packet, Raw
from scapy.utils import wrpcap

from netguru.checks import checks
from netguru.model import Severity
from netguru.model.source import SourceFile
from netguru.pcap import CaptureFile

if TYPE_CHECKING:
    from pathlib import Path

_A, _B, _C = "02:00:00:00:00:0a", "02:00:00:00:00:0b", "02:00:00:00:00:0c"
Timed = list[tuple[float, Packet]]
Check = Callable[[Timed], dict[str, Severity]]


@pytest.fixture
def found(tmp_path: Path) -> Check:
    """Give the ids and worst severities that the checks report for timed packets."""

    def run(packets: Timed) -> dict[str, Severity]:
        frames = []
        for time, packet in packets:
            packet.time = 1_700_000_000 + time
            frames.append(packet)
        path = tmp_path / "made.pcap"
        wrpcap(str(path), frames, linktype=1)
        capture = CaptureFile(SourceFile.of(path))
        own = [item for item in checks.values() if item.function.__module__.startswith("netguru.pcap.checks.")]
        result: dict[str, Severity] = {}
        for finding in (each for item in own for each in item.function(capture)):
            result[finding.check] = max(finding.severity, result.get(finding.check, Severity.INFO))
        return result

    return run


def _reply(mac: str, address: str) -> Packet:
    return Ether(src=mac, dst=_C) / ARP(op=2, hwsrc=mac, psrc=address, hwdst=_C, pdst="10.0.0.9")


def test_a_hand_over_of_an_address_is_only_a_note(found: Check) -> None:
    packets = [(float(n), _reply(_A if n < 5 else _B, "10.0.0.1")) for n in range(10)]

    assert found(packets) == {"ip.duplicate-address": Severity.NOTE}


def test_an_address_claimed_in_turn_is_an_error(found: Check) -> None:
    packets = [(n / 10, _reply(_A if n % 2 else _B, "10.0.0.1")) for n in range(10)]

    assert found(packets) == {"ip.duplicate-address": Severity.ERROR}


@pytest.mark.parametrize(
    "virtual", ["00:00:5e:00:01:0a", "00:00:0c:07:ac:0a", "00:00:0c:9f:f0:01", "00:07:b4:00:01:01"]
)
def test_a_virtual_address_of_gateways_is_no_conflict(found: Check, virtual: str) -> None:
    packets = [(n / 10, _reply(_A if n % 2 else virtual, "10.0.0.1")) for n in range(10)]

    assert found(packets) == {}


def test_proxy_arp_is_no_conflict(found: Check) -> None:
    proxied = [(float(n), _reply(_A, f"10.0.0.{n}")) for n in range(1, 15)]
    owned = [(n + 0.5, _reply(_B, "10.0.0.3")) for n in range(1, 15)]

    assert found(proxied + owned) == {}


def test_hosts_that_resolve_slowly_are_no_storm(found: Check) -> None:
    ask = [(n / 10, Ether(src=_A) / ARP(hwsrc=_A, psrc="10.0.0.1", pdst=f"10.0.0.{n % 30 + 2}")) for n in range(120)]

    assert found(ask) == {}


def _advertisement(source: str, vrid: int, priority: int) -> Packet:
    frame = Ether(src=_A, dst="01:00:5e:00:00:12") / IP(src=source, dst="224.0.0.18", ttl=255, proto=112)
    return frame / VRRP(vrid=vrid, priority=priority, adv=1, addrlist=["10.0.0.1"])


def test_one_fail_over_is_silent(found: Check) -> None:
    packets = [(float(n), _advertisement("10.0.0.2" if n < 10 else "10.0.0.3", 1, 100)) for n in range(20)]

    assert found(packets) == {}


def test_two_masters_are_an_error(found: Check) -> None:
    packets = [(n / 2, _advertisement(f"10.0.0.{2 + n % 2}", 1, 100)) for n in range(20)]

    assert found(packets) == {"vrrp.dual-master": Severity.ERROR}


def test_one_address_in_two_groups_is_an_error(found: Check) -> None:
    packets = [(n / 2, _advertisement(f"10.0.0.{2 + n % 2}", 1 + n % 2, 100)) for n in range(20)]

    assert found(packets) == {"vrrp.dual-master": Severity.ERROR}


def _ping(ttl: int, number: int, sequence: int) -> Packet:
    echo = IP(src="10.0.0.1", dst="192.0.2.1", ttl=ttl, id=number) / ICMP(id=7, seq=sequence) / Raw(b"x" * 32)
    return Ether(src=_A, dst=_B) / echo


def _looping(times: list[float]) -> list[tuple[float, Packet]]:
    return [(at + n / 1000, _ping(60 - n, 4711 + i, i)) for i, at in enumerate(times) for n in range(20)]


def test_packets_with_falling_ttl_are_a_loop(found: Check) -> None:
    assert found(_looping([0, 1, 2])) == {"ip.routing-loop": Severity.ERROR}


def test_a_loop_of_a_moment_is_a_note(found: Check) -> None:
    assert found(_looping([0])) == {"ip.routing-loop": Severity.NOTE}
    assert found(_looping([0, 0.1, 0.2, 0.3])) == {"ip.routing-loop": Severity.NOTE}


def test_a_traceroute_is_no_loop(found: Check) -> None:
    rising = [(n / 10, _ping(1 + n, 4711, 1)) for n in range(20)]
    counted = [(3 + n / 10, _ping(1 + n, 5000 + n, n)) for n in range(20)]

    assert found(rising + counted) == {}


def test_a_mirror_of_both_directions_is_no_loop(found: Check) -> None:
    packets = [(n / 10 + half / 1000, _ping(64 - half, 100 + n, n)) for n in range(20) for half in (0, 1)]

    assert found(packets) == {}


def _query(number: int, name: str, port: int = 4000) -> Packet:
    frame = Ether(src=_A, dst=_B) / IP(src="10.0.0.1", dst="10.0.0.53", id=number) / UDP(sport=port, dport=53)
    return frame / DNS(id=number, rd=1, qd=DNSQR(qname=name))


def test_a_query_at_the_end_of_a_capture_is_silent(found: Check) -> None:
    assert found([(0.0, _query(1, "a.example")), (0.5, _query(2, "b.example"))]) == {}


def test_a_repeated_query_without_an_answer_is_a_warning(found: Check) -> None:
    assert found([(5.0 * n, _query(1 + n, "a.example")) for n in range(3)]) == {"dns.no-answer": Severity.WARNING}


def test_queries_that_are_not_repeated_are_only_a_note(found: Check) -> None:
    packets = [(0.0, _query(1, "a.example")), (0.1, _query(2, "b.example")), (20.0, _ping(64, 1, 1))]

    assert found(packets) == {"dns.no-answer": Severity.NOTE}


def _dhcp(kind: str, number: int, server: str = "") -> Packet:
    frame = Ether(src=_A) / IP(src=server or "0.0.0.0", dst="255.255.255.255", id=number)  # noqa: S104 - no address yet
    ports = UDP(sport=67, dport=68) if server else UDP(sport=68, dport=67)
    options = [("message-type", kind), *([("server_id", server)] if server else []), "end"]
    return (
        frame
        / ports
        / BOOTP(op=2 if server else 1, chaddr=bytes.fromhex(_A.replace(":", "")), xid=9)
        / DHCP(options=options)
    )


def test_dhcp_with_an_offer_is_silent(found: Check) -> None:
    assert found([(0.0, _dhcp("discover", 1)), (4.0, _dhcp("discover", 2)), (4.1, _dhcp("offer", 3, "10.0.0.2"))]) == {}


def test_dhcp_with_two_offers_names_both_servers(found: Check) -> None:
    offers = [(n / 10, _dhcp("offer", n, f"10.0.0.{n}")) for n in (2, 3)]

    assert found([(0.0, _dhcp("discover", 1)), *offers]) == {"dhcp.two-servers": Severity.WARNING}


def _hello(source: str, router: str, neighbours: list[str], hello: int = 10, area: str = "0.0.0.0") -> Packet:  # noqa: S104 - area 0
    header = OSPF_Hdr(src=router, area=area)
    body = OSPF_Hello(mask="255.255.255.0", hellointerval=hello, deadinterval=4 * hello, neighbors=neighbours)
    return (
        Ether(src=_A if source.endswith("1") else _B) / IP(src=source, dst="224.0.0.5", proto=89, ttl=1) / header / body
    )


def test_ospf_neighbours_that_agree_are_silent(found: Check) -> None:
    packets = []
    for n in range(4):
        packets += [(10.0 * n, _hello("10.0.0.1", "1.1.1.1", ["2.2.2.2"]))]
        packets += [(10.0 * n + 1, _hello("10.0.0.2", "2.2.2.2", ["1.1.1.1"]))]

    assert found(packets) == {}


def test_ospf_senders_in_other_subnets_are_not_compared(found: Check) -> None:
    packets = []
    for n in range(4):
        packets += [(10.0 * n, _hello("10.0.0.1", "1.1.1.1", []))]
        packets += [(10.0 * n + 1, _hello("10.9.9.2", "2.2.2.2", [], hello=5, area="0.0.0.7"))]

    assert found(packets) == {}


def test_one_ospf_router_id_on_two_routers_is_an_error(found: Check) -> None:
    packets = []
    for n in range(4):
        packets += [(10.0 * n, _hello("10.0.0.1", "1.1.1.1", []))]
        packets += [(10.0 * n + 1, _hello("10.0.0.2", "1.1.1.1", []))]

    assert found(packets) == {"ospf.duplicate-router-id": Severity.ERROR}


def test_an_ospf_exchange_that_repeats_with_equal_mtus_is_stuck(found: Check) -> None:
    packets: Timed = []
    for n in range(5):
        for last, router, other in ((1, "1.1.1.1", "2.2.2.2"), (2, "2.2.2.2", "1.1.1.1")):
            address, peer = f"10.0.0.{last}", f"10.0.0.{3 - last}"
            packets += [(5.0 * n, _hello(address, router, [other]))]
            frame = Ether(src=_A if last == 1 else _B) / IP(src=address, dst=peer, proto=89, ttl=1, id=100 * n + last)
            description = OSPF_DBDesc(mtu=1500, dbdescr=7, ddseq=77)
            packets += [(5.0 * n + last / 10, frame / OSPF_Hdr(src=router) / description)]

    assert found(packets) == {"ospf.stuck": Severity.WARNING}


def _syn(source: str, target: str, port: int, signed: bool, flags: str = "S") -> Packet:
    options = [(19, b"\1" * 16)] if signed else []
    return (
        Ether(src=_A) / IP(src=source, dst=target, id=port) / TCP(sport=port, dport=179, flags=flags, options=options)
    )


def test_bgp_with_a_signature_on_one_side_is_an_error(found: Check) -> None:
    packets = [(float(n), _syn("10.0.0.1", "10.0.0.2", 4000 + n, signed=True)) for n in range(4)]
    packets += [(n + 0.5, _syn("10.0.0.2", "10.0.0.1", 5000 + n, signed=False)) for n in range(4)]

    assert found(packets) == {"bgp.md5-mismatch": Severity.ERROR}


def test_a_signed_bgp_attempt_that_is_reset_has_another_cause(found: Check) -> None:
    packets = [(float(n), _syn("10.0.0.1", "10.0.0.2", 4000 + n, signed=True)) for n in range(4)]
    reset = Ether(src=_B) / IP(src="10.0.0.2", dst="10.0.0.1") / TCP(sport=179, dport=4000, flags="RA")

    assert found([*packets, (4.0, reset)]) == {}


def _probe(mac: str) -> Packet:
    return Ether(src=mac) / IPv6(src="::", dst="ff02::1:ff00:1") / ICMPv6ND_NS(tgt="2001:db8::1")


def test_a_lone_detection_of_duplicates_is_silent(found: Check) -> None:
    announced = Ether(src=_A) / IPv6(src="2001:db8::1", dst="ff02::1") / ICMPv6ND_NA(tgt="2001:db8::1", R=0, S=0)

    assert found([(0.0, _probe(_A)), (1.0, _probe(_A)), (2.0, announced)]) == {}


def test_an_owner_that_answers_a_probe_is_an_error(found: Check) -> None:
    answer = Ether(src=_B) / IPv6(src="2001:db8::1", dst="ff02::1") / ICMPv6ND_NA(tgt="2001:db8::1", R=0, S=0)

    assert found([(0.0, _probe(_A)), (0.1, answer)]) == {"nd.duplicate-address": Severity.ERROR}


def _bpdu(root: str, priority: int, flags: int = 0) -> Packet:
    frame = Dot3(src=_A, dst="01:80:c2:00:00:00") / LLC()
    return frame / STP(rootid=priority, rootmac=root, bridgeid=priority, bridgemac=root, bpduflags=flags)


def test_a_quiet_spanning_tree_is_silent(found: Check) -> None:
    assert found([(2.0 * n, _bpdu(_A, 32768)) for n in range(20)]) == {}


def test_a_new_root_after_a_quiet_time_is_a_warning(found: Check) -> None:
    packets = [(2.0 * n, _bpdu(_B, 32768) if n < 15 else _bpdu(_A, 4096)) for n in range(20)]

    assert found(packets) == {"stp.root-change": Severity.WARNING}


def test_an_election_at_the_start_is_only_told(found: Check) -> None:
    packets = [(0.0, _bpdu(_B, 32768)), *((0.5 + 2.0 * n, _bpdu(_A, 4096, flags=n in (3, 4))) for n in range(20))]

    assert found(packets) == {"stp.root-change": Severity.INFO, "stp.topology-change": Severity.INFO}


def test_roots_that_are_claimed_in_turn_are_named(found: Check) -> None:
    packets = [(1.0 * n, _bpdu(_A if n % 2 else _B, 32768)) for n in range(20)]

    assert found(packets) == {"stp.two-roots": Severity.WARNING}


def _ntp(leap: int, stratum: int) -> Packet:
    frame = Ether(src=_A, dst=_B) / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=123, dport=50123)
    return frame / Raw(bytes([leap << 6 | 0x24, stratum, 6, 0xE9]) + bytes(44))


def test_a_time_server_that_has_found_its_own_servers_is_only_a_note(found: Check) -> None:
    packets = [(64.0 * n, _ntp(*((3, 16) if n < 3 else (0, 3)))) for n in range(6)]

    assert found(packets) == {"ntp.unsynchronised": Severity.NOTE}
    assert found(packets[:3]) == {"ntp.unsynchronised": Severity.WARNING}


def test_a_time_server_that_sends_a_client_away_is_not_without_the_time(found: Check) -> None:
    refusal = Raw(bytes([0xE4, 0, 6, 0xE9]) + bytes(8) + b"RATE" + bytes(32))
    frame = Ether(src=_A, dst=_B) / IP(src="10.0.0.1", dst="10.0.0.2") / UDP(sport=123, dport=50123)

    assert found([(64.0 * n, frame.copy() / refusal) for n in range(4)]) == {}


def test_two_gateways_that_start_at_once_are_silent(found: Check) -> None:
    said = [(0.0, "10.0.0.2", 120), (0.3, "10.0.0.3", 100), *((1.3 + n, "10.0.0.2", 120) for n in range(20))]

    assert found([(time, _advertisement(address, 10, priority)) for time, address, priority in said]) == {}
