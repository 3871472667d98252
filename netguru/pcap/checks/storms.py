"""Storms: one sender that asks for addresses far faster than a host does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from netguru.checks import check, finding, threshold
from netguru.pcap.checks.common import SECOND, Row, counted, grouped, numbers, span_s, subject, told, vlans
from netguru.pcap.protocols.arp import REQUEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding


@check("capture", "arp.storm", profile="l2")
def arp_storm(capture: Capture) -> Iterator[Finding]:
    """Report senders whose ARP requests exceed the rate; copies at other interfaces count once."""
    limit = int(threshold("arp.storm", "requests"))
    window = threshold("arp.storm", "window_ms") * SECOND / 1000
    asks = told(capture, "arp").filter((pl.col("opcode") == REQUEST) & (pl.col("sender_mac") != ""))
    asked = asks.filter(pl.len().over("sender_mac") >= limit).to_dicts()
    for (mac,), rows in grouped(asked, "sender_mac").items():
        burst = _burst(rows, limit, window)
        if not burst:
            continue
        targets = {row["target_ip"] for row in burst}
        seconds = max(span_s(burst), 0.001)
        yield finding(
            "arp.storm",
            evidence=capture.evidence(numbers(burst), limit=8),
            subject=subject(mac, burst[0]["sender_ip"], vlans=vlans(burst)),
            symptoms=[f"{counted(len(burst), 'request')} for {counted(len(targets), 'target')} in {seconds:.1f} s"],
            sender=f"{mac} ({burst[0]['sender_ip']})",
            rate=f"{len(burst) / seconds:.0f}",
        )


def _burst(rows: list[Row], limit: int, window: float) -> list[Row]:
    """Give the requests that belong to windows with `limit` or more of them."""
    inside: set[int] = set()
    for last in range(limit - 1, len(rows)):
        if rows[last]["time_ns"] - rows[last - limit + 1]["time_ns"] <= window:
            inside.update(range(last - limit + 1, last + 1))
    return [rows[place] for place in sorted(inside)]
