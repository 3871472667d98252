"""The quality of the capture itself: what limits every other finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from netguru.checks import check, finding, threshold
from netguru.pcap.checks.common import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.finding import Finding
    from netguru.pcap.capture import CaptureFile as Capture

_TCP = 6
_SEEN = (
    "protocol",
    "packets",
    "first_packet",
    *(f"{end}_{what}" for end in ("client", "server") for what in ("packets", "payload")),
)


@check("capture", "capture.truncated", "capture.damaged", "capture.dropped")
def completeness(capture: Capture) -> Iterator[Finding]:
    """Report packets that were cut, a file that breaks off, and packets that the recorder dropped."""
    totals = capture.totals
    total = totals.packets
    if total and totals.cut >= total * threshold("capture.truncated", "share"):
        yield finding(
            "capture.truncated",
            evidence=capture.evidence(totals.cut_examples[:3], limit=3),
            count=f"{totals.cut} of {counted(total, 'packet')}",
            size=totals.cut_to,
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
    # Two attempts and no answer is a fault of the network; data without an acknowledgment is one of the capture.
    data = pl.col("client_payload") + pl.col("server_payload") > 0
    one_way = data & ((pl.col("client_packets") == 0) | (pl.col("server_packets") == 0))
    more = (pl.col("protocol") == _TCP) & (pl.col("packets") > 2)  # noqa: PLR2004 - more than a retry
    # Made from parts of bounded size: the whole flow table takes many times the memory.
    parts = [
        part.filter(more).select("first_packet", one_way.alias("one_way"))
        for part in capture.conversations.parts(_SEEN)
    ]
    if not parts:
        return
    flows = pl.concat(parts)
    if flows.height < threshold("capture.one-direction", "flows"):
        return
    single = flows.filter("one_way")
    if single.height >= flows.height * threshold("capture.one-direction", "share"):
        yield finding(
            "capture.one-direction",
            evidence=capture.evidence(single["first_packet"].to_list(), limit=4),
            count=f"{single.height} of {counted(flows.height, 'TCP conversation')}",
        )
