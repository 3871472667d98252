"""Chunks: some ten thousand decoded packets as columns, the unit in which a capture is worked through.

The values lie in one matrix for each width, a row of the matrix for each column; `present` tells by
one bit for each group of columns which packets have them. A chunk is made in place and used again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from netguru.pcap.schema import INNER, PACKETS

if TYPE_CHECKING:
    from collections.abc import Collection

    import polars as pl
    from numpy.typing import NDArray

    from netguru.pcap.schema import Column

    Rows = NDArray[np.int64]

ROWS = 1 << 14
"""Rows of a full chunk: its columns take about four megabytes, its Arrow tables cost little for each packet."""

TUNNELS = ("", "ipip", "6in4", "etherip", "icmp", "gre", "vxlan", "gtp", "geneve")
"""What a packet was found in, by its code in the column `tunnel`."""

NUMPY: dict[str, Any] = {
    "u8": np.uint8,
    "bool": np.uint8,
    "text": np.uint8,
    "u16": np.uint16,
    "u32": np.uint32,
    "u64": np.uint64,
    "i64": np.uint64,
}
_CACHE_LINE = 64
_WIDTHS = (np.uint8, np.uint16, np.uint32, np.uint64)
GROUPS = tuple(dict.fromkeys(column.group for column in INNER if column.group))
BIT = {group: 1 << place for place, group in enumerate(GROUPS)}


@cache
def places() -> dict[str, tuple[int, int]]:
    """Give for every column the number of its matrix and its row there."""
    found: dict[str, tuple[int, int]] = {}
    counts = [0] * len(_WIDTHS)
    for column in INNER:
        matrix = _WIDTHS.index(NUMPY[column.kind])
        found[column.name] = (matrix, counts[matrix])
        counts[matrix] += 1
    return found


def place(name: str) -> int:
    """Give the row of a column in its matrix, for the constants of the kernels."""
    return places()[name][1]


@dataclass(slots=True)
class Chunk:
    """Hold up to a capacity of rows; the first `count` are filled.

    A captured packet is followed by what was found inside it (`tunnel` is not 0 there). Of every row
    `datagrams` says whether its datagram is whole (not fragmented, or complete with this fragment), and
    `ports` has source << 16 | destination, that of the first fragment for later ones, -1 without.
    """

    m8: NDArray[np.uint8]
    m16: NDArray[np.uint16]
    m32: NDArray[np.uint32]
    m64: NDArray[np.uint64]
    present: NDArray[np.uint32]
    count: int = 0
    datagrams: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    ports: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    @classmethod
    def empty(cls, rows: int = ROWS) -> Chunk:
        """Make an empty chunk for a number of rows."""
        counts = [sum(1 for matrix, _ in places().values() if matrix == number) for number in range(len(_WIDTHS))]
        # A cache line more in each column: columns a power of two apart would fall upon the same places of the cache.
        m8, m16, m32, m64 = (
            np.zeros((count, rows + _CACHE_LINE // np.dtype(width).itemsize), width)
            for count, width in zip(counts, _WIDTHS, strict=True)
        )
        return cls(m8, m16, m32, m64, np.zeros(rows, np.uint32))

    def values(self, name: str) -> NDArray[Any]:
        """Give a column's values, also of rows that do not have it: these hold anything."""
        matrix, row = places()[name]
        values: NDArray[Any] = (self.m8, self.m16, self.m32, self.m64)[matrix][row, : self.count]
        return values

    def has(self, group: str) -> NDArray[np.bool_]:
        """Say which rows have the columns of a group."""
        has: NDArray[np.bool_] = (self.present[: self.count] & np.uint32(BIT[group])) != 0
        return has

    def captured(self) -> Rows:
        """Give the rows of captured packets, without what was found inside them."""
        return np.flatnonzero(self.values("tunnel") == 0)

    def found_inside(self) -> Rows:
        """Give the rows of packets that were found inside others."""
        return np.flatnonzero(self.values("tunnel") != 0)

    def frame(self, columns: Collection[str], rows: Rows | None = None) -> pl.DataFrame:
        """Make a table of some columns (in the order of the schema) and rows; its data are copies."""
        import polars as pl
        import pyarrow as pa

        chosen = [column for column in INNER if column.name in columns]
        if rows is not None and rows.size == self.count:
            rows = None
        masks = self._masks({column.group for column in chosen if column.group}, rows)
        plain = [column for column in chosen if column.kind != "text"]
        arrays = [self._array(column, masks.get(column.group), rows) for column in plain]
        table = pl.DataFrame(pl.from_arrow(pa.Table.from_arrays(arrays, names=[column.name for column in plain])))
        if len(plain) == len(chosen):
            return table
        texts = [self._text(column, rows) for column in chosen if column.kind == "text"]
        return pl.DataFrame([*table.get_columns(), *texts]).select(column.name for column in chosen)

    def _masks(self, groups: Collection[str], rows: Rows | None) -> dict[str, Any]:
        """Make one Arrow bitmap for each group that is not present in all rows."""
        import pyarrow as pa

        present = self.present[: self.count] if rows is None else self.present[rows]
        everywhere = int(np.bitwise_and.reduce(present)) if present.size else 0
        return {
            group: pa.py_buffer(np.packbits(present & np.uint32(BIT[group]) != 0, bitorder="little"))
            for group in groups
            if not everywhere & BIT[group]
        }

    def _array(self, column: Column, mask: Any, rows: Rows | None) -> Any:
        """Copy a column into an Arrow array."""
        import pyarrow as pa

        values = self.values(column.name)
        # Rows come from the chunk itself: with "clip" numpy need not look at them twice.
        values = values.copy() if rows is None else values.take(rows, mode="clip")
        if column.kind == "bool":
            values = np.packbits(values, bitorder="little")
        size = self.count if rows is None else rows.size
        return pa.Array.from_buffers(_arrow_types()[column.kind], size, [mask, pa.py_buffer(values)])

    def _text(self, column: Column, rows: Rows | None) -> pl.Series:
        import polars as pl

        values = self.values(column.name)
        return pl.Series(column.name, TUNNELS, pl.String).gather(values if rows is None else np.take(values, rows))


@cache
def _arrow_types() -> dict[str, Any]:
    import pyarrow as pa

    return {
        "u8": pa.uint8(), "u16": pa.uint16(), "u32": pa.uint32(), "u64": pa.uint64(), "i64": pa.int64(),
        "bool": pa.bool_(),
    }  # fmt: skip


PACKET_COLUMNS = tuple(column.name for column in PACKETS)
INNER_COLUMNS = tuple(column.name for column in INNER)
