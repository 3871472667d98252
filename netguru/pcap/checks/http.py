"""HTTP: error answers and slow answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from netguru.checks import check, finding, threshold
from netguru.model.finding import Severity
from netguru.pcap.checks.common import Row, counted, grouped, messages, numbers, subject, vlans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_PAGES_SHOWN = 5
_QUOTED = 3


def _page(row: Row) -> str:
    return f"{row['request_host'] or ''}{row['request_uri'] or ''}" or "a page that the capture does not show"


def _end(capture: Capture, row: Row) -> int | None:
    """Give the packet in which an answer of known length ends, None when it is not known."""
    if row["header_length"] is None or row["content_length"] is None:
        return None
    packets = capture.packets()
    first = packets.filter(pl.col("number") == row["number"]).select("tcp_seq", "src_lo", "src_port").collect()
    start, address, port = first.row(0)
    behind = (pl.col("tcp_seq").cast(pl.Int64) + pl.col("payload_length") - start) % (1 << 32)
    length = row["header_length"] + row["content_length"]
    same = (pl.col("flow") == row["flow"]) & (pl.col("src_lo") == address) & (pl.col("src_port") == port)
    later = same & (pl.col("number") >= row["number"]) & (behind >= length) & (behind < length + (1 << 30))
    ends = packets.filter(later).select(pl.col("number").min()).collect().item()
    return int(ends) if ends is not None else None


@check("capture", "http.error", profile="services")
def errors(capture: Capture) -> Iterator[Finding]:
    """Report answers of 400 and above, by server and status."""
    failed = [row for row in messages(capture, "http") if (row["status"] or 0) >= _CLIENT_ERROR]
    for (server, port, status), rows in grouped(failed, "src", "src_port", "status").items():
        pages = sorted({_page(row) for row in rows})
        quoted = [number for row in rows[:_QUOTED] for number in (row["request"], row["number"], _end(capture, row))]
        yield finding(
            "http.error",
            severity=None if status >= _SERVER_ERROR else Severity.NOTE,
            evidence=capture.evidence([number for number in quoted if number is not None], limit=9),
            subject=subject(server, vlans=vlans(rows)),
            symptoms=[f"asked by {', '.join(sorted({row['dst'] for row in rows})[:_PAGES_SHOWN])}"],
            server=f"{server} port {port}",
            status=f"{status} {rows[0]['reason'] or ''}".strip(),
            times=counted(len(rows), "time"),
            pages=", ".join(pages[:_PAGES_SHOWN]),
        )


@check("capture", "http.slow", profile="services")
def slow(capture: Capture) -> Iterator[Finding]:
    """Report answers whose first byte comes late."""
    limit = threshold("http.slow", "slow_ms")
    late = [row for row in messages(capture, "http") if (row["delay_ms"] or 0) >= limit]
    for (server, port), rows in grouped(late, "src", "src_port").items():
        worst = max(rows, key=lambda row: row["delay_ms"])
        quoted = [number for row in rows[:_QUOTED] for number in (row["request"], row["number"], _end(capture, row))]
        yield finding(
            "http.slow",
            evidence=capture.evidence([number for number in quoted if number is not None], limit=9),
            subject=subject(server, *(row["dst"] for row in rows), vlans=vlans(rows)),
            symptoms=[f"{counted(len(numbers(rows)), 'answer')} after {limit / 1000:g} s or more"],
            server=f"{server} port {port}",
            worst=f"{worst['delay_ms'] / 1000:.2f} s",
            page=_page(worst),
        )
