"""TCP: flags agree with tshark's, and the checks say what the lab planted and nothing else."""

from __future__ import annotations

import json

import pytest
from made_captures import ACK, FIN, LAB, PSH, RST, SHARED, SYN, ethernet, ipv4, open_bytes, pcap, segment

from netguru import pcap as room
from netguru.model.finding import Severity
from netguru.model.source import SourceFile
from netguru.pcap import tcp_checks
from netguru.pcap.capture import CaptureFile

CHECKS = (
    tcp_checks.port_scans,
    tcp_checks.refused,
    tcp_checks.no_answer,
    tcp_checks.loss,
    tcp_checks.pmtu_blackhole,
    tcp_checks.zero_window,
    tcp_checks.resets,
)
SECOND = 1_000_000_000


def findings(capture):
    return [found for check in CHECKS for found in check(capture)]


def of_lab(network, state, name):
    return CaptureFile(SourceFile.of(LAB / network / state / "captures" / name))


def test_flags_agree_with_tshark():
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there")
    differences = {}
    for file in sorted(SHARED.glob("*__*")):
        expected = json.loads((SHARED / "expected" / f"{file.name}.json").read_text())["tcp_analysis"]
        found = room.tcp(file)
        different = {name: count for name, count in expected.items() if getattr(found, name).count != count}
        if different:
            differences[file.name] = different
    assert not differences


@pytest.mark.parametrize("state", ["healthy", "faulty"])
def test_flags_agree_in_the_lab(state):
    truth = json.loads((LAB / "fabric" / state / "truth.json").read_text())
    for expected in truth["captures"]:
        found = room.tcp(LAB / "fabric" / state / expected["file"])
        assert found.retransmission.count == expected["retransmissions"], expected["file"]
        assert found.duplicate_ack.count == expected["duplicate_acks"], expected["file"]
        assert found.zero_window.count == expected["zero_windows"], expected["file"]


@pytest.mark.parametrize(
    ("name", "check", "addresses"),
    [
        ("lossy-cable.pcap", "tcp.loss", {"10.20.50.10", "10.20.50.22"}),
        ("pmtu-blackhole.pcapng", "tcp.pmtu-blackhole", {"203.0.113.80", "10.20.10.11"}),
        ("server-trouble.pcapng", "tcp.refused", {"10.20.50.10", "10.20.10.11"}),
        ("server-trouble.pcapng", "tcp.zero-window", {"10.20.50.10", "10.20.10.11"}),
        ("server-trouble.pcapng", "scan.ports", {"10.20.50.10", "10.20.10.11"}),
        ("acl-drop.pcapng", "tcp.no-answer", {"10.20.50.10", "10.20.10.11"}),
    ],
)
def test_planted_faults(name, check, addresses):
    found = [item for item in findings(of_lab("fabric", "faulty", name)) if item.check == check]
    assert len(found) == 1
    assert found[0].severity >= Severity.WARNING
    assert set(found[0].subject.addresses) == addresses


@pytest.mark.parametrize("network", ["fabric", "campus"])
def test_healthy_networks(network):
    for path in sorted((LAB / network / "healthy" / "captures").iterdir()):
        loud = [item for item in findings(CaptureFile(SourceFile.of(path))) if item.severity > Severity.NOTE]
        assert not loud, path.name


def test_no_check_fails_on_third_party_captures():
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there")
    for file in sorted(SHARED.glob("*__*")):
        capture = CaptureFile(SourceFile.of(file))
        for item in findings(capture):
            assert all(1 <= proof.start <= capture.table().height for proof in item.evidence)


def exchange(*parts):
    """Give a capture of one connection: parts are (seconds, back, flags, seq, ack, payload size)."""
    frames = [
        segment(flags, back=back, seq=seq, ack=ack, payload=b"d" * size, ident=index)
        for index, (_, back, flags, seq, ack, size) in enumerate(parts)
    ]
    return pcap(frames, times=[int(seconds * SECOND) + 10**18 for seconds, *_ in parts])


def test_resend_copy_and_late(tmp_path):
    data = exchange(
        (0.0, False, SYN, 100, 0, 0),
        (0.1, True, SYN | ACK, 500, 101, 0),
        (0.2, False, ACK, 101, 501, 0),
        (0.3, False, ACK | PSH, 101, 501, 10),
        (0.4, False, ACK | PSH, 121, 501, 10),
        (0.41, False, ACK | PSH, 111, 501, 10),
        (0.9, False, ACK | PSH, 101, 501, 10),
    )
    open_bytes(tmp_path, data)
    strict = room.tcp(tmp_path / "case.pcap").strict
    assert strict.resends.packets == (7,)
    assert strict.reordered.packets + strict.recovered.packets == (6,)
    twice = pcap([segment(ACK | PSH, seq=5, payload=b"x"), segment(ACK | PSH, seq=5, payload=b"x")])
    open_bytes(tmp_path, twice)
    assert room.tcp(tmp_path / "case.pcap").strict.copies.packets == (2,)


def test_reset_after_data_and_normal_end(tmp_path):
    opened = (
        (0.0, False, SYN, 100, 0, 0),
        (0.1, True, SYN | ACK, 500, 101, 0),
        (0.2, False, ACK | PSH, 101, 501, 10),
    )
    broken = findings(open_bytes(tmp_path, exchange(*opened, (0.3, True, RST | ACK, 501, 111, 0))))
    assert [(item.check, item.severity) for item in broken] == [("tcp.reset", Severity.NOTE)]
    closed = exchange(*opened, (0.3, False, FIN | ACK, 111, 501, 0), (0.4, True, RST, 501, 0, 0))
    assert not findings(open_bytes(tmp_path, closed))


def test_new_connection_on_used_ports(tmp_path):
    data = exchange((0, False, SYN, 100, 0, 0), (1, False, SYN, 100, 0, 0), (2, False, SYN, 900, 0, 0))
    capture = open_bytes(tmp_path, data)
    assert capture.table()["flow"].to_list() == [0, 0, 1]
    path = tmp_path / "case.pcap"
    assert room.tcp(path).reused_ports.packets == (3,)
    assert [item.check for item in findings(capture)] == ["tcp.no-answer"]


def test_signed_attempts_are_left_to_bgp(tmp_path):
    signature = b"\x13\x12" + b"m" * 16
    data = pcap([segment(SYN, seq=7, port=179, options=signature) for _ in range(4)], step_ns=SECOND)
    assert not findings(open_bytes(tmp_path, data))


def test_sweep_of_many_hosts(tmp_path):
    frames = [
        segment(SYN, server=f"10.1.0.{host}", seq=host, port=445, client_port=2000 + host) for host in range(1, 40)
    ]
    found = findings(open_bytes(tmp_path, pcap(frames)))
    assert [item.check for item in found] == ["scan.hosts"]
    assert "39 hosts" in found[0].title


def test_a_quoted_syn_with_another_number_reuses_the_ports(tmp_path):
    handshake = [
        segment(SYN, seq=100),
        segment(SYN | ACK, back=True, seq=500, ack=101),
        segment(ACK, seq=101, ack=501),
    ]
    quoted = segment(SYN, seq=777)[14:]
    error = ethernet(ipv4(b"\3\1" + bytes(6) + quoted, 1, src="10.0.0.2", dst="10.0.0.1"))
    path = tmp_path / "quoted.pcap"
    path.write_bytes(pcap([*handshake, error]))
    # As tshark 4.0.17 says of the same packets.
    assert room.tcp(path).reused_ports.packets == (4,)


def test_a_segment_with_a_cut_header_has_no_flags(tmp_path):
    options = bytes.fromhex("0101080a0000000100000000")
    frames = [segment(ACK, seq=1, payload=b"ab", options=options), segment(ACK, seq=50, payload=b"cd", options=options)]
    whole, cut = tmp_path / "whole.pcap", tmp_path / "cut.pcap"
    whole.write_bytes(pcap(frames))
    cut.write_bytes(pcap([frames[0], frames[1][:60]]))
    assert room.tcp(whole).lost_segment.packets == (2,)
    assert room.tcp(cut).lost_segment.count == 0


def test_of_many_packets_the_first_are_listed_and_all_counted():
    path = LAB / "fabric" / "faulty" / "captures" / "lossy-cable.pcap"
    every, some = room.tcp(path, top=0), room.tcp(path, top=3)
    assert every.retransmission.count == len(every.retransmission.packets) > 3
    assert some.retransmission.count == every.retransmission.count
    assert some.retransmission.packets == every.retransmission.packets[:3]
    assert some.strict.resends.packets == every.strict.resends.packets[:3]
    assert any("only the first 3 packets are listed" in note for note in some.coverage.notes)
    assert every.coverage == room.tcp(path).coverage
