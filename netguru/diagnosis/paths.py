"""Joined checks of the way that packets take: static routes that point at each other, packets that vanish silently."""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from netguru.checks import check, finding
from netguru.model.finding import Finding, Subject
from netguru.model.names import device_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.diagnosis.checks import Joined
    from netguru.model.config import DeviceConfig, StaticRoute
    from netguru.model.evidence import Evidence
    from netguru.model.facts import PortFacts
    from netguru.model.state import DeviceState

# What a router says when a packet is too large for the next link (RFC 1191, RFC 4443).
_TOO_BIG = ("destination-unreachable", "packet-too-big")


@check("joined", "route.static-loop", profile="routing")
def static_loop(joined: Joined) -> Iterator[Finding]:
    """Find static routes of two devices that point at each other for one destination."""
    hops = list(_static_hops(joined))
    seen: set[frozenset[str]] = set()
    for config, route, port in hops:
        for other, back, home in hops:
            pair = frozenset((config.hostname, other.hostname, str(ip_network(route.prefix))))
            if (
                pair not in seen
                and ip_network(route.prefix) == ip_network(back.prefix)
                and device_key(port.device) == device_key(other.hostname) != device_key(config.hostname)
                and device_key(home.device) == device_key(config.hostname)
            ):
                seen.add(pair)
                yield finding(
                    "route.static-loop",
                    prefix=route.prefix,
                    a=config.hostname,
                    b=other.hostname,
                    subject=Subject(
                        devices=(config.hostname, other.hostname),
                        interfaces=((port.device, port.port), (home.device, home.port)),
                    ),
                    evidence=[*config.evidence(route.lines), *other.evidence(back.lines)],
                )


def _static_hops(joined: Joined) -> Iterator[tuple[DeviceConfig, StaticRoute, PortFacts]]:
    for config in joined.network.configs:
        for route in config.static_routes:
            for owner in joined.names.who(route.next_hop) if route.next_hop else ():
                if owner.port is not None:
                    yield config, route, owner.port


@check("joined", "mtu.silent-drop", profile="routing")
def silent_drop(joined: Joined) -> Iterator[Finding]:
    """Find routers that must drop packets for their size and are kept from saying so."""
    for device, rules in _muted(joined.network.states).items():
        ports = [p for p in joined.facts.ports if device_key(p.device) == device and p.mtu is not None and p.addresses]
        ports = [port for port in ports if not port.port.lower().startswith("lo")]
        largest = max((port.mtu.value for port in ports if port.mtu), default=0)
        for port in ports:
            if port.mtu is not None and port.mtu.value < largest:
                yield finding(
                    "mtu.silent-drop",
                    device=port.device,
                    port=port.port,
                    mtu=port.mtu.value,
                    largest=largest,
                    subject=Subject(devices=(port.device,), interfaces=_on_subnet(joined, port)),
                    evidence=[*rules, *port.mtu.evidence[:2]],
                )


def _muted(states: tuple[DeviceState, ...]) -> dict[str, list[Evidence]]:
    """Give, by device, the filter rules that drop its ICMP errors about size."""
    found: dict[str, list[Evidence]] = {}
    for state in states:
        table = state.tables.get("filters")
        for row in table.iter_rows(named=True) if table is not None else ():
            if row["action"] == "drop" and any(kind in str(row["match"]) for kind in _TOO_BIG):
                found.setdefault(device_key(state.device), []).append(state.evidence(row))
    return found


def _on_subnet(joined: Joined, port: PortFacts) -> tuple[tuple[str, str], ...]:
    """Give the ports of all subnets that a port is on, itself included."""
    ends = {(port.device, port.port)}
    for rows in joined.facts.subnets().values():
        if any(other.key == port.key for other, _ in rows):
            ends |= {(other.device, other.port) for other, _ in rows}
    return tuple(sorted(ends))
