"""The two sides of BGP sessions: AS numbers, passwords, neighbours configured on one side only."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_interface, ip_network
from typing import TYPE_CHECKING

from netguru.checks import check, finding
from netguru.config.joints import is_up, proofs
from netguru.config.secrets import OPAQUE
from netguru.model.finding import Finding, Subject
from netguru.model.names import device_key, port_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.evidence import Evidence
    from netguru.model.facts import Facts, Known, PeerFacts, PortFacts


@dataclass(slots=True)
class _Sides:
    """The owners of addresses and the neighbours of each device.

    Where the operating system has the addresses and no output tells them, a router ID stands for
    the loopback address that it usually is.
    """

    facts: Facts
    names: dict[str, str] = field(default_factory=dict)
    owners: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    addresses: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    ports: dict[str, list[PortFacts]] = field(default_factory=lambda: defaultdict(list))
    peers: dict[str, list[PeerFacts]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for port in self.facts.ports:
            self.ports[device_key(port.device)].append(port)
        for port, known in self.facts.addressed():
            if is_up(port):
                self._own(device_key(port.device), str(ip_interface(known.value).ip))
        addressed = set(self.addresses)
        for device, router_id in self.facts.router_ids.items():
            if device_key(device) not in addressed and router_id.value not in self.owners:
                self._own(device_key(device), router_id.value)
        for peer in self.facts.peers:
            self.peers[device_key(peer.device)].append(peer)
            self.names[device_key(peer.device)] = peer.device

    def _own(self, device: str, address: str) -> None:
        self.owners[address].add(device)
        self.addresses[device].add(address)

    def far(self, peer: PeerFacts) -> str:
        """Give the device that owns a neighbour's address; empty when unknown or not the only one."""
        found = self.owners.get(_plain(peer.address), set()) - {device_key(peer.device)}
        return next(iter(found)) if len(found) == 1 else ""

    def back(self, peer: PeerFacts) -> PeerFacts | None:
        """Find what the far device says about this one in the same session; a range that it listens in counts.

        Two devices may have several sessions: the address that this side uses decides, and always
        the address family.
        """
        version = ip_address(_plain(peer.address)).version
        mine = {text for text in self.addresses[device_key(peer.device)] if ip_address(text).version == version}
        rows = self.peers[self.far(peer)]
        for wanted in (self.sources(peer), mine):
            for other in rows:
                if _plain(other.address) in wanted or any(_within(address, other.address) for address in wanted):
                    return other
        return None

    def sources(self, peer: PeerFacts) -> set[str]:
        """Give the addresses that a device can use towards a neighbour; none when that is not known."""
        device = device_key(peer.device)
        stated = peer.update_source.value if peer.update_source is not None else ""
        if stated and _is_address(stated):
            return {_plain(stated)}
        version = ip_address(_plain(peer.address)).version
        found: set[str] = set()
        for port in self.ports[device]:
            for known in port.addresses:
                interface = ip_interface(known.value)
                chosen = (
                    port_key(port.port) == port_key(stated) if stated else _within(peer.address, str(interface.network))
                )
                if chosen and interface.version == version:
                    found.add(str(interface.ip))
        router_id = self.facts.router_ids.get(device) or self.facts.router_ids.get(peer.device)
        only = {router_id.value} if router_id is not None else set()
        if not found and stated.lower().startswith("lo") and self.addresses[device] == only:
            found = only
        return found


def _plain(text: str) -> str:
    return str(ip_address(text)) if _is_address(text) else text


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _within(address: str, network: str) -> bool:
    try:
        inside = ip_network(network, strict=False)
        host = ip_address(address)
    except ValueError:
        return False
    return "/" in network and host.version == inside.version and host in inside


def _sessions(facts: Facts) -> Iterator[tuple[_Sides, PeerFacts, str]]:
    sides = _Sides(facts)
    for peer in facts.peers:
        if _is_address(peer.address) and not peer.vrf and (peer.enabled is None or peer.enabled.value):
            far = sides.far(peer)
            if far:
                yield sides, peer, far


@check("facts", "bgp.remote-as-mismatch", profile="routing")
def remote_as_mismatch(facts: Facts) -> Iterator[Finding]:
    """Find neighbours that are expected in another AS than they are in."""
    for sides, peer, far in _sessions(facts):
        local = _local_as(sides, peer, far)
        if peer.remote_as is None or local is None or local.value == peer.remote_as.value:
            continue
        name = sides.names.get(far, far)
        yield finding(
            "bgp.remote-as-mismatch",
            device=peer.device,
            address=peer.address,
            expected=peer.remote_as.value,
            peer=name,
            actual=local.value,
            subject=Subject(devices=tuple(sorted({peer.device, name})), addresses=(peer.address,)),
            evidence=proofs(peer.remote_as, local),
        )


def _local_as(sides: _Sides, peer: PeerFacts, far: str) -> Known[int] | None:
    back = sides.back(peer)
    if back is not None and "/" not in back.address and back.local_as is not None:
        return back.local_as
    found = {row.local_as.value: row.local_as for row in sides.peers[far] if row.local_as is not None}
    return next(iter(found.values())) if len(found) == 1 else None


@check("facts", "bgp.one-sided", profile="routing")
def one_sided(facts: Facts) -> Iterator[Finding]:
    """Find neighbours whose device has BGP but no neighbour statement back."""
    for sides, peer, far in _sessions(facts):
        sources = sides.sources(peer)
        if not sources or not sides.peers[far] or sides.back(peer) is not None:
            continue
        name = sides.names.get(far, far)
        yield finding(
            "bgp.one-sided",
            device=peer.device,
            address=peer.address,
            peer=name,
            sources=" or ".join(sorted(sources)),
            subject=Subject(devices=tuple(sorted({peer.device, name})), addresses=(peer.address, *sorted(sources))),
            evidence=(*peer.evidence[:2], *_range(sides.peers[far])),
        )


def _range(peers: list[PeerFacts]) -> tuple[Evidence, ...]:
    """Prove that a neighbour is missing by the range, in each text, that states the process and its neighbours."""
    first: dict[str, Evidence] = {}
    span: dict[str, tuple[int, int]] = {}
    for peer in peers:
        for item in (*(peer.local_as.evidence if peer.local_as is not None else ()), *peer.evidence):
            low, high = span.get(item.source, (item.start, item.end))
            span[item.source] = (min(low, item.start), max(high, item.end))
            first.setdefault(item.source, item)
    return tuple(replace(item, start=span[source][0], end=span[source][1]) for source, item in first.items())


@check("facts", "bgp.md5-mismatch", profile="routing")
def md5_mismatch(facts: Facts) -> Iterator[Finding]:
    """Find sessions whose ends have different passwords, or one that has none."""
    done: set[frozenset[tuple[str, str]]] = set()
    for sides, peer, far in _sessions(facts):
        back = sides.back(peer)
        if back is not None and sides.far(back) == device_key(peer.device) and sides.back(back) is not peer:
            continue  # the far side's statement belongs to another session of the two
        mine, theirs = peer.password_digest, back.password_digest if back is not None else None
        if back is None or mine is None or theirs is None or mine.value == theirs.value:
            continue
        if OPAQUE in (mine.value, theirs.value) and mine.value and theirs.value:
            continue
        session = frozenset({(device_key(peer.device), peer.address), (far, back.address)})
        if session in done or "/" in back.address:
            continue
        done.add(session)
        with_one = [item.device for item, known in ((peer, mine), (back, theirs)) if known.value]
        how = "the two ends have different passwords" if len(with_one) > 1 else f"only {with_one[0]} has a password"
        yield finding(
            "bgp.md5-mismatch@configs",
            device=peer.device,
            peer=back.device,
            how=how,
            subject=Subject(
                devices=tuple(sorted({peer.device, back.device})),
                addresses=tuple(sorted({peer.address, back.address})),
            ),
            evidence=proofs(mine, theirs),
        )
