"""The result of `pcap.tcp`: packets by TCP analysis flag."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from netguru.pcap.results import Marked, Strict, TcpAnalysis
from netguru.pcap.tcp_analysis import analyse, segments
from netguru.pcap.tcp_wireshark import ACK, SYN, Mark

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile

# Wireshark raises the plain retransmission beside the two special kinds.
_ANY_RETRANSMISSION = Mark.RETRANSMISSION | Mark.FAST_RETRANSMISSION | Mark.SPURIOUS_RETRANSMISSION


def tcp_report(capture: CaptureFile) -> TcpAnalysis:
    """List the packets of each flag."""
    table = segments(capture)
    whole, strict = analyse(table, "flow"), analyse(table, "interface")

    def marked(bits: int) -> Marked:
        return _marked(whole.filter((pl.col("marks") & bits) != 0))

    return TcpAnalysis(
        retransmission=marked(_ANY_RETRANSMISSION),
        fast_retransmission=marked(Mark.FAST_RETRANSMISSION),
        spurious_retransmission=marked(Mark.SPURIOUS_RETRANSMISSION),
        out_of_order=marked(Mark.OUT_OF_ORDER),
        duplicate_ack=marked(Mark.DUPLICATE_ACK),
        lost_segment=marked(Mark.LOST_SEGMENT),
        ack_lost_segment=marked(Mark.ACK_LOST_SEGMENT),
        zero_window=marked(Mark.ZERO_WINDOW),
        zero_window_probe=marked(Mark.ZERO_WINDOW_PROBE),
        window_full=marked(Mark.WINDOW_FULL),
        window_update=marked(Mark.WINDOW_UPDATE),
        keep_alive=marked(Mark.KEEP_ALIVE),
        keep_alive_ack=marked(Mark.KEEP_ALIVE_ACK),
        reused_ports=_marked(_reused(table)),
        strict=Strict(
            resends=_marked(strict.filter("resend")),
            needless=_marked(strict.filter("needless")),
            copies=_marked(strict.filter("copy")),
            reordered=_marked(strict.filter("late")),
            recovered=_marked(strict.filter("recovered")),
            gaps=_marked(strict.filter("gap")),
            reported_twice=_marked(strict.filter("twice")),
        ),
        coverage=capture.coverage,
    )


def _marked(rows: pl.DataFrame) -> Marked:
    numbers = rows["number"].unique().sort().to_list()
    return Marked(count=len(numbers), packets=tuple(numbers))


def _reused(table: pl.DataFrame) -> pl.DataFrame:
    """Give the SYNs that begin a further connection on ports used before."""
    low, high = pl.min_horizontal("src_port", "dst_port"), pl.max_horizontal("src_port", "dst_port")
    pair = (
        "ip_version",
        (pl.col("src_hi") ^ pl.col("dst_hi")).alias("x_hi"),
        (pl.col("src_lo") + pl.col("dst_lo")).alias("x_lo"),
        (pl.col("src_lo") ^ pl.col("dst_lo")).alias("y_lo"),
        low.alias("low"),
        high.alias("high"),
    )
    firsts = table.unique(subset="flow", keep="first", maintain_order=True)
    ordered = firsts.with_columns(pl.int_range(pl.len()).over(*pair).alias("use"))
    return ordered.filter((pl.col("use") > 0) & ((pl.col("tcp_flags") & (SYN | ACK)) == SYN))
