"""HTTP: error answers and slow answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from netguru.checks import check, finding, threshold
from netguru.model.finding import Severity
from netguru.pcap.checks.common import Row, counted, grouped, messages, numbers, subject, vlans
from netguru.pcap.second_pass import look_again
from netguru.pcap.tcp_connections import connections, of_flows
from netguru.pcap.tcp_holes import both_ways, segments_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netguru.model.finding import Finding
    from netguru.pcap.capture import CaptureFile as Capture
    from netguru.pcap.chunks import Chunk

_CLIENT_ERROR, _SERVER_ERROR = 400, 500
_PAGES_SHOWN = 5
_QUOTED = 3
_WANTED = {"first": pl.UInt32, "size": pl.Int64}
_FOLLOWED = ("number", "tunnel", "src_lo", "src_port", "tcp_seq", "payload_length")


def _page(row: Row) -> str:
    return f"{row['request_host'] or ''}{row['request_uri'] or ''}" or "a page that the capture does not show"


class _Ends:
    """Find the packets in which answers of known length end."""

    def __init__(self, capture: Capture, rows: list[Row]) -> None:
        known = {
            row["number"]: row["header_length"] + row["content_length"]
            for row in rows
            if row["header_length"] is not None and row["content_length"] is not None
        }
        wanted = pl.DataFrame({"first": list(known), "size": list(known.values())}, schema=_WANTED)
        sent = capture.messages().packets("http").filter(pl.col("tunnel") == "").unique("number")
        begun = sent.select(
            pl.col("number").alias("first"), "flow", "src_lo", "src_port", pl.col("tcp_seq").alias("start")
        )
        self._open = wanted.join(begun, on="first")
        self._ways = both_ways(connections(capture, of_flows(self._open["flow"])))
        self.found: dict[int, int] = {}

    @property
    def is_done(self) -> bool:
        """Say whether no end is looked for."""
        return self._open.is_empty()

    def take(self, chunk: Chunk) -> None:
        """Take a chunk."""
        sent = segments_of(chunk, self._ways, _FOLLOWED).filter(pl.col("tunnel") == "")
        if not sent.is_empty():
            rows = sent.join(self._open, on=("flow", "src_lo", "src_port"))
            behind = (pl.col("tcp_seq").cast(pl.Int64) + pl.col("payload_length") - pl.col("start")) % (1 << 32)
            inside = (behind >= pl.col("size")) & (behind < pl.col("size") + (1 << 30))
            later = rows.filter((pl.col("number") >= pl.col("first")) & inside)
            self.found |= dict(later.group_by("first").agg(pl.col("number").min()).iter_rows())
            self._open = self._open.filter(~pl.col("first").is_in(list(self.found)))


def _ends(capture: Capture, groups: Iterable[list[Row]]) -> dict[int, int]:
    """Give the packet in which an answer ends by that in which it begins, of the answers that are quoted."""
    quoted = [row for rows in groups for row in rows[:_QUOTED]]
    if not quoted:
        return {}
    looked_for = _Ends(capture, quoted)
    if not looked_for.is_done:
        look_again(capture, looked_for)
    return looked_for.found


def _quoted(rows: list[Row], last: dict[int, int]) -> list[int]:
    quoted = [number for row in rows[:_QUOTED] for number in (row["request"], row["number"], last.get(row["number"]))]
    return [number for number in quoted if number is not None]


@check("capture", "http.error", "http.slow", profile="services")
def answers(capture: Capture) -> Iterator[Finding]:
    """Report answers of 400 and above, by server and status, and answers whose first byte comes late."""
    limit = threshold("http.slow", "slow_ms")
    rows = messages(capture, "http", (pl.col("status") >= _CLIENT_ERROR) | (pl.col("delay_ms") >= limit))
    failed = grouped([row for row in rows if (row["status"] or 0) >= _CLIENT_ERROR], "src", "src_port", "status")
    late = grouped([row for row in rows if (row["delay_ms"] or 0) >= limit], "src", "src_port")
    last = _ends(capture, [*failed.values(), *late.values()])
    for (server, port, status), said in failed.items():
        yield _error(capture, f"{server} port {port}", status, said, last)
    for (server, port), said in late.items():
        yield _slow(capture, f"{server} port {port}", limit, said, last)


def _error(capture: Capture, server: str, status: int, rows: list[Row], last: dict[int, int]) -> Finding:
    pages = sorted({_page(row) for row in rows})
    return finding(
        "http.error",
        severity=None if status >= _SERVER_ERROR else Severity.NOTE,
        evidence=capture.evidence(_quoted(rows, last), limit=9),
        subject=subject(rows[0]["src"], vlans=vlans(rows)),
        symptoms=[f"asked by {', '.join(sorted({row['dst'] for row in rows})[:_PAGES_SHOWN])}"],
        server=server,
        status=f"{status} {rows[0]['reason'] or ''}".strip(),
        times=counted(len(rows), "time"),
        pages=", ".join(pages[:_PAGES_SHOWN]),
    )


def _slow(capture: Capture, server: str, limit: float, rows: list[Row], last: dict[int, int]) -> Finding:
    worst = max(rows, key=lambda row: row["delay_ms"])
    return finding(
        "http.slow",
        evidence=capture.evidence(_quoted(rows, last), limit=9),
        subject=subject(rows[0]["src"], *(row["dst"] for row in rows), vlans=vlans(rows)),
        symptoms=[f"{counted(len(numbers(rows)), 'answer')} after {limit / 1000:g} s or more"],
        server=server,
        worst=f"{worst['delay_ms'] / 1000:.2f} s",
        page=_page(worst),
    )
