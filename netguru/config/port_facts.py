"""Facts about one port, from its view and its platform's defaults."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netguru.config.quoting import interface_block, proof
from netguru.model.facts import GatewayFacts, Known, OspfFacts, PortFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netguru.model.config import DeviceConfig, GatewayGroup, Interface, OspfInterface

_ALL_VLANS = tuple(range(1, 4095))
# Ports whose MTU default is not that of Ethernet.
_NO_DEFAULT_MTU = re.compile(r"(?i)^(?:lo|tunnel|tu|nve|null|vxlan|st0|gr-|ip-|multilink|dialer|virtual|cellular)")
_SLOW_TYPES = frozenset({"non-broadcast", "point-to-multipoint"})


def port_facts(config: DeviceConfig, interface: Interface, defaults: Mapping[str, int]) -> PortFacts:
    """Gather what a configuration states of an interface; what it leaves to the platform is not `explicit`."""
    block = interface_block(config, interface)

    def stated(value: Any, *names: str) -> Known[Any] | None:
        if value in (None, ""):
            return None
        lines = tuple(number for name in names for number in interface.at.get(name, ()))
        return Known(value=value, evidence=proof(config, lines) or block)

    def default(value: Any) -> Known[Any]:
        return Known(value=value, evidence=block, explicit=False)

    trunk = interface.mode == "trunk"
    native = stated(interface.native_vlan, "native_vlan")
    if native is None and trunk and "native_vlan" in defaults:
        native = default(defaults["native_vlan"])
    allowed = stated(interface.allowed_vlans, "allowed_vlans", "members")
    if allowed is None and trunk:
        allowed = stated(_ALL_VLANS, "allowed_vlans") if "allowed_vlans" in interface.at else default(_ALL_VLANS)
    return PortFacts(
        device=config.hostname,
        port=interface.name,
        addresses=tuple(_address(config, interface, text) for text in interface.addresses),
        enabled=stated(interface.enabled, "enabled") if "enabled" in interface.at else default(interface.enabled),
        description=stated(interface.description, "description"),
        mtu=_mtu(config, interface, defaults),
        duplex=stated(interface.duplex, "duplex"),
        speed=stated(interface.speed, "speed"),
        mode=stated(interface.mode, "mode"),
        access_vlan=stated(interface.access_vlan, "access_vlan"),
        native_vlan=native if trunk or interface.native_vlan is not None else None,
        allowed_vlans=allowed if trunk else None,
        vrf=stated(interface.vrf, "vrf"),
        ospf=tuple(_ospf(config, interface, row, defaults) for row in interface.ospf if row.area),
        gateways=tuple(_gateway(config, row) for row in interface.gateways),
    )


def _address(config: DeviceConfig, interface: Interface, text: str) -> Known[str]:
    """Prove one address by the line that holds it."""
    wanted = text.split("/", 1)[0]
    lines = config.piece.lines
    first = config.piece.first_line
    numbers = interface.at.get("addresses", ()) + interface.at.get("virtual", ())
    pattern = re.compile(rf"(?<![\w.:]){re.escape(wanted)}(?![\w.:])", re.IGNORECASE)
    found = tuple(number for number in numbers if pattern.search(lines[number - first]))
    return Known(value=text, evidence=proof(config, found or numbers) or interface_block(config, interface))


def _mtu(config: DeviceConfig, interface: Interface, defaults: Mapping[str, int]) -> Known[int] | None:
    """Give the MTU of IP packets: what an OSPF database description carries."""
    header = defaults.get("mtu_header", 0)
    if interface.ip_mtu is not None:
        return Known(value=interface.ip_mtu, evidence=proof(config, interface.at["ip_mtu"]))
    if interface.mtu is not None:
        return Known(value=interface.mtu - header, evidence=proof(config, interface.at["mtu"]))
    parent = config.interface(interface.name.rsplit(".", 1)[0]) if "." in interface.name else None
    if parent is not None and parent.mtu is not None and parent is not interface:
        return Known(value=parent.mtu - header, evidence=proof(config, parent.at["mtu"]))
    if "mtu" not in defaults or _NO_DEFAULT_MTU.match(interface.name):
        return None
    return Known(value=defaults["mtu"] - header, evidence=interface_block(config, interface), explicit=False)


def _ospf(config: DeviceConfig, interface: Interface, row: OspfInterface, defaults: Mapping[str, int]) -> OspfFacts:
    block = interface_block(config, interface)

    def stated(value: Any, name: str) -> Known[Any] | None:
        return (
            None if value in (None, "") else Known(value=value, evidence=proof(config, row.at.get(name, ())) or block)
        )

    hello = stated(row.hello_interval, "hello_interval")
    dead = stated(row.dead_interval, "dead_interval")
    factor = 3 if row.network_type in _SLOW_TYPES else 1
    if dead is None and row.hello_interval is not None and "ospf_dead_multiplier" in defaults:
        multiplied = row.hello_interval * defaults["ospf_dead_multiplier"]
        dead = Known(value=multiplied, evidence=proof(config, row.at["hello_interval"]), explicit=False)
    if dead is None and "ospf_dead_interval" in defaults:
        dead = Known(value=defaults["ospf_dead_interval"] * factor, evidence=block, explicit=False)
    if hello is None and "ospf_hello_interval" in defaults:
        hello = Known(value=defaults["ospf_hello_interval"] * factor, evidence=block, explicit=False)
    return OspfFacts(
        version=row.version,
        area=stated(row.area, "area"),
        hello_interval=hello,
        dead_interval=dead,
        network_type=stated(row.network_type, "network_type"),
        passive=stated(row.passive, "passive") if row.passive else Known(value=False, evidence=block, explicit=False),
        mtu_ignore=row.mtu_ignore,
    )


def _gateway(config: DeviceConfig, row: GatewayGroup) -> GatewayFacts:
    evidence = proof(config, row.lines)
    lines = config.piece.lines
    first = config.piece.first_line
    addresses = []
    for text in row.addresses:
        found = tuple(number for number in row.lines if text.lower() in lines[number - first].lower())
        addresses.append(Known(value=text, evidence=proof(config, found) or evidence))
    group = addresses[0].evidence if addresses else evidence
    return GatewayFacts(
        protocol=row.protocol,
        group=Known(value=row.group, evidence=group),
        addresses=tuple(addresses),
        priority=None if row.priority is None else Known(value=row.priority, evidence=evidence),
    )
