"""What tells something about TCP connections, gathered while a capture passes: SYNs, resets, repetitions, stalls.

Of each connection some bytes are kept, of its segments only those that say something; both are
bounded, and `notes` says where a bound was met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netguru.pcap.chunks import TUNNELS
from netguru.pcap.kernels import strict
from netguru.pcap.messages import limit
from netguru.pcap.tcp_wireshark import ACK, FIN, RST, SYN, Mark

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from netguru.pcap.chunks import Chunk
    from netguru.pcap.tcp_connections import Attempt
    from netguru.pcap.tcp_holes import BlackHole
    from netguru.pcap.tcp_scans import Scan

    Rows = NDArray[np.int64]

DATA, ACCEPTED, ANSWERED, SIGNED, RESET, QUOTED = 1, 2, 4, 8, 16, 32
"""Bits of a connection: data seen, SYN-ACK seen, the client was answered, SYN with a signature (RFC 2385),
reset by the server, quoted by an ICMP error."""

_TCP, _IPV6 = 6, 6
_ICMP = TUNNELS.index("icmp")
_NEVER = 0xFFFFFFFF
_RETRANSMISSION = int(Mark.RETRANSMISSION | Mark.FAST_RETRANSMISSION)
_STALLED_SIDES = 100_000
_COUNTED = ("data", "duplicates", "again")
_KINDS: dict[str, dict[str, Any]] = {
    "syns": {"number": np.uint32, "flow": np.uint32, "interface": np.uint16, "time_ns": np.int64},
    "resets": {"number": np.uint32, "flow": np.uint32, "client": np.bool_, "cut": np.bool_},
    "again": {
        "number": np.uint32,
        "flow": np.uint32,
        "interface": np.uint16,
        "client": np.bool_,
        "tcp_seq": np.uint32,
        "payload_length": np.uint32,
        "ip_length": np.uint32,
        "whole": np.bool_,
        "marked": np.bool_,
    },
    "zeros": {"number": np.uint32, "flow": np.uint32, "interface": np.uint16, "client": np.bool_},
}


class TcpEvents:
    """Gather what the checks of TCP look at; the pass must tell loss from reordering (`losses`)."""

    losses = True

    def __init__(self) -> None:
        self.bits = np.zeros(0, np.uint8)
        self._first_data = np.zeros(0, np.uint32)
        self._first_fin = np.zeros(0, np.uint32)
        self._lists: dict[str, list[dict[str, NDArray[Any]]]] = {}
        self._sizes: dict[str, int] = {}
        self._left: dict[str, int] = {}
        self._counts = _Counts()
        self.stalls = _Stalls()
        self.scans: tuple[Scan, ...] | None = None
        self.failures: list[Attempt] | None = None
        self.holes: tuple[BlackHole, ...] | None = None

    def take(self, chunk: Chunk) -> None:
        """Take a chunk."""
        quoted = chunk.values("tunnel") == _ICMP
        known = chunk.has("flow")
        tcp = known & ~quoted & (chunk.values("protocol") == _TCP) & chunk.has("tcp") & chunk.has("payload")
        rows = np.flatnonzero(tcp)
        errors = chunk.values("flow")[known & quoted & chunk.has("ports")]
        self._reserve(max(int(chunk.values("flow")[rows].max(initial=0)), int(errors.max(initial=0))) + 1)
        self.bits[errors] |= QUOTED
        if rows.size:
            self._segments(Segments(chunk, rows))

    def _reserve(self, flows: int) -> None:
        if flows <= self.bits.size:
            return
        more = max(flows, self.bits.size * 3 // 2) - self.bits.size
        self.bits = np.concatenate((self.bits, np.zeros(more, np.uint8)))
        never = np.full(more, _NEVER, np.uint32)
        self._first_data = np.concatenate((self._first_data, never))
        self._first_fin = np.concatenate((self._first_fin, never))

    def _segments(self, rows: Segments) -> None:
        flags, flow, client = rows.flags, rows.flow, rows.client
        syn, loaded = (flags & (SYN | ACK)) == SYN, rows.length > 0
        reset = (flags & RST) != 0
        for bit, where in (
            (DATA, loaded),
            (ACCEPTED, (flags & (SYN | ACK)) == SYN | ACK),
            # A client that goes on was answered, even where the answer took a path that was not recorded.
            (ANSWERED, ~client | ((flags & (SYN | RST)) == 0)),
            (SIGNED, syn & (rows.column("tcp_has_md5") != 0)),
        ):
            self.bits[flow[where]] |= bit
        _first(self._first_data, flow[loaded], rows.number[loaded])
        ended = (flags & FIN) != 0
        _first(self._first_fin, flow[ended], rows.number[ended])
        self._keep("syns", syn, number=rows.number, flow=flow, interface=rows.interface, time_ns=rows.time)
        self._resets(rows, np.flatnonzero(reset))
        copied = (rows.kinds & strict.COPY) != 0
        again = ((rows.kinds & strict.RESEND) != 0) & ~copied
        self._again(rows, again)
        duplicate = ((rows.marks & int(Mark.DUPLICATE_ACK)) != 0) & ~copied
        self._counts.take(rows, loaded & ~copied, duplicate, again)
        zero = (rows.marks & int(Mark.ZERO_WINDOW)) != 0
        self._keep("zeros", zero, number=rows.number, flow=flow, interface=rows.interface, client=client)
        self.stalls.take(rows, zero)

    def _resets(self, rows: Segments, at: Rows) -> None:
        """Keep resets after data without FIN, and the first that the server sent."""
        if not at.size:
            return
        number, flow, client = rows.number[at], rows.flow[at], rows.client[at]
        cut = (self._first_data[flow] < number) & (number < self._first_fin[flow])
        new = ~client & ((self.bits[flow] & RESET) == 0)
        self.bits[flow[~client]] |= RESET
        self._keep("resets", cut | new, number=number, flow=flow, client=client, cut=cut)

    def _again(self, rows: Segments, again: NDArray[np.bool_]) -> None:
        if not again.any():
            return
        whole = (rows.column("dont_fragment") != 0) | (rows.column("ip_version") == _IPV6)
        values = (
            rows.number, rows.flow, rows.interface, rows.client, rows.column("tcp_seq"), rows.length,
            rows.column("ip_length"), whole, (rows.marks & _RETRANSMISSION) != 0,
        )  # fmt: skip
        self._keep("again", again, **dict(zip(_KINDS["again"], values, strict=True)))

    def _keep(self, name: str, where: NDArray[np.bool_], **values: NDArray[Any]) -> None:
        at = np.flatnonzero(where)
        size = self._sizes.get(name, 0)
        room = limit("tcp", "again" if name == "again" else "events") - size
        if at.size > room:
            self._left[name] = self._left.get(name, 0) + at.size - room
            at = at[:room]
        if at.size or name not in self._lists:
            self._sizes[name] = size + at.size
            self._lists.setdefault(name, []).append({key: column[at] for key, column in values.items()})

    def events(self, name: str) -> pl.DataFrame:
        """Give the events of a kind: syns, resets, again, zeros."""
        import polars as pl

        return pl.DataFrame(self._joined(name))

    def column(self, name: str, column: str) -> NDArray[Any]:
        """Give one column of the events of a kind."""
        return self._joined(name)[column]

    def _joined(self, name: str) -> dict[str, NDArray[Any]]:
        parts = self._lists.get(name, [])
        if not parts:
            return {column: np.zeros(0, kind) for column, kind in _KINDS[name].items()}
        if len(parts) > 1:
            # Column by column, each let go of in its parts: never everything twice.
            joined = {key: np.concatenate([part.pop(key) for part in parts]) for key in tuple(parts[0])}
            parts = self._lists[name] = [joined]
        return parts[0]

    def counts(self) -> pl.DataFrame:
        """Give data segments, repeated acknowledgments and segments sent again, by flow, interface and client.

        `client` says that the client sent them; `again` counts all, also those of which no event is held.
        """
        return self._counts.table()

    def notes(self) -> tuple[str, ...]:
        """Say what was left out."""
        words = {"syns": "SYN", "resets": "reset", "again": "repeated segment", "zeros": "closed window"}
        return tuple(
            f"TCP: of {self._sizes[name] + left:,} events of the kind {words[name]} the first {self._sizes[name]:,} "
            "were looked at"
            for name, left in self._left.items()
        )


class Segments:
    """The TCP segments of a chunk as columns."""

    def __init__(self, chunk: Chunk, rows: Rows) -> None:
        self._chunk = chunk
        self._rows = rows
        judged = chunk.has("marks")[rows]
        self.marks = np.where(judged, self.column("tcp_marks"), 0)
        self.kinds = np.where(judged, self.column("tcp_kinds"), 0)
        self.number = self.column("number")
        self.flow = self.column("flow")
        self.interface = self.column("interface")
        self.client = self.column("from_client") != 0
        self.flags = self.column("tcp_flags")
        self.length = self.column("payload_length")
        self.time = np.where(chunk.has("time")[rows], self.column("time_ns").view(np.int64), 0)

    def column(self, name: str) -> NDArray[Any]:
        """Give a column."""
        return self._chunk.values(name)[self._rows]

    def sides(self) -> Rows:
        """Give one number for flow, interface and direction."""
        key: Rows = self.flow.astype(np.int64) << 17 | self.interface.astype(np.int64) << 1 | self.client
        return key


def _first(kept: NDArray[np.uint32], flow: NDArray[np.uint32], number: NDArray[np.uint32]) -> None:
    """Note the first number of each flow that has none yet; of several assignments the last one stays."""
    new = kept[flow] == _NEVER
    kept[flow[new][::-1]] = number[new][::-1]


class _Counts:
    """Counters by flow, interface and direction, merged from time to time."""

    def __init__(self) -> None:
        self._merged: list[NDArray[Any]] = [np.zeros(0, np.int64), *(np.zeros(0, np.uint32) for _ in _COUNTED)]
        self._parts: list[list[NDArray[Any]]] = []
        self._size = 0

    def take(self, rows: Segments, *counted: NDArray[np.bool_]) -> None:
        """Count the rows of a chunk: those of data, of repeated acknowledgments, of segments sent again."""
        either = np.logical_or.reduce(counted)
        keys, place = np.unique(rows.sides()[either], return_inverse=True)
        counts = [np.bincount(place, each[either], keys.size).astype(np.uint32) for each in counted]
        self._parts.append([keys, *counts])
        self._size += keys.size
        if self._size > self._merged[0].size + (1 << 18):
            self._merge()

    def _merge(self) -> None:
        columns = [np.concatenate(each) for each in zip(self._merged, *self._parts, strict=True)]
        keys, place = np.unique(columns[0], return_inverse=True)
        counts = [np.bincount(place, each, keys.size).astype(np.uint32) for each in columns[1:]]
        self._merged, self._parts, self._size = [keys, *counts], [], 0

    def table(self) -> pl.DataFrame:
        """Give the counters."""
        import polars as pl

        self._merge()
        keys, *counts = self._merged
        return pl.DataFrame({**sides_of(keys), **dict(zip(_COUNTED, counts, strict=True))})


def sides_of(keys: Rows) -> dict[str, NDArray[Any]]:
    """Take apart the numbers of `Segments.sides`."""
    return {
        "flow": (keys >> 17).astype(np.uint32),
        "interface": (keys >> 1 & 0xFFFF).astype(np.uint16),
        "client": (keys & 1).astype(np.bool_),
    }


class _Stalls:
    """For how long each side kept its window at zero: until it opened, or until it last said so."""

    def __init__(self) -> None:
        self.longest: dict[int, int] = {}
        self._since: dict[int, int] = {}

    def take(self, rows: Segments, zero: NDArray[np.bool_]) -> None:
        """Follow the sides that are, or come to be, at zero."""
        if not self._since and not zero.any():
            return
        sides = rows.sides()
        met = np.unique(np.concatenate((sides[zero], np.fromiter(self._since, np.int64, len(self._since)))))
        at = np.flatnonzero(np.isin(sides, met))
        for side, time, shut in zip(sides[at].tolist(), rows.time[at].tolist(), zero[at].tolist(), strict=True):
            since = self._since.get(side)
            if since is not None:
                self.longest[side] = max(self.longest[side], time - since)
            if not shut:
                self._since.pop(side, None)
            elif since is None and (side in self.longest or len(self.longest) < _STALLED_SIDES):
                self._since[side] = time
                self.longest.setdefault(side, 0)
