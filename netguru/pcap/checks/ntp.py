"""NTP: servers that answer without having the time (RFC 5905)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from netguru.checks import check, finding, threshold
from netguru.model.finding import Severity
from netguru.pcap.checks.common import counted, grouped, listed, messages, numbers, subject, vlans
from netguru.pcap.protocols.base import named
from netguru.pcap.protocols.ntp import SERVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding
    from netguru.pcap.checks.common import Row

_ALARM, _UNSPECIFIED, _UNSYNCHRONISED = 3, 0, 16


@check("capture", "ntp.unsynchronised", profile="services")
def unsynchronised(capture: Capture) -> Iterator[Finding]:
    """Report servers whose answers say that their clock follows nothing."""
    answers = messages(capture, "ntp", (pl.col("mode") == SERVER) & pl.col("stratum").is_not_null())
    for (server,), told in grouped(answers, "src").items():
        lost = [row for row in told if _has_no_time(row)]
        if not lost:
            continue
        clients = sorted({row["dst"] for row in lost})
        # A server that has just started says so until it has measured its own servers.
        lasting = _has_no_time(told[-1]) and len(lost) >= threshold("ntp.unsynchronised", "replies")
        yield finding(
            "ntp.unsynchronised",
            severity=None if lasting else Severity.NOTE,
            evidence=capture.evidence(numbers(lost), limit=4),
            subject=subject(server, *clients, vlans=vlans(lost)),
            server=server,
            times=counted(len(lost), "answer"),
            states=listed({f"leap {row['leap']}, stratum {row['stratum']}" for row in lost}),
            clients=listed(clients),
        )


def _has_no_time(row: Row) -> bool:
    if row["stratum"] == _UNSPECIFIED and named("ntp", "refusal", row["reference"], "none") != "none":
        return False
    return row["leap"] == _ALARM or row["stratum"] in (_UNSPECIFIED, _UNSYNCHRONISED)
