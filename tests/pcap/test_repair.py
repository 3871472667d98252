"""Repair: what a damage did not touch is found again behind it, byte for byte."""

from __future__ import annotations

import gzip
import io
import shutil
import struct
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_captures import LAB, block, enhanced, ethernet, interface, option, pcap, section

from netguru import pcap as room
from netguru.errors import FileRejectedError, InputError
from netguru.model.source import SourceFile
from netguru.pcap import repairing
from netguru.pcap.capture import CaptureFile
from netguru.pcap.framing import Found, read_batches
from netguru.pcap.runs import find_runs

FRAMES = [ethernet(bytes([n]) * (46 + 7 * n), 0x88B5) for n in range(40)]
TIMES = [1_600_000_000 * 10**9 + n * 10**8 for n in range(40)]
CLASSIC = pcap(FRAMES, times=TIMES)
MODERN = (
    section() + interface() + b"".join(enhanced(frame, time // 1000) for frame, time in zip(FRAMES, TIMES, strict=True))
)


def frames(data):
    return [
        batch.buffer[start : start + count]
        for batch in read_batches(io.BytesIO(data), Found())
        for start, count in zip(batch.start, batch.captured, strict=True)
    ]


def repaired(tmp_path, data):
    (tmp_path / "in").write_bytes(data)
    result = room.repair(tmp_path / "in", out=tmp_path / "out")
    written = (tmp_path / "out").read_bytes()
    found = Found()
    assert sum(batch.start.size for batch in read_batches(io.BytesIO(written), found)) == result.packets
    assert not found.damage
    assert len(written) + result.lost_bytes == len(data)
    return result, frames(written)


@pytest.mark.parametrize("data", [CLASSIC, MODERN], ids=["pcap", "pcapng"])
@pytest.mark.parametrize("change", ["overwritten", "removed", "inserted"])
def test_damage_in_the_middle(tmp_path, data, change):
    at = data.index(FRAMES[20]) - 12
    tail = {
        "overwritten": b"\xee" * 40 + data[at + 40 :],
        "removed": data[at + 40 :],
        "inserted": b"\xee" * 40 + data[at:],
    }
    result, kept = repaired(tmp_path, data[:at] + tail[change])
    assert kept == FRAMES[:20] + FRAMES[21:]
    assert result.regained == 19
    assert len(result.lost) == 1
    assert [(part.first_packet, part.packets) for part in result.kept] == [(1, 20), (21, 19)]
    assert frames(data[:at] + tail[change])[:20] == FRAMES[:20]


def test_a_length_that_is_too_great(tmp_path):
    at = CLASSIC.index(FRAMES[10]) - 8
    data = CLASSIC[:at] + struct.pack("<II", 400, 400) + CLASSIC[at + 8 :]
    _, kept = repaired(tmp_path, data)
    assert kept == FRAMES[:10] + FRAMES[11:]


def test_two_damages_and_a_cut_end(tmp_path):
    data = bytearray(CLASSIC[:-5])
    for number in (5, 30):
        at = CLASSIC.index(FRAMES[number]) - 8
        data[at : at + 4] = b"\xff" * 4
    result, kept = repaired(tmp_path, bytes(data))
    assert kept == FRAMES[:5] + FRAMES[6:30] + FRAMES[31:39]
    assert [gap.bytes for gap in result.lost] == [16 + len(FRAMES[5]), 16 + len(FRAMES[30]), 16 + len(FRAMES[39]) - 5]
    assert "cut short" in result.lost[-1].reason


def test_sections_go_on_and_their_lengths_are_taken_back(tmp_path):
    sized = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, 400))
    second = section(">") + interface(order=">", options=option(2, b"eth1")) + enhanced(FRAMES[1], order=">")
    data = sized + interface() + enhanced(FRAMES[0]) + b"\7" * 33 + second
    _, kept = repaired(tmp_path, data)
    assert kept == FRAMES[:2]
    assert struct.pack("<q", 400) not in (tmp_path / "out").read_bytes()


def test_a_capture_inside_a_packet_is_not_taken_for_what_goes_on(tmp_path):
    inner = pcap([ethernet(b"x" * 50, 0x88B5)] * 8, times=TIMES[:8])[24:]
    whole = [*FRAMES[:10], ethernet(inner, 0x88B5), *FRAMES[10:]]
    data = pcap(whole, times=[TIMES[0] + n * 10**8 for n in range(len(whole))])
    at = data.index(FRAMES[10]) - 8
    _, kept = repaired(tmp_path, data[:at] + b"\xff" * 4 + data[at + 4 :])
    assert kept == whole[:11] + FRAMES[11:]


def test_compressed(tmp_path):
    (tmp_path / "in.gz").write_bytes(gzip.compress(CLASSIC)[:-12])
    result = room.repair(tmp_path / "in.gz", out=tmp_path / "out.pcap")
    assert any("gzip data is cut short" in note for note in result.coverage.notes)
    assert result.packets >= 38


def test_undamaged_is_copied(tmp_path):
    result, kept = repaired(tmp_path, MODERN)
    assert kept == FRAMES
    assert (tmp_path / "out").read_bytes() == MODERN
    assert result.coverage.notes == ("the capture is not damaged, it was copied",)


def test_what_is_refused(tmp_path):
    file = tmp_path / "a.pcap"
    file.write_bytes(CLASSIC)
    with pytest.raises(InputError, match="is the capture that is read"):
        room.repair(file, out=file)
    file.write_bytes(CLASSIC[:30])
    with pytest.raises(FileRejectedError, match="no packet that can be read"):
        room.repair(file, out=tmp_path / "b.pcap")
    assert not (tmp_path / "b.pcap").exists()


MANY = [ethernet(bytes([n % 251]) * (46 + n % 300), 0x88B5) for n in range(5000)]
MANY_TIMES = [1_600_000_000 * 10**9 + n * 10**6 for n in range(5000)]
LONG = {
    "pcap": pcap(MANY, times=MANY_TIMES),
    "pcapng": section()
    + interface()
    + interface()
    + b"".join(enhanced(frame, time // 1000) for frame, time in zip(MANY, MANY_TIMES, strict=True)),
}


def behind(tmp_path, data):
    """Give the coverage's last note, and how many packets repair regains."""
    path = tmp_path / "a"
    path.write_bytes(data)
    regained = room.repair(path, out=tmp_path / "b").regained
    capture = CaptureFile(SourceFile.of(path))
    assert capture.damage
    assert capture.coverage == capture.coverage
    return capture.coverage.notes[-1], regained


@pytest.mark.parametrize("large", [False, True], ids=["small", "large"])
@pytest.mark.parametrize("name", ["pcap", "pcapng"])
@pytest.mark.parametrize("packet", [5, 300, 2600, 4900])
def test_the_coverage_says_what_repair_regains(tmp_path, monkeypatch, packet, name, large):
    if large:
        monkeypatch.setattr("netguru.pcap.engine.COMPILED_FROM", 0)
    data = LONG[name]
    at = data.index(MANY[packet], sum(map(len, MANY[:packet]))) - 12
    said, regained = behind(tmp_path, data[:at] + b"\xff" * 8 + data[at + 8 :])
    assert regained >= 4990 - packet
    assert said == f"pcap.repair regains {regained} packets behind the damage"


@pytest.mark.parametrize("name", ["pcap", "pcapng"])
def test_the_coverage_of_a_cut_capture_says_that_nothing_follows(tmp_path, name):
    said, regained = behind(tmp_path, LONG[name][:-5])
    assert (said, regained) == ("pcap.repair finds no packet behind the damage", 0)


@pytest.mark.parametrize("name", ["pcap", "pcapng"])
def test_the_look_behind_a_damage_is_bounded(tmp_path, monkeypatch, name):
    data = LONG[name]
    at = data.index(MANY[1000], sum(map(len, MANY[:1000]))) - 12
    broken = data[:at] + b"\xff" * 8 + data[at + 8 :]
    monkeypatch.setattr(repairing, "_FEW_RUNS", 1)
    said, _ = behind(tmp_path, broken)
    assert said == "no packet was found in the 16 MB behind the damage; pcap.repair looks further"
    monkeypatch.setattr(repairing, "_FEW_RUNS", 2)
    at = data.index(MANY[3000], sum(map(len, MANY[:3000]))) - 12
    said, regained = behind(tmp_path, broken[:at] + b"\xff" * 8 + broken[at + 8 :])
    assert regained > 3900
    counted = int(said.split()[2])
    assert 1600 < counted < 2010
    assert said.endswith("packets or more behind the damage; 64 MB or 2 damages were looked at")
    monkeypatch.setattr(repairing, "_REACH", 10)
    assert behind(tmp_path, broken)[0].startswith("no packet was found")


def test_a_large_file_that_cannot_be_entered_is_not_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(repairing, "_MOST_AGAIN", 10)
    monkeypatch.setattr("netguru.pcap.engine.COMPILED_FROM", 0)
    late = (
        section() + interface() + enhanced(MANY[0]) + interface() + LONG["pcapng"][len(section() + 2 * interface()) :]
    )
    assert behind(tmp_path, late[:-5])[0] == "what lies behind the damage was not looked at; pcap.repair does that"
    packed = gzip.compress(LONG["pcap"][:-5])
    assert behind(tmp_path, packed)[0] == "what lies behind the damage was not looked at; pcap.repair does that"


@settings(max_examples=120, deadline=None)
@given(st.data(), st.sampled_from([CLASSIC, MODERN]))
def test_all_that_a_damage_did_not_touch_is_kept(data, capture):
    # The first three records tell the variant of a pcap file; what they do not tell, nobody can know.
    first = data.draw(st.integers(capture.index(FRAMES[3]), len(capture) - 1))
    count = data.draw(st.integers(1, 300))
    noise = data.draw(st.binary(min_size=count, max_size=count))
    broken = capture[:first] + noise + capture[first + count :]
    runs = find_runs(io.BytesIO(broken))
    kept = [frame for run in runs.runs for frame in frames(_alone(broken, run))]
    untouched = []
    for frame in FRAMES:
        at = capture.index(frame)
        before, behind = (16, 0) if capture is CLASSIC else (28, 4 + -len(frame) % 4)
        if at + len(frame) + behind <= first or at - before >= first + count:
            untouched.append(frame)
    remaining = iter(kept)
    assert all(frame in remaining for frame in untouched)


def _alone(data, run):
    head = len(CLASSIC[:24]) if data[:4] == CLASSIC[:4] else len(section() + interface())
    return data[:head] + data[max(run.start, head) : run.end]


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=600), st.sampled_from([CLASSIC[:24], section() + interface(), CLASSIC[:200], MODERN[:300]]))
def test_hostile_bytes(tail, head):
    runs = find_runs(io.BytesIO(head + tail))
    places = [place for run in runs.runs for place in (run.start, run.end)]
    assert places == sorted(places)


def test_tshark_reads_what_was_repaired(tmp_path):
    if shutil.which("capinfos") is None:
        pytest.skip("capinfos is not installed")
    for path in sorted((LAB / "fabric" / "faulty" / "captures").glob("*.pcap*"))[:3]:
        data = bytearray(path.read_bytes())
        starts = [batch.start + batch.base for batch in read_batches(io.BytesIO(data), Found())]
        at = int(starts[0][len(starts[0]) // 2]) - 16
        data[at : at + 16] = b"\xff" * 16
        damaged = tmp_path / "damaged"
        damaged.write_bytes(data)
        result = room.repair(damaged, out=tmp_path / "out")
        told = subprocess.run(
            ["capinfos", "-T", "-r", "-M", "-c", str(tmp_path / "out")], capture_output=True, text=True, check=True
        )
        assert int(told.stdout.split("\t")[1]) == result.packets
        assert result.regained > 0
