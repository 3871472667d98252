"""Small files that unfold into large ones: they are read in fixed memory, and reading stops and says so."""

from __future__ import annotations

import gzip
import io
import struct
import tracemalloc
from typing import TYPE_CHECKING

from netguru import pcap
from netguru.pcap import streams
from netguru.pcap.framing import Found, read_batches
from netguru.pcap.streams import open_forward

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)


def test_more_than_a_thousand_times_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_BOMB_FLOOR", 1_000_000)
    monkeypatch.setattr(streams, "_BOMB_RATIO", 10)
    record = struct.pack("<IIII", 1, 0, 200_000, 200_000) + bytes(200_000)
    file = tmp_path / "bomb.pcap.gz"
    file.write_bytes(gzip.compress(_HEADER + record * 100, 1))

    found = pcap.summary(file)

    assert 0 < found.packets < 100
    assert any("unpacks to more than 10 times its size" in note for note in found.coverage.notes)


def test_an_honest_capture_of_zeros_is_whole(tmp_path: Path) -> None:
    record = struct.pack("<IIII", 1, 0, 200_000, 200_000) + bytes(200_000)
    file = tmp_path / "zeros.pcap.gz"
    file.write_bytes(gzip.compress(_HEADER + record * 100, 1))

    found = pcap.summary(file)

    assert found.packets == 100
    assert not found.damage


def test_records_of_nothing_take_no_memory() -> None:
    packed = io.BytesIO(gzip.compress(_HEADER + bytes(5_000_000), 1))
    found = Found()
    tracemalloc.start()
    try:
        count = sum(batch.start.size for batch in read_batches(open_forward(packed, found), found))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert count == 5_000_000 // 16
    assert peak < 30_000_000
