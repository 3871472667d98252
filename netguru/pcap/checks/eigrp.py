"""EIGRP: neighbours whose metric weights or autonomous systems differ (RFC 7868 section 5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.checks import check, finding
from netguru.pcap.checks.common import Row, counted, grouped, messages, numbers, pairs_on_links, subject, vlans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

_COMPARED = 5


def _weights(row: Row) -> tuple[int, ...]:
    return tuple(row["k_values"][:_COMPARED])


@check("capture", "eigrp.k-mismatch@capture", profile="routing")
def weights(capture: Capture) -> Iterator[Finding]:
    """Compare the K values of the hellos on one link; a goodbye is not a setting."""
    rows = messages(capture, "eigrp")
    hellos = [row for row in rows if row["k_values"] and not row["goodbye"]]
    left = grouped((row for row in rows if row["goodbye"]), "src")
    for pair in pairs_on_links(hellos, "asn"):
        one, two = pair.one[-1], pair.two[-1]
        if _weights(one) == _weights(two):
            continue
        goodbyes = [row for end in pair.ends for row in left.get((end,), ())]
        quoted = [*numbers(pair.one)[-2:], *numbers(pair.two)[-2:], *numbers(goodbyes)[:2]]
        yield finding(
            "eigrp.k-mismatch@capture",
            evidence=capture.evidence(quoted, limit=6),
            subject=subject(*pair.ends, vlans=vlans(pair.one)),
            symptoms=[f"{counted(len(goodbyes), 'goodbye')} with all K values 255"] if goodbyes else (),
            one=pair.ends[0],
            two=pair.ends[1],
            one_k=" ".join(map(str, _weights(one))),
            two_k=" ".join(map(str, _weights(two))),
        )


@check("capture", "eigrp.as-mismatch", profile="routing")
def systems(capture: Capture) -> Iterator[Finding]:
    """Find a link on which exactly two speakers use different autonomous systems."""
    hellos = [row for row in messages(capture, "eigrp") if row["k_values"]]
    for link in grouped(hellos, "interface", "vlan").values():
        by_sender = {src: {row["asn"] for row in part} for (src,), part in grouped(link, "src").items()}
        if len(by_sender) != 2:  # noqa: PLR2004 - the two ends of one link
            continue
        (one, first), (two, second) = by_sender.items()
        if first & second:
            continue
        yield finding(
            "eigrp.as-mismatch",
            evidence=capture.evidence(numbers(link)[-4:], limit=4),
            subject=subject(one, two, vlans=vlans(link)),
            one=one,
            two=two,
            one_as=", ".join(map(str, sorted(first))),
            two_as=", ".join(map(str, sorted(second))),
        )
