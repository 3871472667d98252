"""Multicast groups: links with two queriers or none (RFC 3376 section 6.6.2, RFC 3810 section 7.6.2)."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING

from netguru.checks import check, finding, threshold
from netguru.pcap.checks.common import SECOND, Row, counted, grouped, messages, numbers, span_s, subject, vlans
from netguru.pcap.protocols.igmp import MLD_QUERY, QUERY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

_NO_GROUP = ("0.0.0.0", "::")  # noqa: S104 - a general query, or the proxy of a snooping switch
_FIRST_ROUTED = int(ip_address("224.0.1.0"))


@check("capture", "igmp.two-queriers", "mld.two-queriers", profile="routing")
def two_queriers(capture: Capture) -> Iterator[Finding]:
    """Find a querier that goes on although one with a lower address queries the same link."""
    for protocol, kind in (("igmp", QUERY), ("mld", MLD_QUERY)):
        general = [row for row in messages(capture, protocol) if row["type"] == kind and row["group"] in _NO_GROUP]
        asked = [row for row in general if row["src"] not in _NO_GROUP]
        for link in grouped(asked, "interface", "vlan").values():
            lowest = min(link, key=lambda row: ip_address(row["src"]))["src"]
            won = [row for row in link if row["src"] == lowest]
            # The first query of the winner may cross one of the loser.
            settled = won[0]["time_ns"] + threshold(f"{protocol}.two-queriers", "settled_seconds") * SECOND
            late = [row for row in link if row["src"] != lowest and row["time_ns"] > settled]
            late = [row for row in late if row["time_ns"] < won[-1]["time_ns"]]
            if len(late) >= threshold(f"{protocol}.two-queriers", "queries"):
                others = sorted({row["src"] for row in late})
                yield finding(
                    f"{protocol}.two-queriers",
                    evidence=capture.evidence([*numbers(won)[-2:], *numbers(late)[-3:]], limit=5),
                    subject=subject(lowest, *others, vlans=vlans(link)),
                    symptoms=[f"{counted(len(late), 'query').replace('querys', 'queries')} of {', '.join(others)}"],
                    lowest=lowest,
                    others=", ".join(others),
                )


def _is_routed(row: Row) -> bool:
    """Say whether a report names a group that routers forward; those of the link itself need no querier."""
    named = [text.split()[0] for text in row["groups"] or ()] or [row["group"]]
    return any(int(ip_address(group)) >= _FIRST_ROUTED for group in named if group)


@check("capture", "igmp.no-querier", profile="routing")
def no_querier(capture: Capture) -> Iterator[Finding]:
    """Find a link where hosts report groups for longer than a membership lasts and nobody queries."""
    for link in grouped(messages(capture, "igmp"), "interface", "vlan").values():
        reports = [row for row in link if row["type"] != QUERY and _is_routed(row)]
        enough = len(reports) >= threshold("igmp.no-querier", "reports")
        if len(reports) < len(link) and any(row["type"] == QUERY for row in link):
            continue
        if enough and span_s(reports) >= threshold("igmp.no-querier", "seconds"):
            hosts = sorted({row["src"] for row in reports})
            yield finding(
                "igmp.no-querier",
                evidence=capture.evidence([*numbers(reports)[:2], *numbers(reports)[-2:]], limit=4),
                subject=subject(*hosts[:8], vlans=vlans(reports)),
                reports=len(reports),
                seconds=round(span_s(reports)),
            )
