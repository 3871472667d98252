"""Neighbours that a capture shows: CDP and LLDP announcements as model rows, one for each distinct neighbour.

A capture does not say at which device it was taken, so `device` is empty; `port` is the name of
the capture interface where the file states one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.model.topology import Neighbor
from netguru.pcap.protocols.table import numbers

if TYPE_CHECKING:
    from netguru.model.capture import Capture
    from netguru.pcap.protocols.wire import Row

_QUOTED = 2


def neighbors(capture: Capture) -> tuple[Neighbor, ...]:
    """Give the distinct neighbours in order of appearance, CDP before LLDP."""
    return tuple(_cdp(capture, rows) for rows in _groups(capture, "cdp", ("interface", "device", "port"))) + tuple(
        _lldp(capture, rows) for rows in _groups(capture, "lldp", ("interface", "chassis_id", "port_id"))
    )


def _groups(capture: Capture, protocol: str, key: tuple[str, ...]) -> list[list[Row]]:
    grouped: dict[tuple[object, ...], list[Row]] = {}
    for row in capture.protocol(protocol).iter_rows(named=True):
        grouped.setdefault(tuple(row[name] for name in key), []).append(row)
    return list(grouped.values())


def _port(capture: Capture, rows: list[Row]) -> str:
    index = rows[0]["interface"]
    known = {item.index: item for item in capture.interfaces}.get(index)
    return (known.name or known.description) if known else ""


def _cdp(capture: Capture, rows: list[Row]) -> Neighbor:
    last = rows[-1]
    addresses = tuple(dict.fromkeys((*(last["management_addresses"] or ()), *(last["addresses"] or ()))))
    return Neighbor(
        device="",
        port=_port(capture, rows),
        remote_device=last["device"] or last["system_name"] or "",
        remote_port=last["port"] or "",
        protocol="cdp",
        platform=last["platform"] or "",
        address=addresses[0] if addresses else "",
        addresses=addresses,
        capabilities=tuple(last["capabilities"] or ()),
        chassis_id=last["eth_src"] or "",
        native_vlan=last["native_vlan"],
        duplex=last["duplex"] or "",
        mtu=last["mtu"],
        ttl=last["ttl"],
        evidence=capture.evidence(numbers(rows), limit=_QUOTED),
    )


def _lldp(capture: Capture, rows: list[Row]) -> Neighbor:
    # A shutdown LLDPDU (TTL 0) carries the identity only: the rest comes from the last full one.
    full = [row for row in rows if row["ttl"] != 0]
    last = (full or rows)[-1]
    addresses = tuple(dict.fromkeys(last["addresses"] or ()))
    return Neighbor(
        device="",
        port=_port(capture, rows),
        remote_device=last["system_name"] or last["chassis_id"],
        remote_port=last["port_id"] or "",
        protocol="lldp",
        platform=last["system_description"] or "",
        address=addresses[0] if addresses else "",
        addresses=addresses,
        capabilities=tuple(last["capabilities"] or ()),
        chassis_id=last["chassis_id"],
        port_description=last["port_description"] or "",
        native_vlan=last["pvid"] or None,
        duplex=last["duplex"] or "",
        mtu=last["max_frame"],
        ttl=rows[-1]["ttl"],
        evidence=capture.evidence(numbers(rows), limit=_QUOTED),
    )
