"""Two captures of one thing: recorded points whose truth is known, and captures changed by a known law."""

from __future__ import annotations

import json
import random
import struct
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import netguru
from netguru.errors import InputError
from netguru.workspace import open_capture

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.compare_results import CaptureComparison

CASES = Path(__file__).parents[1] / "cases" / "pcap_compare"
LAB = Path(__file__).parents[2] / "data" / "samples" / "lab"
WAYS = {"ab": "A to B", "ba": "B to A"}


def compared(case: str) -> tuple[CaptureComparison, dict[str, Any]]:
    """Compare the two points of a recorded case; gives what is true as well."""
    folder = CASES / case
    truth = json.loads((folder / "truth.json").read_text())
    return netguru.pcap.compare(folder / "a.pcap", folder / "b.pcap"), truth


@pytest.mark.parametrize("case", ["plain", "lossy", "nat", "filtered"])
def test_what_the_wire_did_is_told(case: str) -> None:
    result, truth = compared(case)

    assert result.mode == "path"
    for short, words in WAYS.items():
        (way,) = [row for row in result.ways if row.way == words]
        # A packet at an end of the recordings is left out rather than called lost.
        assert truth["did"][f"{short}_lost"] - 1 <= way.lost <= truth["did"][f"{short}_lost"]
        assert truth["did"][f"{short}_doubled"] - 1 <= way.doubled <= truth["did"][f"{short}_doubled"]
        assert way.missed == 0
        assert way.routers == 1
        # The wire's own delay; a busy machine may add to it.
        assert truth["delay"] <= way.least_ms < truth["delay"] + 3
    assert result.clock is not None
    assert result.clock.ahead_ms == pytest.approx(truth["clock_ahead_s"] * 1000, abs=1)
    assert result.clock.there_and_back_ms == pytest.approx(2 * truth["delay"], abs=5)


@pytest.mark.parametrize(
    ("case", "checks"),
    [
        ("plain", set()),
        ("lossy", {"path.loss", "path.doubled", "path.reordered"}),
        ("nat", {"path.translated", "path.marking", "path.mss"}),
        ("filtered", {"path.stopped"}),
    ],
)
def test_findings_name_what_happened_and_quote_both_captures(case: str, checks: set[str]) -> None:
    result, _ = compared(case)

    assert {item.check for item in result.findings} == checks
    for item in result.findings:
        for proof in item.evidence:
            capture = cast("CaptureFile", open_capture(CASES / case / proof.source))
            if proof.start == proof.end:
                assert proof.text == capture.describe(proof.start)
            else:
                assert 1 <= proof.start <= proof.end <= capture.totals.packets


def test_rewritten_fields_have_both_values() -> None:
    result, _ = compared("nat")
    seen = {(row.field, row.way): (row.at_a, row.at_b) for row in result.rewritten}

    assert seen["source address", "A to B"] == ("192.0.2.2", "198.51.100.1")
    assert seen["destination address", "B to A"] == ("192.0.2.2", "198.51.100.1")
    assert seen["DSCP", "A to B"] == ("46", "0")
    assert seen["MSS", "A to B"] == ("1460", "1200")


def test_what_a_filter_stops_is_named() -> None:
    result, _ = compared("filtered")
    (finding,) = result.findings

    assert finding.title.startswith("192.0.2.2:")
    assert "198.51.100.2:8081" in finding.title
    assert result.losses == ()


class Pcap:
    """A little-endian capture of nanoseconds as a list that can be changed."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        self.head, at, self.packets = data[:24], 24, []
        while at < len(data):
            seconds, fraction, held, length = struct.unpack_from("<4I", data, at)
            self.packets.append((seconds * 10**9 + fraction, length, data[at + 16 : at + 16 + held]))
            at += 16 + held

    def write(self, path: Path) -> Path:
        """Write it in the order of its times."""
        made = bytearray(self.head)
        for told, length, frame in sorted(self.packets, key=lambda packet: packet[0]):
            made += struct.pack("<4I", told // 10**9, told % 10**9, len(frame), length) + frame
        path.write_bytes(bytes(made))
        return path


def towards_server(frame: bytes) -> bool:
    """Say whether the client of the recorded cases sent it."""
    return frame[26:30] == bytes([192, 0, 2, 2])


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 1000),
    share=st.floats(0, 0.2),
    ahead_ms=st.integers(-10_000_000, 10_000_000),
    delay_us=st.integers(100, 50_000),
    drift_ppm=st.sampled_from([0, 200, -200]),
)
def test_a_known_change_is_found_again(
    tmp_path: Path, seed: int, share: float, ahead_ms: int, delay_us: int, drift_ppm: int
) -> None:
    capture, chance = Pcap(CASES / "plain" / "a.pcap"), random.Random(seed)  # noqa: S311 - choice, no secret
    start, lost = capture.packets[0][0], 0
    edge = 40
    moved = []
    for at, (told, length, frame) in enumerate(capture.packets):
        there = towards_server(frame)
        inside = edge <= at < len(capture.packets) - edge
        if inside and there and chance.random() < share:
            lost += 1
            continue
        true = told + (delay_us if there else -delay_us) * 1000
        clocked = true + ahead_ms * 1_000_000 + round((true - start) * drift_ppm / 1e6)
        # A router between: the far side's packets have one hop more to go.
        ttl = frame[22] - 1 if there else frame[22] + 1
        moved.append((clocked, length, frame[:22] + bytes([ttl]) + frame[23:]))
    capture.packets = moved
    result = netguru.pcap.compare(CASES / "plain" / "a.pcap", capture.write(tmp_path / "b.pcap"))

    assert result.clock is not None
    assert sum(way.lost + way.missed for way in result.ways) == lost
    assert result.clock.ahead_ms == pytest.approx(ahead_ms, abs=0.01 if not drift_ppm else 1)
    assert result.clock.drift_ppm == pytest.approx(drift_ppm, abs=1)
    assert result.clock.there_and_back_ms == pytest.approx(2 * delay_us / 1000, abs=0.01)


def test_two_times_of_one_place() -> None:
    folder = LAB / "fabric"
    result = netguru.pcap.compare(
        folder / "healthy" / "captures" / "server-http.pcap", folder / "faulty" / "captures" / "server-trouble.pcapng"
    )

    assert result.mode == "change"
    assert result.services
    assert result.came
    assert result.findings == result.came


def test_one_capture_is_not_compared_with_itself() -> None:
    same = CASES / "plain" / "a.pcap"
    with pytest.raises(InputError, match="compared with itself"):
        netguru.pcap.compare(same, same)
    with pytest.raises(InputError, match="not two points of one path"):
        netguru.pcap.compare(same, CASES / "lossy" / "b.pcap", mode="path")


def test_files_of_one_name_are_told_apart() -> None:
    result = netguru.pcap.compare(CASES / "plain" / "a.pcap", CASES / "nat" / "a.pcap", mode="change")

    assert (result.a, result.b) == ("plain/a.pcap", "nat/a.pcap")
