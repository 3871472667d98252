"""What checks between devices share: which ports count, how they are named, and how their values differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netguru.model.finding import Subject
from netguru.model.names import device_key

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator
    from ipaddress import IPv4Network, IPv6Network

    from netguru.model.evidence import Evidence
    from netguru.model.facts import Facts, Known, PortFacts

_EVIDENCE_OF_ONE = 2


def is_up(port: PortFacts) -> bool:
    """Say whether a port is not known to be shut down."""
    return port.enabled is None or port.enabled.value


def vrf_of(port: PortFacts) -> str:
    """Name the port's routing instance; the default one has no name."""
    return "" if port.vrf is None or port.vrf.value == "default" else port.vrf.value


def shown(port: PortFacts) -> str:
    """Name a port in a text.

    >>> from netguru.model.facts import PortFacts
    >>> shown(PortFacts(device="r1", port="eth1"))
    'r1 eth1'
    """
    return f"{port.device} {port.port}"


def subject(ports: Iterable[PortFacts], addresses: Iterable[str] = ()) -> Subject:
    """Name ports, and the devices that they belong to, as the subject of a finding."""
    rows = list(ports)
    return Subject(
        devices=tuple(sorted({port.device for port in rows})),
        interfaces=tuple(sorted({(port.device, port.port) for port in rows})),
        addresses=tuple(sorted(set(addresses))),
    )


def proofs(*known: Known[Any] | None) -> tuple[Evidence, ...]:
    """Gather the first proofs of several values, each once."""
    found = [item for row in known if row is not None for item in row.evidence[:_EVIDENCE_OF_ONE]]
    return tuple(dict.fromkeys(found))


def shared(facts: Facts) -> Iterator[tuple[IPv4Network | IPv6Network, list[PortFacts]]]:
    """Give every subnet with the ports of two or more devices in it, by routing instance."""
    for network, rows in facts.subnets().items():
        by_vrf: dict[str, dict[tuple[str, str], PortFacts]] = {}
        for port, _ in rows:
            if is_up(port):
                by_vrf.setdefault(vrf_of(port), {})[port.key] = port
        for ports in by_vrf.values():
            if len({device_key(port.device) for port in ports.values()}) > 1:
                yield network, list(ports.values())


def told(ports: Iterable[PortFacts], value: Callable[[PortFacts], object]) -> str:
    """Put the value of each port into words.

    >>> from netguru.model.facts import PortFacts
    >>> told([PortFacts(device="r1", port="eth1")], lambda port: 1500)
    'r1 eth1 has 1500'
    """
    return ", ".join(f"{shown(port)} has {value(port)}" for port in sorted(ports, key=shown))


def once(seen: set[Hashable], check_id: str, ports: Iterable[PortFacts]) -> bool:
    """Say whether a check has not yet spoken of these ports, and note that it has now."""
    key = (check_id, frozenset(port.key for port in ports))
    if key in seen:
        return False
    seen.add(key)
    return True
