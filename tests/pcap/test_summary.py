"""Summary: counts and times agree with tshark's on every capture that is at hand."""

from __future__ import annotations

import json

import pytest
from made_captures import LAB, SHARED, ethernet, ipv4, open_bytes, pcap, udp

from netguru import pcap as room
from netguru.errors import FileRejectedError, InputError
from netguru.pcap.summarize import summarize

EXACT = ("packets", "bytes", "captured_bytes", "first_time", "last_time")
# Where the file and tshark disagree with each other, with the reason.
KNOWN = {
    "format__timestamp_invalid_micro.pcap": {"last_time"},  # a fraction above a second: tshark prints ten digits
    "malformed__vtp_asan.pcap": set(EXACT),  # tshark refuses the link type; its packets can be counted
}
STREAMS = {
    "snmp__snmpv3_get_next.pcap",  # Wireshark's SNMP dissector opens a second stream for the replies
    "snmp__snmpwalk-short.pcap",  # as above
    "tcp__tcp-reassembly.pcap",  # packets sampled inside sFlow
    "malformed__fuzz-2006-06-26-2594.pcap",  # headers that were changed at random
}


def test_third_party_captures():
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there")
    differences = []
    for file in sorted(SHARED.glob("*__*")):
        expected = json.loads((SHARED / "expected" / f"{file.name}.json").read_text())
        found = room.summary(file)
        differences += [
            (file.name, name, getattr(found, name), expected[name])
            for name in EXACT
            if getattr(found, name) != expected[name] and name not in KNOWN.get(file.name, ())
        ]
        streams = (found.tcp_flows, found.udp_flows), (expected["tcp_streams"], expected["udp_streams"])
        if streams[0] != streams[1] and file.name not in STREAMS:
            differences.append((file.name, "streams", *streams))
    assert not differences


@pytest.mark.parametrize("state", ["healthy", "faulty"])
def test_lab_captures(state):
    truth = json.loads((LAB / "fabric" / state / "truth.json").read_text())
    for expected in truth["captures"]:
        found = room.summary(LAB / "fabric" / state / expected["file"])
        assert (found.packets, found.tcp_flows) == (expected["packets"], expected["tcp_streams"])
        assert not found.damage
        assert found.coverage.unread == 0


def test_counts(tmp_path):
    capture = open_bytes(tmp_path, pcap([ethernet(ipv4(udp(b"q", 40000, 53), 17)), ethernet(b"\0" * 28, 0x0806)]))
    found = summarize(capture)
    assert found.protocols == {"arp": 1, "dns": 1, "eth": 2, "ip": 1, "udp": 1}
    assert (found.first_time, found.last_time) == ("1000000000.000000000", "1000000000.001000000")
    assert found.first_time_iso == "2001-09-09T01:46:40.000000000Z"
    assert found.to_dict()["schema"] == "netguru.pcap.summary/1"
    assert (found.ip_conversations, found.udp_flows, found.link_types) == (1, 1, ("ethernet",))


def test_flows(tmp_path):
    frames = [ethernet(ipv4(udp(b"q" * size, 40000 + size, 53), 17)) for size in (1, 9, 5)]
    path = tmp_path / "case.pcap"
    path.write_bytes(pcap(frames))
    found = room.flows(path, out=tmp_path / "flows.parquet", top=2)
    assert [(flow.client_port, flow.client_payload) for flow in found.flows] == [(40009, 9), (40005, 5)]
    assert found.total == 3
    assert (tmp_path / "flows.parquet").stat().st_size > 0
    with pytest.raises(FileRejectedError):
        room.flows(path, out=tmp_path / "absent" / "flows.parquet")


def test_packets_and_dissection(tmp_path):
    path = tmp_path / "case.pcap"
    path.write_bytes(pcap([ethernet(ipv4(udp(b"q", 40000, 9), 17))] * 3))
    found = room.packets(path, first=2)
    assert [packet.number for packet in found.packets] == [2, 3]
    assert [layer.name for layer in room.dissect(path, 1, engine="scapy").layers][:3] == ["Ethernet", "IP", "UDP"]
    for number in (0, 4):
        with pytest.raises(InputError):
            room.dissect(path, number)


def test_evidence_and_absence(tmp_path):
    capture = open_bytes(tmp_path, pcap([ethernet(ipv4(udp(b"q", 40000, 9), 17))] * 30))
    quoted = capture.evidence(range(1, 31), limit=4)
    assert [item.start for item in quoted] == [1, 11, 20, 30]
    assert all(item.text == capture.describe(item.start) for item in quoted)
    nothing = capture.absence(1, 30, "DHCP OFFER")
    assert (nothing.start, nothing.end) == (1, 30)
