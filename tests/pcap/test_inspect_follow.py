"""Following conversations: order, overlaps, resends and holes, and the same bytes as tshark."""

from __future__ import annotations

import random
import re
import shutil
import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_captures import ACK, FIN, LAB, SHARED, SYN, ethernet, ipv4, open_bytes, pcap, segment, udp

from netguru import pcap as room
from netguru.errors import InputError
from netguru.pcap.following import escaped, hex_dump
from netguru.pcap.stream_follow import CLIENT, SERVER, Datagrams, Segment, TcpStream
from netguru.pcap.stream_rows import find_flow, segments

LOSSY = LAB / "fabric/faulty/captures/lossy-cable.pcap"


def _follow(tmp_path, frames, **options):
    open_bytes(tmp_path, pcap(frames))
    return room.follow(tmp_path / "case.pcap", 0, **options)


def _handshake():
    return [
        segment(SYN, seq=100),
        segment(SYN | ACK, back=True, seq=500, ack=101),
        segment(ACK, seq=101, ack=501),
    ]


def test_a_whole_conversation(tmp_path):
    found = _follow(
        tmp_path,
        [
            *_handshake(),
            segment(ACK, seq=101, ack=501, payload=b"GET /\r\n\r\n"),
            segment(ACK, back=True, seq=501, ack=110, payload=b"half "),
            segment(ACK, back=True, seq=506, ack=110, payload=b"and half\n\x00"),
            segment(FIN | ACK, back=True, seq=516, ack=110),
            segment(FIN | ACK, seq=110, ack=517),
        ],
    )
    assert (found.client, found.server) == ("10.0.0.1:1000", "10.0.0.2:80")
    assert [(turn.side, turn.first_packet, turn.last_packet, turn.bytes, turn.text) for turn in found.turns] == [
        ("client", 4, 4, 9, "GET /\n\n"),
        ("server", 5, 6, 15, "half and half\n\\x00"),
    ]
    assert (found.client_bytes, found.server_bytes, found.holes, found.complete) == (9, 15, 0, True)
    assert found.coverage.read == 24


def test_order_resends_and_overlaps(tmp_path):
    found = _follow(
        tmp_path,
        [
            *_handshake(),
            segment(ACK, seq=107, ack=501, payload=b"789"),  # ahead of its turn
            segment(ACK, seq=101, ack=501, payload=b"123"),
            segment(ACK, seq=101, ack=501, payload=b"xxx"),  # sent again: the first bytes win
            segment(ACK, seq=103, ack=501, payload=b"y456yy"),  # overlaps both neighbours
        ],
    )
    assert [turn.text for turn in found.turns] == ["123456yy9"]
    assert (found.complete, found.holes) == (False, 0)


def test_what_waits_loses_against_what_came_in_order(tmp_path):
    found = _follow(
        tmp_path,
        [
            *_handshake(),
            segment(ACK, seq=104, ack=501, payload=b"def"),
            segment(ACK, seq=105, ack=501, payload=b"EFG"),
            segment(ACK, seq=101, ack=501, payload=b"abc"),
        ],
    )
    assert [turn.text for turn in found.turns] == ["abcdefG"]


def test_holes(tmp_path):
    found = _follow(
        tmp_path,
        [
            *_handshake(),
            segment(ACK, seq=101, ack=501, payload=b"abc"),
            segment(ACK, seq=110, ack=501, payload=b"jkl"),
            segment(ACK, back=True, seq=501, ack=113),  # acknowledges what was not captured
            segment(ACK, seq=120, ack=501, payload=b"uvw"),  # nobody acknowledges: told at the end
        ],
    )
    assert [(turn.hole, turn.bytes, turn.start) for turn in found.turns] == [
        (False, 3, 0),
        (True, 6, 3),
        (False, 3, 9),
        (True, 7, 12),
        (False, 3, 19),
    ]
    assert found.turns[1].text == "[6 bytes missing in capture file]"
    assert (found.holes, found.hole_bytes, found.complete) == (2, 13, False)
    assert (found.coverage.total, found.coverage.read, found.coverage.gaps[0].count) == (22, 9, 13)


def test_bytes_that_were_cut_off_are_a_hole(tmp_path):
    whole = segment(ACK, seq=1, payload=b"0123456789")
    record = struct.pack("<IIII", 1, 0, len(whole) - 4, len(whole)) + whole[:-4]
    open_bytes(tmp_path, pcap([]) + record)
    found = room.follow(tmp_path / "case.pcap", 0)
    assert [(turn.hole, turn.bytes) for turn in found.turns] == [(False, 6), (True, 4)]


def test_sequence_numbers_that_come_around(tmp_path):
    start = (1 << 32) - 2
    frames = [segment(SYN, seq=start - 1)] + [
        segment(ACK, seq=(start + at) & 0xFFFFFFFF, payload=bytes([65 + at])) for at in (1, 0, 3, 2)
    ]
    assert _follow(tmp_path, frames).turns[0].text == "ABCD"


def test_formats_limit_sides_and_output(tmp_path):
    frames = [
        *_handshake(),
        segment(ACK, seq=101, ack=501, payload=b"question"),
        segment(ACK, back=True, seq=501, ack=109, payload=b"answer, a long one\xff"),
    ]
    assert _follow(tmp_path, frames, format="raw").turns[0].text == b"question".hex()
    assert _follow(tmp_path, frames, format="hex").turns[1].text.splitlines()[1] == (
        "00000010  6e 65 ff                                          ne."
    )
    found = _follow(tmp_path, frames, limit=10, side="server", out=tmp_path / "said")
    assert [turn.text for turn in found.turns] == ["answer, a "]
    assert (tmp_path / "said").read_bytes() == b"answer, a long one\xff"
    assert (found.written, found.client_bytes) == (19, 8)
    assert "10 of 19 bytes" in found.coverage.notes[-1]
    with pytest.raises(InputError, match="is read"):
        _follow(tmp_path, frames, out=tmp_path / "case.pcap")
    with pytest.raises(InputError, match="--limit"):
        _follow(tmp_path, frames, limit=-1)


def test_udp_and_fragments(tmp_path):
    datagram = udp(bytes(range(256)) * 8, 4000, 4001)
    pieces = [
        ethernet(ipv4(datagram[:1480], 17, ident=7, fragment=0x2000)),
        ethernet(ipv4(datagram[1480:], 17, ident=7, fragment=1480 // 8)),
    ]
    frames = [ethernet(ipv4(udp(b"one", 4000, 4001), 17, ident=5)), *pieces[::-1]]
    found = _follow(tmp_path, frames, protocol="udp", format="raw", out=tmp_path / "said")
    assert (tmp_path / "said").read_bytes() == b"one" + bytes(range(256)) * 8
    assert (found.turns[0].last_packet, found.holes) == (3, 0)


def test_a_stream_that_is_not_there(tmp_path):
    open_bytes(tmp_path, pcap([segment(SYN)]))
    with pytest.raises(InputError, match=r"TCP streams are 0 to 0"):
        room.follow(tmp_path / "case.pcap", 1)
    with pytest.raises(InputError, match="the capture has none"):
        room.follow(tmp_path / "case.pcap", 0, protocol="udp")


def test_too_much_behind_a_hole_is_given_up(monkeypatch):
    from netguru.pcap import stream_follow

    monkeypatch.setattr(stream_follow, "_WAITING_SEGMENTS", 3)
    order = TcpStream()
    said = [piece for at in (0, 10, 20, 30, 40) for piece in order.take(Segment(CLIENT, at, 0, 5, b"x" * 5, 1 + at))]
    assert [(piece.missing, len(piece.data)) for piece in said] == [(0, 5), (5, 0), (0, 5)]
    assert sum(len(piece.data) for piece in order.finish()) == 15


@settings(deadline=None, max_examples=60)
@given(
    data=st.binary(max_size=300),
    cuts=st.lists(st.tuples(st.integers(0, 299), st.integers(1, 60)), max_size=30),
    seed=st.integers(0, 2**32 - 1),
)
def test_pieces_in_any_order_give_the_whole(data, cuts, seed):
    # The first segment fixes where counting begins; all others come as they like, again and overlapping.
    parts = [(at, data[at : at + size]) for at, size in [*cuts, *((at, 50) for at in range(0, len(data), 50))]]
    random.Random(seed).shuffle(parts)  # noqa: S311 - an order for a test
    order, base = TcpStream(), seed
    said = list(order.take(Segment(SERVER, 0, 0, 0, b"", base, 0, SYN)))
    for at, part in parts:
        said += order.take(Segment(SERVER, at + 1, 0, len(part), part, (base + 1 + at) & 0xFFFFFFFF))
    assert b"".join(piece.data for piece in said) == data
    assert not list(order.finish())


@given(st.binary(max_size=80))
def test_shown_bytes_hold_no_control_character(data):
    for text in (escaped(data), hex_dump(data)):
        assert all(char.isprintable() or char in "\n\t" for char in text)


def _tshark_streams(file, protocol, numbers, form="raw"):
    arguments = [part for number in numbers for part in ("-z", f"follow,{protocol},{form},{number}")]
    done = subprocess.run(["tshark", "-n", "-q", "-r", file, *arguments], capture_output=True, text=True, check=False)
    found = {}
    for part in re.split(r"(?=^={67}\nFollow)", done.stdout, flags=re.MULTILINE):
        header = re.search(r"Filter: \w+\.stream eq (\d+)\nNode 0: (.*)\nNode 1: (.*)\n", part)
        if header:
            body = part[header.end() :].split("=" * 67)[0].splitlines()
            found[int(header[1])] = (header[2], [line for line in body if line.strip()])
    return found


@pytest.mark.parametrize(
    "name",
    [
        "http__http.pcap",
        "http__four_ipv6_http_streams.pcap",
        "tcp__content-range-gap.pcap",
        "tcp__handshake-reorder.pcap",
        "tcp__miss_end_data.pcap",
        "tcp__missing-syn.pcap",
        "tcp__rst-inject-rae.pcap",
        "tcp__ssh-dups.pcap",
        "tcp__tcp-overlap.pcap",
        "tcp__tcp-reassembly.pcap",
        "gre__gre-sample.pcap",
        "dns__dns53.pcap",
    ],
)
def test_as_tshark_follows(name):
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there")
    from netguru.workspace import open_capture

    capture = open_capture(SHARED / name)
    flows = capture.flows().collect()
    for protocol, number in (("tcp", 6), ("udp", 17)):
        chosen = flows.filter((flows["protocol"] == number) & flows["stream"].is_not_null())
        streams = chosen["stream"].sort().head(10).to_list()
        theirs = _tshark_streams(SHARED / name, protocol, streams)
        for stream in streams:
            assert _records(capture, protocol, stream) == _as_said(*theirs[stream], chosen, stream), (protocol, stream)


def _records(capture, protocol, stream):
    order = TcpStream() if protocol == "tcp" else Datagrams()
    flow = find_flow(capture, protocol, stream)
    taken = [piece for part in segments(capture, flow) for each in part for piece in order.take(each)]
    # tshark does not show what still waits behind a hole at the end: `finish` is ours.
    return [(piece.side, piece.data or b"[%d bytes missing in capture file]\0" % piece.missing) for piece in taken]


def _as_said(first, lines, flows, stream):
    """Read tshark's lines; its node 0 is who sent first, also where that is the server."""
    row = flows.filter(flows["stream"] == stream).row(0, named=True)
    turned = not first.endswith(f":{row['client_port']}") and first.endswith(f":{row['server_port']}")
    return [((line.startswith("\t")) ^ turned, bytes.fromhex(line.strip())) for line in lines]


def test_hex_as_tshark_writes_it():
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    _, lines = _tshark_streams(LOSSY, "tcp", [0], "hex")[0]
    found = room.follow(LOSSY, 0, format="hex", side="client", limit=1 << 20)
    ours = [line.rstrip() for turn in found.turns if not turn.hole for line in turn.text.splitlines()]
    theirs = [line.rstrip() for line in lines if not line.startswith("\t")]
    # tshark begins a line with every segment, we with every turn.
    assert _dumped(ours) == _dumped(theirs)
    assert set(map(len, ours)) <= set(map(len, theirs)) | {max(map(len, ours))}


def _dumped(lines):
    return "".join(line[10:58].replace(" ", "") for line in lines)
