"""Large captures: passed over in fixed memory, with the same findings as when all packets are at hand."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from made_captures import (
    ACK,
    LAB,
    PSH,
    SYN,
    block,
    enhanced,
    ethernet,
    interface,
    ipv4,
    open_bytes,
    pcap,
    section,
    segment,
    udp,
)

import netguru.pcap as room
from netguru import checks
from netguru.model.source import SourceFile
from netguru.pcap import CaptureFile, engine, message_pages, tcp_events
from netguru.pcap.messages import Messages
from netguru.pcap.places import STEP, rows_of

if TYPE_CHECKING:
    from pathlib import Path

_OF_CONVERSATIONS = ["flow", "stream", "from_client", "tcp_marks", "tcp_kinds"]
_MANY = 3 * STEP + 17


def _captures():
    return sorted(path.relative_to(LAB).as_posix() for path in LAB.glob("*/*/captures/*.pcap*"))


def _found(path: Path):
    capture = CaptureFile(SourceFile.of(path))
    return checks.run("capture", capture), capture.neighbors(), capture.messages().counts


@pytest.mark.parametrize("name", _captures())
def test_a_capture_that_is_passed_over_gives_the_same_findings(name, monkeypatch):
    at_hand = _found(LAB / name)
    monkeypatch.setattr(engine, "COMPILED_FROM", 0)
    assert _found(LAB / name) == at_hand


def _query(number: int, *, answer: bool = False) -> bytes:
    ports = {"src": 53, "dst": 2000} if answer else {"src": 2000, "dst": 53}
    head = struct.pack(">HHHHHH", number, 0x8180 if answer else 0x0100, 1, 0, 0, 0)
    body = head + b"\x04case\x04test\x00" + struct.pack(">HH", 1, 1)
    ends = {"src": "10.0.0.2", "dst": "10.0.0.1"} if answer else {}
    return ethernet(ipv4(udp(body, **ports), 17, ident=number, **ends))


def _frames(count: int) -> list[bytes]:
    return [segment(ACK | PSH, seq=number, payload=bytes(1 + number * 37 % 400)) for number in range(count)]


def _simple(frame: bytes) -> bytes:
    return block(3, struct.pack("<I", len(frame)) + frame)


def _pcapng(frames: list[bytes]) -> bytes:
    blocks = [_simple(frame) if place % 5 == 4 else enhanced(frame) for place, frame in enumerate(frames)]
    return section() + interface() + b"".join(blocks)


@pytest.mark.parametrize("made", [pcap, _pcapng], ids=["pcap", "pcapng"])
def test_packets_are_read_without_a_pass(tmp_path, monkeypatch, made):
    capture = open_bytes(tmp_path, made(_frames(_MANY)))
    wanted = [1, 2, STEP, STEP + 1, 2 * STEP + 3, _MANY]
    every = rows_of(capture.chunks(), wanted).drop(_OF_CONVERSATIONS)
    frames = capture.frames(wanted)
    monkeypatch.setattr(engine, "COMPILED_FROM", 0)
    large = CaptureFile(capture.source)
    large.run()
    monkeypatch.setattr(large, "chunks", None)
    assert large.headers(wanted).drop(_OF_CONVERSATIONS).equals(every)
    assert large.frames(wanted) == frames
    assert [large.describe(number) for number in wanted] == [capture.describe(number) for number in wanted]


def test_interfaces_described_between_packets_cost_a_pass(tmp_path, monkeypatch):
    frames = _frames(_MANY)
    late = section() + interface() + b"".join(map(enhanced, frames)) + interface() + enhanced(frames[0], index=1)
    capture = open_bytes(tmp_path, late)
    texts = [capture.describe(number) for number in (STEP + 5, _MANY + 1)]
    monkeypatch.setattr(engine, "COMPILED_FROM", 0)
    large = CaptureFile(capture.source)
    assert [large.describe(number) for number in (STEP + 5, _MANY + 1)] == texts


def test_of_too_many_messages_the_first_are_kept_and_all_counted(tmp_path):
    capture = open_bytes(tmp_path, pcap([_query(number) for number in range(20)]))
    messages = Messages(5, ["dns", "arp"])
    capture.run(messages)
    assert messages.counts == {"dns": 20, "arp": 0}
    assert messages.packets("dns")["number"].to_list() == [1, 2, 3, 4, 5]
    assert messages.packets("arp").is_empty()
    assert messages.notes() == ("dns: the first 5 of 20 packets were looked at",)


def test_likely_messages_go_before_others_of_too_many(tmp_path):
    data, alert = b"\x17\x03\x03\x00\x05abcde", b"\x15\x03\x03\x00\x02\x02\x28"
    frames = [segment(ACK | PSH, port=443, seq=5 * n, payload=data) for n in range(6)]
    frames.append(segment(ACK | PSH, port=443, seq=30, payload=alert))
    capture = open_bytes(tmp_path, pcap(frames))
    messages = Messages(5, ["tls"])
    capture.run(messages)
    assert messages.packets("tls")["number"].to_list() == [7]
    assert messages.notes() == ("tls: 1 of 7 packets were looked at",)


def test_a_table_of_a_large_capture_is_decoded_as_far_as_it_is_shown(tmp_path, monkeypatch):
    frames = [frame for number in range(20) for frame in (_query(number), _query(number, answer=True))]
    capture = open_bytes(tmp_path, pcap(frames))
    whole = room.protocol(capture.source.path, "dns")
    assert (whole.messages, len(whole.rows), whole.coverage.read) == (40, 40, 40)
    monkeypatch.setattr(engine, "COMPILED_FROM", 0)
    assert room.protocol(capture.source.path, "dns").rows == whole.rows
    assert room.protocol(capture.source.path, "dns", top=3).rows == whole.rows[:3]
    small = {"checked": 4, "replies": 2, "shown": 30}
    monkeypatch.setattr(message_pages, "limit", lambda _, name: small[name])
    part = room.protocol(capture.source.path, "dns", top=3)
    assert part.rows == whole.rows[:3]
    assert part.messages == 40
    assert (part.coverage.total, part.coverage.read) == (40, 5)
    assert any("5 of 40 packets with dns were decoded" in note for note in part.coverage.notes)


def test_evidence_that_is_put_off_is_completed(monkeypatch):
    path = LAB / "fabric" / "faulty" / "captures" / "dns-trouble.pcapng"
    at_once = checks.run("capture", CaptureFile(SourceFile.of(path)))
    # What was described before keeps its words: a handle that knows nothing yet shows what is put off.
    capture = CaptureFile(SourceFile.of(path))
    with capture.quotes.put_off():
        later = checks.run("capture", capture)
    assert not any(item.text for each in later for item in each.evidence if item.start == item.end)
    assert capture.quotes.completed(later) == at_once
    monkeypatch.setattr(engine, "COMPILED_FROM", 0)
    assert room.check(path, top=0).findings == at_once


def test_events_are_bounded_and_the_bound_is_told(tmp_path, monkeypatch):
    frames = [segment(SYN, client=f"10.1.{n >> 8}.{n & 255}", client_port=1000 + n) for n in range(300)]
    capture = open_bytes(tmp_path, pcap(frames))
    monkeypatch.setattr(tcp_events, "limit", lambda _group, _name: 100)
    events = capture.tcp_events()
    assert events.events("syns").height == 100
    assert events.notes() == ("TCP: of 300 events of the kind SYN the first 100 were looked at",)
    assert events.bits.size >= 300
