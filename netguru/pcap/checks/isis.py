"""IS-IS: neighbours on one link whose levels, areas, authentication or MTU do not fit (ISO 10589 clause 8)."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from netguru.checks import check, finding, threshold
from netguru.pcap.checks.common import Row, grouped, messages, numbers, subject, vlans
from netguru.pcap.messages import limit
from netguru.pcap.protocols.base import named
from netguru.pcap.protocols.isis import HELLO_P2P

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

_LEVEL_1 = "level 1"


def _links(capture: Capture) -> list[list[Row]]:
    """Give the hellos of each link; on a recording of a point-to-point link both ends stand at one interface."""
    rows = [row for row in messages(capture, "isis") if row["circuit"] and row["system_id"]]
    return list(grouped(rows, "interface", "vlan").values())


def _differences(one: Row, two: Row) -> Iterator[tuple[str, str, str]]:
    """Compare the settings of two systems: what differs and how each has it."""
    circuits = {one["circuit"], two["circuit"]}
    if circuits == {_LEVEL_1, "level 2"}:
        yield "isis.level-mismatch", one["circuit"], two["circuit"]
        return
    if one["type"] != two["type"]:
        return
    areas = [sorted(row["areas"] or ()) for row in (one, two)]
    level_1 = one["type"] == HELLO_P2P - 2 or _LEVEL_1 in circuits
    if level_1 and all(areas) and not set(areas[0]) & set(areas[1]):
        yield "isis.area-mismatch", ", ".join(areas[0]), ", ".join(areas[1])
    if one["auth_type"] != two["auth_type"]:
        texts = [named("isis", "auth", row["auth_type"], "no authentication") for row in (one, two)]
        yield "isis.auth-mismatch", texts[0], texts[1]
    if one["padding"] and two["padding"] and one["pdu_length"] != two["pdu_length"]:
        yield "isis.mtu-mismatch", one["pdu_length"], two["pdu_length"]


@check(
    "capture",
    "isis.level-mismatch",
    "isis.area-mismatch",
    "isis.auth-mismatch",
    "isis.mtu-mismatch",
    profile="routing",
)
def neighbours(capture: Capture) -> Iterator[Finding]:
    """Compare the last hellos of every two systems on a link, of one kind at a time."""
    for link in _links(capture):
        said: set[tuple[str, str, str]] = set()
        senders = list(grouped(link, "system_id", "type").values())[: limit("findings", "senders")]
        for one, two in combinations(senders, 2):
            ends = (one[-1]["system_id"], two[-1]["system_id"])
            if ends[0] == ends[1]:
                continue
            for check_id, one_value, two_value in _differences(one[-1], two[-1]):
                if (check_id, *ends) in said:
                    continue
                said.add((check_id, *ends))
                yield finding(
                    check_id,
                    evidence=capture.evidence([*numbers(one)[-2:], *numbers(two)[-2:]], limit=4),
                    subject=subject(one[-1]["eth_src"], two[-1]["eth_src"], vlans=vlans(link)),
                    one=ends[0],
                    two=ends[1],
                    one_value=one_value,
                    two_value=two_value,
                )


@check("capture", "isis.duplicate-system-id", profile="routing")
def duplicates(capture: Capture) -> Iterator[Finding]:
    """Find two hardware addresses that send hellos of one system in turn on one link."""
    least = int(threshold("isis.duplicate-system-id", "hellos"))
    for link in _links(capture):
        for (system, _), rows in grouped((row for row in link if row["eth_src"]), "system_id", "type").items():
            by_mac = {mac: part for (mac,), part in grouped(rows, "eth_src").items() if len(part) >= least}
            for (one, first), (two, second) in combinations(list(by_mac.items())[:2], 2):
                # One card replaced by another sends only after it.
                if first[0]["number"] < second[-1]["number"] and second[0]["number"] < first[-1]["number"]:
                    yield finding(
                        "isis.duplicate-system-id",
                        evidence=capture.evidence([*numbers(first)[-2:], *numbers(second)[-2:]], limit=4),
                        subject=subject(one, two, vlans=vlans(rows)),
                        system=system,
                        one=one,
                        two=two,
                    )
