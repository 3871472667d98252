"""What switches say to each other: UDLD (RFC 5171), and Cisco's DTP and VTP."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

from netguru.checks import check, finding, threshold
from netguru.pcap.checks.common import SECOND, Row, grouped, messages, numbers, subject, vlans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

_FLUSH = 3
_WILLING = ("desirable", "auto")


def _port(row: Row) -> str:
    return f"{row['device']} {row['port']}"


@check("capture", "udld.unidirectional", profile="l2")
def one_way(capture: Capture) -> Iterator[Finding]:
    """Find a port that goes on without naming the one port that it faces, which has been sending all the time."""
    rows = [row for row in messages(capture, "udld") if row["device"] and row["port"] and row["opcode"] != _FLUSH]
    least = int(threshold("udld.unidirectional", "messages"))
    wait = threshold("udld.unidirectional", "seconds") * SECOND
    for link in grouped(rows, "interface", "vlan").values():
        ends = list(grouped(link, "device", "port").values())
        if len(ends) != 2:  # noqa: PLR2004 - more are several links
            continue
        for deaf, heard in permutations(ends):
            since = heard[0]["time_ns"] + wait
            late = [row for row in deaf if since < row["time_ns"] <= heard[-1]["time_ns"] + wait]
            told = [row for row in late if row["heard"] is not None]
            if len(told) >= least and all(_port(heard[0]) not in row["heard"] for row in told[-least:]):
                yield finding(
                    "udld.unidirectional",
                    evidence=capture.evidence([*numbers(told)[-3:], *numbers(heard)[-2:]], limit=5),
                    subject=subject(deaf[0]["eth_src"], heard[0]["eth_src"], vlans=vlans(link)),
                    deaf=_port(deaf[0]),
                    sender=_port(heard[0]),
                )


@check("capture", "dtp.negotiates", profile="l2")
def trunks(capture: Capture) -> Iterator[Finding]:
    """Report ports that operate as access ports and are ready to become trunks."""
    for (mac,), rows in grouped(messages(capture, "dtp"), "eth_src").items():
        last = rows[-1]
        if last["trunking"] is False and last["status_name"] in _WILLING:
            yield finding(
                "dtp.negotiates",
                evidence=capture.evidence(numbers(rows)[-2:], limit=2),
                subject=subject(mac, vlans=vlans(rows)),
                port=mac or "a port",
                status=last["status_name"],
            )


@check("capture", "vtp.domain-mismatch", profile="l2")
def domains(capture: Capture) -> Iterator[Finding]:
    """Find VTP domains that differ on one link."""
    rows = [row for row in messages(capture, "vtp") if row["domain"]]
    for link in grouped(rows, "interface", "vlan").values():
        by_domain = {domain: part for (domain,), part in grouped(link, "domain").items()}
        senders = [{row["eth_src"] for row in part} for part in by_domain.values()]
        # A switch that was given another domain is one sender with two.
        if len(by_domain) != 2 or senders[0] & senders[1]:  # noqa: PLR2004 - two ends
            continue
        (one, first), (two, second) = by_domain.items()
        yield finding(
            "vtp.domain-mismatch",
            evidence=capture.evidence([*numbers(first)[-2:], *numbers(second)[-2:]], limit=4),
            subject=subject(first[-1]["eth_src"], second[-1]["eth_src"], vlans=vlans(link)),
            one=first[-1]["eth_src"],
            two=second[-1]["eth_src"],
            one_domain=one,
            two_domain=two,
        )
