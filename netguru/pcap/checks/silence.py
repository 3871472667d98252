"""Silence: services that leave requests without any answer, repetitions included."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from netguru.checks import check, finding, threshold
from netguru.pcap.checks.common import SECOND, counted, grouped, numbers, span_s, subject, told, vlans
from netguru.pcap.protocols import radius, snmp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.finding import Finding
    from netguru.pcap.capture import CaptureFile as Capture


@dataclass(frozen=True, slots=True)
class _Service:
    """A protocol, the id of its finding, what it is called, and which of its messages ask."""

    protocol: str
    check: str
    noun: str
    asks: pl.Expr


@cache
def _services() -> tuple[_Service, ...]:
    snmp_asks = pl.col("pdu_type").is_in(snmp.ASKING) | (pl.col("pdu") == "encrypted") & (pl.col("dst_port") == 161)  # noqa: PLR2004 - the agent's port
    sip_asks = pl.col("method").is_in(["INVITE", "REGISTER", "OPTIONS", "SUBSCRIBE"])
    first = (pl.col("version") == "1.0") & (pl.col("spi_responder") == "0" * 16)
    return (
        _Service("snmp", "snmp.no-answer", "request", snmp_asks),
        _Service("radius", "radius.no-answer", "request", pl.col("code").is_in(radius.ASKING)),
        _Service("sip", "sip.no-answer", "request", sip_asks),
        _Service("ike", "ike.no-answer", "message", first | (pl.col("response") == pl.lit(value=False))),
        _Service("quic", "quic.no-answer", "packet", pl.col("type") == "initial"),
    )


@check(
    "capture", "snmp.no-answer", "radius.no-answer", "sip.no-answer", "ike.no-answer", "quic.no-answer",
    profile="services",
)  # fmt: skip
def silent(capture: Capture) -> Iterator[Finding]:
    """Report pairs of hosts where one asks again and again and the other says nothing at all."""
    last = capture.totals.last_ns or 0
    for service in _services():
        rows = told(capture, service.protocol)
        spoke = set(rows.select("src", "dst").unique().iter_rows())
        for (one, two), asked in grouped(rows.filter(service.asks).to_dicts(), "src", "dst").items():
            waited = (last - asked[0]["time_ns"]) / SECOND
            # Who hears the other at all has a service there: single answers may have been lost.
            if (two, one) in spoke or len(asked) < threshold(service.check, "tries"):
                continue
            if waited < threshold(service.check, "wait_seconds"):
                continue
            absence = capture.absence(asked[0]["number"], capture.coverage.total, f"{service.protocol.upper()} answer")
            yield finding(
                service.check,
                evidence=(*capture.evidence(numbers(asked), limit=4), absence),
                subject=subject(one, two, vlans=vlans(asked)),
                symptoms=[f"{counted(len(asked), service.noun)} in {span_s(asked):.0f} s"],
                client=one,
                server=f"{two} port {asked[0]['dst_port']}",
                times=counted(len(asked), service.noun),
            )
