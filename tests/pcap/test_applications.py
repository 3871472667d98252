"""Applications and host names of conversations: by first bytes, else by port; names as tshark reads them."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_captures import ACK, SHARED, SYN, ethernet, ipv4, open_bytes, pcap, segment, udp

from netguru import resources
from netguru.pcap import applications, quic_initial
from netguru.pcap.applications import application_columns, guess, hosts, signs, with_applications

HEADS = ("client", "server")


def _flows(*rows):
    """Make the columns that a guess rests on: protocol, ports, first bytes of both sides."""
    table = []
    for protocol, client_port, server_port, client, server in rows:
        row = {"protocol": protocol, "client_port": client_port, "server_port": server_port}
        for side, head in (("client", client), ("server", server)):
            row[f"{side}_head"] = int.from_bytes(head[:8].ljust(8, b"\0"), "big")
            row[f"{side}_data_length"] = len(head)
        table.append(row)
    types = {"client_head": pl.UInt64, "server_head": pl.UInt64, "client_port": pl.UInt16, "server_port": pl.UInt16}
    return pl.DataFrame(table, schema_overrides=types)


@pytest.mark.parametrize(
    ("row", "application", "basis"),
    [
        ((6, 50000, 443, bytes.fromhex("16030102000100"), b""), "tls", "payload"),
        ((6, 50000, 12345, bytes.fromhex("1603010200010001fc"), b""), "tls", "payload"),
        ((6, 50000, 443, b"SSH-2.0-x", b"SSH-2.0-y"), "ssh", "payload"),
        ((6, 50000, 8443, b"", b""), "tls", "port"),
        ((6, 443, 50000, b"\x01\x02\x03", b""), "tls", "port"),
        ((6, 50000, 50001, b"GET /", b""), "http", "payload"),
        ((6, 50000, 50001, b"", b"HTTP/1.1 200"), "http", "payload"),
        ((6, 50000, 554, b"OPTIONS r", b""), "rtsp", "payload"),
        ((6, 50000, 80, b"OPTIONS *", b""), "http", "payload"),
        ((6, 50000, 2121, b"USER bob", b"220 hello"), "ftp", "payload"),
        ((6, 50000, 25, b"EHLO x", b"220 hello"), "smtp", "payload"),
        ((6, 50000, 50001, b"", b""), None, None),
        ((17, 50000, 5300, bytes.fromhex("abcd01000001000000"), b""), "dns", "payload"),
        ((17, 5353, 5353, bytes.fromhex("000000000001000000"), b""), "mdns", "payload"),
        ((17, 50000, 50001, bytes.fromhex("c300000001088394"), b""), "quic", "payload"),
        ((17, 50000, 443, bytes.fromhex("4012345678"), b""), "quic", "port"),
        ((6, 179, 50000, b"\xff" * 19, b"\xff" * 19), "bgp", "payload"),
        ((6, 50000, 445, b"\0\0\0\x80\xfeSMB@", b""), "smb", "payload"),
        ((17, 50000, 161, bytes.fromhex("302902010104"), b""), "snmp", "payload"),
        ((1, 0, 0, b"", b""), None, None),
    ],
)
def test_guess(row, application, basis):
    found = with_applications(_flows(row)).select("application", "application_by").row(0)
    assert found == (application, basis)


def test_columns_of_a_lazy_table():
    flows = _flows((6, 50000, 443, b"GET /", b""), (6, 50000, 443, b"", b""))
    lazy = flows.lazy().with_columns(*application_columns()).collect()
    assert lazy.equals(with_applications(flows))
    assert lazy["application_by"].to_list() == ["payload", "port"]


def test_guess_of_no_flow():
    assert guess(_flows((6, 1, 2, b"", b"")).clear()).to_list() == []


def test_zeros_are_no_payload():
    # A pattern that begins with zeros must not fit a side that said nothing.
    found = guess(_flows((6, 50000, 50001, b"", b""), (17, 50000, 50001, b"", b"")))
    assert found.to_list() == [None, None]


def test_the_table_is_sound():
    table = resources.table("applications.toml")
    assert len(table) >= 40
    for name, row in table.items():
        assert set(row) <= {"tcp", "udp", "signs"}, name
        for stated in row.get("signs", ()):
            sides = [side for side in ("client", "server", "either") if side in stated or f"{side}_text" in stated]
            assert sides, name
            assert set(stated) <= {*sides, *(f"{side}_text" for side in sides), "over", "port"}, name
    for sign in signs():
        for side in (sign.client, sign.server, sign.either):
            assert side is None or side[0] & ~side[1] == 0


def test_a_sign_names_its_own_application_or_an_earlier_one():
    order = list(resources.table("applications.toml"))
    for sign in signs():
        either = sign.either or (0, 0)
        heads = [(side or either)[0].to_bytes(8, "big") for side in (sign.client, sign.server)]
        port = sign.ports[0] if sign.ports else 50001
        found = guess(_flows((sign.protocol, 50000, port, *heads)))[0]
        assert order.index(found) <= order.index(sign.application), sign


def _hello(name, *, padding=0):
    server = struct.pack("!HBH", len(name) + 3, 0, len(name)) + name
    extensions = struct.pack("!HH", 21, padding) + bytes(padding) + struct.pack("!HH", 0, len(server)) + server
    body = b"\3\3" + bytes(32) + b"\0" + b"\0\2\x13\x01" + b"\1\0" + struct.pack("!H", len(extensions)) + extensions
    return b"\1" + len(body).to_bytes(3, "big") + body


def _record(handshake):
    return b"\x16\3\1" + struct.pack("!H", len(handshake)) + handshake


def _hosts(tmp_path, frames):
    capture = open_bytes(tmp_path, pcap(frames))
    flows = with_applications(capture.flows().collect())
    return hosts(capture, flows).to_list()


def test_names_of_tls_http_dns(tmp_path):
    query = bytes.fromhex("abcd01000001000000000000") + b"\3www\7example\0" + b"\0\1\0\1"
    frames = [
        segment(ACK, seq=1, payload=_record(_hello(b"one.example")), client_port=1001, port=443),
        segment(ACK, seq=1, payload=b"GET / HTTP/1.1\r\nHost: two.example\r\n\r\n", client_port=1002),
        ethernet(ipv4(udp(query, 1003, 53), 17)),
        segment(ACK, seq=1, payload=b"nothing of this kind", client_port=1004),
        segment(ACK, seq=1, payload=b"\x16\3\1\xff\xff\1broken", client_port=1005),
    ]
    assert _hosts(tmp_path, frames) == ["one.example", "two.example", "www.example", None, None]


def test_the_first_sender_may_be_the_server(tmp_path):
    frames = [
        segment(ACK, seq=1, payload=b"HTTP/1.1 200 OK\r\n\r\n", back=True),
        segment(ACK, seq=1, payload=b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"),
    ]
    assert _hosts(tmp_path, frames) == ["a.example"]


@pytest.mark.parametrize("order", [(0, 1, 2), (0, 2, 1), (0, 2, 2, 1, 1)])
def test_a_hello_over_several_segments(tmp_path, order):
    whole = _record(_hello(b"far.example", padding=2500))
    parts = [whole[:1000], whole[1000:2000], whole[2000:]]
    frames = [segment(SYN, seq=0)]
    frames += [segment(ACK, seq=1 + 1000 * place, payload=parts[place], port=443) for place in order]
    frames[0] = segment(SYN, seq=0, port=443)
    assert _hosts(tmp_path, frames) == ["far.example"]


def test_a_header_over_several_segments(tmp_path):
    text = b"GET /a/long/path HTTP/1.1\r\nUser-Agent: x\r\nHost: late.example\r\n\r\n"
    frames = [segment(ACK, seq=1 + at, payload=text[at : at + 25]) for at in range(0, len(text), 25)]
    assert _hosts(tmp_path, frames) == ["late.example"]


def test_a_hello_with_a_hole_gives_no_name(tmp_path):
    whole = _record(_hello(b"far.example", padding=2500))
    frames = [segment(ACK, seq=1, payload=whole[:1000], port=443)]
    frames.append(segment(ACK, seq=2001, payload=whole[2000:], port=443))
    assert _hosts(tmp_path, frames) == [None]


def test_keys_of_the_standards():
    # RFC 9001, appendix A.1; RFC 9369, appendix A.1
    connection = bytes.fromhex("8394c8f03e515708")
    keys = [part.hex() for part in quic_initial._keys(quic_initial._V1, connection)]
    assert keys == [
        "1f369613dd76d5467730efcbe3b1a22d",
        "fa044b2f42a3fd3b46fb255c",
        "9f50449e04a0e810283a1e9933adedd2",
    ]
    keys = [part.hex() for part in quic_initial._keys(quic_initial._V2, connection)]
    assert keys == [
        "8b1a0bc121284290a29e0971b5cd045d",
        "91f73e2351d8fa91660e909f",
        "45b95e15235d6f45a6b19cbcb0294ba9",
    ]


def _initial(frames, version=1, *, number=2):
    """Protect frames as the first packet of a client."""
    known = quic_initial._version(version)
    connection = bytes.fromhex("8394c8f03e515708")
    key, vector, mask_key = quic_initial._keys(known, connection)
    frames = frames.ljust(1100, b"\0")
    first = 0xC3 | known.initial << 4
    head = bytes([first]) + struct.pack("!I", version) + b"\x08" + connection + b"\0\0"
    head += struct.pack("!H", 0x4000 | 4 + len(frames) + 16)
    nonce = int.from_bytes(vector, "big") ^ number
    blocks = -(-len(frames) // 16)
    counters = b"".join(nonce.to_bytes(12, "big") + struct.pack("!I", 2 + block) for block in range(blocks))
    stream = quic_initial.aes(key, np.frombuffer(counters, np.uint8).reshape(-1, 16)).tobytes()
    body = bytes(one ^ two for one, two in zip(frames, stream, strict=False)) + bytes(16)
    mask = quic_initial.aes(mask_key, np.frombuffer(body[:16], np.uint8).reshape(1, 16)).tobytes()
    hidden = bytes(one ^ two for one, two in zip(struct.pack("!I", number), mask[1:], strict=False))
    return bytes([head[0] ^ mask[0] & 15]) + head[1:] + hidden + body


def _crypto(data, offset):
    return b"\x06" + struct.pack("!HH", 0x4000 | offset, 0x4000 | len(data)) + data


@pytest.mark.parametrize("version", [1, 0x6B3343CF, 0xFF00001D, 0xFF00001B])
def test_names_of_quic(version, tmp_path):
    hello = _hello(b"quick.example")
    shuffled = b"\1" + _crypto(hello[40:], 40) + b"\2\0\0\0\0" + _crypto(hello[:40], 0)
    assert quic_initial.server_name([_initial(shuffled, version)]) == "quick.example"
    frames = [ethernet(ipv4(udp(_initial(shuffled, version), 1000, 443), 17))]
    assert _hosts(tmp_path, frames) == ["quick.example"]


def test_a_quic_hello_over_two_datagrams(tmp_path):
    hello = _hello(b"late.example", padding=1200)
    packets = [_initial(_crypto(hello[:900], 0)), _initial(_crypto(hello[900:], 900), number=3)]
    frames = [ethernet(ipv4(udp(packet, 1000, 443), 17)) for packet in packets]
    assert _hosts(tmp_path, frames) == ["late.example"]


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xc3\0\0\0\1\x08", b"\xd3\x6b\x33\x43\xcf\x08"]))
def test_no_datagram_breaks_the_reader(data, start):
    assert isinstance(quic_initial.server_name([start + data]), str)


@pytest.mark.parametrize(
    "name", ["large__tls2.pcap", "http__http-packets2.pcap", "tls__tls13-ech.pcap", "quic__quic-29.pcap"]
)
def test_names_as_tshark_reads_them(name):
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there")
    from netguru.workspace import open_capture

    capture = open_capture(SHARED / name)
    flows = with_applications(capture.flows().collect())
    named = flows.with_columns(hosts(capture, flows)).filter(pl.col("host").is_not_null())
    fields = {"tls": "tls.handshake.extensions_server_name", "http": "http.host"}
    fields["quic"] = fields["tls"]
    for application, field in fields.items():
        stream = "udp.stream" if application == "quic" else "tcp.stream"
        arguments = ["-Y", f"{field} and {stream} >= 0", "-T", "json", "-e", stream, "-e", field]
        done = subprocess.run(
            ["tshark", "-n", "-r", SHARED / name, *arguments], capture_output=True, text=True, check=False
        )
        theirs = {}
        for row in json.loads(done.stdout or "[]"):
            layers = row["_source"]["layers"]
            if stream in layers:
                theirs.setdefault(int(layers[stream][0]), layers[field][0])
        ours = named.filter(pl.col("application") == application)
        assert dict(ours.select("stream", "host").iter_rows()) == theirs


def test_the_room_offers_hosts():
    assert applications.hosts is hosts
