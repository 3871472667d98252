"""Facts from configurations: every port and BGP session, each value with the lines that state it.

Several texts of one host (braces and set commands, running and saved) add up to one device.
"""

from __future__ import annotations

import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, TypeVar

from netguru.config.platforms import platform
from netguru.config.port_facts import port_facts
from netguru.config.quoting import heading, proof
from netguru.config.tree import walk
from netguru.model.facts import Facts, GatewayFacts, Known, OspfFacts, PeerFacts, PortFacts
from netguru.model.names import device_key

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable

    from netguru.model.config import BgpNeighbor, BgpProcess, DeviceConfig
    from netguru.model.evidence import Evidence

Row = TypeVar("Row", PortFacts, PeerFacts, OspfFacts, GatewayFacts)


def facts_of(configs: Iterable[DeviceConfig]) -> Facts:
    """Gather what configurations state about ports and sessions, platform defaults included.

    A default is not `explicit`; its evidence is the block in which the statement is missing.
    """
    ports: dict[Hashable, PortFacts] = {}
    peers: dict[Hashable, PeerFacts] = {}
    router_ids: dict[str, Known[str]] = {}
    for config in configs:
        if not config.hostname:
            continue
        for port in _ports(config):
            _add(ports, port.key, port)
        for peer in _peers(config):
            _add(peers, (device_key(peer.device), peer.vrf, peer.address), peer)
        known = _router_id(config)
        if known is not None:
            router_ids.setdefault(device_key(config.hostname), known)
    return Facts(ports=tuple(ports.values()), peers=tuple(peers.values()), router_ids=router_ids)


def _ports(config: DeviceConfig) -> Iterable[PortFacts]:
    defaults = platform(config.platform).defaults
    if _sets_mtu(config):
        defaults = {name: value for name, value in defaults.items() if name != "mtu"}
    return (port_facts(config, interface, defaults) for interface in config.interfaces)


def _sets_mtu(config: DeviceConfig) -> bool:
    """Say whether a statement changes the MTU of all ports."""
    return any(line.text.startswith(("system mtu", "system jumbomtu")) for line in walk(config.tree))


def _router_id(config: DeviceConfig) -> Known[str] | None:
    for process in config.ospf:
        if process.router_id and not process.vrf:
            return Known(value=process.router_id, evidence=proof(config, process.at.get("router_id", process.lines)))
    if config.bgp is not None and config.bgp.router_id:
        lines = config.bgp.at.get("router_id", config.bgp.lines)
        return Known(value=config.bgp.router_id, evidence=proof(config, lines))
    return None


def _peers(config: DeviceConfig) -> Iterable[PeerFacts]:
    process = config.bgp
    if process is not None:
        yield from (_peer(config, process, neighbor) for neighbor in process.neighbors)


def _peer(config: DeviceConfig, process: BgpProcess, neighbor: BgpNeighbor) -> PeerFacts:
    own = _naming(config, neighbor)

    def stated(value: Any, name: str) -> Known[Any] | None:
        if value in (None, ""):
            return None
        return Known(value=value, evidence=proof(config, neighbor.at.get(name, ())) or own)

    local = stated(neighbor.local_as, "local_as") or Known(
        value=process.asn, evidence=proof(config, process.at.get("asn", process.lines[:1]))
    )
    digest = neighbor.password_digest
    password = (
        Known(value=digest, evidence=proof(config, neighbor.at.get("password", neighbor.lines)))
        if neighbor.password
        else Known(value="", evidence=own, explicit=False)
    )
    return PeerFacts(
        device=config.hostname,
        address=neighbor.address,
        local_as=local,
        remote_as=stated(neighbor.remote_as, "remote_as"),
        password_digest=password,
        update_source=stated(neighbor.update_source, "update_source"),
        enabled=Known(
            value=neighbor.enabled,
            evidence=proof(config, neighbor.at.get("disabled", ())) or own,
            explicit=not neighbor.enabled,
        ),
        vrf=neighbor.vrf,
        evidence=own,
    )


def _naming(config: DeviceConfig, neighbor: BgpNeighbor) -> tuple[Evidence, ...]:
    """Quote the first line that names a neighbour, or the heading of its block."""
    lines, first = config.piece.lines, config.piece.first_line
    wanted = re.compile(rf"(?<![\w.:]){re.escape(neighbor.address)}(?![\w.:])", re.IGNORECASE)
    named = next((number for number in neighbor.lines if wanted.search(lines[number - first])), None)
    return heading(config, neighbor.lines) if named is None else proof(config, (named,))


def _add(rows: dict[Hashable, Any], key: Hashable, row: PortFacts | PeerFacts) -> None:
    rows[key] = _join(rows[key], row) if key in rows else row


def _join(before: Row, after: Row) -> Row:
    """Join two texts' rows about the same thing: equal values get both proofs, of others the first stays."""
    values = {item.name: _value(getattr(before, item.name), getattr(after, item.name)) for item in fields(before)}
    return replace(before, **values)


def _value(before: Any, after: Any) -> Any:
    if isinstance(before, Known) and isinstance(after, Known):
        if before.value == after.value:
            evidence = tuple(dict.fromkeys((*before.evidence, *after.evidence)))
            return Known(value=before.value, evidence=evidence, explicit=before.explicit or after.explicit)
        return after if after.explicit and not before.explicit else before
    if isinstance(before, tuple) and isinstance(after, tuple):
        return _rows(before, after)
    return after if before in (None, "") else before


def _rows(before: tuple[Any, ...], after: tuple[Any, ...]) -> tuple[Any, ...]:
    joined: dict[Hashable, Any] = {}
    for item in (*before, *after):
        key = _identity(item)
        if key not in joined:
            joined[key] = item
        elif isinstance(item, Known):
            joined[key] = _value(joined[key], item)
        elif isinstance(item, (OspfFacts, GatewayFacts)):
            joined[key] = _join(joined[key], item)
    return tuple(joined.values())


def _identity(item: Any) -> Hashable:
    readers: tuple[tuple[type, Callable[[Any], Hashable]], ...] = (
        (Known, lambda known: known.value),
        (OspfFacts, lambda row: row.version),
        (GatewayFacts, lambda row: (row.protocol, row.group.value)),
    )
    found: Hashable = next((read(item) for kind, read in readers if isinstance(item, kind)), item)
    return found
