"""Known differences from Wireshark are as `docs/tcp-analysis.md` tells them, until they are gone."""

from __future__ import annotations

import pytest
from made_captures import ACK, PSH, SYN, ethernet, ipv4, pcap, segment, tcp

from netguru import pcap as room
from netguru.pcap import tshark


def test_a_segment_in_fragments_is_not_judged(tmp_path):
    whole = tcp(ACK | PSH, seq=101, ack=901, payload=b"x" * 200)
    path = tmp_path / "fragments.pcap"
    frames = [
        segment(SYN, seq=100),
        segment(SYN | ACK, seq=900, ack=101, back=True),
        segment(ACK, seq=101, ack=901),
        ethernet(ipv4(whole[:112], 6, ident=7, fragment=0x2000)),
        ethernet(ipv4(whole[112:], 6, ident=7, fragment=14)),
        segment(ACK | PSH, seq=301, ack=901, payload=b"y" * 10),
        segment(ACK, seq=901, ack=311, back=True),
    ]
    path.write_bytes(pcap(frames))
    found = room.tcp(path)
    assert (found.lost_segment.packets, found.ack_lost_segment.packets) == ((6,), (7,))
    if not tshark.find():
        pytest.skip("tshark is not installed: what it says is not compared")
    assert tshark.run(path, ["-Y", "tcp.analysis.flags"]) == b""
    assert len(tshark.run(path, ["-Y", "tcp.len == 200"]).splitlines()) == 1
