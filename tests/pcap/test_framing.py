"""Framing: every format and variant gives the same packets; damage is told, never raised."""

from __future__ import annotations

import gzip
import io
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_captures import block, enhanced, ethernet, interface, open_bytes, option, pcap, section

from netguru.errors import FileRejectedError, NetGuruError
from netguru.pcap.framing import Found, read_batches

FRAMES = [ethernet(bytes([n]) * (46 + n), 0x88B5) for n in range(5)]


def read(data, **options):
    found = Found()
    packets = []
    for batch in read_batches(io.BytesIO(data), found, **options):
        for start, count, time in zip(batch.start, batch.captured, batch.time_ns, strict=True):
            packets.append((batch.buffer[start : start + count], int(time), batch.base + int(start)))
    return packets, found


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("magic", [0xA1B2C3D4, 0xA1B23C4D, 0xA1B2CD34])
def test_variants_of_pcap(order, magic):
    data = pcap(FRAMES, order=order, magic=magic)
    packets, found = read(data)
    assert [frame for frame, _, _ in packets] == FRAMES
    assert [time for _, time, _ in packets] == [10**18 + n * 10**6 for n in range(5)]
    assert all(data[at : at + len(frame)] == frame for frame, _, at in packets)
    assert not found.damage


@pytest.mark.parametrize("block_bytes", [24, 41, 100, 1 << 20])
def test_block_size_changes_nothing(block_bytes):
    for data in (pcap(FRAMES), section() + interface() + b"".join(enhanced(frame) for frame in FRAMES)):
        packets, found = read(data, block_bytes=block_bytes)
        assert [frame for frame, _, _ in packets] == FRAMES
        assert not found.damage


def test_sections_interfaces_and_clocks():
    nano = option(9, b"\x09") + option(2, b"eth7") + option(0, b"")
    binary = option(9, bytes([0x80 | 10])) + option(14, struct.pack("<q", 100))
    data = section() + interface(options=nano) + interface(link_type=101, options=binary)
    data += enhanced(FRAMES[0], 1_500_000_000) + enhanced(b"\x45", 1024 + 512, index=1)
    data += section(">") + interface(order=">") + enhanced(FRAMES[1], 7, order=">")
    packets, found = read(data)
    assert [time for _, time, _ in packets] == [1_500_000_000, 101_500_000_000, 7_000]
    assert [(item.index, item.link_type, item.name) for item in found.interfaces] == [
        (0, 1, "eth7"),
        (1, 101, ""),
        (2, 1, ""),
    ]


def test_other_packet_blocks_and_statistics():
    obsolete = struct.pack("<HHIIII", 0, 0, 0, 5, len(FRAMES[1]), len(FRAMES[1])) + FRAMES[1]
    statistics = struct.pack("<III", 0, 0, 0) + option(5, struct.pack("<Q", 12)) + option(0, b"")
    data = section() + interface() + block(3, struct.pack("<I", len(FRAMES[0])) + FRAMES[0])
    data += block(2, obsolete) + block(5, statistics) + block(4, b"\0" * 8) + block(0x777, b"\0" * 8)
    packets, found = read(data)
    assert [frame for frame, _, _ in packets] == FRAMES[:2]
    assert found.interfaces[0].dropped == 12
    assert found.notes == ["blocks of the unknown type 0x777 were passed over"]
    assert not found.damage


def test_snoop(tmp_path):
    data = b"snoop\0\0\0" + struct.pack(">II", 2, 4)
    for frame in FRAMES:
        size = 24 + len(frame) + (-len(frame) % 4)
        data += struct.pack(">IIIIII", len(frame), len(frame), size, 0, 7, 5) + frame + b"\0" * (-len(frame) % 4)
    capture = open_bytes(tmp_path, data)
    assert capture.format == "snoop"
    assert capture.frames([1, 5]) == [FRAMES[0], FRAMES[4]]
    assert capture.table()["time_ns"].to_list() == [7_000_005_000] * 5


def test_gzip(tmp_path):
    data = pcap(FRAMES)
    capture = open_bytes(tmp_path, gzip.compress(data[:100]) + gzip.compress(data[100:]), "case.pcap.gz")
    assert capture.frames([5, 1]) == [FRAMES[4], FRAMES[0]]
    assert not capture.damage
    broken = open_bytes(tmp_path, gzip.compress(data)[:-20], "broken.pcap.gz")
    assert "gzip" in broken.damage[0].message


@pytest.mark.parametrize(
    ("data", "count", "message"),
    [
        (pcap(FRAMES)[:-1], 4, "cut short in the middle of a packet"),
        (pcap(FRAMES) + b"\1\2\3", 5, "cut short"),
        (pcap(FRAMES) + struct.pack("<IIII", 1, 1, 999_999, 1), 5, "more than 262144"),
        (pcap(FRAMES)[:20], 0, "cut short in its header"),
        (
            section() + interface() + enhanced(FRAMES[0]) + enhanced(FRAMES[1])[:-2],
            1,
            "cut short in the middle of a block",
        ),
        (section() + interface() + enhanced(FRAMES[0])[:-4] + b"\1\0\0\0", 0, "two lengths of a block differ"),
        (section() + enhanced(FRAMES[0]), 0, "interface 0, which is not described"),
        (section() + interface() + struct.pack("<II", 6, 13) + b"\0" * 20, 0, "block length 13"),
    ],
)
def test_damage(data, count, message):
    packets, found = read(data)
    assert len(packets) == count
    assert message in found.damage[0].message


def test_damage_reaches_coverage(tmp_path):
    capture = open_bytes(tmp_path, pcap(FRAMES)[:-1])
    assert capture.damage
    assert any("cut short" in note for note in capture.coverage.notes)


def test_no_capture():
    with pytest.raises(FileRejectedError):
        read(b"hostname r1\n")


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([pcap([])[:24], section() + interface(), b"snoop\0\0\0\0\0\0\2\0\0\0\4", b""]),
)
def test_random_bytes(tail, head):
    try:
        read(head + tail, block_bytes=64)
    except NetGuruError:
        assert not head
