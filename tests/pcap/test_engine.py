"""The engine: numpy and compiled kernels give one table, conversations add up, memory is bounded."""

from __future__ import annotations

import io
import struct
import tracemalloc

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_captures import ACK, LAB, SHARED, SYN, ethernet, ipv4, ipv6, open_bytes, pcap, segment, tcp, udp, vlan

from netguru.errors import NetGuruError
from netguru.pcap.chunks import BIT, INNER_COLUMNS, ROWS, Chunk, places
from netguru.pcap.engine import Engine
from netguru.pcap.framing import Found
from netguru.pcap.kernels import load
from netguru.pcap.schema import FLOWS
from netguru.pcap.streams import open_forward

VXLAN = struct.pack(">II", 0x08000000, 77 << 8)


@pytest.fixture(scope="module", autouse=True)
def kernels():
    load.prepare()


def worked(stream, *, compiled):
    """Give the packets and the conversations of a stream."""
    engine = Engine(stream, Found(), compiled=compiled, losses=True)
    frames = [chunk.frame(INNER_COLUMNS) for chunk in engine.chunks()]
    return (pl.concat(frames) if frames else None), engine.conversations.table().collect()


def same(open_stream):
    plain, flows = worked(open_stream(), compiled=False)
    fast, fast_flows = worked(open_stream(), compiled=True)
    if plain is None or fast is None:
        assert plain is None
        assert fast is None
        return
    different = [name for name in INNER_COLUMNS if not plain[name].equals(fast[name], null_equal=True)]
    assert not different
    assert flows.equals(fast_flows)


def captures():
    files = sorted(LAB.glob("*/*/captures/*")) + sorted(SHARED.glob("*__*"))
    return [file for file in files if file.suffix in {".pcap", ".pcapng", ".snoop", ".gz", ".cap"}]


@pytest.mark.parametrize("file", captures(), ids=lambda file: file.name)
def test_plain_and_compiled_give_one_table(file):
    def stream():
        return open_forward(file, Found())

    try:
        worked(stream(), compiled=False)
    except NetGuruError as error:
        with pytest.raises(type(error)):
            worked(stream(), compiled=True)
        return
    same(stream)


def frames_of_all_kinds():
    inner = ipv4(tcp(SYN, payload=b"x"), 6, src="192.0.2.1")
    gre = struct.pack(">HHI", 0x2000, 0x0800, 9)
    options = bytes.fromhex("020405b40402080a0000000100000000010303070101050a0000000a00000014")
    return [
        ethernet(ipv4(tcp(SYN, options=options), 6)),
        ethernet(vlan(0x6005, 0x8100, vlan(7, 0x86DD, ipv6(udp(b"payload"), 17))), kind=0x8100),
        ethernet(ipv4(udp(VXLAN + ethernet(inner), dst=4789), 17)),
        ethernet(ipv4(gre + inner, 47)),
        ethernet(ipv4(struct.pack(">BBHI", 3, 1, 0, 0) + inner, 1)),
        ethernet(bytes.fromhex("0001080006040001") + b"\2" * 6 + b"\12\0\0\1" + b"\0" * 6 + b"\12\0\0\2", kind=0x0806),
        ethernet(b"\x42\x42\x03" + bytes(35), kind=38),
        ethernet(ipv6(struct.pack(">BBHI", 17, 0, 0xFFF9, 5) + b"z" * 16, 44), kind=0x86DD),
        ethernet(ipv4(udp(b"a" * 24), 17, fragment=0x2000)),
        ethernet(ipv4(b"b" * 8, 17, fragment=4)),
    ]


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_frames_are_decoded_the_same(data):
    frames = []
    for frame in frames_of_all_kinds():
        changed = bytearray(frame)
        for _ in range(data.draw(st.integers(0, 3))):
            changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
        frames.append(bytes(changed[: data.draw(st.integers(0, len(changed)))]))
    link_type = data.draw(st.sampled_from((1, 1, 1, 0, 9, 50, 101, 104, 105, 113, 127, 239, 276)))
    same(lambda: io.BytesIO(pcap(frames, link_type=link_type)))


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_decoded_the_same(frame):
    for link_type in (1, 0, 9, 50, 51, 101, 105, 113, 127, 239, 276):
        same(lambda link_type=link_type: io.BytesIO(pcap([frame], link_type=link_type)))


def test_columns_of_one_group_are_present_together():
    from netguru.pcap.columns import _walk
    from netguru.pcap.framing import read_batches
    from netguru.pcap.schema import INNER

    batch = next(iter(read_batches(io.BytesIO(pcap(frames_of_all_kinds())), Found())))
    cursor = _walk(batch, np.arange(batch.start.size), 0, np.full(batch.start.size, -1))
    for group in BIT:
        masks = [cursor.present[column.name] for column in INNER if column.group == group]
        assert all((mask == masks[0]).all() for mask in masks), group


def test_every_column_has_a_place_of_its_own():
    assert len(set(places().values())) == len(INNER_COLUMNS)


def test_decoded_fields(tmp_path):
    capture = open_bytes(tmp_path, pcap(frames_of_all_kinds()))
    first = capture.table().row(0, named=True)
    assert (first["tcp_mss"], first["tcp_tsval"], first["tcp_tsecr"], first["tcp_window_scale"]) == (1460, 1, 0, 7)
    assert (first["tcp_sack_blocks"], first["tcp_sack_left"], first["tcp_sack_right"]) == (1, 10, 20)
    tagged = capture.table().row(1, named=True)
    assert (tagged["vlan"], tagged["vlan_priority"], tagged["inner_vlan"]) == (5, 3, 7)
    inner = capture.inner()
    assert inner.select("number", "tunnel", "tunnel_id").rows() == [(3, "vxlan", 77), (4, "gre", 9), (5, "icmp", None)]
    arp = capture.table().row(5, named=True)
    assert (arp["arp_opcode"], arp["arp_src_ip"], arp["arp_dst_ip"]) == (1, 0x0A000001, 0x0A000002)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_fragments_belong_to_their_first(compiled, order):
    whole = udp(b"q" * 40, src=5, dst=6)
    pieces = [(0, 0x2000, whole[:16]), (2, 0x2000, whole[16:32]), (4, 0, whole[32:])]
    frames = [ethernet(ipv4(pieces[at][2], 17, fragment=pieces[at][0] | pieces[at][1], ident=9)) for at in order]
    packets, flows = worked(io.BytesIO(pcap(frames)), compiled=compiled)
    assert packets["flow"].to_list() == [0, 0, 0]
    assert flows.select("packets", "client_port", "server_port", "stream").rows() == [(3, 5, 6, 0)]
    # The datagram is whole with the fragment that came last, as in Wireshark.
    assert packets["stream"].to_list() == [None, None, 0]


def test_a_conversation_in_a_tunnel_is_one(tmp_path):
    inner = ethernet(ipv4(udp(b"inside", src=9, dst=10), 17, src="192.0.2.1", dst="192.0.2.2"))
    capture = open_bytes(tmp_path, pcap([ethernet(ipv4(udp(VXLAN + inner, dst=4789), 17))]))
    flows = capture.flows().select("tunnel", "server_port", "stream").collect().rows()
    assert flows == [("", 4789, 0), ("vxlan", 10, 1)]


def test_ports_used_again_are_further_conversations():
    frames = [segment(SYN, seq=100), segment(SYN, seq=100), segment(SYN, seq=5000), segment(ACK, seq=5001)]
    for compiled in (False, True):
        packets, flows = worked(io.BytesIO(pcap(frames)), compiled=compiled)
        assert packets["stream"].to_list() == [0, 0, 1, 1]
        assert flows["packets"].to_list() == [2, 2]


def flood(count):
    return pcap(
        [
            segment(
                SYN if i % 2 else ACK,
                client=f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}",
                seq=i,
                payload=b"x" * (1 - i % 2),
            )
            for i in range(count)
        ]
    )


@pytest.mark.parametrize("losses", [False, True])
def test_a_flood_is_bounded_and_nothing_is_lost(monkeypatch, losses):
    data = flood(5000)
    # Odd, so that state that grows by half of itself ends in the middle of a connection's.
    monkeypatch.setattr("netguru.pcap.engine.ROWS", 301)
    engine = Engine(io.BytesIO(data), Found(), compiled=True, losses=losses, live=512)
    for _ in engine.chunks():
        pass
    flows = engine.conversations.table().collect()
    assert engine.conversations.closed_early >= 5000 - 512 - 300
    assert flows["packets"].sum() == 5000
    assert flows["flow"].to_list() == list(range(5000))
    assert engine.conversations.streams == (5000, 0)
    assert flows.schema == {column.name: column.dtype for column in FLOWS}


def test_memory_does_not_grow_with_packets():
    one = pcap([segment(ACK, payload=b"p" * 50)] * 2000)

    def peak(repeats):
        stream = io.BytesIO(one + one[24:] * repeats)
        tracemalloc.start()
        try:
            for chunk in Engine(stream, Found(), compiled=True).chunks():
                assert chunk.count <= ROWS
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    small, large = peak(20), peak(200)
    assert large < small * 1.2


def test_an_empty_chunk_makes_an_empty_table():
    assert Chunk.empty(8).frame(INNER_COLUMNS).is_empty()
    chunk = Chunk.empty(8)
    chunk.count = 3
    assert chunk.frame(["tunnel"])["tunnel"].to_list() == ["", "", ""]
    assert chunk.frame(["tunnel", "number"]).columns == ["number", "tunnel"]
