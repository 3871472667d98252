"""Voice: calls that fail, media that are lost, uneven, or go one way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from netguru.checks import check, finding, threshold
from netguru.pcap.checks.common import Row, counted, grouped, listed, messages, numbers, subject, vlans
from netguru.pcap.protocols.base import named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

_OK, _ERROR, _NOT_ACCEPTABLE = 200, 400, 488


@check("capture", "sip.error", "sip.codec-mismatch", profile="services")
def refused(capture: Capture) -> Iterator[Finding]:
    """Report requests that fail; a challenge, a busy line and a call that is given up are no failures."""
    rows = messages(capture, "sip", pl.col("status") >= _ERROR)
    failed = [row for row in rows if named("sip", "normal", row["status"], "-") == "-"]
    for (server, status, method), said in grouped(failed, "src", "status", "cseq_method").items():
        calls = {row["call_id"] for row in said}
        asked = [row["request"] for row in said if row["request"] is not None]
        yield finding(
            "sip.codec-mismatch" if status == _NOT_ACCEPTABLE else "sip.error",
            evidence=capture.evidence([*numbers(said)[:4], *asked[:2]], limit=6),
            subject=subject(server, *(row["dst"] for row in said), vlans=vlans(said)),
            server=server,
            method=method or "a request",
            answer=f"{status} {said[0]['reason']}".rstrip(),
            whom=listed({row["to_uri"] or "?" for row in said}),
            times=counted(len(calls), "call"),
        )


@check("capture", "rtp.loss", "rtp.jitter", profile="services")
def uneven(capture: Capture) -> Iterator[Finding]:
    """Report streams that lack packets, and streams that come unevenly."""
    for rows in _streams(capture).values():
        lost = sum(row["lost_before"] or 0 for row in rows) - sum(bool(row["late"]) for row in rows)
        share = max(lost, 0) / (len(rows) + max(lost, 0))
        least = threshold("rtp.loss", "packets")
        if len(rows) >= least and lost > 0 and share > threshold("rtp.loss", "share"):
            gaps = sorted((row for row in rows if row["lost_before"]), key=lambda row: -row["lost_before"])
            yield finding("rtp.loss", **_about(capture, rows, gaps[:4]), lost=lost, share=f"{share:.1%}")
        worst = max(rows, key=lambda row: row["jitter_ms"] or 0.0)
        if len(rows) >= least and (worst["jitter_ms"] or 0.0) > threshold("rtp.jitter", "jitter_ms"):
            yield finding("rtp.jitter", **_about(capture, rows, [worst]), worst=f"{worst['jitter_ms']:.0f} ms")


def _streams(capture: Capture) -> dict[tuple[object, ...], list[Row]]:
    return grouped(messages(capture, "rtp"), "src", "src_port", "dst", "dst_port", "ssrc")


def _about(capture: Capture, rows: list[Row], shown: list[Row]) -> dict[str, Any]:
    first = rows[0]
    return {
        "evidence": capture.evidence(numbers([first, *shown]), limit=5),
        "subject": subject(first["src"], first["dst"], vlans=vlans(rows)),
        "sender": f"{first['src']} port {first['src_port']}",
        "receiver": f"{first['dst']} port {first['dst_port']}",
        "codec": first["payload_name"],
        "packets": len(rows),
    }


@check("capture", "rtp.one-way", profile="services")
def one_way(capture: Capture) -> Iterator[Finding]:
    """Report answered calls of which one side's media are there and the other's are missing."""
    heard = grouped(messages(capture, "rtp"), "dst", "dst_port")
    for call, rows in grouped(messages(capture, "sip", pl.col("media_address").is_not_null()), "call_id").items():
        offers = [row for row in rows if row["method"] == "INVITE"]
        answers = [row for row in rows if row["status"] == _OK and row["cseq_method"] == "INVITE"]
        if not offers or not answers:
            continue
        two = [(row["media_address"], (row["media_ports"] or [0])[0]) for row in (offers[0], answers[0])]
        found = [heard.get(place, []) for place in two]
        # Without any media the capture may stand elsewhere; a port of zero declines them.
        if 0 in (port for _, port in two) or bool(found[0]) == bool(found[1]):
            continue
        there = max(found, key=len)
        if len(there) < threshold("rtp.one-way", "packets"):
            continue
        missing = two[0] if not found[0] else two[1]
        yield finding(
            "rtp.one-way",
            evidence=(
                *capture.evidence([offers[0]["number"], answers[0]["number"], there[0]["number"]]),
                capture.absence(answers[0]["number"], capture.coverage.total, f"RTP to {missing[0]} port {missing[1]}"),
            ),
            subject=subject(*(place for place, _ in two), vlans=vlans(rows)),
            call=call[0] or "?",
            missing=f"{missing[0]} port {missing[1]}",
            there=f"{there[0]['dst']} port {there[0]['dst_port']}",
            packets=len(there),
        )
