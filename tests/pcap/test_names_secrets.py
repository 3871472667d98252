"""Names and decryption secrets that a pcapng file holds: offered, kept and exported, secrets never shown."""

from __future__ import annotations

import ipaddress
import ssl
import struct
from contextlib import suppress

import pytest
from made_captures import ACK, PSH, SYN, block, enhanced, ethernet, interface, ipv4, option, section, segment, udp

from netguru import pcap as room
from netguru.model.source import SourceFile
from netguru.operations.context import use
from netguru.pcap import tshark
from netguru.pcap.capture import CaptureFile
from netguru.pcap.framing import Found
from netguru.render import markdown

_TLS, _WIREGUARD = 0x544C534B, 0x57474B4C
_LOG = b"# a comment\nCLIENT_RANDOM " + b"ab" * 32 + b" " + b"cd" * 48 + b"\n\nCLIENT_RANDOM 00 11\n"
_OTHER = b"LOCAL_STATIC_PRIVATE_KEY = secretsecret\n"


def _names(*records: tuple[str, list[str]], order: str = "<") -> bytes:
    body = b""
    for address, names in records:
        packed = ipaddress.ip_address(address).packed
        body += option(1 if len(packed) == 4 else 2, packed + b"".join(name.encode() + b"\0" for name in names), order)
    return block(4, body + bytes(4), order)


def _secrets(kind: int, data: bytes) -> bytes:
    return block(10, struct.pack("<II", kind, len(data)) + data)


def _file(tmp_path, *, order: tuple[str, ...] = ("names", "secrets")):
    query = struct.pack(">HHHHHH", 1, 0x0100, 1, 0, 0, 0) + b"\x04case\x04test\x00" + struct.pack(">HH", 1, 1)
    parts = {
        "names": _names(("10.0.0.2", ["srv.example", "alias.example"]), ("2001:db8::1", ["six.example"])),
        "secrets": _secrets(_TLS, _LOG) + _secrets(_WIREGUARD, _OTHER),
    }
    frames = [ethernet(ipv4(udp(query, dst=53), 17)), ethernet(ipv4(udp(b"plain"), 17))]
    path = tmp_path / "told.pcapng"
    path.write_bytes(section() + interface() + b"".join(parts[one] for one in order) + b"".join(map(enhanced, frames)))
    return path


@pytest.fixture(params=["at hand", "passed over", "indexed"])
def told(request, tmp_path, monkeypatch):
    path = _file(tmp_path)
    with use(workspace=tmp_path / "workspace"):
        if request.param != "at hand":
            monkeypatch.setattr("netguru.pcap.engine.COMPILED_FROM", 0)
        if request.param == "indexed":
            room.index(path)
            assert CaptureFile(SourceFile.of(path)).indexed
        yield path


def test_names_and_secrets_are_on_the_handle(told):
    capture = CaptureFile(SourceFile.of(told))
    rows = [("10.0.0.2", "srv.example"), ("10.0.0.2", "alias.example"), ("2001:db8::1", "six.example")]
    assert capture.names().rows() == rows
    assert capture.secret_counts == {"lines of TLS key log": 2, "lines of WireGuard key log": 1}
    assert capture.secrets == ((_TLS, _LOG), (_WIREGUARD, _OTHER))


def test_the_host_of_a_flow_is_what_was_asked_for_else_the_name_in_the_file(told):
    flows = {flow.server_port: (flow.host, flow.host_by) for flow in room.flows(told).flows}
    assert flows == {53: ("case.test", "payload"), 2000: ("srv.example", "file")}


def test_names_can_be_queried(told):
    sql = "SELECT name FROM flows JOIN names ON flows.server = names.address WHERE server_port = 2000"
    assert [row["name"] for row in room.query(told, sql).rows] == ["srv.example", "alias.example"]


def test_secrets_are_counted_and_not_shown(told):
    results = [room.summary(told), room.flows(told), room.packets(told), room.dissect(told, 1, engine="scapy")]
    assert "the file holds decryption secrets: 2 lines of TLS key log, 1 lines of WireGuard key log" in (
        results[0].coverage.notes
    )
    shown = "".join(f"{result!r}{result.to_dict()}{markdown(result)}" for result in results)
    shown += repr(CaptureFile(SourceFile.of(told))) + repr(Found(secrets=[(_TLS, _LOG)]))
    for secret in ("CLIENT_RANDOM", "cdcdcd", "secretsecret"):
        assert secret not in shown


def test_a_sidecar_holds_no_secret(tmp_path, monkeypatch):
    monkeypatch.setattr("netguru.pcap.engine.COMPILED_FROM", 0)
    with use(workspace=tmp_path / "workspace"):
        room.index(_file(tmp_path))
    kept = b"".join(each.read_bytes() for each in (tmp_path / "workspace").rglob("*") if each.is_file())
    assert b"srv.example" in kept
    assert b"secretsecret" not in kept
    assert b"CLIENT_RANDOM" not in kept


def test_secrets_are_exported_to_pcapng(told, tmp_path):
    made = room.export(told, out=tmp_path / "some.pcapng", packets="2")
    assert CaptureFile(SourceFile.of(tmp_path / "some.pcapng")).secrets == ((_TLS, _LOG), (_WIREGUARD, _OTHER))
    assert any("holds the decryption secrets too (2 lines" in note for note in made.coverage.notes)
    assert "CLIENT_RANDOM" not in str(made)
    made = room.export(told, out=tmp_path / "some.pcap", packets="2")
    assert any("they were left out" in note for note in made.coverage.notes)
    assert b"CLIENT_RANDOM" not in (tmp_path / "some.pcap").read_bytes()


def _session(tmp_path) -> tuple[bytes, list[tuple[bool, bytes]]]:
    """Speak TLS 1.2 without certificates from memory to memory: the key log, and what each side sent by turns."""
    sides = []
    for protocol in (ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER):
        context = ssl.SSLContext(protocol)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("AECDH-AES128-SHA:@SECLEVEL=0")
        context.keylog_filename = str(tmp_path / "keys.log") if not sides else None
        reads, writes = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = protocol == ssl.PROTOCOL_TLS_SERVER
        sides.append((context.wrap_bio(reads, writes, server_side=server), reads, writes))
    said: list[tuple[bool, bytes]] = []

    def carry(sender: int) -> None:
        data = sides[sender][2].read()
        if data:
            said.append((not sender, data))
            sides[1 - sender][1].write(data)

    for turn in range(4):
        with suppress(ssl.SSLWantReadError):
            sides[turn % 2][0].do_handshake()
        carry(turn % 2)
    sides[0][0].do_handshake()
    sides[0][0].write(b"GET /hidden HTTP/1.1\r\nHost: inside.example\r\n\r\n")
    carry(0)
    return (tmp_path / "keys.log").read_bytes(), said


def test_wireshark_decrypts_what_is_exported(tmp_path):
    if not tshark.find():
        pytest.skip("tshark is not installed")
    try:
        log, said = _session(tmp_path)
    except ssl.SSLError as error:
        pytest.skip(f"this OpenSSL has no cipher without certificates: {error}")
    seqs, frames = (
        [100, 900],
        [segment(SYN, seq=99, port=443), segment(SYN | ACK, seq=899, ack=100, port=443, back=True)],
    )
    for client, data in said:
        own, other = (0, 1) if client else (1, 0)
        frames.append(segment(ACK | PSH, seq=seqs[own], ack=seqs[other], port=443, payload=data, back=not client))
        seqs[own] += len(data)
    path = tmp_path / "session.pcapng"
    path.write_bytes(section() + interface() + _secrets(_TLS, log) + b"".join(map(enhanced, frames)))
    made = tmp_path / "again.pcapng"
    room.export(path, out=made, filter="tcp.port == 443")
    asked = ["-Y", "http.request", "-T", "fields", "-e", "http.host"]
    assert tshark.run(made, asked).strip() == b"inside.example"
    layers = room.dissect(path, len(frames), engine="tshark").layers
    assert any("inside.example" in layer.fields.get("http.host", "") for layer in layers)
