"""Routing loops: one packet that passes the same point several times with a falling TTL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from netguru.checks import check, finding, threshold
from netguru.model.finding import Severity
from netguru.pcap.addresses import destination, source
from netguru.pcap.checks.common import SECOND, Row, counted, grouped, messages, numbers, subject
from netguru.pcap.protocols.icmp import TIME_EXCEEDED
from netguru.pcap.survey import survey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.finding import Finding
    from netguru.pcap.capture import CaptureFile as Capture

_TIME_EXCEEDED_V6 = 3


@check("capture", "ip.routing-loop", profile="routing")
def routing_loop(capture: Capture) -> Iterator[Finding]:
    """Find packets seen at one interface three times or more, each time with less TTL."""
    passes = int(threshold("ip.routing-loop", "passes"))
    candidates = survey(capture).identities.fetch(capture)
    by_ends: dict[tuple[str, str], list[list[Row]]] = {}
    for rows in _same_bytes(capture, candidates):
        falling = _falling(rows)
        if len(falling) >= passes:
            by_ends.setdefault((source(falling[0]), destination(falling[0])), []).append(falling)
    exceeded_on_way = grouped(_exceeded(capture), "quoted_dst") if by_ends else {}
    for (sender, target), loops in by_ends.items():
        longest = max(loops, key=len)
        exceeded = exceeded_on_way.get((target,), [])
        yield finding(
            "ip.routing-loop",
            evidence=capture.evidence([*numbers(longest)[-6:], *numbers(exceeded)[:2]], limit=8),
            subject=subject(sender, target, *(row["src"] for row in exceeded)),
            symptoms=[
                f"{counted(len(loops), 'packet')} to {target} went round",
                f"one was seen {len(longest)} times with TTL {longest[0]['ttl']} down to {longest[-1]['ttl']}",
                *([] if _lasts(loops) else ["only for a moment: routes that are just changing do this"]),
                *(f"{router} reports that the TTL ran out" for router in sorted({row["src"] for row in exceeded})),
            ],
            target=target,
            sender=sender,
            passes=len(longest),
            severity=None if _lasts(loops) else Severity.NOTE,
        )


def _lasts(loops: list[list[Row]]) -> bool:
    """Tell a loop that stays from the moment of one while routers converge."""
    starts = [rows[0]["time_ns"] for rows in loops]
    span = (max(starts) - min(starts)) / SECOND
    return len(loops) >= threshold("ip.routing-loop", "packets") and span >= threshold("ip.routing-loop", "seconds")


def _same_bytes(capture: Capture, candidates: pl.DataFrame) -> list[list[Row]]:
    """Group candidates whose payloads agree byte by byte: a traceroute's probes differ there or rise in TTL."""
    found: dict[tuple[int, bytes], list[Row]] = {}
    if not candidates.is_empty():
        # What has no time (simple packet blocks) cannot be said to return quickly.
        candidates = candidates.drop_nulls("time_ns")
        for row, payload in zip(candidates.iter_rows(named=True), capture.payloads(candidates), strict=True):
            found.setdefault((row["identity"], payload), []).append(row)
    return list(found.values())


def _falling(rows: list[Row]) -> list[Row]:
    """Give the longest unbroken run in which the TTL falls and the packet returns quickly."""
    best: list[Row] = []
    run: list[Row] = []
    window = threshold("ip.routing-loop", "return_seconds") * SECOND
    for row in rows:
        if run and row["ttl"] < run[-1]["ttl"] and row["time_ns"] - run[-1]["time_ns"] <= window:
            run.append(row)
        else:
            run = [row]
        best = max(best, run, key=len)
    return best


def _exceeded(capture: Capture) -> list[Row]:
    """Give the reports of packets whose TTL ran out."""
    rows = messages(capture, "icmp", pl.col("type") == TIME_EXCEEDED)
    return rows + messages(capture, "icmpv6", pl.col("type") == _TIME_EXCEEDED_V6)
