"""Addresses between devices: one address twice, masks that differ on one link."""

from __future__ import annotations

import re
from collections import defaultdict
from ipaddress import IPv4Interface, IPv6Interface, ip_interface
from typing import TYPE_CHECKING

from netguru.checks import check, finding
from netguru.config.joints import is_up, proofs, shown, subject, vrf_of
from netguru.model.finding import Finding, Severity
from netguru.model.names import device_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.facts import Facts, Known, PortFacts

_LOOPBACK = re.compile(r"(?i)^lo(?:opback)?\s*\d*(?:\.\d+)?$")
# Management ports of separate networks, where laboratories repeat one address on every device.
_MANAGEMENT = re.compile(r"(?i)^(?:mgmt|management|fxp|em|me|vme|ma)\s*\d|^mgmteth")
_AnyInterface = IPv4Interface | IPv6Interface


@check("facts", "ip.duplicate-address", profile="addresses")
def duplicate_address(facts: Facts) -> Iterator[Finding]:
    """Find an address on two ports of one routing instance; shared gateway addresses are meant to be."""
    virtual = {known.value for port in facts.ports for group in port.gateways for known in group.addresses}
    owners: dict[tuple[str, str], list[tuple[PortFacts, Known[str]]]] = defaultdict(list)
    for port, known in facts.addressed():
        interface = ip_interface(known.value)
        if is_up(port) and not interface.is_loopback and not interface.is_link_local:
            owners[vrf_of(port), str(interface.ip)].append((port, known))
    for (_, address), rows in owners.items():
        ports = {port.key: port for port, _ in rows}
        if len(ports) < 2 or address in virtual or _is_meant(rows):  # noqa: PLR2004 - a pair
            continue
        unsure = all(_MANAGEMENT.match(port.port) for port in ports.values()) or _serves_instances(facts, rows)
        names = sorted(shown(port) for port in ports.values())
        yield finding(
            "ip.duplicate-address",
            severity=Severity.WARNING if unsure else None,
            address=address,
            ports=" and ".join(names),
            subject=subject(ports.values(), [address]),
            evidence=proofs(*(known for _, known in rows)),
        )


def _is_meant(rows: list[tuple[PortFacts, Known[str]]]) -> bool:
    """Say whether one address on several ports is a technique: anycast loopbacks, links without own addresses."""
    devices = {device_key(port.device) for port, _ in rows}
    single = all(ip_interface(known.value).network.num_addresses == 1 for _, known in rows)
    return (len(devices) == 1 and single) or all(_LOOPBACK.match(port.port) for port, _ in rows)


def _serves_instances(facts: Facts, rows: list[tuple[PortFacts, Known[str]]]) -> bool:
    """Say whether a provider's routing instance ends in the subnet: customers may use the same addresses."""
    networks = {ip_interface(known.value).network for _, known in rows}
    subnets = facts.subnets()
    return any(vrf_of(port) for network in networks for port, _ in subnets.get(network, ()))


@check("facts", "ip.mask-mismatch", profile="addresses")
def mask_mismatch(facts: Facts) -> Iterator[Finding]:
    """Find two ports that hold each other in their subnet, but with prefix lengths that differ."""
    rows: list[tuple[PortFacts, Known[str], _AnyInterface]] = []
    by_network: dict[tuple[str, str], list[tuple[PortFacts, Known[str], _AnyInterface]]] = defaultdict(list)
    for port, known in facts.addressed():
        interface = ip_interface(known.value)
        single = interface.network.num_addresses == 1
        if not is_up(port) or single or interface.is_loopback or interface.is_link_local:
            continue
        rows.append((port, known, interface))
        by_network[vrf_of(port), str(interface.network)].append((port, known, interface))
    lengths = {(row[2].version, row[2].network.prefixlen) for row in rows}
    for port, known, interface in rows:
        for version, length in lengths:
            if version != interface.version or length >= interface.network.prefixlen:
                continue
            wider = str(interface.network.supernet(new_prefix=length))
            for other, other_known, other_interface in by_network.get((vrf_of(port), wider), ()):
                same = device_key(other.device) == device_key(port.device)
                # Both see each other as connected: the wider always, the narrower only when it holds the other.
                if not same and other_interface.ip in interface.network and other_interface.ip != interface.ip:
                    yield _mask(port, known, other, other_known)


def _mask(port: PortFacts, known: Known[str], other: PortFacts, other_known: Known[str]) -> Finding:
    return finding(
        "ip.mask-mismatch",
        a=shown(other),
        a_address=other_known.value,
        b=shown(port),
        b_address=known.value,
        subject=subject((port, other)),
        evidence=proofs(other_known, known),
    )
