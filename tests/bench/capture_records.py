"""Writing millions of packet records with numpy: a pcap and its pcapng twin, and their digests."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]

PCAP_HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
SECTION = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
INTERFACE = struct.pack("<IIHHII", 1, 20, 1, 0, 262_144, 20)
COPY_BLOCK = 16 << 20


class Twins:
    """A pcap and, if wanted, a pcapng that get the same packets."""

    def __init__(self, path: Path, *, twin: bool = True) -> None:
        """Open the files and write what stands before the first packet."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.paths = [path, path.with_suffix(".pcapng")] if twin else [path]
        self._files = [one.with_suffix(one.suffix + ".part").open("wb") for one in self.paths]
        self._digests = [hashlib.sha256() for _ in self.paths]
        self._put(0, PCAP_HEADER)
        if twin:
            self._put(1, SECTION + INTERFACE)

    def write(self, times_us: Ints, lengths: Ints, kept: Ints, data: Bytes) -> None:
        """Write packets that lie end to end in `data`, `kept` bytes each, as `lengths` bytes long on the wire."""
        self._put(0, _pcap(times_us, lengths, kept, data))
        if len(self.paths) > 1:
            self._put(1, _pcapng(times_us, lengths, kept, data))

    def close(self) -> list[str]:
        """Finish the files under their names; return their SHA-256 digests."""
        for path, file in zip(self.paths, self._files, strict=True):
            file.close()
            Path(file.name).rename(path)
        return [one.hexdigest() for one in self._digests]

    def _put(self, which: int, block: Any) -> None:
        self._digests[which].update(block)
        self._files[which].write(block)


def joined(starts: Ints, sizes: Ints, data: Bytes) -> Bytes:
    """Return the pieces of `data` end to end."""
    ends = np.cumsum(sizes)
    where = np.arange(int(ends[-1]) if len(ends) else 0)
    where += np.repeat(starts - (ends - sizes), sizes)
    pieces: Bytes = data[where]
    return pieces


def _pcap(times_us: Ints, lengths: Ints, kept: Ints, data: Bytes) -> Bytes:
    out, starts = _spread(16, kept, kept, data, 0)
    heads = np.stack([times_us // 1_000_000, times_us % 1_000_000, kept, lengths], axis=1)
    out[starts[:, None] + np.arange(16)] = heads.astype("<u4").view(np.uint8)
    return out


def _pcapng(times_us: Ints, lengths: Ints, kept: Ints, data: Bytes) -> Bytes:
    padded = (kept + 3) & ~3
    out, starts = _spread(28, kept, padded, data, 4)
    total = padded + 32
    zero = np.zeros_like(kept)
    heads = np.stack([zero + 6, total, zero, times_us >> 32, times_us & 0xFFFFFFFF, kept, lengths], axis=1)
    out[starts[:, None] + np.arange(28)] = heads.astype("<u4").view(np.uint8)
    out[(starts + 28 + padded)[:, None] + np.arange(4)] = total.astype("<u4")[:, None].view(np.uint8)
    return out


def _spread(head: int, kept: Ints, room: Ints, data: Bytes, tail: int) -> tuple[Bytes, Ints]:
    """Lay the packets out with space for `head` bytes before and `tail` bytes after each."""
    sizes = room + head + tail
    starts = np.cumsum(sizes) - sizes
    out = np.zeros(int(sizes.sum()), np.uint8)
    where = np.arange(len(data))
    where += np.repeat(starts + head - (np.cumsum(kept) - kept), kept)
    out[where] = data
    return out, starts


def repeat(path: Path, times: int, target: IO[bytes]) -> int:
    """Write a pcap's packets `times` times, each round later than the one before; return the bytes written."""
    raw = np.memmap(path, np.uint8, mode="r")
    starts = _offsets(path)
    seconds = raw[starts[:, None] + np.arange(4)].copy().view("<u4")[:, 0].astype(np.int64)
    span = int(seconds[-1] - seconds[0]) + 1
    written = target.write(PCAP_HEADER)
    for turn in range(times):
        for first, last in _pieces(starts, len(raw)):
            low = int(starts[first])
            high = int(starts[last]) if last < len(starts) else len(raw)
            block = np.array(raw[low:high])
            moved = (seconds[first:last] + turn * span).astype("<u4")
            block[(starts[first:last] - low)[:, None] + np.arange(4)] = moved[:, None].view(np.uint8)
            target.write(memoryview(block))
            written += len(block)
    return written


def _offsets(path: Path) -> Ints:
    found, at = [], 24
    size = path.stat().st_size
    with path.open("rb") as file:
        carry = file.read(24)[:0]
        while block := file.read(COPY_BLOCK):
            carry, base = carry + block, at
            while at - base + 16 <= len(carry):
                end = at + 16 + int.from_bytes(carry[at - base + 8 : at - base + 12], "little")
                if end - base > len(carry):
                    break
                found.append(at)
                at = end
            carry = carry[at - base :]
    if at != size:
        raise SystemExit(f"{path} ends inside a packet")
    return np.array(found, np.int64)


def _pieces(starts: Ints, size: int) -> Iterator[tuple[int, int]]:
    first = 0
    while first < len(starts):
        last = int(np.searchsorted(starts, min(int(starts[first]) + COPY_BLOCK, size)))
        yield first, max(last, first + 1)
        first = max(last, first + 1)
