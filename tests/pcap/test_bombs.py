"""Small files that unfold into large ones: reading stops and says so."""

from __future__ import annotations

import gzip
import struct
from typing import TYPE_CHECKING

import pytest

from netguru import pcap
from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1)


@pytest.fixture(autouse=True)
def _small_cap(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NETGURU_MAX_FILE_MB", "1")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def test_empty_records_without_end(tmp_path: Path) -> None:
    file = tmp_path / "bomb.pcap.gz"
    file.write_bytes(gzip.compress(_HEADER + bytes(9_000_000), 1))

    found = pcap.summary(file)

    assert 50_000 <= found.packets < 562_500
    assert any("more than 50,000 packets" in note for note in found.coverage.notes)


def test_bytes_without_end(tmp_path: Path) -> None:
    record = struct.pack("<IIII", 1, 0, 200_000, 200_000) + bytes(200_000)
    file = tmp_path / "bomb.pcap.gz"
    file.write_bytes(gzip.compress(_HEADER + record * 100, 1))

    found = pcap.summary(file)

    assert 0 < found.packets < 100
    assert any("unpacks to more than 10 MB" in note for note in found.coverage.notes)
