"""ospfSessionCompatibility: each pair of OSPF interfaces in one subnet, and what keeps them apart.

The statuses are those of Batfish's OspfSessionStatus; the rules are RFC 2328 sections 10.5 and 10.6.
"""

from __future__ import annotations

import re
from itertools import permutations
from typing import TYPE_CHECKING

from netguru.config.facts import facts_of
from netguru.config.joints import shared
from netguru.config.questions_names import Row, place
from netguru.model.names import device_key, port_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netguru.model.config import DeviceConfig
    from netguru.model.facts import Facts, Known, OspfFacts, PortFacts

_End = tuple["PortFacts", "OspfFacts"]
_POINT_TO_POINT = re.compile(r"(?i)serial|pos|multilink|tunnel|dialer|wan")
_ANY_AREA_TYPE = "normal"


def ospf_sessions(configs: Iterable[DeviceConfig]) -> list[Row]:
    """Judge every ordered pair of OSPF interfaces in one subnet; `reasons` lists all that differs.

    Two passive interfaces are no pair. `status` is the first of the reasons, or ESTABLISHED.
    """
    known = list(configs)
    by_device = {device_key(config.hostname): config for config in reversed(known)}
    facts = facts_of(known)
    rows = []
    for network, near, far in _pairs(facts):
        reasons = list(_reasons(near, far, by_device, facts))
        port, row = near
        config = by_device[device_key(port.device)]
        interface = config.interface(port.port)
        rows.append(
            place(
                config,
                interface.lines if interface is not None else (),
                interface=port.port,
                area=row.area.value if row.area is not None else "",
                network=network,
                remote_device=far[0].device,
                remote_interface=far[0].port,
                remote_area=far[1].area.value if far[1].area is not None else "",
                status=reasons[0] if reasons else "ESTABLISHED",
                reasons=reasons,
            )
        )
    return rows


def _pairs(facts: Facts) -> Iterator[tuple[str, _End, _End]]:
    for network, ports in shared(facts):
        version = 2 if network.version == 4 else 3  # noqa: PLR2004 - IP and OSPF versions
        ends: list[_End] = [
            (port, row)
            for port in ports
            for row in port.ospf
            if row.version == version and row.area is not None
        ]  # fmt: skip
        for near, far in permutations(ends, 2):
            other_device = device_key(near[0].device) != device_key(far[0].device)
            if other_device and not (_passive(near) and _passive(far)):
                yield str(network), near, far


def _passive(end: _End) -> bool:
    return end[1].passive is not None and end[1].passive.value


def _reasons(near: _End, far: _End, by_device: dict[str, DeviceConfig], facts: Facts) -> Iterator[str]:
    (port, row), (other, row2) = near, far
    if _passive(near) or _passive(far):
        yield "PASSIVE_MISMATCH"
    router_ids = [facts.router_ids.get(device_key(item.device)) for item in (port, other)]
    if router_ids[0] is not None and router_ids[1] is not None and router_ids[0].value == router_ids[1].value:
        yield "DUPLICATE_ROUTER_ID"
    if _differ(row.area, row2.area):
        yield "AREA_MISMATCH"
    elif len({_area_type(by_device, end) for end in (near, far)}) > 1:
        yield "AREA_TYPE_MISMATCH"
    if _network_type(near) != _network_type(far):
        yield "NETWORK_TYPE_MISMATCH"
    if _differ(row.hello_interval, row2.hello_interval):
        yield "HELLO_INTERVAL_MISMATCH"
    if _differ(row.dead_interval, row2.dead_interval):
        yield "DEAD_INTERVAL_MISMATCH"
    if not (row.mtu_ignore or row2.mtu_ignore) and _differ(port.mtu, other.mtu):
        yield "MTU_MISMATCH"


def _differ(a: Known[int] | Known[str] | None, b: Known[int] | Known[str] | None) -> bool:
    return a is not None and b is not None and a.value != b.value


def _area_type(by_device: dict[str, DeviceConfig], end: _End) -> str:
    port, row = end
    area = row.area.value if row.area is not None else ""
    processes = by_device[device_key(port.device)].ospf
    return next((item.area_types[area] for item in processes if area in item.area_types), _ANY_AREA_TYPE)


def _network_type(end: _End) -> str:
    """Give the network type: the stated one, or what the kind of the interface makes it."""
    port, row = end
    if row.network_type is not None:
        stated = row.network_type.value
        return "point-to-point" if stated in ("p2p", "point-to-point") else stated
    return "point-to-point" if _POINT_TO_POINT.match(port_key(port.port)) else "broadcast"
