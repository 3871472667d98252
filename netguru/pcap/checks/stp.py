"""Spanning tree: topology changes, and who is the root (IEEE 802.1D-2004)."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from netguru.checks import check, finding, threshold
from netguru.model.finding import Severity
from netguru.pcap.checks.common import SECOND, Row, counted, episodes, grouped, messages, numbers, subject, vlans
from netguru.pcap.protocols.stp import CHANGE_NOTICE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

Root = tuple[int, str]
_DEFAULT_PRIORITY = 32768
_DEFAULT_FORWARD_DELAY_S, _DEFAULT_MAX_AGE_S = 15.0, 20.0


def _trees(capture: Capture) -> Iterator[list[Row]]:
    """Give the BPDUs of each tree: one a VLAN where BPDUs are per VLAN, else one in all."""
    rows = messages(capture, "stp")
    for row in rows:
        row["tree"] = row["pvst_vlan"] or row["root_extension"] or row["vlan"] or 0
    stated = {row["tree"] for row in rows if row["type"] != CHANGE_NOTICE}
    for row in rows:
        # A TCN names no tree: in a capture of one tree it belongs to that.
        if row["type"] == CHANGE_NOTICE and len(stated) == 1:
            row["tree"] = next(iter(stated))
    yield from grouped(rows, "tree").values()


def _claims(rows: list[Row]) -> list[tuple[Root, Row]]:
    """Give the BPDUs in which the root that is claimed differs from the one before, first one included."""
    found: list[tuple[Root, Row]] = []
    for row in rows:
        if row["root_mac"] is None:
            continue
        root = (row["root_priority"], row["root_mac"])
        if not found or root != found[-1][0]:
            found.append((root, row))
    return found


def _words(root: Root) -> str:
    return f"{root[1]} (priority {root[0]})"


@check("capture", "stp.topology-change", profile="l2")
def topology_change(capture: Capture) -> Iterator[Finding]:
    """Report topology changes; those that follow an election at the start are only noted."""
    for rows in _trees(capture):
        changed = [row for row in rows if row["type"] == CHANGE_NOTICE or row["topology_change"]]
        if not changed:
            continue
        delay = max((row["forward_delay"] or 0 for row in rows), default=0) or _DEFAULT_FORWARD_DELAY_S
        age = max((row["max_age"] or 0 for row in rows), default=0) or _DEFAULT_MAX_AGE_S
        notices = [row for row in changed if row["type"] == CHANGE_NOTICE]
        parts = episodes(changed, age + delay)
        # Ports that come up after an election pass listening and learning first: two forward delays.
        elected = _last_election(rows, changed[0]["time_ns"])
        starting = (
            elected is not None and changed[0]["time_ns"] - elected <= (2 * delay + 4) * SECOND and len(parts) == 1
        )
        who = sorted({row["eth_src"] for row in notices if row["eth_src"]})
        yield finding(
            "stp.topology-change",
            severity=Severity.INFO if starting else None,
            evidence=capture.evidence([*numbers(notices)[:4], *numbers(changed)], limit=8),
            subject=subject(*who, *_bridges(changed), vlans=vlans(changed)),
            symptoms=[
                *([counted(len(notices), "change notification")] if notices else []),
                f"{counted(len(changed) - len(notices), 'BPDU')} with the topology change flag",
                *([f"notified by {', '.join(who)}"] if who else []),
                *(["it follows the election of the root at the start"] if starting else []),
            ],
            times=counted(len(parts), "time"),
        )


def _bridges(rows: list[Row]) -> set[str]:
    return {row["bridge_mac"] for row in rows if row["bridge_mac"]}


def _last_election(rows: list[Row], before: int) -> int | None:
    """Give the time of the last change of the claimed root before a time, None when there was none."""
    times = [row["time_ns"] for _, row in _claims(rows)[1:] if row["time_ns"] <= before]
    return max(times, default=None)


@check("capture", "stp.root-change", "stp.root-priority", "stp.two-roots", profile="l2")
def root(capture: Capture) -> Iterator[Finding]:
    """Report a new root after a quiet time, an election at the start, and a root with priority 0."""
    settled_s = threshold("stp.root-change", "settled_seconds")
    for rows in _trees(capture):
        claims = _claims(rows)
        if _returns(claims, settled_s) >= threshold("stp.two-roots", "returns"):
            yield _two_roots(capture, rows, claims)
        elif len({root for root, _ in claims}) > 1:
            yield _changed(capture, rows, claims, settled_s)
        if claims and claims[-1][0][0] == 0:
            yield from _forced(capture, rows, claims)


def _returns(claims: list[tuple[Root, Row]], settled_s: float) -> int:
    """Count how often a root is claimed again; bridges that have just started each claim themselves first."""
    start = claims[0][1]["time_ns"] if claims else 0
    late = [root for root, row in claims if row["time_ns"] - start >= settled_s * SECOND]
    return len(late) - len(set(late))


def _changed(capture: Capture, rows: list[Row], claims: list[tuple[Root, Row]], settled_s: float) -> Finding:
    late = [
        (before, after)
        for before, after in itertools.pairwise(claims)
        if after[1]["time_ns"] - before[1]["time_ns"] >= settled_s * SECOND
    ]
    one, two = late[0] if late else (claims[0], claims[-1])
    if one[0] == two[0]:
        one = next(claim for claim in claims if claim[0] != two[0])
    last = [row for row in rows if (row["root_priority"], row["root_mac"]) == two[0]]
    return finding(
        "stp.root-change",
        severity=None if late else Severity.INFO,
        evidence=capture.evidence([one[1]["number"], two[1]["number"], *numbers(last)[:3]], limit=5),
        subject=subject(one[0][1], two[0][1], vlans=vlans(rows)),
        symptoms=[] if late else ["the bridges elect their root at the start of the capture"],
        old=_words(one[0]),
        new=_words(two[0]),
    )


def _two_roots(capture: Capture, rows: list[Row], claims: list[tuple[Root, Row]]) -> Finding:
    roots = sorted({root for root, _ in claims})
    return finding(
        "stp.two-roots",
        evidence=capture.evidence([row["number"] for _, row in claims], limit=6),
        subject=subject(*(mac for _, mac in roots), vlans=vlans(rows)),
        symptoms=[f"the root that is claimed changes {len(claims) - 1} times"],
        roots=" and ".join(_words(root) for root in roots),
    )


def _forced(capture: Capture, rows: list[Row], claims: list[tuple[Root, Row]]) -> Iterator[Finding]:
    current = claims[-1][0]
    others = {
        (row["bridge_priority"], row["bridge_mac"])
        for row in rows
        if row["bridge_mac"] and row["bridge_mac"] != current[1] and 0 < row["bridge_priority"] < _DEFAULT_PRIORITY
    }
    others |= {root for root, _ in claims if root[1] != current[1] and 0 < root[0] < _DEFAULT_PRIORITY}
    shown = [row for row in rows if (row["root_priority"], row["root_mac"]) == current]
    yield finding(
        "stp.root-priority",
        evidence=capture.evidence(numbers(shown), limit=4),
        subject=subject(current[1], *(mac for _, mac in others), vlans=vlans(shown)),
        symptoms=[f"{_words(other)} was also set to win an election" for other in sorted(others)],
        root=current[1],
    )
