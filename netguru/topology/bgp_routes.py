"""BGP routes: sessions that both ends configure, what each end announces, the best paths until nothing changes.

RFC 4271 section 9 with route reflection (RFC 4456). Sessions need both ends configured for each
other; whether they came up is for the diagnosis.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, TypeAlias

from netguru.topology.bgp_policies import Attributes, passes
from netguru.topology.routing_ports import usable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from netguru.model.config import BgpNeighbor, BgpProcess, DeviceConfig
    from netguru.model.evidence import Evidence
    from netguru.topology.routing_ports import Prefix, Router

    Reach: TypeAlias = Callable[[str, str], int | None]
    """(device, address) -> metric of the way to it, None without one."""

_ROUNDS = 64
"""Rounds of announcements after which paths that still change are taken as they are, and a note says so."""


@dataclass(frozen=True)
class _Session:
    """One direction of a session: `sender` announces to `receiver`; both statements are there."""

    sender: str
    receiver: str
    near: BgpNeighbor
    back: BgpNeighbor
    internal: bool
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class BgpPath:
    """One path to a prefix at one router; `hop` is empty for its own."""

    prefix: Prefix
    attributes: Attributes
    hop: str = ""
    sender: str = ""
    internal: bool = False
    originator: str = ""
    clusters: tuple[str, ...] = ()
    from_client: bool = False
    evidence: tuple[Evidence, ...] = ()


@dataclass
class Speakers:
    """All BGP routers of one address family, their sessions, and what could not be followed."""

    routers: Mapping[str, Router]
    family: int
    vrf: str = ""
    notes: set[str] = field(default_factory=set)
    processes: dict[str, tuple[DeviceConfig, BgpProcess]] = field(default_factory=dict)
    sessions: list[_Session] = field(default_factory=list)

    def __post_init__(self) -> None:
        for key in sorted(self.routers):
            for config in self.routers[key].configs:
                if config.bgp is not None:
                    self.processes.setdefault(key, (config, config.bgp))
        self.sessions = list(self._pairs())

    def _pairs(self) -> list[_Session]:
        owners: dict[str, set[str]] = {}
        for key, router in self.routers.items():
            for version in (4, 6):
                for _, address in usable(router, version, self.vrf):
                    owners.setdefault(str(address.ip), set()).add(key)
        found = []
        for key, (config, process) in self.processes.items():
            for near in process.neighbors:
                held = owners.get(_plain(near.address), set()) - {key}
                if not near.enabled or near.vrf != self.vrf or len(held) != 1 or not self._carries(near):
                    continue
                other = next(iter(held))
                back = self._answer(key, other, near, owners)
                if back is not None:
                    internal = near.remote_as == (near.local_as or process.asn)
                    lines = near.at.get("remote_as") or near.lines[:1]
                    found.append(_Session(key, other, near, back, internal, config.evidence(lines)))
        return found

    def _answer(self, key: str, other: str, near: BgpNeighbor, owners: Mapping[str, set[str]]) -> BgpNeighbor | None:
        """Give the statement of the other end that answers: it names an address of this router, and the ASes fit."""
        if other not in self.processes:
            return None
        (_, mine), (_, theirs) = self.processes[key], self.processes[other]
        for back in theirs.neighbors:
            if (
                back.enabled
                and back.vrf == self.vrf
                and owners.get(_plain(back.address)) == {key}
                and self._carries(back)
            ):
                same = ip_address(back.address).version == ip_address(near.address).version
                fits = near.remote_as == (back.local_as or theirs.asn) and back.remote_as == (near.local_as or mine.asn)
                if same and fits and near.password_digest == back.password_digest:
                    return back
        return None

    def _carries(self, neighbor: BgpNeighbor) -> bool:
        """Say whether a session carries the family: as activated, else the family of its addresses."""
        try:
            own = ip_address(neighbor.address).version
        except ValueError:
            return False
        wanted = f"ipv{self.family}"
        unicast = [
            text for text in neighbor.address_families if text in (wanted, "inet" if wanted == "ipv4" else "inet6")
        ]
        stated = any(text.startswith(("ipv", "inet")) for text in neighbor.address_families)
        # Routes of one family over a session of the other need next hops that are not computed here.
        return own == self.family and (bool(unicast) or not stated)


def _plain(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        return text


def bgp_paths(
    speakers: Speakers, known: Mapping[str, Mapping[Prefix, tuple[str, tuple[Evidence, ...]]]], reach: Reach
) -> dict[str, dict[Prefix, list[BgpPath]]]:
    """Compute the best paths of every router, several where they are used together.

    `known` are the routes of other protocols by device and prefix, with protocol and evidence.
    """
    own = {key: _originated(speakers, key, known.get(key, {})) for key in speakers.processes}
    received: dict[str, dict[tuple[int, Prefix], BgpPath]] = {key: {} for key in speakers.processes}
    best: dict[str, dict[Prefix, list[BgpPath]]] = {key: {} for key in speakers.processes}
    for _ in range(_ROUNDS):
        fresh = {key: _select(speakers, key, [*own[key], *received[key].values()], reach) for key in speakers.processes}
        if fresh == best:
            return best
        best = fresh
        received = {key: {} for key in speakers.processes}
        for number, session in enumerate(speakers.sessions):
            for path in _announced(speakers, session, best[session.sender]):
                taken = _taken(speakers, session, path)
                if taken is not None:
                    received[session.receiver][number, taken.prefix] = taken
    speakers.notes.add(f"BGP paths still change after {_ROUNDS} rounds: the last ones are given")
    return best


def _originated(
    speakers: Speakers, key: str, known: Mapping[Prefix, tuple[str, tuple[Evidence, ...]]]
) -> list[BgpPath]:
    """Give the paths that a router begins: its networks that it knows, and what it redistributes."""
    config, process = speakers.processes[key]
    found = []
    for text in process.networks:
        prefix = ip_network(text, strict=False)
        if prefix.version == speakers.family and prefix in known:
            lines = process.at.get("network") or process.at.get("networks") or process.lines[:1]
            proof = (*config.evidence(lines[:1]), *known[prefix][1][:2])
            found.append(BgpPath(prefix, Attributes(weight=32768), evidence=proof))
    taken = {"direct": "connected"}
    wanted = {taken.get(name, name) for name in process.redistribute}
    for prefix, (protocol, evidence) in known.items():
        if protocol in wanted and prefix.version == speakers.family:
            found.append(BgpPath(prefix, Attributes(weight=32768, origin=2), evidence=evidence[:2]))
    return found


def _select(speakers: Speakers, key: str, paths: list[BgpPath], reach: Reach) -> dict[Prefix, list[BgpPath]]:
    by_prefix: dict[Prefix, list[tuple[tuple[object, ...], BgpPath]]] = {}
    for path in paths:
        metric = 0 if not path.hop else reach(key, path.hop)
        if metric is not None:
            by_prefix.setdefault(path.prefix, []).append((_rank(speakers, path, metric), path))
    router = speakers.routers[key]
    chosen: dict[Prefix, list[BgpPath]] = {}
    for prefix in sorted(by_prefix, key=str):
        ranked = sorted(by_prefix[prefix], key=lambda item: item[0])
        (first, path), used = ranked[0], _EQUAL
        limit = int(router.default("bgp", "multipath_internal" if path.internal else "multipath_external"))
        together = [
            item
            for rank, item in ranked
            if rank[:used] == first[:used] and item.attributes.path == path.attributes.path
        ]
        chosen[prefix] = together[: max(1, limit)]
    return chosen


_EQUAL = 8
"""Members of a rank that must agree for two paths to be used together."""


def _rank(speakers: Speakers, path: BgpPath, metric: int) -> tuple[object, ...]:
    """Order paths, best first (RFC 4271 section 9.1.2.2, after weight as most vendors have it)."""
    attributes = path.attributes
    return (
        -attributes.weight,
        -attributes.local_preference,
        bool(path.hop),
        len(attributes.path),
        attributes.origin,
        attributes.med,
        path.internal,
        metric,
        len(path.clusters),
        path.originator or _router_id(speakers, path.sender),
        path.hop,
        path.sender,
    )


def _router_id(speakers: Speakers, key: str) -> tuple[int, ...] | str:
    if key not in speakers.processes:
        return ""
    return speakers.processes[key][1].router_id


def _announced(speakers: Speakers, session: _Session, best: Mapping[Prefix, list[BgpPath]]) -> list[BgpPath]:
    """Give what one router tells another: its best paths, as reflection and policies allow."""
    router, (_, process) = speakers.routers[session.sender], speakers.processes[session.sender]
    found = []
    if "default-originate" in session.near.options:
        everything = ip_network("0.0.0.0/0" if speakers.family == 4 else "::/0")  # noqa: PLR2004 - a prefix
        found.append(BgpPath(everything, Attributes(), evidence=session.evidence))
    is_client = "route-reflector-client" in session.near.options
    for paths in best.values():
        path = paths[0]
        if session.internal and path.internal and not (is_client or path.from_client):
            continue
        if path.sender == session.receiver and path.hop:
            continue
        found.append(path)
    told = []
    for path in found:
        if not session.internal and not session.near.policies_out and _needs_policy(router, process):
            continue
        attributes = passes(router, session.near.policies_out, path.prefix, path.attributes, speakers.notes)
        if attributes is not None:
            told.append(replace(path, attributes=attributes))
    return told


def _needs_policy(router: Router, process: BgpProcess) -> bool:
    stated = process.requires_policy
    return bool(router.default("bgp", "requires_policy")) if stated is None else stated


def _taken(speakers: Speakers, session: _Session, path: BgpPath) -> BgpPath | None:
    """Turn an announced path into what the receiver keeps; None when it refuses it."""
    router, (_, process) = speakers.routers[session.receiver], speakers.processes[session.receiver]
    _, sender = speakers.processes[session.sender]
    asn = session.near.local_as or sender.asn
    attributes = replace(path.attributes, weight=0)
    if session.internal:
        own = not path.hop or "next-hop-self" in session.near.options
        hop = session.back.address if own else path.hop
        reflected = path.internal
        identity = path.originator or (_name(sender, path.sender) if reflected else "")
        clusters = (_name(sender, session.sender), *path.clusters) if reflected else path.clusters
        if reflected and "next-hop-self" in session.near.options:
            # Reflected routes keep their next hop (RFC 4456 section 10).
            hop = path.hop
        if path.originator == _name(process, session.receiver) or _name(process, session.receiver) in clusters:
            return None
    else:
        hop, identity, clusters = session.back.address, "", ()
        attributes = replace(attributes, path=(asn, *attributes.path), local_preference=100)
        if process.asn in attributes.path or (session.back.local_as or process.asn) in attributes.path:
            return None
        attributes = replace(attributes, med=path.attributes.med if not path.hop else 0)
        if not session.back.policies_in and _needs_policy(router, process):
            return None
    kept = passes(router, session.back.policies_in, path.prefix, attributes, speakers.notes)
    if kept is None:
        return None
    return BgpPath(
        prefix=path.prefix,
        attributes=kept,
        hop=_plain(hop),
        sender=session.sender,
        internal=session.internal,
        originator=identity,
        clusters=clusters,
        from_client="route-reflector-client" in session.back.options,
        evidence=tuple(dict.fromkeys((*session.evidence[:1], *path.evidence)))[:6],
    )


def _name(process: BgpProcess, key: str) -> str:
    return process.router_id or key
