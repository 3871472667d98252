"""The packets of a large capture as a lazy frame: every query passes over the file and keeps what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    import polars as pl

    from netguru.pcap.passes import Passes


def scan(capture: Passes, columns: Collection[str], types: dict[str, pl.DataType], *, inside: bool) -> pl.LazyFrame:
    """Scan the captured packets, or those found inside others; only asked columns are made, rows filtered early."""
    import polars as pl
    from polars.io.plugins import register_io_source

    def read(
        with_columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, batch_size: int | None
    ) -> Iterator[pl.DataFrame]:
        del batch_size
        wanted = list(columns) if with_columns is None else with_columns
        needed = set(wanted) | (set(predicate.meta.root_names()) if predicate is not None else set())
        left = n_rows
        for chunk in capture.chunks(losses="tcp_kinds" in needed):
            rows = chunk.found_inside() if inside else chunk.captured()
            if not rows.size:
                continue
            frame = chunk.frame(needed, None if rows.size == chunk.count else rows)
            # The count of rows is one of rows before the filter.
            if left is not None:
                frame = frame.head(left)
                left -= frame.height
            if predicate is not None:
                frame = frame.filter(predicate)
            if frame.height:
                yield frame.select(wanted)
            if left == 0:
                return

    return register_io_source(read, schema=pl.Schema(types), is_pure=True)
