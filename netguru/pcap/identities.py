"""Packets that come again with less TTL: found by a table of fixed size, then fetched.

The table has a place for each value of a part of the hash; a newer packet takes the place of an
older one. A packet that goes round returns within a second, long before its place is taken.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netguru.checks import threshold
from netguru.pcap.messages import limit
from netguru.pcap.second_pass import look_again

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.chunks import Chunk

    Hashes = NDArray[np.uint64]

# The columns that stay the same on every round, with their groups.
_SAME = (
    ("src_hi", "ip"), ("src_lo", "ip"), ("dst_hi", "ip"), ("dst_lo", "ip"), ("protocol", "ip"), ("ip_length", "ip"),
    ("ip_id", "ip_id"), ("src_port", "ports"), ("dst_port", "ports"), ("payload_head", "head"),
    ("tcp_seq", "tcp"), ("tcp_ack", "tcp"), ("interface", ""),
)  # fmt: skip
_FETCHED = (
    "number", "time_ns", "interface", "offset", "captured", "ip_version", "src_hi", "src_lo", "dst_hi", "dst_lo",
    "ttl", "payload_offset", "payload_length",
)  # fmt: skip
_PLACES = 1 << 20
_TOP = np.uint64(44)
_PRIME, _OTHER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


class Identities:
    """Find the hashes of packets whose TTL falls from one record to the next, often enough for a loop."""

    def __init__(self) -> None:
        self._falls_least = int(threshold("ip.routing-loop", "passes")) - 1
        self._hash = np.zeros(_PLACES, np.uint64)
        self._ttl = np.zeros(_PLACES, np.uint8)
        self._falls = np.zeros(_PLACES, np.uint8)
        self._found: list[Hashes] = []

    def take(self, chunk: Chunk) -> None:
        """Take a chunk."""
        rows = _rows(chunk)
        if not rows.size:
            return
        hashes, ttl = _hashes(chunk, rows), chunk.values("ttl")[rows].astype(np.int16)
        order = np.argsort(hashes, kind="stable")
        hashes, ttl = hashes[order], ttl[order]
        first = np.concatenate((np.ones(1, np.bool_), hashes[1:] != hashes[:-1]))
        starts = np.flatnonzero(first)
        place = (hashes[starts] >> _TOP).astype(np.int64)
        known = self._hash[place] == hashes[starts]
        falls = np.concatenate((np.zeros(1, np.int64), (ttl[1:] < ttl[:-1]) & ~first[1:]))
        falls[starts] = known & (ttl[starts] < self._ttl[place])
        counts = np.add.reduceat(falls, starts) + np.where(known, self._falls[place], 0)
        enough = counts >= self._falls_least
        if enough.any():
            self._found.append(hashes[starts][enough])
        ends = np.concatenate((starts[1:], [hashes.size])) - 1
        self._hash[place] = hashes[starts]
        self._ttl[place] = ttl[ends]
        self._falls[place] = np.minimum(counts, 255)

    def fetch(self, capture: CaptureFile) -> pl.DataFrame:
        """Give the packets of the hashes found, by a pass of its own where there are any, with their `identity`.

        Nothing can be taken after that.
        """
        import polars as pl

        self._hash, self._ttl, self._falls = np.zeros(0, np.uint64), np.zeros(0, np.uint8), np.zeros(0, np.uint8)
        if not self._found:
            return pl.DataFrame()
        fetched = _Fetched(np.unique(np.concatenate(self._found)))
        look_again(capture, fetched)
        return pl.concat(fetched.parts)


class _Fetched:
    def __init__(self, wanted: Hashes) -> None:
        self._wanted = wanted
        # By the first bits alone nearly all are told apart.
        self._near = np.zeros(_PLACES, np.bool_)
        self._near[wanted >> _TOP] = True
        self._size = 0
        self.parts: list[pl.DataFrame] = []

    def take(self, chunk: Chunk) -> None:
        """Take a chunk."""
        import polars as pl

        rows = _rows(chunk)
        hashes = _hashes(chunk, rows)
        here = self._near[hashes >> _TOP]
        here[here] = np.isin(hashes[here], self._wanted)
        rows, hashes = rows[here], hashes[here]
        room = limit("loops", "candidates") - self._size
        self._size += rows[:room].size
        if rows[:room].size or not self.parts:
            frame = chunk.frame(_FETCHED, rows[:room])
            self.parts.append(frame.with_columns(pl.Series("identity", hashes[:room], pl.UInt64)))


def _rows(chunk: Chunk) -> NDArray[np.int64]:
    return np.flatnonzero((chunk.values("tunnel") == 0) & (chunk.values("ip_version") > 0))


def _hashes(chunk: Chunk, rows: NDArray[np.int64]) -> Hashes:
    found: Hashes = np.zeros(rows.size, np.uint64)
    for name, group in _SAME:
        values: Any = chunk.values(name)[rows].astype(np.uint64)
        if group:
            values = np.where(chunk.has(group)[rows], values + np.uint64(1), np.uint64(0))
        found = (found ^ values) * _PRIME
        found ^= found >> np.uint64(29)
        found *= _OTHER
    return found ^ found >> np.uint64(32)
