"""Routes as devices print them, in the form of computed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netguru.model.names import device_key
from netguru.model.routing import Hop, Route

if TYPE_CHECKING:
    from netguru.model.network import Network
    from netguru.model.state import DeviceState

_FOREIGN = ("kernel",)


def recorded(network: Network, vrf: str = "") -> dict[str, list[Route]]:
    """Give the selected routes that devices print, by device key; of several outputs of one family the first."""
    found: dict[str, dict[str, list[tuple[DeviceState, dict[str, Any]]]]] = {}
    for state in network.states:
        table = state.tables.get("routes")
        if table is None or not state.device:
            continue
        mine: dict[str, list[tuple[DeviceState, dict[str, Any]]]] = {}
        for row in table.iter_rows(named=True):
            if row["prefix"] and row["selected"] is not False and (row["vrf"] or "default") == (vrf or "default"):
                mine.setdefault(row["prefix"], []).append((state, row))
        known = found.setdefault(device_key(state.device), {})
        for prefix, rows in mine.items():
            known.setdefault(prefix, rows)
    return {key: [_route(prefix, rows, vrf) for prefix, rows in table.items()] for key, table in found.items()}


def _route(prefix: str, rows: list[tuple[DeviceState, dict[str, Any]]], vrf: str) -> Route:
    state, first = rows[0]
    ways = [row for _, row in rows if row["protocol"] == first["protocol"]]
    direct = [row for row in ways if row["interface"]]
    return Route(
        device=state.device,
        vrf=vrf,
        prefix=prefix,
        protocol=first["protocol"] or "",
        distance=first["distance"] if first["distance"] is not None else 0,
        metric=first["metric"] if first["metric"] is not None else 0,
        hops=tuple(sorted({Hop(address=row["next_hop"] or "", port=row["interface"]) for row in direct})),
        via=tuple(sorted({row["next_hop"] for row in ways if row["next_hop"] and not row["interface"]})),
        source="recorded",
        evidence=tuple(dict.fromkeys(origin.evidence(row) for origin, row in rows)),
    )
