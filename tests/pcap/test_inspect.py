"""Chosen packets: in full, as a capture of their own, and by SQL; agreeing with tshark where it is installed."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest
from made_captures import (
    LAB,
    SHARED,
    block,
    enhanced,
    ethernet,
    interface,
    ipv4,
    open_bytes,
    option,
    section,
    udp,
)

from netguru import pcap as room
from netguru.errors import FileRejectedError, InputError, MissingExtraError, ServiceError
from netguru.operations.context import CancelToken
from netguru.pcap import tshark, tshark_layers
from netguru.pcap.capture import CaptureFile
from netguru.pcap.exporting import numbers_condition
from netguru.pcap.tables_query import query_tables, table_names

CDP = LAB / "campus/faulty/captures/cdp.pcap"
LOSSY = LAB / "fabric/faulty/captures/lossy-cable.pcap"
_DATAGRAM = ethernet(ipv4(udp(b"hello", 40000, 9), 17))


@pytest.fixture
def needs_tshark():
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")


@pytest.fixture
def no_tshark(monkeypatch):
    monkeypatch.setattr(tshark, "find", lambda: "")


def _shared(name):
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there")
    return SHARED / name


def _tshark(file, *arguments):
    done = subprocess.run(["tshark", "-n", "-r", file, *arguments], capture_output=True, text=True, check=False)
    return done.stdout


@pytest.mark.usefixtures("no_tshark")
def test_dissection_without_tshark():
    found = room.dissect(CDP, 1)
    assert found.engine.startswith("scapy ")
    assert "not installed" in found.notes[0]
    assert "Cisco Discovery Protocol version 2" in [layer.name for layer in found.layers]
    assert room.dissect(CDP, 1, engine="scapy").notes == ()
    with pytest.raises(MissingExtraError):
        room.dissect(CDP, 1, engine="tshark")


def test_dissection_when_tshark_fails(monkeypatch):
    def fail(*_, **__):
        raise ServiceError("tshark took more than 20 s")

    monkeypatch.setattr(tshark, "find", lambda: "/nowhere/tshark")
    monkeypatch.setattr(tshark, "run", fail)
    found = room.dissect(CDP, 1)
    assert found.engine.startswith("scapy ")
    assert found.notes == ("scapy shows the packet alone, because tshark took more than 20 s",)
    with pytest.raises(ServiceError):
        room.dissect(CDP, 1, engine="tshark")


def test_a_program_that_cannot_run_is_a_note(monkeypatch, tmp_path):
    monkeypatch.setattr(tshark, "find", lambda: str(tmp_path / "gone"))
    assert "cannot be started" in room.dissect(CDP, 1).notes[0]


@pytest.mark.parametrize(
    ("script", "said"),
    [("exit 3", "status 3"), ("exec sleep 60", "more than"), ("exec yes", "MB"), ("echo '<a'", "cannot be read")],
)
def test_a_program_that_misbehaves(monkeypatch, tmp_path, script, said):
    program = tmp_path / "tshark"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(tshark, "find", lambda: str(program))
    monkeypatch.setattr(tshark, "MOST_OUTPUT", 1 << 20)
    monkeypatch.setattr(tshark, "TIMEOUT_S", 0.5)
    with pytest.raises(ServiceError, match=said):
        room.dissect(CDP, 1, engine="tshark")


@pytest.mark.usefixtures("needs_tshark")
def test_dissection_puts_segments_together():
    file = _shared("http__http.pcap")
    found = room.dissect(file, 38)
    layers = {layer.name: layer.fields for layer in found.layers}
    assert found.engine.startswith("tshark ")
    assert layers["Frame"]["frame.number"] == "38"
    assert layers["Hypertext Transfer Protocol"]["http.response.code"] == "200"
    assert layers["Transmission Control Protocol"]["tcp.stream"] == "0"
    assert layers["Transmission Control Protocol"]["tcp.flags"] == "0x018 (PSH, ACK)"


@pytest.mark.usefixtures("needs_tshark")
def test_dissection_far_into_a_capture(monkeypatch):
    monkeypatch.setattr(tshark_layers, "_MOST_PACKETS", 30)
    found = room.dissect(_shared("http__http.pcap"), 38)
    layers = {layer.name: layer.fields for layer in found.layers}
    assert found.notes == ("tshark saw 29 packets of the same conversation up to this one",)
    assert layers["Frame"]["frame.number"] == "38"
    assert layers["Hypertext Transfer Protocol"]["http.response.code"] == "200"
    # What counts from other packets would mislead.
    assert not {"tcp.stream", "frame.time_delta"} & {name for fields in layers.values() for name in fields}


@pytest.mark.usefixtures("needs_tshark")
def test_repeated_fields_are_kept():
    found = room.dissect(_shared("dns__dnssec.pcap"), 2)
    fields = next(layer.fields for layer in found.layers if layer.name.startswith("Domain Name System"))
    assert {"dns.resp.name", "dns.resp.name#2"} <= set(fields)


@pytest.mark.usefixtures("needs_tshark")
@pytest.mark.parametrize("name", ["malformed__dhcp-fuzz.pcapng", "malformed__tcp-malformed.pcap", "arp__arp-leak.pcap"])
def test_damaged_packets_have_layers(name):
    file = _shared(name)
    for number in range(1, min(room.summary(file).packets, 3) + 1):
        assert room.dissect(file, number, engine="tshark").layers
        assert room.dissect(file, number, engine="scapy").layers


def test_scapy_packets():
    one, two = room.scapy_packets(LOSSY, [3, 1])
    assert (one.name, two.name) == ("Ethernet", "Ethernet")
    assert bytes(two) == _capture(LOSSY).frames([1])[0]
    with pytest.raises(InputError):
        room.scapy_packets(LOSSY, [0])


def _capture(file):
    from netguru.workspace import open_capture

    return open_capture(file)


@pytest.mark.usefixtures("needs_tshark")
def test_pyshark_packets_inside_a_running_loop():
    async def inside():
        return room.pyshark_packets(_shared("http__http.pcap"), [38, 4])

    last, first = asyncio.run(inside())
    assert (last.http.response_code, first.http.host) == ("200", "www.ethereal.com")
    assert (last.number, last.tcp.stream) == ("38", "0")


@pytest.mark.usefixtures("no_tshark")
def test_pyshark_packets_without_tshark():
    with pytest.raises(MissingExtraError):
        room.pyshark_packets(CDP, [1])


@pytest.mark.usefixtures("needs_tshark")
@pytest.mark.parametrize("suffix", ["pcap", "pcapng"])
@pytest.mark.parametrize(
    "name",
    [
        "http__http.pcap",
        "format__tcp-handshake-nano.pcap",
        "format__pcapng-multi-interface.pcapng",
        "format__microsecs_big_endian.pcap",
        "format__solaris.snoop",
        "link__linuxsll-arp.pcap",
        "malformed__trunc-hdr.pcap",
        "wifi__radiotap.pcap",
    ],
)
def test_an_export_reads_as_its_source(name, suffix, tmp_path):
    file, out = _shared(name), tmp_path / f"out.{suffix}"
    found = room.export(file, out=out)
    wanted = "frame.number frame.time_epoch frame.len frame.cap_len frame.protocols".split()
    arguments = ["-T", "fields", *(part for field in wanted for part in ("-e", field))]
    assert _tshark(out, *arguments) == _tshark(file, *arguments)
    assert found.packets == room.summary(file).packets == room.summary(out).packets
    assert (found.format, found.bytes) == (suffix, room.summary(out).captured_bytes)


def test_an_export_keeps_interfaces_lengths_and_nanoseconds(tmp_path):
    first = interface(1, option(2, b"eth0") + option(9, b"\x09"))
    cut = block(6, b"\1\0\0\0" + b"\0\0\0\0\x07\0\0\0" + b"\x08\0\0\0" + b"\x64\0\0\0" + b"\x45" * 8)
    data = section() + first + interface(101, option(2, b"tun0")) + enhanced(_DATAGRAM, 1_234_567_891) + cut
    capture, out = open_bytes(tmp_path, data, "in.pcapng"), tmp_path / "out.pcapng"
    room.export(tmp_path / "in.pcapng", out=out)
    made = _capture(out)
    assert [(item.name, item.link_type) for item in made.interfaces] == [("eth0", 1), ("tun0", 101)]
    columns = ("number", "time_ns", "interface", "link_type", "length", "captured")
    assert made.packets().select(columns).collect().rows() == capture.packets().select(columns).collect().rows()
    assert made.frames([1, 2]) == capture.frames([1, 2])
    with pytest.raises(InputError, match="2 link types"):
        room.export(tmp_path / "in.pcapng", out=tmp_path / "out.pcap")
    assert room.export(tmp_path / "in.pcapng", out=tmp_path / "one.pcap", packets="2").packets == 1


def test_a_packet_without_time_is_told(tmp_path):
    simple = block(3, b"\x20\0\0\0" + _DATAGRAM[:32])
    open_bytes(tmp_path, section() + interface() + simple, "in.pcapng")
    found = room.export(tmp_path / "in.pcapng", out=tmp_path / "out.pcapng")
    assert any("time 0" in note for note in found.coverage.notes)


def test_what_is_exported(tmp_path):
    out = tmp_path / "out.pcap"
    every = _capture(LOSSY)
    assert room.export(LOSSY, out=out, packets="2-4, 9").packets == 4
    assert _capture(out).frames([1, 4]) == every.frames([2, 9])
    flow = room.flows(LOSSY, top=1).flows[0]
    assert room.export(LOSSY, out=out, flow=flow.flow).packets == flow.packets
    assert room.export(LOSSY, out=out, packets="1-5", filter="frame.number > 3").packets == 2
    with pytest.raises(InputError, match="no packet"):
        room.export(LOSSY, out=out, packets="999999-")
    assert _capture(out).totals.packets == 2, "a file that was there stays when nothing is written"
    assert [path.name for path in tmp_path.iterdir()] == ["out.pcap"]


@pytest.mark.parametrize("text", ["0", "5-3", "x", "1,,2", "-3", "1-2-3", "1;2"])
def test_packets_that_are_no_list(text):
    with pytest.raises(InputError, match="--packets"):
        numbers_condition(text)


def test_an_export_does_not_write_over_what_it_reads(tmp_path):
    file = tmp_path / "in.pcap"
    file.write_bytes(CDP.read_bytes())
    (tmp_path / "link.pcap").symlink_to(file)
    for out in (file, tmp_path / "link.pcap"):
        with pytest.raises(InputError, match="is read"):
            room.export(file, out=out)
    with pytest.raises(FileRejectedError):
        room.export(file, out=tmp_path)
    with pytest.raises(FileRejectedError):
        room.export(file, out=tmp_path / "no" / "out.pcap")
    with pytest.raises(FileRejectedError, match="not a file"):
        room.export(file, out=Path("/dev/null"))
    assert file.read_bytes() == CDP.read_bytes()


def test_a_cancelled_export_leaves_nothing(tmp_path):
    from netguru.errors import OperationCancelled
    from netguru.pcap.exporting import export_packets

    token = CancelToken()
    token.cancel()
    with pytest.raises(OperationCancelled):
        export_packets(_capture(LOSSY), tmp_path / "x.pcap", where=None, progress=lambda *_: None, cancel=token)
    assert not list(tmp_path.iterdir())


def _ask(file, sql, top=10):
    return query_tables(_capture(file), sql, top=top, cancel=CancelToken())


def test_query():
    found = _ask(CDP, "SELECT number, eth_src FROM packets WHERE number <= 2 ORDER BY number")
    assert (found.tables, found.columns) == (("packets",), {"number": "UInt32", "eth_src": "String"})
    assert [row["number"] for row in found.rows] == [1, 2]
    assert len(found.rows[0]["eth_src"]) == len("00:00:00:00:00:00")
    count = _ask(LOSSY, "SELECT COUNT(*) AS n FROM packets").rows[0]["n"]
    assert count == room.summary(LOSSY).packets
    by_flow = _ask(LOSSY, "SELECT client, server, bytes FROM flows ORDER BY bytes DESC LIMIT 1").rows[0]
    largest = room.flows(LOSSY, top=1).flows[0]
    assert (by_flow["client"], by_flow["server"], by_flow["bytes"]) == (largest.client, largest.server, largest.bytes)
    both = "SELECT COUNT(*) AS n FROM packets JOIN flows ON packets.src = flows.client WHERE packets.flow = flows.flow"
    assert _ask(LOSSY, both).rows[0]["n"] == sum(flow.client_packets for flow in room.flows(LOSSY).flows)
    joined = _ask(CDP, "SELECT p.length, c.device FROM packets p JOIN cdp c ON p.number = c.number")
    assert joined.tables == ("packets", "cdp")
    assert joined.rows[0]["device"]


def test_query_of_a_capture_that_is_passed_over(monkeypatch):
    from netguru.pcap import engine

    kept = _ask(LOSSY, "SELECT src, dst, COUNT(*) AS n FROM packets GROUP BY src, dst ORDER BY src, dst")
    monkeypatch.setattr(engine, "COMPILED_FROM", 0)
    monkeypatch.setattr(engine, "wants_compiled", lambda _: False)
    assert not _capture(LOSSY).small
    assert _ask(LOSSY, "SELECT src, dst, COUNT(*) AS n FROM packets GROUP BY src, dst ORDER BY src, dst") == kept


def test_query_rows_are_capped():
    found = _ask(LOSSY, "SELECT number FROM packets", top=3)
    assert len(found.rows) == 3
    assert "more than 3 rows" in found.coverage.notes[-1]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{file}')",
        "SELECT * FROM READ_CSV('{file}'), packets",
        "SELECT * FROM \"read_csv\"('{file}'), packets",
        "SELECT * FROM packets WHERE number IN (SELECT a FROM read_parquet('{file}'))",
        "SELECT * FROM packets; SELECT 1",
        "SELECT * FROM '{file}'",
        "COPY packets TO '{file}'",
        "SELECT nonsense FROM packets",
        "SELEC 1 FROM packets",
        "SELECT 1",
        "",
        "SELECT CAST(src AS INT) FROM packets",
    ],
)
def test_query_that_is_refused(sql, tmp_path):
    file = tmp_path / "secret.csv"
    file.write_text("a\n4711\n")
    with pytest.raises(InputError) as error:
        _ask(LOSSY, sql.format(file=file))
    assert "4711" not in str(error.value)
    assert "\n" not in str(error.value)
    assert file.read_text() == "a\n4711\n"


def test_every_table_can_be_asked():
    capture = _capture(CDP)
    for name in table_names():
        sql = f"SELECT * FROM {name}"  # noqa: S608 - names of our own
        assert query_tables(capture, sql, top=1, cancel=CancelToken()).columns, name


def test_capture_file_is_what_is_opened():
    assert isinstance(_capture(CDP), CaptureFile)
