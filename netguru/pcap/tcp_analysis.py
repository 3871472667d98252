"""TCP analysis of a capture: what is said of every segment, over the whole file and per interface."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Literal

import polars as pl

from netguru.pcap.tcp_wireshark import Connection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.pcap.capture import CaptureFile

_TCP = 6
_MASK, _HALF = 0xFFFFFFFF, 0x80000000
# Two records of one packet come within this time of each other; a sender waits longer (RFC 6298).
_COPY_NS = 5_000_000

Row = tuple[int, int, int, int, int, int, int, "int | None", int, int, int, int, int]


def segments(capture: CaptureFile) -> pl.DataFrame:
    """Give the TCP segments of a capture, those inside tunnels included, quoted ones left out.

    `forward` says whether the lower of the two ends sent. Later fragments are no segments.
    """
    inner = capture.inner().filter(pl.col("tunnel") != "icmp").drop("tunnel", "tunnel_id")
    every = pl.concat((capture.table(), inner)) if inner.height else capture.table()
    source = pl.struct("src_hi", "src_lo", pl.col("src_port").alias("port"))
    target = pl.struct(
        pl.col("dst_hi").alias("src_hi"), pl.col("dst_lo").alias("src_lo"), pl.col("dst_port").alias("port")
    )
    return (
        every.filter(
            (pl.col("protocol") == _TCP)
            & pl.col("tcp_flags").is_not_null()
            & pl.col("payload_length").is_not_null()
            & pl.col("flow").is_not_null()
        )
        .with_columns((source.hash(0) < target.hash(0)).alias("forward"), pl.col("time_ns").fill_null(0))
        .sort("number", maintain_order=True)
    )


def analyse(table: pl.DataFrame, scope: Literal["flow", "interface"]) -> pl.DataFrame:
    """Mark the segments of `segments(capture)`: columns `marks` (bits of Mark), `resend`, `copy`, `late`.

    Scope "flow" follows a connection over all interfaces, as Wireshark does; "interface" follows
    it on each interface alone, so that one packet seen at two ports is not called a repetition.
    """
    connections: dict[tuple[int, int], tuple[Connection, tuple[Sent, Sent]]] = {}
    marks, resend, copy, late = [], [], [], []
    for number, time, seq, ack, flags, window, length, scale, flow, interface, direction, ip_id, version in _rows(
        table
    ):
        key = (flow, interface if scope == "interface" else 0)
        state = connections.get(key)
        if state is None:
            state = connections[key] = (Connection(), (Sent(), Sent()))
        connection, sent = state
        marks.append(connection.mark((number, time, seq, ack, flags, window, length, scale), direction))
        kind = sent[direction].judge(time, seq, length, (flags, ack, ip_id, version))
        resend.append(kind == "resend")
        copy.append(kind == "copy")
        late.append(kind == "late")
    return table.with_columns(
        pl.Series("marks", marks, pl.UInt16),
        pl.Series("resend", resend, pl.Boolean),
        pl.Series("copy", copy, pl.Boolean),
        pl.Series("late", late, pl.Boolean),
    )


def _rows(table: pl.DataFrame) -> Iterator[Row]:
    return table.select(
        "number", "time_ns", "tcp_seq", "tcp_ack", "tcp_flags", "tcp_window", "payload_length", "tcp_window_scale",
        "flow", "interface", pl.col("forward").cast(pl.Int64), pl.col("ip_id").fill_null(0), "ip_version",
    ).iter_rows()  # fmt: skip


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
