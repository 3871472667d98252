"""LACP: ports that hear no partner, do not carry traffic, or lead to different partners (IEEE 802.1AX clause 6.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.checks import check, finding, threshold
from netguru.pcap.checks.common import SECOND, Row, grouped, messages, numbers, subject, vlans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

_NOBODY = "00:00:00:00:00:00"
_CARRIES = ("in sync", "collecting", "distributing")


def _ports(capture: Capture) -> list[list[Row]]:
    """Give the LACPDUs of each port."""
    rows = [row for row in messages(capture, "lacp") if row["partner_flags"] is not None]
    return list(grouped(rows, "actor_system", "actor_port").values())


def _name(row: Row) -> str:
    return f"port {row['actor_port']} of {row['actor_system']}"


@check("capture", "lacp.no-partner", "lacp.not-carrying", profile="l2")
def ports(capture: Capture) -> Iterator[Finding]:
    """Look at how each port ends: its last messages must say the same, for negotiation passes through other states."""
    for rows in _ports(capture):
        alone = [row["partner_system"] == _NOBODY for row in rows]
        least = int(threshold("lacp.no-partner", "messages"))
        if len(rows) >= least and all(alone[-least:]):
            yield finding(
                "lacp.no-partner",
                evidence=capture.evidence(numbers(rows)[-least:], limit=4),
                subject=subject(rows[-1]["actor_system"], rows[-1]["eth_src"], vlans=vlans(rows)),
                port=_name(rows[-1]),
            )
            continue
        least = int(threshold("lacp.not-carrying", "messages"))
        last = rows[-least:]
        lacking = [name for name in _CARRIES if all(name not in row["actor_flags"] for row in last)]
        lasting = last[-1]["time_ns"] - last[0]["time_ns"] >= threshold("lacp.not-carrying", "seconds") * SECOND
        if len(last) < least or not lasting or not lacking or any(alone[-least:]):
            continue
        yield finding(
            "lacp.not-carrying",
            evidence=capture.evidence(numbers(last), limit=4),
            subject=subject(last[-1]["actor_system"], last[-1]["partner_system"], vlans=vlans(last)),
            port=_name(last[-1]),
            lacking=", ".join(lacking),
            partner=last[-1]["partner_system"],
        )


@check("capture", "lacp.partner-mismatch", "lacp.timeout-mismatch", profile="l2")
def bundles(capture: Capture) -> Iterator[Finding]:
    """Compare the ports of one bundle with each other, and the timeouts of the two ends of a link."""
    last = [rows[-1] for rows in _ports(capture)]
    for members in grouped(last, "actor_system", "actor_key").values():
        others = grouped((row for row in members if row["partner_system"] != _NOBODY), "partner_system", "partner_key")
        if len(others) > 1:
            what = "; ".join(
                f"port {', '.join(str(row['actor_port']) for row in rows)} to {system} key {key}"
                for (system, key), rows in sorted(others.items())
            )
            yield finding(
                "lacp.partner-mismatch",
                evidence=capture.evidence(numbers(members), limit=6),
                subject=subject(members[0]["actor_system"], *(system for system, _ in others), vlans=vlans(members)),
                system=members[0]["actor_system"],
                key=members[0]["actor_key"],
                what=what,
            )
    by_port = {(row["actor_system"], row["actor_port"]): row for row in last}
    for (system, port), row in by_port.items():
        other = by_port.get((row["partner_system"], row["partner_port"]))
        if other is None or (system, port) > (other["actor_system"], other["actor_port"]):
            continue
        short = ["short timeout" in end["actor_flags"] for end in (row, other)]
        if short[0] != short[1]:
            yield finding(
                "lacp.timeout-mismatch",
                evidence=capture.evidence([row["number"], other["number"]], limit=2),
                subject=subject(system, other["actor_system"], vlans=vlans((row, other))),
                short=_name(row if short[0] else other),
                long=_name(other if short[0] else row),
            )
