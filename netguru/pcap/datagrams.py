"""Fragmented datagrams of which all fragments were captured."""

from __future__ import annotations

import polars as pl

_PIECE = ("ip_version", "protocol", "src_hi", "src_lo", "dst_hi", "dst_lo", "ip_id")


def reassembled(packets: pl.DataFrame) -> pl.DataFrame:
    """Give the fragmented datagrams that are complete, by the number of their last fragment."""
    pieces = packets.filter(pl.col("more_fragments") | (pl.col("fragment_offset") > 0))
    start = pl.col("network_length") - (pl.col("transport_offset") - pl.col("network_offset")).fill_null(0)
    size = pl.when(pl.col("fragment_offset") > 0).then("payload_length").otherwise(start).cast(pl.Int64)
    at = pl.col("fragment_offset").cast(pl.Int64)
    end = at + size
    return (
        pieces.sort("fragment_offset")
        .group_by(_PIECE)
        .agg(
            pl.col("flow").first(),
            pl.col("number").max(),
            pl.col("src_port").max(),
            pl.col("dst_port").max(),
            (~pl.col("more_fragments")).any().alias("ends"),
            # Every fragment begins where those before it end, or earlier.
            (at <= end.cum_max().shift(1).fill_null(0)).all().alias("joined"),
        )
        .filter(pl.col("ends") & pl.col("joined") & pl.col("src_port").is_not_null())
        .select("protocol", "flow", "number", "src_port", "dst_port", pl.lit(1).alias("payload_length"))
    )
