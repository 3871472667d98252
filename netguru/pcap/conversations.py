"""Conversations of a capture: the state of the flow kernel, chunk after chunk, and the table made of it.

A conversation is a pair of addresses with ports and a protocol, both directions together, over all
interfaces and VLANs. A TCP SYN with a new initial sequence number on known ports begins a new one,
as Wireshark numbers its streams. Later fragments count for the conversation of their first one.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any

import numpy as np

from netguru.pcap.address_pairs import count_pairs
from netguru.pcap.chunks import ROWS
from netguru.pcap.flow_columns import among, flow_table, marked
from netguru.pcap.kernels import flows as layout
from netguru.pcap.kernels.load import loaded

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    import polars as pl
    from numpy.typing import NDArray

    from netguru.pcap.chunks import Chunk

    Rows = NDArray[np.int64]

LIVE = 1 << 20
"""Conversations that are held at once; beyond, those that were silent longest are closed and kept on disk."""
_CACHE_LINE = 64 // 8
_FIRST_TABLE = 1 << 14
_PART = 1 << 14
_TCP, _UDP = layout.TCP, layout.UDP
_WHOLE_UDP, _WHOLE_TCP = 1, 2
# TCP, UDP, SCTP, DCCP, UDP-Lite.
_WITH_PORTS = (6, 17, 132, 33, 136)


class Conversations:
    """Number and count conversations.

    Compiled, the state lies in numpy arrays; otherwise in lists, which are what plain Python is fast on.
    `handshakes` gives the handshake times in nanoseconds of TCP places, 0 for unknown; `keep_places` is
    told which TCP places go on, as 0, 1, ..., when silent conversations are closed.
    """

    def __init__(self, *, compiled: bool, live: int = LIVE) -> None:
        self.compiled = compiled
        self.closed_early = 0
        self.reused: list[int] = []
        self.handshakes: Callable[[Rows], Rows] | None = None
        self.keep_places: Callable[[Rows], None] | None = None
        self._kernels = loaded("flows", compile_it=compiled)
        self._live = live
        self._counters = self._make(layout.COUNTERS)
        # Memory is taken from the machine page by page, as conversations come.
        self._state: Any = _aligned((live + ROWS) * layout.WIDTH) if compiled else []
        self._mask = _FIRST_TABLE - 1
        self._table = self._make(_FIRST_TABLE)
        self._pieces: Any = None
        self._spill: list[pl.LazyFrame] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def _make(self, count: int) -> Any:
        return np.zeros(count, np.int64) if self.compiled else [0] * count

    def _give(self, values: NDArray[Any]) -> Any:
        return values if self.compiled else values.tolist()

    @property
    def streams(self) -> tuple[int, int]:
        """Count the TCP and UDP conversations of which a whole header was seen, as tshark does."""
        return int(self._counters[layout.TCP_STREAMS]), int(self._counters[layout.UDP_STREAMS])

    @property
    def total(self) -> int:
        """Count the conversations that were seen outside ICMP errors: the rows of `table`."""
        return self.largest(0)[1]

    @property
    def places(self) -> int:
        """Count the places that TCP connections take now."""
        return int(self._counters[layout.TCP_PLACES])

    def take(self, chunk: Chunk) -> tuple[Any, Any]:
        """Fill the columns of conversations; gives the TCP places and directions of the rows (-1 without)."""
        rows = chunk.count
        slots, directions, reused = (self._make(rows) for _ in range(3))
        ports, whole = self._datagrams(chunk)
        columns = self._columns(chunk, ports, whole)
        found = [chunk.values(name) for name in ("flow", "stream", "from_client")]
        outs = found if self.compiled else [self._make(rows) for _ in found]
        self._reserve(rows)
        self._kernels.assign(
            rows, self._counters, self._state, self._table, self._mask, *columns, *outs, slots, directions, reused
        )
        if not self.compiled:
            for values, given in zip((chunk.present[:rows], *found), (columns[0], *outs), strict=True):
                values[:] = given
        again = np.flatnonzero(np.asarray(reused))
        self.reused += chunk.values("number")[again].tolist()
        return slots, directions

    def _columns(self, chunk: Chunk, ports: Rows, whole: NDArray[np.uint8]) -> list[Any]:
        def signed(name: str) -> NDArray[np.int64]:
            return chunk.values(name).view(np.int64)

        give = self._give
        columns = [give(chunk.present[: chunk.count]), give(chunk.values("number")), give(signed("time_ns"))]
        columns += [give(chunk.values(name)) for name in ("interface", "length", "vlan")]
        columns += [give(chunk.values(name)) for name in ("tunnel", "ip_version", "protocol")]
        columns += [give(signed(name)) for name in ("src_hi", "src_lo", "dst_hi", "dst_lo")]
        columns += [give(ports), give(whole)]
        columns += [give(chunk.values(name)) for name in ("tcp_flags", "tcp_seq", "tcp_ack", "payload_length")]
        columns += [give(signed(name)) for name in ("payload_head", "offset")]
        return columns + [give(chunk.values(name)) for name in ("payload_offset", "captured")]

    def _datagrams(self, chunk: Chunk) -> tuple[Rows, NDArray[np.uint8]]:
        """Give ports (-1 without) and whether the row has, or completes, a whole header."""
        ports = np.where(
            chunk.has("ports"), chunk.values("src_port").astype(np.int64) << 16 | chunk.values("dst_port"), -1
        )
        is_ip, protocol = chunk.has("ip"), chunk.values("protocol")
        piece = is_ip & ((chunk.values("fragment_offset") > 0) | (chunk.values("more_fragments") != 0))
        carried = is_ip & ~piece
        whole = (chunk.has("payload") & carried & (protocol == _UDP)).view(np.uint8) * np.uint8(_WHOLE_UDP)
        whole |= (chunk.has("tcp") & carried).view(np.uint8) * np.uint8(_WHOLE_TCP)
        chunk.datagrams, chunk.ports = carried, ports
        rows = np.flatnonzero(piece)
        if rows.size:
            # A protocol without ports is known by its first fragment too.
            portless = chunk.has("transport")[rows] & ~np.isin(protocol[rows], _WITH_PORTS)
            ports[rows[portless]] = 0
            complete = rows[self._fragments(chunk, rows, ports)]
            chunk.datagrams[complete] = True
            whole[complete[np.isin(protocol[complete], (_TCP, _UDP))]] = _WHOLE_UDP
        return ports, whole

    def _fragments(self, chunk: Chunk, rows: Rows, ports: Rows) -> NDArray[np.bool_]:
        """Join fragments, giving later ones their ports; gives which rows complete their datagram."""
        if self._pieces is None:
            self._pieces = self._make(layout.PIECE_SETS * layout.PIECE_WAYS * layout.PIECE_WIDTH)
        starts = chunk.values("fragment_offset")[rows].astype(np.int64)
        header = chunk.values("transport_offset")[rows].astype(np.int64) - chunk.values("network_offset")[rows]
        first = chunk.values("network_length")[rows].astype(np.int64) - np.where(
            chunk.has("transport")[rows], header, 0
        )
        sizes = np.where(starts > 0, chunk.values("payload_length")[rows], np.maximum(first, 0)).astype(np.int64)
        identity = np.where(chunk.has("ip_id"), chunk.values("ip_id"), 0)[rows]
        about = [chunk.values("ip_version")[rows], chunk.values("protocol")[rows], identity]
        about += [chunk.values(name).view(np.int64)[rows] for name in ("src_hi", "src_lo", "dst_hi", "dst_lo")]
        ids = [self._give(values) for values in about]
        at, joined, completes = self._give(starts), self._give(ports[rows]), self._make(rows.size)
        more, numbers = (self._give(chunk.values(name)[rows]) for name in ("more_fragments", "number"))
        self._kernels.collect(rows.size, self._pieces, numbers, *ids, at, self._give(sizes), more, joined, completes)
        self._kernels.resolve(rows.size, self._pieces, *ids, at, joined)
        ports[rows] = joined
        return np.asarray(completes) > 0

    def _reserve(self, rows: int) -> None:
        """Make room for as many new conversations as there are rows."""
        if not self.compiled:
            missing = (int(self._counters[layout.PLACES]) + rows) * layout.WIDTH - len(self._state)
            self._state.extend([0] * max(missing, 0))
        elif self._counters[layout.PLACES] > self._live:
            self._close_silent()
        while (int(self._counters[layout.PLACES]) + rows) * 2 > self._mask + 1:
            self._mask = self._mask * 4 + 3
            self.rehash()

    def finish(self) -> None:
        """Let go of what only further packets would need."""
        self._table, self._pieces = self._make(0), None

    def rehash(self) -> None:
        """Make the table of conversations anew, of its present size."""
        self._table = self._make(self._mask + 1)
        self._kernels.rehash(int(self._counters[layout.PLACES]), self._state, self._table, self._mask)

    def _close_silent(self) -> None:
        """Move the half of the conversations that was silent longest to disk."""
        places = int(self._counters[layout.PLACES])
        rows = self._state[: places * layout.WIDTH].reshape(places, layout.WIDTH)
        last = rows[:, layout.SPAN] & layout.M32
        silent = last <= np.median(last)
        self._write(rows[silent])
        self.closed_early += int(silent.sum())
        kept = rows[~silent]
        count = kept.shape[0]
        numbered = kept[:, layout.NUMBERED]
        followed = numbered >> 32 > 0
        if self.keep_places is not None:
            self.keep_places((numbered[followed] >> 32) - 1)
        kept[followed, layout.NUMBERED] = numbered[followed] & layout.M32 | np.arange(1, followed.sum() + 1) << 32
        self._counters[layout.TCP_PLACES] = followed.sum()
        self._state[: count * layout.WIDTH] = kept.reshape(-1)
        self._counters[layout.PLACES] = count
        self.rehash()

    def _write(self, rows: Rows) -> None:
        import polars as pl

        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="netguru-")
        path = f"{self._folder.name}/{len(self._spill)}.arrow"
        flow_table(rows, self.handshakes).write_ipc(path)
        self._spill.append(pl.scan_ipc(path))

    def table(self) -> pl.LazyFrame:
        """Give all conversations that were seen outside ICMP errors (`schema.FLOWS`), by number."""
        import polars as pl

        rows = self._rows()
        live = flow_table(_counted(rows), self.handshakes).lazy()
        if self._spill:
            return pl.concat([*self._spill, live]).sort("flow").filter(pl.col("packets") > 0)
        # In the order of their numbers, which is that of their places as long as none was closed.
        return live.set_sorted("flow")

    def parts(self, columns: Collection[str] = (), flows: NDArray[np.bool_] | None = None) -> Iterator[pl.DataFrame]:
        """Give the same conversations in tables of bounded size, those that were closed early first.

        Of all columns when none is named; of `flows`, true by the number of a conversation, those alone.
        """
        import polars as pl

        for closed in self._spill:
            there = closed.filter(pl.col("packets") > 0).collect()
            yield from (among(part, columns, flows) for part in there.iter_slices(_PART))
        rows = self._rows()
        for start in range(0, rows.shape[0], _PART):
            part = _counted(rows[start : start + _PART])
            if flows is not None:
                part = part[marked(flows, part[:, layout.FLOW])]
            if part.shape[0]:
                yield flow_table(part, self.handshakes, columns)

    def largest(self, count: int) -> tuple[pl.DataFrame, int]:
        """Give the conversations with the most bytes, and how many there are in all."""
        import polars as pl

        rows = self._rows()
        # Compared as they lie in the state: a table is made of those alone that are given.
        counted = np.flatnonzero(rows[:, layout.PACKETS])
        size = rows[counted, layout.BYTES] + rows[counted, layout.BYTES + 1]
        largest = counted[_largest(size, rows[counted, layout.FLOW], count)]
        order: dict[str, Any] = {"by": ["bytes", "flow"], "descending": [True, False]}
        best, total = flow_table(rows[largest], self.handshakes).sort(**order), counted.size
        for closed in self._spill:
            others = closed.filter(pl.col("packets") > 0)
            total += others.select(pl.len()).collect().item()
            best = pl.concat((best, others.sort(**order).head(count).collect())).sort(**order).head(count)
        return best, total

    def _rows(self) -> Rows:
        places = int(self._counters[layout.PLACES])
        state = self._state[: places * layout.WIDTH]
        return np.asarray(state, np.int64).reshape(places, layout.WIDTH)

    def pairs(self) -> int:
        """Count the pairs of IP addresses, those quoted by ICMP errors included."""
        return count_pairs(self._ends())

    def _ends(self) -> Iterator[tuple[Rows, Rows]]:
        """Give IP versions and the halves of both addresses, the lower address first, in parts."""
        rows = self._rows()
        for start in range(0, rows.shape[0], _PART):
            part = rows[start : start + _PART]
            yield part[:, layout.KEY] >> 40, part[:, [layout.A_HI, layout.A_LO, layout.B_HI, layout.B_LO]]
        halves = ("client_hi", "client_lo", "server_hi", "server_lo")
        for closed in self._spill:
            table = closed.select("ip_version", *halves).collect()
            ends = table.select(halves).to_numpy(writable=True).view(np.int64)
            # In signed order, as the kernel keeps them.
            later = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
            ends[later] = ends[later][:, [2, 3, 0, 1]]
            yield table["ip_version"].to_numpy().astype(np.int64), ends


def _counted(rows: Rows) -> Rows:
    """Leave the conversations that were seen outside ICMP errors."""
    wanted = rows[:, layout.PACKETS] != 0
    return rows if wanted.all() else rows[wanted]


def _aligned(count: int) -> Rows:
    """Make integers that begin with a cache line."""
    values = np.zeros(count + _CACHE_LINE, np.int64)
    start = -values.ctypes.data // values.itemsize % _CACHE_LINE
    return values[start : start + count]


def _largest(sizes: Rows, numbers: Rows, count: int) -> Rows:
    """Give the places of the largest sizes in any order; of equal ones those with the lowest numbers."""
    if count >= sizes.size:
        return np.arange(sizes.size)
    if not count:
        return np.zeros(0, np.int64)
    least = np.partition(sizes, -count)[-count]
    more, even = np.flatnonzero(sizes > least), np.flatnonzero(sizes == least)
    return np.concatenate((more, even[np.argsort(numbers[even])[: count - more.size]]))
