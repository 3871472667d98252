"""TCP analysis of a capture: what is said of every segment, over the whole file and per interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl

from netguru.pcap.kernels import strict
from netguru.pcap.tcp_state import Segments, TcpState

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile

_TCP, _IPV4 = 6, 4
_KINDS = {
    "resend": strict.RESEND,
    "copy": strict.COPY,
    "late": strict.LATE,
    "recovered": strict.RECOVERED,
    "needless": strict.NEEDLESS,
    "twice": strict.TWICE,
}


def segments(capture: CaptureFile) -> pl.DataFrame:
    """Give the TCP segments of a capture, those inside tunnels included, quoted ones left out.

    `forward` says whether the lower of the two ends sent. Later fragments are no segments.
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
        )
        .sort("number", maintain_order=True)
    )


def analyse(table: pl.DataFrame, scope: Literal["flow", "interface"]) -> pl.DataFrame:
    """Mark the segments of `segments(capture)`.

    Columns: `marks` (bits of Mark), and whether the segment is a `resend` of bytes seen before, a
    `copy` of the same packet, came `late` for the first time (overtaken on its way) or was `recovered`
    (lost before the capture and sent again); a resend may be `needless`, an acknowledgment say that
    bytes came `twice`; `gap` is a jump over bytes that never came.

    Scope "flow" follows a connection over all interfaces, as Wireshark does; "interface" follows
    it on each interface alone, so that one packet seen at two ports is not called a repetition.
    """
    keys = ("flow",) if scope == "flow" else ("flow", "interface")
    ready = table.select(
        slots=pl.struct(keys).rank("dense").cast(pl.Int64) - 1,
        directions=pl.col("forward").cast(pl.Int64),
        interfaces=pl.lit(0),
        numbers="number",
        times="time_ns",
        seqs="tcp_seq",
        acks="tcp_ack",
        flags="tcp_flags",
        windows="tcp_window",
        lengths="payload_length",
        scales=pl.col("tcp_window_scale").cast(pl.Int64).fill_null(-1),
        idents=pl.when(pl.col("ip_version") == _IPV4).then(pl.col("ip_id").cast(pl.Int64)).fill_null(-1),
        stamps=pl.col("tcp_tsval").cast(pl.Int64).fill_null(-1),
        sacks=pl.col("tcp_sack_blocks").fill_null(0),
        lefts=pl.col("tcp_sack_left").fill_null(0),
        rights=pl.col("tcp_sack_right").fill_null(0),
    )
    rows = Segments(**{name: ready[name].to_list() for name in ready.columns})
    state = TcpState(compiled=False)
    marks, kinds = state.take(rows)
    kind = pl.Series("kind", kinds, pl.UInt8)
    return table.with_columns(
        pl.Series("marks", marks, pl.UInt16),
        *(((kind & bit) != 0).alias(name) for name, bit in _KINDS.items()),
        ((kind & strict.GAP) != 0).alias("gap") & pl.col("number").is_in(state.gaps()),
    )
