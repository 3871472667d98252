"""Outputs saved under another name than the device's own: by address, by a ticket, by a rack place.

When the port p of X hears the port q of B, and q of B hears the port p of Y, at two ports or more,
then X is Y: files named after X came from the device that calls itself Y. One such pair may be a
row that has not aged out. A file named after an address came from the device that announces it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from netguru.model.names import canonical_port, device_key, port_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netguru.model.network import Network
    from netguru.model.topology import Neighbor

Renamed = dict[str, str]
_PAIRS = 2


def own_names(network: Network) -> Renamed:
    """Map the names of outputs (their keys) to the names that the devices call themselves by.

    Only a device that nobody hears under its output's name is renamed, only to a name that gives
    no output itself, and only when no row speaks against it.
    """
    rows = [row for table in network.neighbors for row in table.rows if row.device and row.port]
    given = {device_key(name) for name in network.devices}
    heard = {device_key(row.remote_device) for row in rows}
    configured = {device_key(config.hostname) for config in network.configs}
    at = _by_port(rows)
    found: Renamed = {}
    for name in sorted(given - heard - configured):
        called = _by_address(name, rows) or _by_ports([row for row in rows if device_key(row.device) == name], at)
        if called and device_key(called) not in given:
            found[name] = called
    # Two outputs cannot be the same device.
    return {name: called for name, called in found.items() if list(found.values()).count(called) == 1}


def _by_address(name: str, rows: Sequence[Neighbor]) -> str:
    names = {row.remote_device for row in rows if name in row.addresses and row.remote_device}
    return min(names) if len({device_key(item) for item in names}) == 1 else ""


def _by_ports(mine: Sequence[Neighbor], at: dict[tuple[str, str], list[Neighbor]]) -> str:
    answers = {(_key(row.port), other.remote_device) for row in mine for other in _answers(row, at)}
    names = {name for _, name in answers}
    if len({device_key(name) for name in names}) != 1 or len({port for port, _ in answers}) < _PAIRS:
        return ""
    return min(names)


def _by_port(rows: Iterable[Neighbor]) -> dict[tuple[str, str], list[Neighbor]]:
    found: dict[tuple[str, str], list[Neighbor]] = defaultdict(list)
    for row in rows:
        found[device_key(row.device), _key(row.port)].append(row)
    return found


def _answers(row: Neighbor, at: dict[tuple[str, str], list[Neighbor]]) -> Sequence[Neighbor]:
    """Give what the far port hears, when it hears the very port that reports."""
    back = at.get((device_key(row.remote_device), _key(row.remote_port)), [])
    return [other for other in back if other.remote_device and _key(other.remote_port) == _key(row.port)]


def _key(port: str) -> str:
    return port_key(canonical_port(port))
