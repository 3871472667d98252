"""The first messages of one protocol: decoded as far as they are shown, all packets of the protocol counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netguru.model.coverage import Coverage, Gap
from netguru.pcap.messages import Messages, limit
from netguru.pcap.protocols.base import find
from netguru.pcap.protocols.table import decoded

if TYPE_CHECKING:
    import polars as pl

    from netguru.pcap.capture import CaptureFile

_PLACES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The first messages; `messages` counts all, or the packets that hold some where not all were decoded."""

    rows: pl.DataFrame
    messages: int
    coverage: Coverage


def page(capture: CaptureFile, name: str, top: int) -> Page:
    """Decode the first `top` messages of a protocol, all for 0; of a large capture no more than it must."""
    protocol = find(name)
    most = None
    if not capture.small:
        replies = limit("messages", "replies") if protocol.match is not None else 0
        most = max((top or limit("messages", "shown")) + replies, limit("messages", "checked"))
    found = Messages(most, [name])
    capture.run(found)
    packets, count = found.packets(name), found.counts[name]
    rows = decoded(capture, protocol, packets, 0 if most is None or packets.height == count else most)
    whole = packets.height == count
    shown = top if top > 0 else rows.height
    return Page(
        rows=rows.head(shown if whole else shown or limit("messages", "shown")),
        messages=rows.height if whole else max(count, rows.height),
        coverage=_coverage(capture, name, packets, rows, count),
    )


def _coverage(capture: CaptureFile, name: str, packets: pl.DataFrame, rows: pl.DataFrame, count: int) -> Coverage:
    looked = packets["number"].unique()
    said = rows["number"].unique()
    others = looked.filter(~looked.is_in(said.implode())).sort()
    gaps = []
    if others.len():
        places = tuple(f"packet {number}" for number in others.head(_PLACES))
        reason = f"no {name} message begins in the packet, or it is cut or damaged"
        gaps.append(Gap(reason=reason, count=others.len(), places=places))
    left = count - packets.height
    whole = capture.coverage
    notes = whole.notes
    if left:
        gaps.append(Gap(reason="counted, not decoded", count=left, places=()))
        notes = (*notes, f"{packets.height:,} of {count:,} packets with {name} were decoded; `messages` counts packets")
    total = looked.len() + left
    return Coverage(
        unit="packets",
        total=total,
        read=total - sum(gap.count for gap in gaps),
        gaps=tuple(gaps),
        notes=notes,
        missing=whole.missing,
        source=whole.source,
    )
