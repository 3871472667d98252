"""Who is let in: SNMP's refusals and errors, and RADIUS rejects."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from netguru.checks import check, finding
from netguru.pcap.checks.common import counted, grouped, listed, messages, numbers, subject, vlans
from netguru.pcap.protocols.base import named
from netguru.pcap.protocols.radius import REJECT
from netguru.pcap.protocols.snmp import REPORT, RESPONSE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

_AUTHENTICATION_TRAP = 4
_NO_SUCH_NAME = 2


@check("capture", "snmp.auth-failure", profile="security")
def snmp_refused(capture: Capture) -> Iterator[Finding]:
    """Report agents that refuse a user, and traps that tell of a wrong community."""
    reports = messages(capture, "snmp", pl.col("pdu_type") == REPORT)
    refused = [row | {"said": _said(row["oids"])} for row in reports]
    traps = messages(capture, "snmp", pl.col("generic_trap") == _AUTHENTICATION_TRAP)
    rows = [row for row in refused if row["said"]] + [row | {"said": "authenticationFailure"} for row in traps]
    for (agent, manager, said), told in grouped(rows, "src", "dst", "said").items():
        asked = [row["request"] for row in told if row["request"] is not None]
        yield finding(
            "snmp.auth-failure",
            evidence=capture.evidence([*numbers(told)[:4], *asked[:2]], limit=6),
            subject=subject(agent, manager, vlans=vlans(told)),
            agent=agent,
            manager=manager,
            said=said,
            times=counted(len(told), "message"),
        )


def _said(oids: list[str] | None) -> str:
    """Name what a report refuses; empty for those with which every conversation begins."""
    for oid in oids or ():
        text = named("snmp", "report", oid.removesuffix(".0"), "-")
        if text in ("unsupportedSecLevels", "unknownUserNames", "wrongDigests", "decryptionErrors"):
            return text
    return ""


@check("capture", "snmp.error", profile="services")
def snmp_errors(capture: Capture) -> Iterator[Finding]:
    """Report agents that answer with errors; an unknown name ends every walk of version 1 and is none."""
    wrong = (pl.col("pdu_type") == RESPONSE) & (pl.col("error_status") > 0)
    rows = messages(capture, "snmp", wrong & (pl.col("error_status") != _NO_SUCH_NAME))
    for (agent, error), told in grouped(rows, "src", "error_name").items():
        names = {(row["oids"] or ["?"])[max(min(row["error_index"], len(row["oids"] or ["?"])), 1) - 1] for row in told}
        yield finding(
            "snmp.error",
            evidence=capture.evidence(numbers(told), limit=4),
            subject=subject(agent, *(row["dst"] for row in told), vlans=vlans(told)),
            agent=agent,
            error=error,
            names=listed(names),
            times=counted(len(told), "response"),
        )


@check("capture", "radius.reject", profile="security")
def rejected(capture: Capture) -> Iterator[Finding]:
    """Report users and stations that a server does not let in."""
    rows = messages(capture, "radius")
    asked = {row["number"]: row for row in rows}
    rejects = [
        row
        | {"who": (who := asked.get(row["request"] or 0, {})).get("user") or who.get("calling") or "an unknown user"}
        for row in rows
        if row["code"] == REJECT
    ]
    for (server, device, who), told in grouped(rejects, "src", "dst", "who").items():
        requests = [row["request"] for row in told if row["request"] is not None]
        yield finding(
            "radius.reject",
            evidence=capture.evidence([*numbers(told)[:4], *requests[:2]], limit=6),
            subject=subject(server, device, vlans=vlans(told)),
            symptoms=[f'the server says: "{text}"' for text in sorted({row["message"] for row in told} - {"", None})],
            server=server,
            device=device,
            who=who,
            times=counted(len(told), "reject"),
        )
