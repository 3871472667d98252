"""What is known of the TCP connections while a capture passes: the kernels of TCP analysis over their state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from netguru.pcap.kernels import strict, tcp
from netguru.pcap.kernels.load import loaded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

_FIRST_SPOTS = 1 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """Columns of rows in the order of the file: numpy arrays for the compiled kernels, lists for plain Python.

    `slots` is the place of the connection, from 0, and -1 for a row that is no segment; `directions` is
    0 or 1 for the side that sent, with the bits `kernels.tcp.REUSED` (a SYN that begins a further
    connection on used ports) and `QUOTED` (in an ICMP error: its length is not known). `lengths` is the
    payload by the IP length, cut at the frame's length on the wire. `scales`, `idents` (IPv4 only) and
    `stamps` are -1 where the packet has none, `sacks` counts the SACK blocks, `lefts` and `rights` are
    the first. Values of a row with slot -1 may be anything.
    """

    slots: Any
    directions: Any
    times: Any
    seqs: Any
    acks: Any
    flags: Any
    windows: Any
    lengths: Any
    scales: Any
    # What the strict judgement needs beside it.
    interfaces: Any = None
    numbers: Any = None
    idents: Any = None
    stamps: Any = None
    sacks: Any = None
    lefts: Any = None
    rights: Any = None


class Marker:
    """Run the kernel of TCP analysis, chunk after chunk, over connections that are numbered from 0.

    Compiled, the state lies in numpy arrays; otherwise in lists, which are what plain Python is fast on.
    """

    def __init__(self, *, compiled: bool) -> None:
        self.compiled = compiled
        self._kernels = loaded("tcp", compile_it=compiled)
        self.clocks = _made(0, np.int64, compiled=compiled)
        self.state = _made(0, np.uint32, compiled=compiled)
        self._took: Rows | None = None

    def finish(self) -> None:
        """Let go of all but the times of handshakes."""
        self._took = np.array(self.clocks[tcp.RTT_NS :: tcp.CLOCKS], np.int64)
        self.clocks = _made(0, np.int64, compiled=self.compiled)
        self.state = _made(0, np.uint32, compiled=self.compiled)

    def reserve(self, connections: int) -> None:
        """Make room for a number of connections."""
        self.clocks = _grown(self.clocks, connections * tcp.CLOCKS)
        self.state = _grown(self.state, connections * tcp.WIDTH)

    def take(self, slots: Any, directions: Any, *columns: Any) -> Any:
        """Mark the next rows: the columns of `kernels.tcp.analyse` from `times` to `scales`, lists or arrays."""
        marks = _made(len(slots), np.uint16, compiled=self.compiled)
        self._kernels.analyse(len(slots), slots, directions, *columns, self.clocks, self.state, marks)
        return marks

    def keep(self, places: Rows) -> None:
        """Move the connections of some places to the places 0, 1, ... and forget the others."""
        self.reserve(int(places.max(initial=-1)) + 1)
        clocks = _moved(self.clocks, np.int64, tcp.CLOCKS, places)
        state = _moved(self.state, np.uint32, tcp.WIDTH, places)
        self.clocks, self.state = (clocks, state) if self.compiled else (clocks.tolist(), state.tolist())

    def handshakes(self, places: Rows) -> Rows:
        """Give the times in nanoseconds from the SYN to the first acknowledgment, 0 where not known."""
        took = np.zeros(places.size, np.int64)
        # A connection of which only fragments came has a place, and nothing known of it.
        times = np.asarray(self.clocks, np.int64)[tcp.RTT_NS :: tcp.CLOCKS] if self._took is None else self._took
        known = places < times.size
        took[known] = times[places[known]]
        return took


class LossJudge:
    """Run the kernel that tells loss from reordering and copies; a marker goes first with the same rows.

    What is known of connections grows with those that carry data, on each interface.
    """

    def __init__(self, marker: Marker) -> None:
        self._marker = marker
        self._compiled = marker.compiled
        self._kernels = loaded("strict", compile_it=marker.compiled)
        self._counts = self._make(strict.COUNTERS)
        self._table, self._mask = self._make(2 * _FIRST_SPOTS), _FIRST_SPOTS - 1
        self._sides, self._pool = self._make(0, np.uint32), self._make(0)
        self._recent = self._make(strict.RECENT_SPOTS * strict.RECENT)
        self._jumps: list[Rows] = []
        self._closed: list[Rows] = []

    def _make(self, count: int, kind: Any = np.int64) -> Any:
        return _made(count, kind, compiled=self._compiled)

    def take(self, rows: Segments) -> Any:
        """Judge the next rows: gives the bits RESEND to GAP of `kernels.strict`."""
        count = len(rows.slots)
        kinds = self._make(count, np.uint8)
        closed = self._reserve(count)
        self._kernels.judge(
            count, rows.slots, rows.directions, rows.interfaces, rows.numbers, rows.times, rows.seqs,
            rows.acks, rows.flags, rows.windows, rows.lengths, rows.idents, rows.stamps,
            rows.sacks, rows.lefts, rows.rights, self._marker.clocks, self._marker.state,
            self._counts, self._table, self._mask, self._sides, self._pool, self._recent, closed, kinds,
        )  # fmt: skip
        jumps = np.flatnonzero(np.asarray(kinds, np.uint8) & strict.GAP)
        if jumps.size:
            self._jumps.append(np.asarray(rows.numbers, np.int64)[jumps])
        if self._counts[strict.CLOSED]:
            self._closed.append(np.array(closed[: self._counts[strict.CLOSED]], np.int64))
        return kinds

    def _reserve(self, rows: int) -> Any:
        """Make room for a connection, a hole and two events a row; gives the place for the events."""
        places = int(self._counts[strict.PLACES]) + rows
        self._sides = _grown(self._sides, places * strict.WIDTH)
        nodes = int(self._counts[strict.NODES])
        self._pool = _grown(self._pool, (min(nodes + rows, strict.POOL_MOST) + 1) * strict.NODE)
        if places * 2 > self._mask + 1:
            old, spots = self._table, self._mask + 1
            while places * 2 > self._mask + 1:
                self._mask = self._mask * 2 + 1
            self._table = self._make(2 * (self._mask + 1))
            self._kernels.refill(old, spots, self._table, self._mask)
        return self._make(nodes + 2 * rows + 1)

    def keep(self, slots: Rows) -> None:
        """Follow the marker's `keep`."""
        entries = np.asarray(self._table, np.int64).reshape(-1, 2)
        entries = entries[entries[:, 0] > 0]
        keys, places = entries[:, 0] - 1, entries[:, 1]
        to = np.full(int((keys >> 16).max(initial=-1)) + 1, -1, np.int64)
        held = np.flatnonzero(slots < to.size)
        to[slots[held]] = held
        slot = to[keys >> 16]
        for place in places[slot < 0].tolist():
            self._kernels.release(place, self._counts, self._sides, self._pool)
        keys = slot[slot >= 0] << 16 | keys[slot >= 0] & 0xFFFF
        sides = _moved(self._sides, np.uint32, strict.WIDTH, places[slot >= 0])
        self._sides = sides if self._compiled else sides.tolist()
        self._counts[strict.PLACES] = keys.size
        self._table = self._make(2 * (self._mask + 1))
        given = np.stack((keys + 1, np.arange(keys.size)), axis=1).reshape(-1)
        self._kernels.refill(given if self._compiled else given.tolist(), keys.size, self._table, self._mask)

    def gaps(self) -> Rows:
        """Give the numbers of the packets that jumped over bytes of which some never came."""
        if not self._jumps:
            return np.zeros(0, np.int64)
        closed = np.concatenate([*self._closed, np.zeros(0, np.int64)])
        numbers, times = np.unique(np.concatenate([*self._jumps, -closed[closed < 0]]), return_counts=True)
        done, often = np.unique(closed[closed > 0], return_counts=True)
        times[np.searchsorted(numbers, done)] -= often
        return numbers[times > 0]


class TcpState:
    """Judge the segments of a capture, chunk after chunk: as Wireshark does, and strictly."""

    def __init__(self, *, compiled: bool, strict: bool = True) -> None:
        self._marker = Marker(compiled=compiled)
        self.strict = strict
        self._judge = LossJudge(self._marker) if strict else None

    def take(self, rows: Segments) -> tuple[Any, Any]:
        """Judge the next rows: gives the marks (bits of `tcp_wireshark.Mark`) and the kinds (of `kernels.strict`)."""
        count = len(rows.slots)
        highest = -1
        if count:
            highest = int(max(rows.slots) if isinstance(rows.slots, list) else rows.slots.max())
        self._marker.reserve(highest + 1)
        marks = self._marker.take(
            rows.slots, rows.directions, rows.times, rows.seqs, rows.acks, rows.flags,
            rows.windows, rows.lengths, rows.scales,
        )  # fmt: skip
        if self._judge is None:
            return marks, _made(count, np.uint8, compiled=self._marker.compiled)
        return marks, self._judge.take(rows)

    def keep(self, slots: Rows) -> None:
        """Move the connections of some slots to the slots 0, 1, ... and forget the others."""
        self._marker.keep(slots)
        if self._judge is not None:
            self._judge.keep(slots)

    def finish(self) -> None:
        """Let go of what only further segments would need: the times of handshakes stay."""
        self._judge = None
        self._marker.finish()

    def handshakes(self, slots: Rows) -> Rows:
        """Give the times in nanoseconds from the SYN to the first acknowledgment, 0 where not known."""
        return self._marker.handshakes(slots)

    def gaps(self) -> Rows:
        """Give the numbers of the packets that jumped over bytes of which some never came."""
        return np.zeros(0, np.int64) if self._judge is None else self._judge.gaps()


def _moved(values: Any, kind: Any, width: int, places: Rows) -> NDArray[Any]:
    """Take the rows of some places out of a flat sequence, which may have grown by part of a row."""
    rows = np.asarray(values, kind)
    return rows[: rows.size // width * width].reshape(-1, width)[places].reshape(-1)


def _made(count: int, kind: Any, *, compiled: bool) -> Any:
    return np.zeros(count, kind) if compiled else [0] * count


def _grown(values: Any, size: int) -> Any:
    if size <= len(values):
        return values
    if isinstance(values, list):
        values.extend([0] * (size - len(values)))
        return values
    larger = np.zeros(max(size, len(values) * 3 // 2), values.dtype)
    larger[: len(values)] = values
    return larger
