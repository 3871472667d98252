"""Columns: headers of all layers are read at the right places, and broken ones never raise."""

from __future__ import annotations

import struct

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_captures import (
    ACK,
    LAB,
    MAC_A,
    SYN,
    enhanced,
    ethernet,
    interface,
    ipv4,
    ipv6,
    open_bytes,
    pcap,
    section,
    tcp,
    udp,
    vlan,
)

from netguru.pcap.addresses import destination, source
from netguru.pcap.schema import FLOWS, PACKETS

PLAIN = ipv4(udp(b"hello"), 17)


def first(folder, frame, link_type=1):
    return open_bytes(folder, pcap([frame], link_type=link_type)).table().row(0, named=True)


@pytest.mark.parametrize(
    ("link_type", "frame", "offset"),
    [
        (1, ethernet(PLAIN), 14),
        (1, ethernet(vlan(5, 0x0800, PLAIN), 0x8100), 18),
        (1, ethernet(vlan(5, 0x8100, vlan(6, 0x0800, PLAIN)), 0x88A8), 22),
        (1, ethernet(struct.pack(">II", 16 << 12, 17 << 12 | 0x100) + PLAIN, 0x8847), 22),
        (1, ethernet(bytes.fromhex("1100 0001") + struct.pack(">HH", len(PLAIN) + 2, 0x21) + PLAIN, 0x8864), 22),
        (1, ethernet(b"\xaa\xaa\x03\0\0\0\x08\0" + PLAIN, 8 + len(PLAIN)), 22),
        (0, b"\2\0\0\0" + PLAIN, 4),
        (0, b"\0\0\0\2" + PLAIN, 4),
        (9, b"\xff\x03\0\x21" + PLAIN, 4),
        (9, b"\x21" + PLAIN, 1),
        (101, PLAIN, 0),
        (104, b"\x0f\0\x08\0" + PLAIN, 4),
        (113, struct.pack(">HHH", 0, 1, 6) + MAC_A + b"\0\0\x08\0" + PLAIN, 16),
        (276, struct.pack(">HHIHBB", 0x0800, 0, 1, 1, 0, 6) + MAC_A + b"\0\0" + PLAIN, 20),
        (239, b"\2\0\0\0" + b"\5\0\1\0\0\0\0\0" + struct.pack("<HH", 4 + len(PLAIN), 9) + PLAIN, 16),
        (105, b"\x08\x01\0\0" + MAC_A * 3 + b"\0\0" + b"\xaa\xaa\x03\0\0\0\x08\0" + PLAIN, 32),
    ],
)
def test_link_types(tmp_path, link_type, frame, offset):
    row = first(tmp_path, frame, link_type)
    assert row["network_offset"] == offset
    assert (source(row), destination(row)) == ("10.0.0.1", "10.0.0.2")
    assert (row["src_port"], row["dst_port"], row["ethertype"]) == (1000, 2000, 0x0800)
    assert frame[row["payload_offset"] :][: row["payload_length"]] == b"hello"
    assert row["payload_head"] == int.from_bytes(b"hello\0\0\0", "big")


def test_tags(tmp_path):
    row = first(tmp_path, ethernet(vlan(0x2005, 0x8100, vlan(6, 0x0800, PLAIN)), 0x88A8))
    assert (row["vlan"], row["inner_vlan"]) == (5, 6)
    row = first(tmp_path, ethernet(struct.pack(">II", 16 << 12, 17 << 12 | 0x100) + PLAIN, 0x8847))
    assert row["mpls_label"] == 16


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"\x42\x42\x03" + b"b" * 35, {"llc_dsap": 0x42, "network_offset": 17, "network_length": 35}),
        (
            b"\xaa\xaa\x03\0\0\x0c\x20\0" + b"c" * 30,
            {"snap_oui": 0x0C, "snap_pid": 0x2000, "network_offset": 22, "network_length": 30},
        ),
    ],
)
def test_llc(tmp_path, payload, expected):
    capture = open_bytes(tmp_path, pcap([ethernet(payload, len(payload)) + b"\0" * 9]))
    row = capture.table().row(0, named=True)
    assert {name: row[name] for name in expected} == expected
    assert row["ethertype"] is None
    assert set(capture.link_payloads(capture.table())[0]) <= set(b"bc")


def test_tcp_options(tmp_path):
    options = b"\2\4\5\xb4\1\3\3\7\4\2\1\1\x08\x0a\0\0\0\x09\0\0\0\0" + b"\x13\x12" + b"m" * 16
    row = first(tmp_path, ethernet(ipv4(tcp(SYN, options=options), 6)))
    assert (row["tcp_mss"], row["tcp_window_scale"], row["tcp_tsval"]) == (1460, 7, 9)
    assert row["tcp_sack_permitted"]
    assert row["tcp_has_md5"]
    row = first(tmp_path, ethernet(ipv4(tcp(ACK, options=b"\1\1\x08\x0a\0\0\1\0\0\0\0\0", payload=b"x"), 6)))
    assert (row["tcp_tsval"], row["payload_length"], row["tcp_has_md5"]) == (256, 1, False)


def test_ipv6_extensions_and_fragments(tmp_path):
    hop = b"\x2c\0" + b"\1\4\0\0\0\0"
    one = ipv6(hop + struct.pack(">BBHI", 17, 0, 1, 99) + udp(b"x" * 8), 0)
    two = ipv6(hop + struct.pack(">BBHI", 17, 0, 16, 99) + b"y" * 8, 0)
    capture = open_bytes(tmp_path, pcap([ethernet(one, 0x86DD), ethernet(two, 0x86DD)]))
    head, tail = capture.table().iter_rows(named=True)
    assert (head["protocol"], head["src_port"], head["ip_id"], head["more_fragments"]) == (17, 1000, 99, True)
    assert (tail["fragment_offset"], tail["src_port"], tail["transport_offset"]) == (16, None, None)
    assert head["flow"] == tail["flow"] == 0
    assert source(head) == "2001:db8::1"


def test_length_on_the_wire_counts(tmp_path):
    frame = ethernet(ipv4(udp(b"p" * 100), 17))[:50]
    capture = open_bytes(tmp_path, section() + interface() + enhanced(frame))
    row = capture.table().row(0, named=True)
    assert row["payload_length"] == 8
    assert capture.payloads(capture.table()) == [b"p" * 8]


def test_padding_is_no_payload(tmp_path):
    capture = open_bytes(tmp_path, pcap([ethernet(PLAIN) + b"\xee" * 13]))
    assert capture.payloads(capture.table()) == [b"hello"]
    assert capture.network_payloads(capture.table()) == [udp(b"hello")]


@pytest.mark.parametrize(
    ("name", "outer"),
    [
        ("gre", ipv4(b"\0\0\x08\0" + PLAIN, 47, "1.1.1.1", "2.2.2.2")),
        ("gre", ipv4(b"\x30\0\x65\x58" + b"\0" * 8 + ethernet(PLAIN), 47, "1.1.1.1", "2.2.2.2")),
        ("ipip", ipv4(PLAIN, 4, "1.1.1.1", "2.2.2.2")),
        ("vxlan", ipv4(udp(b"\x08\0\0\0\0\0\1\0" + ethernet(PLAIN), 5, 4789), 17, "1.1.1.1", "2.2.2.2")),
        ("gtp", ipv4(udp(b"\x30\xff\0\x21\0\0\0\1" + PLAIN, 5, 2152), 17, "1.1.1.1", "2.2.2.2")),
        ("geneve", ipv4(udp(b"\0\0\x65\x58\0\0\1\0" + ethernet(PLAIN), 5, 6081), 17, "1.1.1.1", "2.2.2.2")),
        ("icmp", ipv4(b"\3\3\0\0\0\0\0\0" + PLAIN, 1, "1.1.1.1", "2.2.2.2")),
    ],
)
def test_tunnels(tmp_path, name, outer):
    capture = open_bytes(tmp_path, pcap([ethernet(outer)]))
    inner = capture.inner()
    assert inner["tunnel"].to_list() == [name]
    assert inner["number"].to_list() == [1]
    assert capture.payloads(inner) == [b"hello"]


def test_declared_columns(tmp_path):
    for capture in (open_bytes(tmp_path, pcap([ethernet(PLAIN)])), open_bytes(tmp_path, pcap([]))):
        assert capture.packets().collect_schema() == {column.name: column.dtype for column in PACKETS}
        assert capture.flows().collect_schema() == {column.name: column.dtype for column in FLOWS}
        assert capture.inner().height == 0


MUTATED = [path.read_bytes()[:20_000] for path in sorted((LAB / "fabric" / "faulty" / "captures").glob("*.pcap*"))] + [
    pcap([ethernet(b"\0\0\x88\xbe" + ethernet(PLAIN), 0x8847), ethernet(PLAIN)])
]


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(MUTATED),
    st.lists(st.tuples(st.floats(0, 0.9999), st.integers(0, 255)), max_size=60),
    st.sampled_from([0, 1, 9, 50, 51, 101, 104, 105, 113, 127, 228, 239, 276]),
)
def test_mutated_captures(tmp_path_factory, data, changes, link_type):
    mutated = bytearray(data)
    # The file's own header stays, so that the changes reach the packets.
    for place, value in changes:
        mutated[40 + int(place * (len(mutated) - 40))] = value
    if mutated[:4] == b"\xd4\xc3\xb2\xa1":
        mutated[20] = link_type
    capture = open_bytes(tmp_path_factory.mktemp("mutated"), bytes(mutated))
    table = capture.table()
    assert capture.coverage.total == table.height
    assert table["number"].to_list() == list(range(1, table.height + 1))
    assert [len(frame) for frame in capture.frames(range(1, table.height + 1))] == table["captured"].to_list()
    capture.payloads(table)
    capture.network_payloads(table)
    capture.link_payloads(table)
    assert capture.flows().select(pl.col("packets").sum()).collect().item() == table["flow"].count()
