"""Much of a kind: what is kept for the checks, what is told together, and what is put into words later."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from made_captures import open_bytes, pcap, segment

from netguru import checks
from netguru.pcap.chunks import INNER_COLUMNS
from netguru.pcap.kept_rows import KeptRows

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.model.finding import Finding

_GROUP = bytes.fromhex("01005e00000a")


def _hello(host: int, *weights: int) -> bytes:
    parameters = struct.pack("!HH6BH", 1, 12, *weights, 0, 15)
    eigrp = struct.pack("!BBHIIIHH", 2, 5, 0, 0, 0, 0, 0, 100) + parameters
    ends = bytes((10, 0, host >> 8, host & 255, 224, 0, 0, 10))
    ip = struct.pack("!BBHHHBBH", 0x45, 0xC0, 20 + len(eigrp), host, 0, 2, 88, 0) + ends
    return _GROUP + struct.pack("!HI", 0x0200, host) + b"\x08\x00" + ip + eigrp


def _mismatches(tmp_path: Path, odd: int, even: int) -> list[Finding]:
    """Check a link with some speakers of other weights than the others."""
    frames = [_hello(host, 1, 0, 1, 0, 0) for host in range(1, even + 1)]
    frames += [_hello(1000 + host, 1, 1, 1, 0, 0) for host in range(odd)]
    capture = open_bytes(tmp_path, pcap([frame for frame in frames for _ in range(2)]))
    return [item for item in checks.run("capture", capture) if item.check == "eigrp.k-mismatch"]


def test_few_pairs_that_differ_are_told_each_by_itself(tmp_path: Path) -> None:
    found = _mismatches(tmp_path, 1, 12)

    assert len(found) == 12
    assert all("10.0.3.232" in item.subject.addresses and len(item.subject.addresses) == 2 for item in found)


@pytest.mark.parametrize(("odd", "even"), [(1, 13), (13, 1), (5, 20)])
def test_many_pairs_that_differ_alike_are_told_together(tmp_path: Path, odd: int, even: int) -> None:
    (told,) = _mismatches(tmp_path, odd, even)

    assert len(told.subject.addresses) == odd + even
    assert told.symptoms[0].startswith(f"{odd * even} pairs of senders on one link differ so")
    texts = [item.text for item in told.evidence]
    assert any("K 1 0 1 0 0" in text for text in texts)
    assert any("K 1 1 1 0 0" in text for text in texts)


def test_of_too_many_speakers_both_sides_are_named(tmp_path: Path) -> None:
    (told,) = _mismatches(tmp_path, 2, 150)

    assert len(told.subject.addresses) == 100
    assert {"10.0.3.232", "10.0.3.233"} <= set(told.subject.addresses)
    assert "300 pairs" in told.symptoms[0]


def test_rows_that_are_kept_are_those_of_the_capture(tmp_path: Path) -> None:
    frames = [_hello(host, 1, 0, 1, 0, 0) if host % 3 else b"\0" * 14 for host in range(1, 50)]
    capture = open_bytes(tmp_path, pcap(frames))
    columns = [name for name in INNER_COLUMNS if name != "flow"]
    kept = KeptRows(columns)
    for chunk in capture.chunks():
        number = chunk.values("number")
        kept.add(chunk, ((number % 2 == 0) * np.uint64(1) | (number % 5 == 0) * np.uint64(2)).astype(np.uint64))
    whole = pl.concat(chunk.frame(columns) for chunk in capture.chunks()).select(columns)

    assert kept.rows(2).equals(whole.filter(pl.col("number") % 5 == 0))
    assert kept.rows(3).equals(whole.filter((pl.col("number") % 5 == 0) | (pl.col("number") % 2 == 0)))
    assert kept.rows(2, ("ttl", "number")).columns == ["ttl", "number"]
    assert kept.rows(4).is_empty()
    assert kept.rows(4).schema == whole.schema


def test_packets_described_before_keep_their_words_while_others_are_put_off(tmp_path: Path) -> None:
    capture = open_bytes(tmp_path, pcap([_hello(host, 1, 0, 1, 0, 0) for host in (1, 2)]))
    text = capture.describe(1)
    with capture.quotes.put_off():
        known, other = capture.evidence([1, 2])

    assert (known.text, other.text) == (text, "")


def test_of_very_many_lossy_pairs_the_worst_are_told_each_and_the_others_together(tmp_path: Path) -> None:
    frames = []
    pairs = 520
    for pair in range(pairs):
        client = f"10.1.{pair // 250}.{pair % 250 + 1}"
        frames.append(segment(0x02, client, seq=100))
        frames.append(segment(0x12, client, back=True, seq=500, ack=101))
        frames.append(segment(0x10, client, seq=101, ack=501))
        # The first pairs send more again than the others: they are the ones told by themselves.
        sent = [*range(8), *range(5 if pair < 500 else 4)]
        frames += [
            segment(0x18, client, seq=101 + 10 * at, ack=501, payload=b"x" * 10, ident=place + 10)
            for place, at in enumerate(sent)
        ]
    capture = open_bytes(tmp_path, pcap(frames, step_ns=400_000_000))
    found = checks.run("capture", capture)

    assert sum(item.check == "tcp.loss" for item in found) == 500
    (others,) = [item for item in found if item.check == "tcp.loss-elsewhere"]
    assert f"{pairs - 500} more pairs" in others.title
    assert "80 sent again" in others.title
