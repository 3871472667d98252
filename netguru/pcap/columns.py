"""Columns: the headers of all packets of a batch, decoded at once with numpy.

A cursor per packet walks from the link layer to the payload. Each step reads one field of all
packets that are at the same point; a packet that is cut before a field stops there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netguru.pcap.chunks import BIT, NUMPY, TUNNELS, Chunk
from netguru.pcap.framing import NO_TIME
from netguru.pcap.schema import INNER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from netguru.pcap.framing import Batch

    Rows = NDArray[np.int64]

_WIDEST = 8
_MAX_TUNNELS = 4

# What comes next in a packet, where it is not an EtherType.
DONE, LLC, IP, PPP, ETHERNET, MPLS = -1, -2, -3, -4, -5, -6
IPV4, IPV6 = 0x0800, 0x86DD


class Cursor:
    """Hold the state of the walk: where each packet stands and what has been read of it.

    `position` and `end` are places in the buffer; `kind` is what comes next (an EtherType, or a
    negative state of `columns_link`). `limit` is the end by lengths on the wire, beyond `end` for
    a packet that was cut.
    """

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        size = batch.start.size
        self.size = size
        self.position = batch.start.copy()
        self.end = batch.start + batch.captured
        self.limit = batch.start + np.maximum(batch.length, batch.captured)
        self.kind = np.zeros(size, np.int64)
        self.values: dict[str, NDArray[Any]] = {}
        self.present: dict[str, NDArray[np.bool_]] = {}
        for column in INNER:
            self.values[column.name] = np.zeros(size, NUMPY[column.kind])
            self.present[column.name] = np.zeros(size, np.bool_)
        data = batch.buffer + bytes(_WIDEST)
        self._views = {
            width: np.ndarray((len(data) - width + 1,), dtype=f">u{width}", buffer=data, strides=(1,))
            for width in (1, 2, 4, 8)
        }

    def have(self, rows: Rows, count: int) -> Rows:
        """Keep the rows that have `count` captured bytes at their position."""
        kept: Rows = rows[self.position[rows] + count <= self.end[rows]]
        return kept

    def read(self, rows: Rows, at: int | Rows, width: int) -> NDArray[np.int64]:
        """Read an unsigned field of 1, 2 or 4 bytes at a distance from the position of each row."""
        return self.read_at(self.position[rows] + at, width)

    def read_at(self, places: Rows, width: int) -> NDArray[np.int64]:
        """Read an unsigned field of 1, 2 or 4 bytes at places in the buffer."""
        return self._views[width][places].astype(np.int64)

    def read_wide(self, places: Rows) -> NDArray[np.uint64]:
        """Read eight bytes at places in the buffer."""
        return self._views[8][places].astype(np.uint64)

    def read_mac(self, rows: Rows, at: int) -> NDArray[np.uint64]:
        """Read a hardware address of six bytes."""
        return self.read_wide(self.position[rows] + at) >> np.uint64(16)

    def put(self, name: str, rows: Rows, values: Any) -> None:
        """Store a column's values for some rows."""
        self.values[name][rows] = values
        self.present[name][rows] = True

    def frame_offset(self, rows: Rows) -> NDArray[np.int64]:
        """Give the distance of the position from the frame's first byte."""
        return self.position[rows] - self.batch.start[rows]


def decode(batch: Batch, numbers: Rows) -> Chunk:
    """Decode a batch into a chunk; the columns of conversations are left out.

    A packet is followed by those found inside it (`columns_tunnels`), which carry its number; their
    `offset` is that of their own first byte.
    """
    from netguru.pcap.columns_tunnels import inner_batches

    levels = []
    pending = [(batch, numbers, 0, np.full(numbers.size, -1, np.int64))]
    for _ in range(_MAX_TUNNELS):
        following = []
        for each, each_numbers, tunnel, identity in pending:
            cursor = _walk(each, each_numbers, tunnel, identity)
            levels.append(cursor)
            following += [
                (inner, each_numbers[rows], TUNNELS.index(name), found)
                for name, rows, inner, found in inner_batches(cursor)
            ]
        pending = following
        if not pending:
            break
    return _chunk(levels)


def _walk(batch: Batch, numbers: Rows, tunnel: int, identity: Rows) -> Cursor:
    from netguru.pcap.columns_ip import decode_network
    from netguru.pcap.columns_link import decode_link

    cursor = Cursor(batch)
    every = np.arange(cursor.size, dtype=np.int64)
    cursor.put("number", every, numbers)
    cursor.put("time_ns", every, np.ascontiguousarray(batch.time_ns).view(np.uint64))
    cursor.present["time_ns"] = batch.time_ns != NO_TIME
    for name in ("interface", "link_type", "length", "captured"):
        cursor.put(name, every, getattr(batch, name))
    cursor.put("offset", every, batch.start + batch.base)
    cursor.put("tunnel", every, tunnel)
    identified = every[identity >= 0]
    cursor.put("tunnel_id", identified, identity[identified])
    decode_link(cursor)
    decode_network(cursor)
    return cursor


def _chunk(levels: Sequence[Cursor]) -> Chunk:
    """Put the layers of encapsulation together, each packet before those inside it."""
    numbers = np.concatenate([cursor.values["number"] for cursor in levels])
    order = np.argsort(numbers, kind="stable")
    chunk = Chunk.empty(numbers.size)
    chunk.count = numbers.size
    seen: set[str] = set()
    for column in INNER:
        chunk.values(column.name)[:] = np.concatenate([cursor.values[column.name] for cursor in levels])[order]
        if column.group and column.group not in seen:
            seen.add(column.group)
            present = np.concatenate([cursor.present[column.name] for cursor in levels])[order]
            chunk.present[present] |= np.uint32(BIT[column.group])
    return chunk
