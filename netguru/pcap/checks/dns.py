"""DNS: names that do not exist, servers that refuse, fail, answer late or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from netguru.checks import check, finding, threshold
from netguru.model.finding import Severity
from netguru.pcap.checks.common import SECOND, Row, counted, grouped, listed, messages, numbers, subject, told, vlans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.finding import Finding
    from netguru.pcap.capture import CaptureFile as Capture

_BY_RCODE = {2: "dns.servfail", 3: "dns.nxdomain", 5: "dns.refused"}
_UNREACHABLE = {"icmp": 3, "icmpv6": 1}
_UDP = 17
_NO_LISTENER = "port unreachable"
_NAMES_SHOWN = 5


@check("capture", *_BY_RCODE.values(), profile="services")
def results(capture: Capture) -> Iterator[Finding]:
    """Report answers that say no, by server and result."""
    answers = messages(capture, "dns", pl.col("response") & pl.col("rcode").is_in(list(_BY_RCODE)))
    for (server, rcode), rows in grouped(answers, "src", "rcode").items():
        clients = sorted({row["dst"] for row in rows})
        asked = [row["request"] for row in rows if row["request"] is not None]
        yield finding(
            _BY_RCODE[rcode],
            evidence=capture.evidence([*numbers(rows)[:6], *asked[:2]], limit=8),
            subject=subject(server, *clients, vlans=vlans(rows)),
            server=server,
            times=counted(len(rows), "answer"),
            names=listed({f"{row['qtype_name'] or ''} {row['qname'] or '?'}".strip() for row in rows}, _NAMES_SHOWN),
            clients=listed(clients, _NAMES_SHOWN),
        )


@check("capture", "dns.slow", profile="services")
def slow(capture: Capture) -> Iterator[Finding]:
    """Report answers that come later than a person waits for."""
    limit = threshold("dns.slow", "slow_ms")
    answered = dict(told(capture, "dns").drop_nulls("delay_ms").group_by("src").len().iter_rows())
    late = messages(capture, "dns", pl.col("delay_ms") >= limit)
    repeats = _repetitions(capture, late)
    for (server,), rows in grouped(late, "src").items():
        worst = max(rows, key=lambda row: row["delay_ms"])
        of_server = answered[server]
        # An answer right behind a repetition says that the first query was lost, or that the server was slow.
        sure = any(not _was_repeated(row, repeats, limit) for row in rows)
        quoted = [number for row in rows for number in (row["request"], row["number"])]
        yield finding(
            "dns.slow",
            severity=None if sure else Severity.NOTE,
            evidence=capture.evidence(quoted, limit=8),
            subject=subject(server, *(row["dst"] for row in rows), vlans=vlans(rows)),
            symptoms=[f"{counted(len(rows), 'answer')} of {of_server} took {limit / 1000:g} s or more"],
            server=server,
            worst=f"{worst['delay_ms'] / 1000:.2f} s",
            name=worst["qname"] or "?",
        )


def _repetitions(capture: Capture, late: list[Row]) -> dict[tuple[Any, ...], list[int]]:
    """Give the times of the queries that late answers may belong to."""
    if not late:
        return {}
    ports = {row["dst_port"] for row in late}
    asked = messages(capture, "dns", ~pl.col("response") & pl.col("src_port").is_in(list(ports)))
    times: dict[tuple[Any, ...], list[int]] = {}
    for row in asked:
        times.setdefault((row["src"], row["dst"], row["src_port"], row["id"], row["qname"]), []).append(row["time_ns"])
    return times


def _was_repeated(answer: Row, repeats: dict[tuple[Any, ...], list[int]], limit_ms: float) -> bool:
    """Say whether the query was sent again less than `limit_ms` before its answer."""
    key = (answer["dst"], answer["src"], answer["dst_port"], answer["id"], answer["qname"])
    return any(0 <= answer["time_ns"] - time < limit_ms * 1e6 for time in repeats.get(key, ()))


@check("capture", "dns.no-answer", profile="services")
def no_answer(capture: Capture) -> Iterator[Finding]:
    """Report servers that leave queries without any answer; an ICMP error tied to the query makes it certain."""
    errors = _unreachable(capture)
    last = capture.totals.last_ns or 0
    speaking = set(told(capture, "dns").filter("response")["src"].unique())
    asked = messages(capture, "dns", ~pl.col("response") & pl.col("reply").is_null())
    for (client, server), silent in grouped(asked, "src", "dst").items():
        refused = [error for row in silent for error in errors.get((client, server, row["src_port"]), [])]
        again = len(grouped(silent, "qname", "qtype")) < len(silent)
        if refused:
            yield _unanswered(capture, silent, refused)
        elif again and server not in speaking:
            yield _unanswered(capture, silent, [])
        elif _has_waited(silent, last) and len(silent) > 1:
            # A client without an answer asks again; this one did not, or the server answers others:
            # the answers may have taken another path, or single ones were lost.
            yield _unanswered(capture, silent, [], severity=Severity.NOTE)


def _has_waited(silent: list[Row], last: int) -> bool:
    """Say whether the capture lasted long enough after a query to know that no answer came."""
    wait = threshold("dns.no-answer", "wait_seconds") * SECOND
    return any(last - row["time_ns"] >= wait for row in silent)


def _unanswered(capture: Capture, silent: list[Row], refused: list[Row], severity: Severity | None = None) -> Finding:
    server = silent[0]["dst"]
    count = f"{len(silent)} {'query' if len(silent) == 1 else 'queries'} without an answer"
    return finding(
        "dns.no-answer",
        severity=severity,
        evidence=capture.evidence([*numbers(silent)[:5], *numbers(refused)[:3]], limit=8),
        subject=subject(server, *(row["src"] for row in silent), vlans=vlans(silent)),
        symptoms=[count],
        server=server,
        client=silent[0]["src"],
        names=listed({f"{row['qtype_name'] or ''} {row['qname'] or '?'}".strip() for row in silent}, _NAMES_SHOWN),
        reason=_reason(refused),
    )


def _reason(refused: list[Row]) -> str:
    if not refused:
        return "nothing comes back: the server is down, not reached, or its answers take another path"
    who = " and ".join(sorted({row["src"] for row in refused}))
    said = f"{who} answers with an ICMP {refused[0]['name']}"
    if all(row["name"] == _NO_LISTENER for row in refused):
        return f"{said}: no DNS service listens there"
    return f"{said}: the server is not reached"


def _unreachable(capture: Capture) -> dict[tuple[str, str, int], list[Row]]:
    found: dict[tuple[str, str, int], list[Row]] = {}
    quotes = (pl.col("quoted_protocol") == _UDP) & pl.col("quoted_dst_port").is_not_null()
    for protocol, unreachable in _UNREACHABLE.items():
        for row in messages(capture, protocol, (pl.col("type") == unreachable) & quotes):
            key = (row["quoted_src"], row["quoted_dst"], row["quoted_src_port"])
            found.setdefault(key, []).append(row)
    return found
