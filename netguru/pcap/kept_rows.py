"""Rows of chunks that are kept: as plain arrays while a capture passes, as a table of those asked for afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netguru.pcap.chunks import Chunk

if TYPE_CHECKING:
    from collections.abc import Collection

    import polars as pl
    from numpy.typing import NDArray


class KeptRows:
    """Keep some columns of rows, each row with bits that say what it is kept for.

    A table for every chunk and purpose would cost more time than the pass, and more memory than the rows.
    """

    def __init__(self, columns: Collection[str]) -> None:
        self._columns = tuple(columns)
        self._parts: list[tuple[NDArray[np.uint64], NDArray[np.uint32], list[NDArray[Any]]]] = []

    def add(self, chunk: Chunk, bits: NDArray[np.uint64]) -> None:
        """Keep the rows of a chunk that have bits."""
        rows = np.flatnonzero(bits)
        if rows.size:
            values = [chunk.values(name).take(rows) for name in self._columns]
            self._parts.append((bits[rows], chunk.present[: chunk.count][rows], values))

    def rows(self, bits: int, columns: Collection[str] = ()) -> pl.DataFrame:
        """Give the rows that have one of some bits, in the order of the file; all columns when none is named."""
        wanted = tuple(columns) or self._columns
        places = [np.flatnonzero(part[0] & np.uint64(bits)) for part in self._parts]
        chunk = Chunk.empty(max(sum(place.size for place in places), 1))
        at = 0
        for place, (_, present, values) in zip(places, self._parts, strict=True):
            end = chunk.count = at + place.size
            chunk.present[at:end] = present[place]
            for name, column in zip(self._columns, values, strict=True):
                if name in wanted:
                    chunk.values(name)[at:end] = column[place]
            at = end
        return chunk.frame(wanted).select(wanted)
