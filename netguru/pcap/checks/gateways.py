"""First-hop redundancy: VRRP (RFC 9568) and HSRP (RFC 2281) groups with two owners, or whose owner changes."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from netguru.checks import check, finding, threshold
from netguru.pcap.checks.common import (
    Row,
    counted,
    episodes,
    grouped,
    messages,
    numbers,
    span_s,
    subject,
    turns,
    vlans,
)
from netguru.pcap.protocols.hsrp import COUP, HELLO, RESIGN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding


@check("capture", "vrrp.dual-master@capture", "vrrp.flap@capture", profile="routing")
def vrrp_masters(capture: Capture) -> Iterator[Finding]:
    """Look for groups with two masters at once, and for masters that come and go."""
    rows = [row | {"virtual": tuple(row["virtual_ips"])} for row in messages(capture, "vrrp")]
    for (vrid, virtual), said in grouped(rows, "vrid", "virtual").items():
        speaking = [row for row in said if row["priority"]]
        seen = turns(speaking, max(row["interval"] for row in said))
        resigned = [row for row in said if not row["priority"]]
        if seen.is_shared:
            yield _dual(capture, speaking, virtual, f"both use VRID {vrid}")
            continue
        # When both start they may speak at once: who is silenced by the other's next advertisement was not master.
        seen = turns(_without_single(speaking), 0.0)
        if max(len(seen.changes), len(episodes(resigned, 1.0))) >= threshold("vrrp.flap@capture", "changes"):
            yield _flap(capture, "vrrp.flap@capture", said, [*seen.changes, *resigned], f"VRID {vrid}", virtual)
    yield from _one_address_two_groups(capture, rows)


def _without_single(rows: list[Row]) -> list[Row]:
    """Leave out single messages that stand between two of one other sender."""
    alone = {at for at in range(1, len(rows) - 1) if rows[at - 1]["src"] == rows[at + 1]["src"] != rows[at]["src"]}
    return [row for at, row in enumerate(rows) if at not in alone]


def _dual(capture: Capture, rows: list[Row], virtual: tuple[str, ...], reason: str) -> Finding:
    senders = sorted({row["src"] for row in rows})
    quoted = [number for sender in senders for number in numbers(row for row in rows if row["src"] == sender)[-3:]]
    return finding(
        "vrrp.dual-master@capture",
        evidence=capture.evidence(quoted, limit=6),
        subject=subject(*senders, *virtual, vlans=vlans(rows)),
        symptoms=[
            f"{counted(sum(row['src'] == sender for row in rows), 'advertisement')} of {sender}" for sender in senders
        ],
        senders=" and ".join(senders),
        virtual=", ".join(virtual) or "no address",
        reason=reason,
    )


def _one_address_two_groups(capture: Capture, rows: list[Row]) -> Iterator[Finding]:
    by_address: dict[str, list[Row]] = {}
    for row in rows:
        # A link-local virtual address may serve in many VLANs.
        for address in (item for item in row["virtual"] if not item.startswith("fe80:") and row["priority"]):
            by_address.setdefault(address, []).append(row)
    for address, said in by_address.items():
        for (one, first), (two, second) in combinations(grouped(said, "vrid").items(), 2):
            enough = min(len(first), len(second)) >= threshold("vrrp.dual-master@capture", "advertisements")
            together = first[0]["time_ns"] <= second[-1]["time_ns"] and second[0]["time_ns"] <= first[-1]["time_ns"]
            if enough and together and {row["src"] for row in first} != {row["src"] for row in second}:
                yield _dual(capture, first + second, (address,), f"they use VRID {one[0]} and VRID {two[0]}")


def _flap(
    capture: Capture, check_id: str, rows: list[Row], changes: list[Row], group: str, virtual: tuple[str, ...]
) -> Finding:
    senders = sorted({row["src"] for row in rows})
    return finding(
        check_id,
        evidence=capture.evidence(numbers(changes), limit=8),
        subject=subject(*senders, *virtual, vlans=vlans(rows)),
        symptoms=[f"{counted(len(changes), 'message')} of change in {span_s(rows):.0f} s"],
        group=group,
        virtual=", ".join(virtual) or "no address",
        senders=" and ".join(senders),
    )


@check("capture", "hsrp.flap", "hsrp.dual-active", "hsrp.mismatch", profile="routing")
def hsrp_groups(capture: Capture) -> Iterator[Finding]:
    """Look for groups whose active router changes, is there twice, or whose members disagree."""
    rows = [row for row in messages(capture, "hsrp") if row["group"] is not None]
    for (group, virtual), said in grouped(rows, "group", "virtual_ip").items():
        active = [row for row in said if row["state"] == "active" and row["opcode"] == HELLO]
        claims = [row for row in said if row["opcode"] in (COUP, RESIGN)]
        seen = turns(active, max((row["hello_time"] for row in active), default=0.0))
        if seen.is_shared:
            yield _hsrp(capture, "hsrp.dual-active", active, group, virtual)
        elif len(seen.changes) >= threshold("hsrp.flap", "changes") or len(claims) >= threshold("hsrp.flap", "claims"):
            yield _flap(capture, "hsrp.flap", said, [*seen.changes, *claims], f"group {group}", (virtual,))
        timers = {(row["src"], row["hello_time"], row["hold_time"]) for row in said if row["opcode"] == HELLO}
        if len({timer[1:] for timer in timers}) > 1 and len({timer[0] for timer in timers}) == len(timers):
            what = "; ".join(f"{src} hello {hello:g} s hold {hold:g} s" for src, hello, hold in sorted(timers))
            yield _hsrp(capture, "hsrp.mismatch", said, group, virtual, what=f"timers: {what}")
    yield from _hsrp_groups_differ(capture, rows)


def _hsrp(capture: Capture, check_id: str, rows: list[Row], group: int, virtual: str, what: str = "") -> Finding:
    senders = sorted({row["src"] for row in rows})
    quoted = [number for sender in senders for number in numbers(row for row in rows if row["src"] == sender)[-2:]]
    return finding(
        check_id,
        evidence=capture.evidence(quoted, limit=6),
        subject=subject(*senders, virtual, vlans=vlans(rows)),
        senders=" and ".join(senders),
        group=f"group {group}",
        virtual=virtual,
        what=what,
    )


def _hsrp_groups_differ(capture: Capture, rows: list[Row]) -> Iterator[Finding]:
    stated = [row for row in rows if row["opcode"] == HELLO and row["virtual_ip"] not in ("0.0.0.0", "::")]  # noqa: S104 - not learned yet
    for (virtual,), said in grouped(stated, "virtual_ip").items():
        by_group = {group: {row["src"] for row in part} for (group,), part in grouped(said, "group").items()}
        if len(by_group) > 1 and len(set().union(*by_group.values())) > 1 and not virtual.startswith("fe80:"):
            what = "; ".join(f"group {group} on {', '.join(sorted(who))}" for group, who in sorted(by_group.items()))
            yield _hsrp(capture, "hsrp.mismatch", said, min(by_group), virtual, what=f"groups for one address: {what}")
