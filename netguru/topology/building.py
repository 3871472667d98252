"""Build the graph: both sides of every cable joined into one link, with what could not be placed beside it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from netguru.model.coverage import Coverage, Gap
from netguru.model.names import port_key
from netguru.model.topology import Device, Endpoint, Link, Topology, Unresolved
from netguru.topology.claims import Claim, End, Resolver
from netguru.topology.inventory import port_pattern
from netguru.topology.planned import planned_links

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netguru.model.evidence import Evidence
    from netguru.model.network import Network
    from netguru.model.topology import Neighbor
    from netguru.topology.inventory import Inventory, Known

# How much a link may be trusted: both ends say so; one end says so and the other gave no report;
# one end says so and the other, which reports, does not.
_BOTH, _ONE, _DENIED = 1.0, 0.8, 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """What is known of a network's cabling: the graph, the devices' own words and every row that was placed."""

    topology: Topology
    inventory: Inventory
    claims: tuple[Claim, ...]


_cache: list[tuple[Network, Understood]] = []
_KEPT = 4


def physical_links(network: Network) -> tuple[Link, ...]:
    """Give the cables that neighbour tables prove, computed once a network."""
    return tuple(link for link in topology_of(network).links if {"cdp", "lldp"} & set(link.protocols))


def topology_of(network: Network) -> Topology:
    """Give the graph of a network, computed once."""
    return understand(network).topology


def understand(network: Network) -> Understood:
    """Give the graph with what it was made of, computed once a network."""
    for known, made in _cache:
        if known is network:
            return made
    made = _understand(network)
    _cache.append((network, made))
    del _cache[:-_KEPT]
    return made


def build(network: Network) -> Topology:
    """Build the graph of a network from neighbour tables, then configurations, then captures."""
    return _understand(network).topology


def _understand(network: Network) -> Understood:
    resolver = Resolver(network)
    sorted_out = _SortedOut(resolver.claims)
    unresolved = [*resolver.unresolved, *sorted_out.refused]
    links = [_link(claims) for claims in sorted_out.pairs]
    spoken = {end for claim in resolver.claims for end in (claim.near, claim.far) if end[1]}
    links += planned_links(resolver.inventory, spoken)
    heard = [row for capture in network.captures for row in capture.neighbors()]
    links, unused = _confirmed(links, [(row, resolver.sender(row)) for row in heard])
    unresolved += unused
    placed = {end.device for link in links for end in (link.a, link.b)}
    devices = [_device(item) for item in resolver.inventory.devices.values() if item.reported or item.name in placed]
    rows = sum(len(table.rows) for table in network.neighbors)
    topology = Topology(
        devices=tuple(sorted(devices, key=lambda device: device.name.lower())),
        links=tuple(sorted(links, key=lambda link: (link.a.key, link.b.key))),
        unresolved=tuple(Unresolved(neighbor=row, reason=reason) for row, reason in unresolved),
        coverage=_coverage(network, rows, unresolved),
    )
    proven = tuple(claim for claims in sorted_out.pairs for claim in claims)
    return Understood(topology=topology, inventory=resolver.inventory, claims=proven)


class _SortedOut:
    """Sort claims into pairs of ends that are a cable, and rows that prove none."""

    def __init__(self, claims: Sequence[Claim]) -> None:
        self.refused: list[tuple[Neighbor, str]] = []
        self._at: dict[End, list[Claim]] = defaultdict(list)
        self._known: dict[End, set[End]] = {}
        for claim in claims:
            self._at[claim.near].append(claim)
        chosen: dict[tuple[End, End], list[Claim]] = defaultdict(list)
        for claim in claims:
            full = self._with_port(claim)
            reason = self._doubt(full)
            if reason:
                self.refused.append((claim.row, reason))
            else:
                ends = sorted((full.near, full.far))
                chosen[ends[0], ends[1]].append(full)
        self.pairs = list(chosen.values())

    def _with_port(self, claim: Claim) -> Claim:
        """Take the far port from another row of the same port and neighbour, heard by the other protocol."""
        if claim.far[1]:
            return claim
        same = {item.far_port for item in self._at[claim.near] if item.far_device is claim.far_device and item.far_port}
        return replace(claim, far_port=same.pop()) if len(same) == 1 else claim

    def _targets(self, end: End) -> set[End]:
        """Give what a port hears; the same device twice, once without its port, is one target."""
        known = self._known.get(end)
        if known is None:
            heard = {claim.far for claim in self._at.get(end, ())}
            known = {far for far in heard if far[1] or not any(other[0] == far[0] and other[1] for other in heard)}
            self._known[end] = known
        return known

    def _mutual(self, near: End, far: End) -> bool:
        return near in self._targets(far)

    def _doubt(self, claim: Claim) -> str:
        """Give the reason why a claim proves no cable; empty when it does."""
        if claim.near == claim.far:
            return "the port hears itself: a loop, or a device between that sends frames back"
        if all(port_pattern("management").match(port) for port in (claim.near_port, claim.far_port)):
            return "two management ports: they hear each other over the management network"
        return self._segment(claim) if claim.far[1] else self._no_port(claim)

    def _no_port(self, claim: Claim) -> str:
        told = claim.row.remote_port
        if not told:
            return f"{claim.far_device.name} does not name its port"
        return f"{claim.far_device.name} names its port {told!r}, which is none of its ports' names"

    def _segment(self, claim: Claim) -> str:
        """Look at both ports: a cable has one neighbour at each end, and each is the other's."""
        near, far = claim.near, claim.far
        targets, back = self._targets(near), self._targets(far)
        if len(targets) > 1 and not self._alone(near, far):
            return f"{len(targets)} neighbours at one port: a shared segment, not a cable"
        if back and near not in back:
            return f"{claim.far_device.name} hears another neighbour at {claim.far_port}"
        if len(back) > 1 and not self._alone(far, near):
            return f"{claim.far_device.name} hears {len(back)} neighbours at {claim.far_port}: a shared segment"
        return ""

    def _alone(self, near: End, far: End) -> bool:
        """Say whether of the several neighbours of a port exactly this one hears it, and nothing else.

        Then the others are phones behind a port, or rows that have not aged out yet.
        """
        answering = [target for target in self._targets(near) if target[1] and self._mutual(near, target)]
        return answering == [far] and self._targets(far) == {near}


def _link(claims: list[Claim]) -> Link:
    ends = {}
    for claim in claims:
        ends[claim.near] = Endpoint(device=claim.near_device.name, port=claim.near_port)
        ends.setdefault(claim.far, Endpoint(device=claim.far_device.name, port=claim.far_port))
    a, b = sorted(ends.values(), key=lambda end: end.key)
    seen = {ends[claim.near] for claim in claims}
    seen_from: Literal["both", "a", "b"] = "both" if len(seen) > 1 else "a" if a in seen else "b"
    far = {claim.far_device.name: claim.far_device for claim in claims}
    silent = any(device.hears for device in far.values())
    return Link(
        a=a,
        b=b,
        protocols=tuple(sorted({claim.row.protocol for claim in claims})),
        seen_from=seen_from,
        confidence=_BOTH if seen_from == "both" else _DENIED if silent else _ONE,
        evidence=_evidence(claims),
    )


def _evidence(claims: Iterable[Claim]) -> tuple[Evidence, ...]:
    """Quote each side: the first evidence of every row, each place once."""
    return tuple(dict.fromkeys(claim.row.evidence[0] for claim in claims))


def _confirmed(
    links: list[Link], heard: Sequence[tuple[Neighbor, End]]
) -> tuple[list[Link], list[tuple[Neighbor, str]]]:
    """Add to links what captures show of their ends; a capture alone does not say where it was taken."""
    by_end: dict[End, list[int]] = defaultdict(list)
    for position, link in enumerate(links):
        for end in (link.a, link.b):
            by_end[end.device.lower(), port_key(end.port)].append(position)
    unused: list[tuple[Neighbor, str]] = []
    for row, sender in heard:
        for position in by_end.get(sender, ()):
            link = links[position]
            links[position] = replace(link, evidence=tuple(dict.fromkeys((*link.evidence, *row.evidence[:1]))))
        if sender not in by_end:
            unused.append((row, "heard in a capture, which does not say at whose port"))
    return links, unused


def _device(item: Known) -> Device:
    return Device(
        name=item.name,
        platform=item.platform,
        addresses=tuple(item.addresses),
        reported=item.reported,
        evidence=tuple(dict.fromkeys(item.evidence)),
    )


def _coverage(network: Network, rows: int, unresolved: Sequence[tuple[Neighbor, str]]) -> Coverage:
    """Count the neighbours: placed in the graph, or left out with the reason."""
    tabled = [(row, reason) for row, reason in unresolved if row.device]
    reasons: dict[str, list[str]] = defaultdict(list)
    for row, reason in tabled:
        reasons[reason].append(f"{row.device} {row.port}: {row.remote_device} {row.remote_port}")
    missing: tuple[str, ...] = ()
    if not rows:
        missing = ("no CDP or LLDP output was read: collect the neighbour tables of every device",)
    return Coverage(
        unit="neighbours",
        total=rows,
        read=rows - len(tabled),
        gaps=tuple(
            Gap(reason=reason, count=len(places), places=tuple(places[:5])) for reason, places in reasons.items()
        ),
        notes=network.coverage.notes,
        missing=missing,
    )
