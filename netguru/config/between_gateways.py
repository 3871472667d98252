"""Gateway groups (HSRP, VRRP, GLBP) of two devices in one subnet."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from ipaddress import ip_address, ip_interface
from typing import TYPE_CHECKING

from netguru.checks import check, finding
from netguru.config.joints import is_up, proofs, shown, subject, vrf_of
from netguru.model.names import device_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.facts import Facts, GatewayFacts, Known, PortFacts
    from netguru.model.finding import Finding


@dataclass(frozen=True, slots=True)
class _Member:
    """A port in a gateway group, with one of the group's virtual addresses."""

    port: PortFacts
    group: GatewayFacts
    address: Known[str]


def _members(facts: Facts) -> Iterator[_Member]:
    for port in facts.ports:
        for group in port.gateways if is_up(port) else ():
            for address in group.addresses:
                # A link-local virtual address is the same on every link.
                if group.protocol != "anycast" and not ip_address(address.value.split("/")[0]).is_link_local:
                    yield _Member(port, group, address)


def _may_share_link(a: PortFacts, b: PortFacts) -> bool:
    """Say whether two ports can be in one subnet; ports without known addresses can."""
    if device_key(a.device) == device_key(b.device) or vrf_of(a) != vrf_of(b):
        return False
    mine, theirs = ({ip_interface(known.value).network for known in port.addresses} for port in (a, b))
    return not mine or not theirs or bool(mine & theirs)


@check("facts", "gateway.group-mismatch", "vrrp.dual-master", profile="routing")
def group_mismatch(facts: Facts) -> Iterator[Finding]:
    """Find one virtual address in groups of different numbers: both gateways answer for it."""
    by_address: dict[tuple[str, str], list[_Member]] = defaultdict(list)
    for member in _members(facts):
        by_address[member.group.protocol, member.address.value].append(member)
    for (protocol, address), members in by_address.items():
        first = members[0]
        others = [
            item
            for item in members[1:]
            if item.group.group.value != first.group.group.value and _may_share_link(first.port, item.port)
        ]
        if not others:
            continue
        rows = [first, *others]
        told = ", ".join(f"{shown(item.port)} has group {item.group.group.value}" for item in rows)
        yield finding(
            "vrrp.dual-master" if protocol == "vrrp" else "gateway.group-mismatch",
            protocol=protocol.upper(),
            address=address,
            told=told,
            subject=subject((item.port for item in rows), [address]),
            evidence=proofs(*(item.address for item in rows), *(item.group.group for item in rows)),
        )


@check("facts", "gateway.address-mismatch", profile="routing")
def address_mismatch(facts: Facts) -> Iterator[Finding]:
    """Find one group in one subnet whose members have different virtual addresses."""
    by_group: dict[tuple[str, int, str], dict[tuple[str, str], list[_Member]]] = defaultdict(lambda: defaultdict(list))
    for member in _members(facts):
        for known in member.port.addresses:
            network = ip_interface(known.value).network
            if ip_address(member.address.value.split("/")[0]) in network:
                key = (member.group.protocol, member.group.group.value, f"{vrf_of(member.port)} {network}")
                by_group[key][member.port.key].append(member)
    for (protocol, group, place), ports in by_group.items():
        sets = {key: {item.address.value for item in members} for key, members in ports.items()}
        rows = [members[0] for members in ports.values()]
        if len({device for device, _ in ports}) < 2 or set.intersection(*sets.values()):  # noqa: PLR2004 - a pair
            continue
        yield finding(
            "gateway.address-mismatch",
            protocol=protocol.upper(),
            group=group,
            network=place.strip(),
            told=", ".join(f"{shown(item.port)} has {item.address.value}" for item in rows),
            subject=subject((item.port for item in rows), [item.address.value for item in rows]),
            evidence=proofs(*(item.address for item in rows)),
        )
