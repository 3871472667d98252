"""Addresses that two hosts use: IPv4 by ARP (RFC 5227), IPv6 by duplicate address detection (RFC 4862)."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

import polars as pl

from netguru import resources
from netguru.checks import check, finding, threshold
from netguru.model.finding import Severity
from netguru.pcap.checks.common import SECOND, Row, counted, grouped, numbers, subject, told, vlans
from netguru.pcap.protocols.icmpv6 import NEIGHBOR_ADVERTISEMENT, NEIGHBOR_SOLICITATION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

_UNSPECIFIED, _NOBODY = "::", "0.0.0.0"  # noqa: S104 - the source of a probe


def is_virtual(mac: str) -> bool:
    """Say whether a hardware address belongs to a group of gateways rather than to one of them."""
    return mac.startswith(tuple(_virtual_prefixes()))


def _virtual_prefixes() -> list[str]:
    prefixes: list[str] = resources.table("protocols", "arp.toml")["virtual"]["prefixes"]
    return prefixes


@check("capture", "ip.duplicate-address@capture", profile="l2")
def duplicate_ipv4(capture: Capture) -> Iterator[Finding]:
    """Find IPv4 addresses that two hardware addresses claim in turn, not one after the other."""
    for (address,), said in grouped(_claimed(told(capture, "arp")).to_dicts(), "sender_ip").items():
        owners = sorted({row["sender_mac"] for row in said})
        returns = _returns(said)
        at_once = _at_once(said, threshold("ip.duplicate-address@capture", "together_ms"))
        # A single hand-over is a new card or a fail-over; a conflict goes to and fro.
        often = sorted((sum(row["sender_mac"] == mac for row in said) for mac in owners), reverse=True)
        certain = (returns > 0 or at_once > 1) and often[1] >= threshold("ip.duplicate-address@capture", "messages")
        quoted = [number for mac in owners for number in numbers(row for row in said if row["sender_mac"] == mac)[:4]]
        yield finding(
            "ip.duplicate-address@capture",
            severity=None if certain else Severity.NOTE,
            evidence=capture.evidence(quoted, limit=8),
            subject=subject(address, *owners, vlans=vlans(said)),
            symptoms=[
                f"{counted(sum(row['sender_mac'] == mac for row in said), 'ARP message')} of {mac}" for mac in owners
            ],
            address=address,
            owners=" and ".join(owners),
        )


def _claimed(rows: pl.DataFrame) -> pl.DataFrame:
    """Give the ARP messages that name addresses which several hosts claim.

    Who answers for many addresses is left out: proxy ARP is no conflict.
    """
    sender, address = pl.col("sender_mac"), pl.col("sender_ip")
    virtual = pl.any_horizontal(sender.str.starts_with(prefix) for prefix in _virtual_prefixes())
    rows = rows.filter((address != _NOBODY) & ~virtual & ~pl.col("probe").fill_null(value=False))
    proxy = address.n_unique().over("sender_mac") > threshold("ip.duplicate-address@capture", "proxy_addresses")
    return rows.filter(~proxy).filter(sender.n_unique().over("sender_ip") > 1)


def _returns(said: list[Row]) -> int:
    """Count how often an owner speaks again after another one did."""
    seen: set[str] = set()
    count = 0
    for before, after in pairwise(said):
        seen.add(before["sender_mac"])
        count += before["sender_mac"] != after["sender_mac"] and after["sender_mac"] in seen
    return count


def _at_once(said: list[Row], within_ms: float) -> int:
    return sum(
        before["sender_mac"] != after["sender_mac"] and after["time_ns"] - before["time_ns"] <= within_ms * 1e6
        for before, after in pairwise(said)
    )


@check("capture", "nd.duplicate-address", profile="l2")
def duplicate_ipv6(capture: Capture) -> Iterator[Finding]:
    """Find addresses whose detection of duplicates fails: another host owns or probes the same."""
    kind, target = pl.col("type"), pl.col("target")
    named = told(capture, "nd").filter((target != "") & (pl.col("eth_src") != ""))
    probing = (kind == NEIGHBOR_SOLICITATION) & (pl.col("src") == _UNSPECIFIED)
    probed = target.is_in(named.filter(probing)["target"].unique().implode())
    rows = named.filter(probing | ((kind == NEIGHBOR_ADVERTISEMENT) & probed)).to_dicts()
    probes = [row for row in rows if row["type"] == NEIGHBOR_SOLICITATION]
    claims = {
        target: [row for row in part if not is_virtual(row["eth_src"])]
        for (target,), part in grouped([row for row in rows if row["type"] == NEIGHBOR_ADVERTISEMENT], "target").items()
    }
    window = threshold("nd.duplicate-address", "window_seconds") * SECOND
    for (target,), asked in grouped(probes, "target").items():
        said = claims.get(target, [])
        answers, rivals = _conflicting(said, asked, window), _conflicting(asked, asked, window)
        if not answers and not rivals:
            continue
        owners = sorted({row["eth_src"] for row in (*asked, *answers)})
        yield finding(
            "nd.duplicate-address",
            evidence=capture.evidence([*numbers(asked)[:4], *numbers(answers)[:4]], limit=8),
            subject=subject(target, *owners, vlans=vlans(asked)),
            symptoms=[
                f"{counted(len(asked), 'probe')}, {counted(len(answers), 'advertisement')} of another host in answer"
            ],
            target=target,
            owners=" and ".join(owners),
        )


def _conflicting(said: list[Row], probes: list[Row], window: float) -> list[Row]:
    """Give the messages that follow the probe of another host within a window."""
    asked = sorted(probes, key=itemgetter("time_ns"))
    times = [row["time_ns"] for row in asked]
    found = []
    for row in said:
        time = row["time_ns"]
        near = range(bisect_left(times, time - window), bisect_right(times, time))
        if any(asked[place]["eth_src"] != row["eth_src"] for place in near):
            found.append(row)
    return found
