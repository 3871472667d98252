"""The quality of the capture itself: what limits every other finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from netguru.checks import check, finding, threshold
from netguru.pcap.checks.common import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

_TCP = 6


@check("capture", "capture.truncated", "capture.damaged", "capture.dropped")
def completeness(capture: Capture) -> Iterator[Finding]:
    """Report packets that were cut, a file that breaks off, and packets that the recorder dropped."""
    packets = capture.packets().select("number", "captured", "length").collect()
    cut = packets.filter(pl.col("captured") < pl.col("length"))
    total = packets.height
    if total and cut.height >= total * threshold("capture.truncated", "share"):
        size = cut["captured"].max()
        yield finding(
            "capture.truncated",
            evidence=capture.evidence(cut["number"].to_list(), limit=3),
            count=f"{cut.height} of {counted(total, 'packet')}",
            size=size,
        )
    if not total:
        return
    for damage in capture.damage:
        yield finding(
            "capture.damaged",
            evidence=capture.evidence([total], limit=1),
            offset=damage.offset,
            message=damage.message,
        )
    for interface in capture.interfaces:
        if interface.dropped:
            yield finding(
                "capture.dropped",
                evidence=capture.evidence([1, total], limit=2),
                count=counted(interface.dropped, "packet"),
                interface=interface.name or f"interface {interface.index}",
            )


@check("capture", "capture.one-direction")
def directions(capture: Capture) -> Iterator[Finding]:
    """Report a capture in which nearly all TCP conversations show one side only."""
    flows = capture.flows().filter((pl.col("protocol") == _TCP) & (pl.col("packets") > 2)).collect()  # noqa: PLR2004 - more than a retry
    if flows.height < threshold("capture.one-direction", "flows"):
        return
    # Two attempts and no answer is a fault of the network; data without an acknowledgment is one of the capture.
    data = pl.col("client_payload") + pl.col("server_payload") > 0
    single = flows.filter(data & ((pl.col("client_packets") == 0) | (pl.col("server_packets") == 0)))
    if single.height >= flows.height * threshold("capture.one-direction", "share"):
        yield finding(
            "capture.one-direction",
            evidence=capture.evidence(single["first_packet"].to_list(), limit=4),
            count=f"{single.height} of {counted(flows.height, 'TCP conversation')}",
        )
