"""Ports: VLANs that are not defined, unused ports that are up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.checks import check, finding
from netguru.config.checks.references import is_whole
from netguru.config.platforms import platform
from netguru.config.quoting import absence, interface_block, proof
from netguru.model.finding import Finding, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.config import DeviceConfig, Interface

# VLANs that every switch has (IEEE 802.1Q, and Cisco's for Token Ring and FDDI).
_ALWAYS = frozenset({1, 1002, 1003, 1004, 1005})
_USES = (("access_vlan", "access"), ("voice_vlan", "voice"), ("native_vlan", "native"))


def _port(config: DeviceConfig, interface: Interface) -> Subject:
    return Subject(devices=(config.hostname,), interfaces=((config.hostname, interface.name),))


@check("config", "vlan.undefined", profile="l2")
def vlan_undefined(config: DeviceConfig) -> Iterator[Finding]:
    """Find ports in a VLAN that the configuration does not define.

    A switch that learns its VLANs by VTP keeps them outside its configuration: where it defines
    none at all, nothing is said.
    """
    defined = {row.id for row in config.vlans} - _ALWAYS
    if not defined or not is_whole(config):
        return
    for interface in config.interfaces:
        for name, use in _USES:
            number = getattr(interface, name)
            if number is None or number in defined | _ALWAYS or not interface.enabled:
                continue
            yield finding(
                "vlan.undefined",
                device=config.hostname,
                port=interface.name,
                vlan=number,
                use=use,
                subject=_port(config, interface) | Subject(vlans=(number,)),
                evidence=[*proof(config, interface.at[name]), *absence(config)],
            )


@check("config", "hygiene.unused-port-up", profile="hygiene")
def unused_port_up(config: DeviceConfig) -> Iterator[Finding]:
    """Find ports that are described as unused and not shut down."""
    known = platform(config.platform)
    if "unused-port" not in known.audit or known.unused_port is None:
        return
    for interface in config.interfaces:
        if interface.enabled and known.unused_port.fullmatch(interface.description):
            yield finding(
                "hygiene.unused-port-up",
                device=config.hostname,
                port=interface.name,
                description=interface.description,
                subject=_port(config, interface),
                evidence=[*proof(config, interface.at["description"]), *interface_block(config, interface)],
            )
