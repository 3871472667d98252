"""TCP analysis of a capture: what is said of every segment, over the whole file and per interface."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl

from netguru.pcap.kernels import tcp as layout
from netguru.pcap.kernels.load import loaded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netguru.pcap.capture import CaptureFile

    Rows = NDArray[np.int64]

_TCP = 6
_MASK, _HALF = 0xFFFFFFFF, 0x80000000
# Two records of one packet come within this time of each other; a sender waits longer (RFC 6298).
_COPY_NS = 5_000_000
_TAKEN = (
    "place", "side", "time_ns", "tcp_seq", "tcp_ack", "tcp_flags", "tcp_window", "payload_length", "tcp_window_scale",
)  # fmt: skip


class Marker:
    """Run the kernel of TCP analysis, chunk after chunk, over connections that are numbered from 0.

    Compiled, the state lies in numpy arrays; otherwise in lists, which are what plain Python is fast on.
    """

    def __init__(self, *, compiled: bool) -> None:
        self.compiled = compiled
        self._kernels = loaded("tcp", compile_it=compiled)
        self._clocks: Any = self._make(0, np.int64)
        self._state: Any = self._make(0, np.uint32)

    def _make(self, count: int, kind: Any) -> Any:
        return np.zeros(count, kind) if self.compiled else [0] * count

    def reserve(self, connections: int) -> None:
        """Make room for a number of connections."""
        self._clocks = self._grown(self._clocks, connections * layout.CLOCKS)
        self._state = self._grown(self._state, connections * layout.WIDTH)

    def _grown(self, values: Any, size: int) -> Any:
        if size <= len(values):
            return values
        if not self.compiled:
            values.extend([0] * (size - len(values)))
            return values
        larger = np.zeros(max(size, len(values) * 3 // 2), values.dtype)
        larger[: len(values)] = values
        return larger

    def take(self, slots: Any, directions: Any, *columns: Any) -> Any:
        """Mark the next rows: the columns of `kernels.tcp.analyse` from `times` to `scales`, lists or arrays."""
        marks = self._make(len(slots), np.uint16)
        self._kernels.analyse(len(slots), slots, directions, *columns, self._clocks, self._state, marks)
        return marks

    def keep(self, places: Rows) -> None:
        """Move the connections of some places to the places 0, 1, ... and forget the others."""
        clocks = np.asarray(self._clocks, np.int64).reshape(-1, layout.CLOCKS)[places].reshape(-1)
        state = np.asarray(self._state, np.uint32).reshape(-1, layout.WIDTH)[places].reshape(-1)
        self._clocks, self._state = (clocks, state) if self.compiled else (clocks.tolist(), state.tolist())

    def handshakes(self, places: Rows) -> Rows:
        """Give the times in nanoseconds from the SYN to the first acknowledgment, 0 where not known."""
        return np.asarray(self._clocks, np.int64)[places * layout.CLOCKS + layout.RTT_NS]


def segments(capture: CaptureFile) -> pl.DataFrame:
    """Give the TCP segments of a capture, those inside tunnels included, quoted ones left out.

    `forward` says whether the lower of the two ends sent, `reused` whether a SYN begins a further connection on ports
    used before. Later fragments are no segments.
    """
    inner = capture.inner().filter(pl.col("tunnel") != "icmp").drop("tunnel", "tunnel_id")
    every = pl.concat((capture.table(), inner)) if inner.height else capture.table()
    source = (pl.col("src_hi"), pl.col("src_lo"), pl.col("src_port"))
    target = (pl.col("dst_hi"), pl.col("dst_lo"), pl.col("dst_port"))
    lower = pl.lit(value=False)
    for mine, other in reversed(list(zip(source, target, strict=True))):
        lower = (mine < other) | ((mine == other) & lower)
    return (
        every.filter(
            (pl.col("protocol") == _TCP)
            & pl.col("tcp_flags").is_not_null()
            & pl.col("payload_length").is_not_null()
            & pl.col("flow").is_not_null()
        )
        .with_columns(
            lower.alias("forward"),
            pl.col("time_ns").fill_null(0),
            (
                pl.col("number").is_in(capture.conversations.reused)
                & ((pl.col("tcp_flags") & (layout.SYN | layout.ACK)) == layout.SYN)
            ).alias("reused"),
        )
        .sort("number", maintain_order=True)
    )


def analyse(table: pl.DataFrame, scope: Literal["flow", "interface"]) -> pl.DataFrame:
    """Mark the segments of `segments(capture)`: columns `marks` (bits of Mark), `resend`, `copy`, `late`.

    Scope "flow" follows a connection over all interfaces, as Wireshark does; "interface" follows
    it on each interface alone, so that one packet seen at two ports is not called a repetition.
    """
    keys = ("flow",) if scope == "flow" else ("flow", "interface")
    ready = table.with_columns(
        (pl.struct(keys).rank("dense").cast(pl.Int64) - 1).alias("place"),
        (pl.col("forward").cast(pl.Int64) + pl.col("reused").cast(pl.Int64) * layout.REUSED).alias("side"),
        pl.col("tcp_window_scale").cast(pl.Int64).fill_null(-1),
    )
    columns = [ready[name].to_list() for name in _TAKEN]
    marker = Marker(compiled=False)
    marker.reserve(max(columns[0], default=-1) + 1)
    marks = marker.take(*columns)
    kinds = _kinds(ready)
    return table.with_columns(
        pl.Series("marks", marks, pl.UInt16),
        *(pl.Series(kind, [found == kind for found in kinds], pl.Boolean) for kind in ("resend", "copy", "late")),
    )


def _kinds(ready: pl.DataFrame) -> list[str]:
    sent: dict[tuple[int, int], Sent] = {}
    columns = ready.select(
        "place", "forward", "time_ns", "tcp_seq", "payload_length",
        "tcp_flags", "tcp_ack", pl.col("ip_id").fill_null(0), "ip_version",
    )  # fmt: skip
    return [
        sent.setdefault((place, forward), Sent()).judge(time, seq, length, tuple(fingerprint))
        for place, forward, time, seq, length, *fingerprint in columns.iter_rows()
    ]


class Sent:
    """Remember which bytes one side has sent, as intervals in a number space that does not wrap."""

    __slots__ = ("_ends", "_last", "_starts")

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._last: dict[tuple[int, int], tuple[int, tuple[int, ...]]] = {}

    def judge(self, time: int, seq: int, length: int, fingerprint: tuple[int, ...]) -> str:
        """Tell new bytes ("") from a resend, a copy of the same packet, and bytes that came late."""
        if not length:
            return ""
        high = self._ends[-1] if self._ends else seq
        start = high + (((seq - high + _HALF) & _MASK) - _HALF)
        end = start + length
        before = self._last.get((seq, length))
        self._last[seq, length] = (time, fingerprint)
        place = bisect_right(self._starts, start) - 1
        if place >= 0 and end <= self._ends[place]:
            same = before is not None and before[1] == fingerprint and time - before[0] < _COPY_NS
            return "copy" if same else "resend"
        self._add(start, end)
        return "late" if end <= high and self._ends[-1] == high else ""

    def _add(self, start: int, end: int) -> None:
        """Add an interval and join it with those that it touches."""
        starts, ends = self._starts, self._ends
        first = bisect_left(ends, start)
        last = bisect_right(starts, end)
        if first < last:
            start, end = min(start, starts[first]), max(end, ends[last - 1])
        starts[first:last] = [start]
        ends[first:last] = [end]
