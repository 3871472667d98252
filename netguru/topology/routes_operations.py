"""Operations on routes: the routing tables of a network, and the way of a packet through it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from netguru.errors import InputError, UnknownNameError
from netguru.model.coverage import Coverage, Gap
from netguru.model.names import device_key
from netguru.model.result import Result
from netguru.operations import operation

if TYPE_CHECKING:
    from netguru.model.network import Network
    from netguru.model.routing import Route
    from netguru.topology.forwarding import PathStep
    from netguru.topology.rib import Tables

Source = Literal["auto", "computed", "recorded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Routes(Result):
    """The selected routes of devices, each with the lines it rests on."""

    schema: ClassVar[str] = "netguru.topology.routes/1"
    primary: ClassVar[str] = "routes"

    routes: tuple[Route, ...]
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketPath(Result):
    """The way of a packet: `ends` tells how all its branches end, `devices` and `paths` where it goes.

    `mtu` is the least MTU of the ports that it leaves by, None when none is known.
    """

    schema: ClassVar[str] = "netguru.topology.path/1"
    primary: ClassVar[str] = "steps"

    packet: str
    ends: tuple[str, ...]
    answer: str
    mtu: int | None
    paths: tuple[str, ...]
    steps: tuple[PathStep, ...]
    coverage: Coverage


@operation("topology.routes")
def routes(folder: Path, device: str = "", *, source: Source = "auto", vrf: str = "") -> Routes:
    """Give the routing tables of a network: recorded where a device printed its own, computed elsewhere.

    Computed are connected and static routes, OSPF (areas, equal paths, external routes), EIGRP and BGP (route
    reflection, route maps with prefix lists) from configurations and the addresses that devices report. Cables that
    neighbour tables prove go before what is planned. What could not be followed is named in the coverage.

    Args:
        folder: The network's folder, or one file.
        device: One device alone; empty for all.
        source: Where routes come from; `auto` takes a device's own table where there is one.
        vrf: One routing instance; empty for the global one.
    """
    from netguru.topology.recorded_routes import recorded
    from netguru.topology.rib import tables_of
    from netguru.workspace.opening import open_network

    network = open_network(folder)
    tables = tables_of(network)
    if device and device_key(device) not in tables.routers:
        raise UnknownNameError("device", device, (router.name for router in tables.routers.values()))
    known = recorded(network, vrf) if source != "computed" else {}
    rows: list[Route] = []
    for key in sorted(tables.routers):
        if device and key != device_key(device):
            continue
        computed = list(tables.routes.get((key, vrf), {}).values()) if source != "recorded" else []
        rows += sorted(known.get(key) or computed, key=_order)
    return Routes(routes=tuple(rows), coverage=_coverage(network, tables, rows))


def _order(route: Route) -> tuple[object, ...]:
    network = ip_network(route.prefix)
    return network.version, int(network.network_address), network.prefixlen


def _coverage(network: Network, tables: Tables, rows: list[Route]) -> Coverage:
    """Count the devices with routes; of the others nothing is known."""
    told = {device_key(row.device) for row in rows}
    silent = sorted(router.name for key, router in tables.routers.items() if key not in told)
    gaps = (Gap(reason="no route is known", count=len(silent), places=tuple(silent[:5])),) if silent else ()
    missing = () if network.configs else ("no configuration was read: routes are computed from configurations",)
    return Coverage(
        unit="devices",
        total=len(tables.routers),
        read=len(tables.routers) - len(silent),
        gaps=gaps,
        notes=tuple(sorted(tables.notes)),
        missing=missing,
    )


@operation("topology.path")
def path(folder: Path, source: str, target: str, *, protocol: str = "", port: int = 0, vrf: str = "") -> PacketPath:
    """Follow a packet through a network: over all equal paths, the filters of the ports and the MTU on the way.

    The routing tables are computed as `topology.routes` does. It ends delivered, without a route, discarded,
    filtered (with the lines of the filter), in a loop, or unknown where the data end.

    Args:
        folder: The network's folder.
        source: A device, or an address (also of a host that only its subnet tells of).
        target: A device or an address.
        protocol: tcp, udp, icmp, or empty for any packet.
        port: The destination port of tcp or udp; 0 for any.
        vrf: The routing instance; empty for the global one.
    """
    from netguru.topology.forwarding import Ask, Walk, start_of, target_of
    from netguru.topology.rib import tables_of
    from netguru.workspace.opening import open_network

    if port and protocol.lower() not in ("tcp", "udp"):
        message = "a port needs --protocol tcp or udp"
        raise InputError(message, hint="add --protocol tcp")
    network = open_network(folder)
    tables = tables_of(network)
    wanted = target_of(tables, target, vrf)
    start, entering, own = start_of(tables, source, wanted, vrf)
    words = _words(own, wanted, protocol, port)
    walk = Walk(tables, Ask(own, wanted, words), vrf)
    walk.run(start, entering)
    mtus = [step.mtu for step in walk.steps if step.mtu is not None]
    ends = tuple(sorted(walk.ends))
    return PacketPath(
        packet=words,
        ends=ends,
        answer=_answer(words, walk.ends, tables),
        mtu=min(mtus, default=None),
        paths=tuple(walk.paths(start, entering)),
        steps=tuple(walk.steps),
        coverage=_coverage(network, tables, [row for table in tables.routes.values() for row in table.values()]),
    )


def _words(source: str, target: str, protocol: str, port: int) -> str:
    """Spell a packet as `config.query testFilters` reads it."""
    end = f"[{target}]:{port}" if ip_address(target).version == 6 else f"{target}:{port}"  # noqa: PLR2004 - the version
    return " ".join(part for part in (protocol.lower(), source or "any", ">", end if port else target) if part)


def _answer(words: str, ends: dict[str, set[str]], tables: Tables) -> str:
    told = []
    for end in sorted(ends):
        names = ", ".join(sorted(tables.routers[key].name for key in ends[end]))
        told.append(f"{end} at {names}" if end != "loop" else f"goes round between {names}")
    return f"{words}: {'; '.join(told)}"
