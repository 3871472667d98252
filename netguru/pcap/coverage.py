"""What of a capture was decoded, and what was not and why."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import polars as pl

from netguru import resources
from netguru.model.coverage import Coverage, Gap

if TYPE_CHECKING:
    from netguru.pcap.framing import Found

_PLACES = 5


def capture_coverage(packets: pl.DataFrame, found: Found, source: str) -> Coverage:
    """Count the packets of a capture that were decoded to a known protocol above the link layer."""
    reasons = _reasons(packets)
    gaps = [
        Gap(
            reason=_in_hexadecimal(row["reason"]),
            count=row["count"],
            places=tuple(f"packet {number}" for number in row["numbers"]),
        )
        for row in reasons.iter_rows(named=True)
    ]
    cut = packets.filter(pl.col("captured") < pl.col("length")).height
    notes = [f"byte {damage.offset}: {damage.message}" for damage in found.damage] + found.notes
    missing = []
    if cut:
        notes.append(f"{cut} of {packets.height} packets were captured in part")
        missing.append("a capture with a larger snapshot length (tcpdump -s 0)")
    if packets.is_empty():
        notes.append("the capture holds no packet")
    dropped = sum(interface.dropped or 0 for interface in found.interfaces)
    if dropped:
        notes.append(f"the recording machine dropped {dropped} packets")
    return Coverage(
        unit="packets",
        total=packets.height,
        read=packets.height - sum(gap.count for gap in gaps),
        gaps=tuple(gaps),
        notes=tuple(notes),
        missing=tuple(missing),
        source=source,
    )


def _in_hexadecimal(reason: str) -> str:
    """Write an EtherType as people know it.

    >>> _in_hexadecimal("EtherType 2185 is not decoded")
    'EtherType 0x0889 is not decoded'
    """
    return re.sub(r"(?<=EtherType )\d+", lambda match: f"0x{int(match[0]):04x}", reason)


def _reasons(packets: pl.DataFrame) -> pl.DataFrame:
    from netguru.pcap.columns_link import DECODED_LINK_TYPES

    tables: dict[str, Any] = resources.table("pcap.toml")
    known = [int(number, 0) for number in tables["ethertypes"]]
    link, kind = pl.col("link_type"), pl.col("ethertype")
    is_ip = kind.is_in([0x0800, 0x86DD])
    reason = (
        pl.when(~link.is_in(sorted(DECODED_LINK_TYPES)))
        .then(pl.format("link type {} is not decoded", link))
        .when((pl.col("ip_version") > 0) | pl.col("llc_dsap").is_not_null())
        .then(None)
        .when(pl.col("network_offset").is_null())
        .then(pl.lit("the link layer is cut short or its payload is not decoded"))
        .when(is_ip | kind.is_null())
        .then(pl.lit("the IP header is cut short or damaged"))
        .when(~kind.is_in(known))
        .then(pl.format("EtherType {} is not decoded", kind))
    )
    return (
        packets.lazy()
        .select("number", reason.alias("reason"))
        .filter(pl.col("reason").is_not_null())
        .group_by("reason")
        .agg(pl.len().alias("count"), pl.col("number").sort().head(_PLACES).alias("numbers"))
        .sort("reason")
        .collect()
    )
