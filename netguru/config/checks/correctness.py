"""Correctness inside one device: addresses, subnets, gateways, bundles, VLAN interfaces, lines that never match."""

from __future__ import annotations

import re
from collections import defaultdict
from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING, Any

from netguru.checks import check, finding
from netguru.checks.catalogue import threshold
from netguru.config.checks.references import is_whole
from netguru.config.platforms import platform
from netguru.config.quoting import absence, heading, interface_block, proof
from netguru.errors import InputError
from netguru.model.finding import Finding, Severity, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.config import DeviceConfig, Interface
    from netguru.model.evidence import Evidence

_IPV4_HOSTS = 30
"""A longer IPv4 prefix has no network and broadcast address (RFC 3021)."""
_VLAN_INTERFACE = re.compile(r"(?i)vlan ?(\d+)")
_MEMBER_SETTINGS = (
    ("mode", "switchport mode"),
    ("access_vlan", "access VLAN"),
    ("native_vlan", "native VLAN"),
    ("allowed_vlans", "allowed VLANs"),
    ("mtu", "MTU"),
    ("speed", "speed"),
    ("duplex", "duplex"),
)


def _subject(config: DeviceConfig, *interfaces: Interface) -> Subject:
    return Subject(
        devices=(config.hostname,), interfaces=tuple(sorted((config.hostname, item.name) for item in interfaces))
    )


def _stated(config: DeviceConfig, interface: Interface, name: str) -> tuple[Evidence, ...]:
    return proof(config, interface.at.get(name, ())) or interface_block(config, interface)


@check("config", "ip.not-a-host-address", profile="l3")
def not_a_host_address(config: DeviceConfig) -> Iterator[Finding]:
    """Find interfaces that have the network or the broadcast address of their subnet."""
    for interface in config.interfaces:
        for text in interface.addresses:
            known = ip_interface(text)
            if known.version != 4 or known.network.prefixlen > _IPV4_HOSTS:  # noqa: PLR2004 - IPv4
                continue
            ends = {known.network.network_address: "network", known.network.broadcast_address: "broadcast"}
            if known.ip in ends:
                yield finding(
                    "ip.not-a-host-address",
                    device=config.hostname,
                    port=interface.name,
                    address=text,
                    what=ends[known.ip],
                    subject=_subject(config, interface),
                    evidence=_stated(config, interface, "addresses"),
                )


@check("config", "ip.overlapping-subnets", profile="l3")
def overlapping_subnets(config: DeviceConfig) -> Iterator[Finding]:
    """Find active ports of one VRF whose subnets overlap; single hosts (loopbacks) and equal addresses are left out."""
    by_vrf: dict[str, list[tuple[int, int, str, Interface]]] = defaultdict(list)
    for interface in config.interfaces:
        for text in interface.addresses if interface.enabled else ():
            network = ip_interface(text).network
            if network.num_addresses > 1 and not network.is_link_local:
                first = int(network.network_address) | (network.version << 130)
                by_vrf[interface.vrf].append((first, first + network.num_addresses - 1, text, interface))
    for rows in by_vrf.values():
        for a, b in _overlaps(sorted(rows, key=lambda row: (row[0], -row[1]))):
            yield finding(
                "ip.overlapping-subnets",
                device=config.hostname,
                a=a[3].name,
                a_address=a[2],
                b=b[3].name,
                b_address=b[2],
                subject=_subject(config, a[3], b[3]),
                evidence=(*_stated(config, a[3], "addresses"), *_stated(config, b[3], "addresses")),
            )


_Span = tuple[int, int, str, "Interface"]


def _overlaps(rows: list[_Span]) -> Iterator[tuple[_Span, _Span]]:
    """Give pairs of spans that share addresses, each with the widest before it; equal addresses are left out."""
    widest: _Span | None = None
    for row in rows:
        overlaps = widest is not None and row[0] <= widest[1] and row[3].name != widest[3].name
        if widest is not None and overlaps and ip_interface(row[2]).ip != ip_interface(widest[2]).ip:
            yield widest, row
        if widest is None or row[1] > widest[1]:
            widest = row


@check("config", "gateway.address-outside-subnet", profile="l3")
def gateway_outside_subnet(config: DeviceConfig) -> Iterator[Finding]:
    """Find shared gateway addresses in no subnet of their port."""
    for interface in config.interfaces:
        for group in interface.gateways:
            for text in group.addresses:
                address = ip_address(text)
                own = [ip_interface(item).network for item in interface.addresses]
                subnets = [item for item in own if item.version == address.version]
                if not subnets or address.is_link_local or any(address in item for item in subnets):
                    continue
                yield finding(
                    "gateway.address-outside-subnet",
                    device=config.hostname,
                    port=interface.name,
                    protocol=group.protocol.upper(),
                    address=text,
                    subnets=", ".join(str(item) for item in subnets),
                    subject=_subject(config, interface),
                    evidence=(*proof(config, group.lines), *_stated(config, interface, "addresses")),
                )


@check("config", "lag.member-mismatch", profile="l2")
def member_mismatch(config: DeviceConfig) -> Iterator[Finding]:
    """Find bundles whose active members state different settings."""
    groups: dict[str, list[Interface]] = defaultdict(list)
    for interface in config.interfaces:
        if interface.channel_group and interface.enabled:
            groups[interface.channel_group].append(interface)
    for group, members in groups.items():
        for name, what in _MEMBER_SETTINGS:
            values: dict[Any, list[Interface]] = defaultdict(list)
            for item in members:
                values[getattr(item, name)].append(item)
            if len(values) < 2:  # noqa: PLR2004 - two opinions
                continue
            yield finding(
                "lag.member-mismatch",
                device=config.hostname,
                group=group,
                what=what,
                told=", ".join(f"{item.name} has {_words(getattr(item, name))}" for item in members),
                subject=_subject(config, *members),
                evidence=tuple(row for item in members for row in _stated(config, item, name)),
            )


def _words(value: Any) -> str:
    if isinstance(value, tuple):
        return f"{len(value)} VLANs" if len(value) > 4 else ",".join(map(str, value))  # noqa: PLR2004 - a short list
    return "none stated" if value in (None, "") else str(value)


@check("config", "vlan.interface-without-vlan", profile="l2")
def interface_without_vlan(config: DeviceConfig) -> Iterator[Finding]:
    """Find interfaces of VLANs that a switch does not define; one that defines none learns them elsewhere."""
    defined = {row.id for row in config.vlans}
    if not defined - {1} or not is_whole(config):
        return
    for interface in config.interfaces:
        match = _VLAN_INTERFACE.fullmatch(interface.name)
        if match is None or not interface.enabled or not interface.addresses:
            continue
        number = int(match[1])
        if number not in defined | {1}:
            yield finding(
                "vlan.interface-without-vlan",
                device=config.hostname,
                port=interface.name,
                vlan=number,
                subject=_subject(config, interface) | Subject(vlans=(number,)),
                evidence=(*interface_block(config, interface), *absence(config)),
            )


@check("config", "ospf.network-matches-nothing", profile="routing")
def network_matches_nothing(config: DeviceConfig) -> Iterator[Finding]:
    """Find `network` statements of OSPF that hold no address of the device."""
    if "ospf-network" not in platform(config.platform).audit or not is_whole(config):
        return
    addresses = [ip_interface(text) for item in config.interfaces for text in item.addresses]
    if not addresses or any(not item.addresses and _may_get_address(config, item) for item in config.interfaces):
        return
    for process in config.ospf:
        for prefix, _ in process.networks:
            network = ip_network(prefix)
            if not any(item.version == network.version and item.ip in network for item in addresses):
                yield finding(
                    "ospf.network-matches-nothing",
                    device=config.hostname,
                    network=prefix,
                    subject=Subject(devices=(config.hostname,)),
                    evidence=heading(config, process.at.get("network", process.lines)),
                )


def _may_get_address(config: DeviceConfig, interface: Interface) -> bool:
    """Say whether a port gets its address from outside the configuration."""
    lines = config.piece.lines
    first = config.piece.first_line
    return any(re.search(r"address (?:dhcp|negotiated|pppoe)", lines[number - first]) for number in interface.lines)


@check("config", "acl.unreachable-line", profile="references")
def unreachable_line(config: DeviceConfig) -> Iterator[Finding]:
    """Find lines of filters and prefix lists that nothing reaches because lines above take everything of theirs."""
    from netguru.config.questions_filters import filters_of, unreachable

    most = threshold("acl.unreachable-line", "most_lines")
    for item in filters_of(config):
        if len(item.lines) > most:
            continue
        try:
            rows = list(unreachable(item))
        except InputError:
            continue  # too complex for exact sets: nothing is said
        for row in rows:
            if row["reason"] != "BLOCKING_LINES":
                continue
            blocking = " and ".join(f"'{text}'" for text in row["blocking"][:3])
            yield finding(
                "acl.unreachable-line",
                severity=None if row["other"] else Severity.NOTE,
                device=config.hostname,
                line=row["line"],
                kind=_KINDS[item.kind],
                name=item.name,
                blocking=blocking,
                other=", which does something else" if row["other"] else "",
                subject=Subject(devices=(config.hostname,)),
                evidence=(*proof(config, tuple(row["lines"])), *proof(config, tuple(row["blocking_lines"]))),
            )


_KINDS = {"acl": "access list", "prefix-list": "prefix list", "filter": "firewall filter"}
