"""OSPF between the ports of one subnet: what must agree for an adjacency (RFC 2328 sections 10.5 and 10.6)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from netguru.checks import check, finding
from netguru.config.joints import once, proofs, shared, shown, subject, told
from netguru.model.finding import Finding, Severity, Subject
from netguru.model.names import device_key

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from netguru.model.facts import Facts, Known, OspfFacts, PortFacts

_LINK_PREFIX = {4: 29, 6: 125}
"""A subnet at least this long connects routers: a passive end there is a mistake, not a LAN of hosts."""


def _row(port: PortFacts, version: int) -> OspfFacts | None:
    return next((row for row in port.ospf if row.version == version and row.area is not None), None)


def _speakers(facts: Facts) -> Iterator[tuple[Any, dict[tuple[str, str], tuple[PortFacts, OspfFacts]]]]:
    """Give every shared subnet with the ports that run OSPF in it: version 2 over IPv4, version 3 over IPv6."""
    for network, ports in shared(facts):
        version = 2 if network.version == 4 else 3  # noqa: PLR2004 - IP and OSPF versions
        rows = {port.key: (port, row) for port in ports if (row := _row(port, version)) is not None}
        if len({device for device, _ in rows}) > 1:
            yield network, rows


def _active(rows: dict[tuple[str, str], tuple[PortFacts, OspfFacts]]) -> list[tuple[PortFacts, OspfFacts]]:
    return [(port, row) for port, row in rows.values() if row.passive is None or not row.passive.value]


def _disagree(
    facts: Facts, check_id: str, value: Callable[[PortFacts, OspfFacts], Known[Any] | None]
) -> Iterator[tuple[str, list[tuple[PortFacts, Known[Any]]]]]:
    """Give every subnet whose active OSPF ports state values that differ."""
    seen: set[Hashable] = set()
    for network, rows in _speakers(facts):
        known = [(port, found) for port, row in _active(rows) if (found := value(port, row)) is not None]
        if len({found.value for _, found in known}) > 1 and once(seen, check_id, [port for port, _ in known]):
            yield str(network), known


@check("facts", "ospf.area-mismatch", profile="routing")
def area_mismatch(facts: Facts) -> Iterator[Finding]:
    """Find neighbours in different OSPF areas."""
    for network, rows in _disagree(facts, "ospf.area-mismatch", lambda _, row: row.area):
        by_port = {port.key: known.value for port, known in rows}
        yield finding(
            "ospf.area-mismatch",
            network=network,
            told=told([port for port, _ in rows], lambda port, v=by_port: f"area {v[port.key]}"),  # type: ignore[misc]  # a default argument binds the loop's value
            subject=subject(port for port, _ in rows),
            evidence=proofs(*(known for _, known in rows)),
        )


@check("facts", "ospf.timer-mismatch", profile="routing")
def timer_mismatch(facts: Facts) -> Iterator[Finding]:
    """Find neighbours whose hello or dead intervals differ."""
    seen: set[Hashable] = set()
    for network, rows in _speakers(facts):
        known = [
            (port, row.hello_interval, row.dead_interval)
            for port, row in _active(rows)
            if row.hello_interval is not None and row.dead_interval is not None
        ]
        ports = [port for port, _, _ in known]
        values = {port.key: (hello.value, dead.value) for port, hello, dead in known}
        if len(set(values.values())) < 2 or not once(seen, "timer", ports):  # noqa: PLR2004 - two opinions
            continue
        yield finding(
            "ospf.timer-mismatch",
            network=str(network),
            told=told(ports, lambda port, v=values: "hello {} dead {}".format(*v[port.key])),  # type: ignore[misc]  # a default argument binds the loop's value
            subject=subject(ports),
            evidence=proofs(*(item for _, hello, dead in known for item in (hello, dead))),
        )


@check("facts", "ospf.mtu-mismatch", profile="routing")
def mtu_mismatch(facts: Facts) -> Iterator[Finding]:
    """Find OSPF neighbours whose interface MTUs differ; they hang in ExStart unless told to ignore it."""

    def mtu(port: PortFacts, row: OspfFacts) -> Known[int] | None:
        return None if row.mtu_ignore else port.mtu

    for network, rows in _disagree(facts, "ospf.mtu-mismatch", mtu):
        by_port = {port.key: known.value for port, known in rows}
        yield finding(
            "ospf.mtu-mismatch",
            network=network,
            told=told([port for port, _ in rows], lambda port, v=by_port: f"MTU {v[port.key]}"),  # type: ignore[misc]  # a default argument binds the loop's value
            subject=subject(port for port, _ in rows),
            evidence=proofs(*(known for _, known in rows)),
        )


@check("facts", "link.mtu-mismatch", profile="l2")
def subnet_mtu_mismatch(facts: Facts) -> Iterator[Finding]:
    """Find ports of one subnet that state different MTUs where OSPF does not already suffer from it."""
    seen: set[Hashable] = set()
    for network, ports in shared(facts):
        version = 2 if network.version == 4 else 3  # noqa: PLR2004 - IP and OSPF versions
        speaking = [port for port in ports if (row := _row(port, version)) and not (row.passive and row.passive.value)]
        known = {port.key: (port, port.mtu) for port in ports if port.mtu is not None}
        explicit = any(mtu.explicit for _, mtu in known.values())
        if len({mtu.value for _, mtu in known.values()}) < 2 or not explicit or len(speaking) > 1:  # noqa: PLR2004 - two opinions
            continue
        rows = [port for port, _ in known.values()]
        if once(seen, "mtu", rows):
            yield finding(
                "link.mtu-mismatch",
                network=str(network),
                told=told(rows, lambda port, k=known: f"MTU {k[port.key][1].value}"),  # type: ignore[misc]  # a default argument binds the loop's value
                subject=subject(rows),
                evidence=proofs(*(mtu for _, mtu in known.values())),
            )


@check("facts", "ospf.passive-mismatch", profile="routing")
def passive_mismatch(facts: Facts) -> Iterator[Finding]:
    """Find a router that waits for OSPF neighbours in a subnet where all others are passive."""
    seen: set[Hashable] = set()
    for network, rows in _speakers(facts):
        active = _active(rows)
        passive = [(port, row) for port, row in rows.values() if row.passive is not None and row.passive.value]
        if len(active) != 1 or not passive or not once(seen, "passive", [port for port, _ in rows.values()]):
            continue
        router_link = network.prefixlen >= _LINK_PREFIX[network.version]
        port, row = active[0]
        yield finding(
            "ospf.passive-mismatch",
            severity=None if router_link else Severity.WARNING,
            network=str(network),
            passive=", ".join(shown(item) for item, _ in passive),
            active=shown(port),
            subject=subject([port, *(item for item, _ in passive)]),
            evidence=proofs(*(item.passive for _, item in passive), row.area),
        )


@check("facts", "ospf.duplicate-router-id", profile="routing")
def duplicate_router_id(facts: Facts) -> Iterator[Finding]:
    """Find two routers with one router ID."""
    owners: dict[str, list[tuple[str, Known[str]]]] = defaultdict(list)
    spelled = {device_key(port.device): port.device for port in facts.ports}
    for device, known in facts.router_ids.items():
        owners[known.value].append((spelled.get(device_key(device), device), known))
    routers = {device_key(port.device) for port in facts.ports if any(row.area is not None for row in port.ospf)}
    for router_id, rows in owners.items():
        if len(rows) > 1:
            devices = tuple(sorted(device for device, _ in rows))
            # Without OSPF the ID is BGP's, which must differ within one AS only.
            speaking = sum(device_key(device) in routers for device in devices)
            yield finding(
                "ospf.duplicate-router-id",
                severity=None if speaking > 1 else Severity.WARNING,
                router_id=router_id,
                devices=" and ".join(devices),
                subject=Subject(devices=devices),
                evidence=proofs(*(known for _, known in rows)),
            )
