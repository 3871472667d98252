"""EIGRP: neighbours whose metric weights or autonomous systems differ (RFC 7868 section 5.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netguru.checks import check, finding
from netguru.pcap.checks.common import (
    Pair,
    Row,
    counted,
    grouped,
    listed,
    messages,
    numbers,
    pairs_on_links,
    subject,
    vlans,
)
from netguru.pcap.messages import limit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

_COMPARED = 5
_QUOTED = 3


def _weights(row: Row) -> tuple[int, ...]:
    return tuple(row["k_values"][:_COMPARED])


@check("capture", "eigrp.k-mismatch@capture", profile="routing")
def weights(capture: Capture) -> Iterator[Finding]:
    """Compare the K values of the hellos on one link; a goodbye is not a setting."""
    rows = messages(capture, "eigrp")
    hellos = [row for row in rows if row["k_values"] and not row["goodbye"]]
    left = grouped((row for row in rows if row["goodbye"]), "src")
    alike: dict[tuple[Any, ...], list[Pair]] = {}
    for pair in pairs_on_links(hellos, "asn"):
        one, two = pair.one[-1], pair.two[-1]
        if _weights(one) != _weights(two):
            which = frozenset((_weights(one), _weights(two)))
            alike.setdefault((one["interface"], one["vlan"], one["asn"], which), []).append(pair)
    for pairs in alike.values():
        if len(pairs) > limit("findings", "pairs"):
            yield _many(capture, pairs, left)
        else:
            yield from _singly(capture, pairs, left)


def _singly(capture: Capture, pairs: list[Pair], left: dict[tuple[Any, ...], list[Row]]) -> Iterator[Finding]:
    for pair in pairs:
        one, two = pair.one[-1], pair.two[-1]
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


def _many(capture: Capture, pairs: list[Pair], left: dict[tuple[Any, ...], list[Row]]) -> Finding:
    """Make one finding of many pairs on one link that differ in the same way: two camps, each with its weights."""
    camps: dict[tuple[int, ...], dict[str, Row]] = {}
    for pair in pairs:
        for end in (pair.one, pair.two):
            camps.setdefault(_weights(end[-1]), {})[end[0]["src"]] = end[-1]
    # The smaller camp is the likelier cause: it is named first and in full as far as that goes.
    (one_k, one), (two_k, two) = sorted(camps.items(), key=lambda camp: len(camp[1]))
    most = limit("findings", "addresses")
    senders = [*list(one)[: most // 2], *two][:most]
    goodbyes = [row for address in (*one, *two) for row in left.get((address,), ())]
    quoted = [*numbers(one.values())[:_QUOTED], *numbers(two.values())[:_QUOTED], *numbers(goodbyes)[:2]]
    return finding(
        "eigrp.k-mismatch@capture",
        evidence=capture.evidence(quoted, limit=2 * _QUOTED + 2),
        subject=subject(*senders, vlans=vlans((*one.values(), *two.values()))),
        symptoms=[
            f"{len(pairs)} pairs of senders on one link differ so: {len(one)} and {len(two)} senders",
            *([f"{counted(len(goodbyes), 'goodbye')} with all K values 255"] if goodbyes else []),
        ],
        one=listed(one),
        two=listed(two),
        one_k=" ".join(map(str, one_k)),
        two_k=" ".join(map(str, two_k)),
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
