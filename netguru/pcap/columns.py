"""Columns: the headers of all packets of a batch, decoded at once with numpy.

A cursor per packet walks from the link layer to the payload. Each step reads one field of all
packets that are at the same point; a packet that is cut before a field stops there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netguru.pcap.framing import NO_TIME
from netguru.pcap.schema import PACKETS

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from netguru.pcap.framing import Batch

    Rows = NDArray[np.int64]

_NUMPY = {
    "u8": np.uint8,
    "u16": np.uint16,
    "u32": np.uint32,
    "u64": np.uint64,
    "i64": np.int64,
    "bool": np.bool_,
}
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
        for column in PACKETS:
            self.values[column.name] = np.zeros(size, _NUMPY[column.kind])
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


def decode(batch: Batch, numbers: Rows) -> pl.DataFrame:
    """Decode a batch into the columns of `schema.PACKETS`; `flow` is left null.

    The column `tunnel` behind them is empty for a captured packet and names the encapsulation
    (`columns_tunnels`) of a packet found inside one. These follow, in order, and carry the number of
    the packet around them; their `offset` is that of their own first byte.
    """
    import polars as pl

    from netguru.pcap.columns_tunnels import inner_batches

    tables = []
    pending = [(batch, numbers, "")]
    for _ in range(_MAX_TUNNELS):
        following = []
        for each, each_numbers, tunnel in pending:
            cursor = _walk(each, each_numbers)
            tables.append(
                _frame(cursor).with_columns(
                    pl.lit(tunnel, pl.String).alias("tunnel"), pl.lit(None, pl.UInt32).alias("tunnel_id")
                )
            )
            following += [(inner, each_numbers[rows], name) for name, rows, inner in inner_batches(cursor)]
        pending = following
        if not pending:
            break
    return pl.concat(tables)


def _walk(batch: Batch, numbers: Rows) -> Cursor:
    from netguru.pcap.columns_ip import decode_network
    from netguru.pcap.columns_link import decode_link

    cursor = Cursor(batch)
    every = np.arange(cursor.size, dtype=np.int64)
    cursor.put("number", every, numbers)
    timed = every[batch.time_ns != NO_TIME]
    cursor.put("time_ns", timed, batch.time_ns[timed])
    for name in ("interface", "link_type", "length", "captured"):
        cursor.put(name, every, getattr(batch, name))
    cursor.put("offset", every, batch.start + batch.base)
    cursor.put("ip_version", every, 0)
    decode_link(cursor)
    decode_network(cursor)
    return cursor


def _frame(cursor: Cursor) -> pl.DataFrame:
    import polars as pl
    import pyarrow as pa

    columns = []
    for column in PACKETS:
        present = cursor.present[column.name]
        mask = None if present.all() else ~present
        array = pa.array(cursor.values[column.name], mask=mask)
        columns.append(pl.Series(column.name, pl.from_arrow(array), dtype=column.dtype))
    return pl.DataFrame(columns)
