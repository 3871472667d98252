"""Questions about ports: who owns which address, and what each interface is set to."""

from __future__ import annotations

from collections import defaultdict
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any

from netguru.config.questions_names import Row, place
from netguru.model.names import device_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from netguru.model.config import DeviceConfig, Interface

_LEFT_OUT = frozenset({"name", "lines", "at", "ospf", "gateways"})


def ip_owners(configs: Iterable[DeviceConfig]) -> list[Row]:
    """List every address with its interface; `owners` counts the active interfaces that have it in one VRF.

    Shared addresses of gateway groups (HSRP, VRRP, GLBP, anycast) are rows of their own, of kind "virtual".
    """
    rows: list[Row] = []
    owners: dict[tuple[str, str], set[tuple[str, str]]] = defaultdict(set)
    for config in configs:
        for interface in config.interfaces:
            for row in _addresses(config, interface):
                rows.append(row)
                if row["active"] and row["kind"] == "own":
                    owners[row["vrf"], row["address"]].add((device_key(config.hostname), interface.name))
    return [{**row, "owners": len(owners[row["vrf"], row["address"]])} for row in rows]


def _addresses(config: DeviceConfig, interface: Interface) -> Iterable[Row]:
    shared: dict[str, Any] = {"vrf": interface.vrf, "interface": interface.name, "active": interface.enabled}
    lines = interface.at.get("addresses", interface.lines)
    for text in interface.addresses:
        known = ip_interface(text)
        yield place(config, lines, **shared, address=str(known.ip), length=known.network.prefixlen, kind="own")
    for group in interface.gateways:
        for text in group.addresses:
            yield place(config, group.lines, **shared, address=text, length=None, kind="virtual")


def interface_properties(configs: Iterable[DeviceConfig]) -> list[Row]:
    """List every interface with all of its settings."""
    return [
        place(config, interface.lines, interface=interface.name, **properties(interface))
        for config in configs
        for interface in config.interfaces
    ]


def properties(interface: Interface) -> dict[str, Any]:
    """Give the settings of an interface as one flat row."""
    values = {name: getattr(interface, name) for name in interface.__slots__ if name not in _LEFT_OUT}
    ospf = [f"{row.version}:{row.area}{' passive' if row.passive else ''}" for row in interface.ospf]
    gateways = [f"{row.protocol} {row.group} {' '.join(row.addresses)}".strip() for row in interface.gateways]
    plain = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    plain["acls"] = [" ".join(pair) for pair in interface.acls]
    return {**plain, "ospf": ospf, "gateways": gateways}


QUESTIONS: dict[str, Callable[[Sequence[DeviceConfig]], list[Row]]] = {
    "ipOwners": ip_owners,
    "interfaceProperties": interface_properties,
}
