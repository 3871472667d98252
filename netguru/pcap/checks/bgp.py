"""BGP: sessions that are refused, lost or never come up (RFC 4271 sections 4.5, 6; RFC 2385)."""

from __future__ import annotations

import itertools
from statistics import median
from typing import TYPE_CHECKING

import polars as pl

from netguru.checks import check, finding, threshold
from netguru.model.finding import Severity
from netguru.pcap.addresses import destination, source
from netguru.pcap.checks.common import SECOND, Row, counted, grouped, messages, numbers, span_s, subject
from netguru.pcap.protocols.base import named
from netguru.pcap.protocols.bgp import KEEPALIVE, NOTIFICATION, OPEN
from netguru.pcap.survey import survey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.finding import Finding
    from netguru.pcap.capture import CaptureFile as Capture

_OPEN_ERROR, _BAD_AS, _HOLD_EXPIRED = 2, 2, 4
_SYN, _ACK, _RST = 0x002, 0x010, 0x004
_DEFAULT_HOLD_S = 90
_WRAP = 1 << 32


@check("capture", "bgp.remote-as-mismatch@capture", "bgp.hold-expired", "bgp.notification", profile="routing")
def notifications(capture: Capture) -> Iterator[Finding]:
    """Report what peers tell each other when they end a session."""
    rows = messages(capture, "bgp", pl.col("type").is_in([OPEN, NOTIFICATION]))
    ends = [row for row in rows if row["type"] == NOTIFICATION and row["code"] is not None]
    for (sender, peer, code, subcode, inside), told in grouped(ends, "src", "dst", "code", "subcode", "reason").items():
        values = {"sender": sender, "peer": peer, "times": counted(len(told), "time"), "error": told[0]["error"]}
        about = subject(sender, peer)
        if (code, subcode) == (_OPEN_ERROR, _BAD_AS):
            yield _wrong_as(capture, rows, told)
        elif code == _HOLD_EXPIRED:
            shown = capture.evidence(numbers(told), limit=4)
            why = f"{sender} ended the session with NOTIFICATION 4/0"
            yield finding("bgp.hold-expired", evidence=shown, subject=about, one=sender, two=peer, reason=why)
        else:
            level = named("bgp", "severity", inside or f"{code}/{subcode}", named("bgp", "severity", code, "warning"))
            yield finding(
                "bgp.notification",
                severity=Severity.parse(level),
                evidence=capture.evidence(numbers(told), limit=4),
                subject=about,
                symptoms=[
                    f'the operator says: "{text}"' for text in sorted({row["text"] for row in told if row["text"]})
                ],
                code=f"{code}/{subcode}",
                **values,
            )


def _wrong_as(capture: Capture, rows: list[Row], told: list[Row]) -> Finding:
    sender, peer = told[0]["src"], told[0]["dst"]
    refused = [row for row in rows if row["type"] == OPEN and (row["src"], row["dst"]) == (peer, sender)]
    own = [row for row in rows if row["type"] == OPEN and (row["src"], row["dst"]) == (sender, peer)]
    stated = f"AS {refused[-1]['asn']}" if refused else "another AS than expected"
    quoted = [*numbers(told)[:3], *numbers(refused)[:1], *numbers(own)[:1]]
    return finding(
        "bgp.remote-as-mismatch@capture",
        evidence=capture.evidence(quoted, limit=6),
        subject=subject(sender, peer),
        symptoms=[f"{counted(len(told), 'NOTIFICATION')} 2/2 from {sender}"],
        sender=sender,
        peer=peer,
        stated=stated,
        own=f"AS {own[-1]['asn']}" if own else "an AS that the capture does not show",
    )


@check("capture", "bgp.hold-expired", profile="routing")
def unacknowledged(capture: Capture) -> Iterator[Finding]:
    """Find BGP data that is sent again and again until the hold time ends the session."""
    segments = _segments(capture, _repeated())
    rows = messages(capture, "bgp") if segments else []
    by_flow = grouped(segments, "flow")
    sent = [row for row in segments if row["payload_length"]]
    done: set[frozenset[str]] = set()
    for resent in grouped(sent, "flow", "src", "dst", "tcp_seq", "interface").values():
        first = resent[0]
        ends = frozenset((first["src"], first["dst"]))
        if (
            len(resent) < threshold("bgp.hold-expired", "sent")
            or ends in done
            or _is_acknowledged(first, by_flow[first["flow"],])
        ):
            continue
        hold = _hold_time(rows, first["src"], first["dst"])
        gave_up = _opened_again(rows, first, resent[-1])
        if span_s(resent) < (hold or _DEFAULT_HOLD_S) and not gave_up:
            continue
        done.add(ends)
        known = f"the hold time is {hold:g} s" if hold else "the capture does not show the hold time"
        yield finding(
            "bgp.hold-expired",
            evidence=capture.evidence([*numbers(resent), *gave_up[:1]], limit=8),
            subject=subject(first["src"], first["dst"]),
            symptoms=[
                f"{first['src']} sent the same data {len(resent)} times in {span_s(resent):.1f} s, not acknowledged"
            ],
            one=first["src"],
            two=first["dst"],
            reason=f"data of {first['src']} is not acknowledged for {span_s(resent):.0f} s, {known}",
        )


def _repeated() -> pl.Expr:
    """Choose the connections in which data was sent as often as an expired hold time takes."""
    same = ("flow", "src_hi", "src_lo", "tcp_seq", "interface")
    often = pl.len().over(*same, pl.col("payload_length") > 0) >= threshold("bgp.hold-expired", "sent")
    return (often & (pl.col("payload_length") > 0)).any().over("flow")


def _segments(capture: Capture, where: pl.Expr) -> list[Row]:
    # What follows is judged by times, which simple packet blocks of pcapng do not have.
    rows = survey(capture).selections.rows("bgp").drop_nulls("time_ns").filter(where).to_dicts()
    for row in rows:
        row["src"], row["dst"] = source(row), destination(row)
    return rows


def _is_acknowledged(first: Row, segments: list[Row]) -> bool:
    end = first["tcp_seq"] + first["payload_length"]
    return any(
        row["src"] == first["dst"]
        and row["tcp_flags"] & _ACK
        and not row["tcp_flags"] & _RST
        and row["time_ns"] >= first["time_ns"]
        and (row["tcp_ack"] - end) % _WRAP < _WRAP // 2
        for row in segments
    )


def _hold_time(rows: list[Row], one: str, two: str) -> float:
    """Give the hold time: the smaller of two offers, else three times the usual gap of keepalives."""
    between = [row for row in rows if {row["src"], row["dst"]} == {one, two}]
    offers = [row["hold_time"] for row in between if row["hold_time"]]
    if offers:
        return float(min(offers))
    gaps: list[float] = []
    for sent in grouped([row for row in between if row["type"] == KEEPALIVE], "flow", "src").values():
        times = [row["time_ns"] for row in sent if row["time_ns"] is not None]
        gaps += [(after - before) / SECOND for before, after in itertools.pairwise(times)]
    return 3 * median(gaps) if len(gaps) > 1 else 0.0


def _opened_again(rows: list[Row], first: Row, last: Row) -> list[int]:
    """Give the packets in which the receiver opens a new session while the old one still waits."""
    ends = {first["src"], first["dst"]}
    return [
        row["number"]
        for row in rows
        if row["type"] == OPEN
        and row["src"] == first["dst"]
        and {row["src"], row["dst"]} == ends
        and row["flow"] != first["flow"]
        and first["time_ns"] < row["time_ns"] <= last["time_ns"]
    ]


@check("capture", "bgp.md5-mismatch", profile="routing")
def signatures(capture: Capture) -> Iterator[Finding]:
    """Find peers whose connection attempts with an MD5 signature are never answered."""
    segments = _segments(capture, (pl.col("tcp_flags") & (_SYN | _RST)) != 0)
    by_pair: dict[frozenset[str], list[Row]] = {}
    for row in segments:
        by_pair.setdefault(frozenset((row["src"], row["dst"])), []).append(row)
    for ends, rows in by_pair.items():
        attempts = [row for row in rows if row["tcp_flags"] & (_SYN | _ACK) == _SYN]
        signed = [row for row in attempts if row["tcp_has_md5"]]
        answered = any(row["tcp_flags"] & _SYN and row["tcp_flags"] & _ACK for row in rows)
        refused = any(row["tcp_flags"] & _RST for row in rows)
        if len(signed) < threshold("bgp.md5-mismatch", "attempts") or answered or refused or len(ends) != 2:  # noqa: PLR2004 - a pair
            continue
        yield _unsigned(capture, attempts, signed)


def _unsigned(capture: Capture, attempts: list[Row], signed: list[Row]) -> Finding:
    one, two = sorted({signed[0]["src"], signed[0]["dst"]})
    signers = {row["src"] for row in signed}
    callers = {row["src"] for row in attempts}
    if len(signers) > 1:
        reason = "both sign: their passwords differ"
    elif len(callers) > 1:
        reason = f"only {next(iter(signers))} signs: the other side has no password"
    else:
        reason = f"{signed[0]['dst']} does not answer: its password differs or is missing, or it is not reached"
    return finding(
        "bgp.md5-mismatch",
        severity=None if len(callers) > 1 else Severity.WARNING,
        evidence=capture.evidence(numbers(attempts), limit=6),
        subject=subject(one, two),
        symptoms=[f"{counted(len(attempts), 'SYN')} to port 179 in {span_s(attempts):.0f} s, no SYN-ACK and no reset"],
        one=one,
        two=two,
        reason=reason,
    )
