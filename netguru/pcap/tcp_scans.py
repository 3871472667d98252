"""Scans: bursts of failed connections from one host to many ports or many hosts."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netguru.checks import threshold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from netguru.pcap.tcp_connections import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One burst: `tried` are all its connections, `failed` those that were not accepted; one of target, port is set."""

    scanner: str
    target: str
    port: int
    tried: tuple[Connection, ...]
    failed: tuple[Connection, ...]


def scans(items: Iterable[Connection]) -> list[Scan]:
    """Find port scans (many ports of one host) and sweeps (one port of many hosts)."""
    opened = [item for item in items if item.syns]
    by_pair: dict[tuple[str, str], list[Connection]] = defaultdict(list)
    by_port: dict[tuple[str, int], list[Connection]] = defaultdict(list)
    for item in opened:
        by_pair[item.client, item.server].append(item)
        by_port[item.client, item.port].append(item)
    least_ports = int(threshold("scan.ports", "ports"))
    least_hosts = int(threshold("scan.ports", "hosts"))
    found = [
        Scan(scanner=who, target=target, port=0, tried=burst, failed=failed)
        for (who, target), group in by_pair.items()
        for burst, failed in _bursts(group, lambda item: item.port, least_ports)
    ]
    found += [
        Scan(scanner=who, target="", port=port, tried=burst, failed=failed)
        for (who, port), group in by_port.items()
        for burst, failed in _bursts(group, lambda item: item.server, least_hosts)
    ]
    return found


def _bursts(
    group: Sequence[Connection], subject: Callable[[Connection], object], least: int
) -> Iterable[tuple[tuple[Connection, ...], tuple[Connection, ...]]]:
    """Cut attempts where the client paused; keep the bursts with enough different failures."""
    gap = threshold("scan.ports", "gap_ms") * 1e6
    ordered = sorted(group, key=lambda item: item.opened_ns)
    burst: list[Connection] = []
    for item in [*ordered, None]:
        if item is not None and (not burst or item.opened_ns - burst[-1].opened_ns <= gap):
            burst.append(item)
            continue
        failed = tuple(each for each in burst if each.failed)
        enough = len({subject(each) for each in burst}) >= least
        if enough and len(failed) >= threshold("scan.ports", "failed_share") * len(burst):
            yield tuple(burst), failed
        burst = [item] if item is not None else []
