"""The way of a packet: hop by hop over the routing tables, with the filters and the MTU on the way."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Literal

from netguru.errors import InputError, UnknownNameError
from netguru.model.names import device_key, port_key
from netguru.topology.routing_ports import usable
from netguru.workspace.packet_filters import packet_filters

if TYPE_CHECKING:
    from netguru.model.evidence import Evidence
    from netguru.model.routing import FilterVerdict, Hop, Route
    from netguru.topology.rib import Tables
    from netguru.topology.routing_ports import RoutedPort, Router

End = Literal["delivered", "no route", "discarded", "filtered", "loop", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PathStep:
    """One device on the way: in by `port_in`, out by `port_out` to `next_hop`, by `route`; `end` where the way ends."""

    number: int
    device: str
    port_in: str
    port_out: str
    next_hop: str
    route: str
    protocol: str
    mtu: int | None
    end: str
    says: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """A packet: from one address to another, in the words of `config.query testFilters`."""

    source: str
    target: str
    words: str


@dataclass(frozen=True, slots=True)
class _Place:
    """A packet at a device: where it came in."""

    key: str
    port: str


@dataclass
class Walk:
    """Follow a packet over all paths of equal cost; every device is asked once for each port it comes in by."""

    tables: Tables
    ask: Ask
    vrf: str = ""
    steps: list[PathStep] = field(default_factory=list)
    ends: dict[str, set[str]] = field(default_factory=dict)
    ways: dict[_Place, set[_Place]] = field(default_factory=dict)

    def run(self, start: str, port: str = "") -> None:
        """Follow the packet from a device; `port` is where it comes in, empty where the device sends it itself."""
        first = _Place(start, port)
        queue, seen = deque([first]), {first}
        while queue:
            place = queue.popleft()
            for following in self._at(place):
                self.ways.setdefault(place, set()).add(following)
                if following not in seen:
                    seen.add(following)
                    queue.append(following)
        self._loops()

    def paths(self, start: str, port: str = "", most: int = 16) -> list[str]:
        """Name the ways as chains of devices, at most so many; a loop ends where it closes."""
        found: list[str] = []

        def follow(place: _Place, chain: tuple[_Place, ...]) -> None:
            ways = sorted(self.ways.get(place, ()), key=lambda item: (item.key, item.port))
            if len(found) >= most:
                return
            if not ways or place in chain:
                found.append(" > ".join(self.tables.routers[item.key].name for item in (*chain, place)))
                return
            for following in ways:
                follow(following, (*chain, place))

        follow(_Place(start, port), ())
        return list(dict.fromkeys(found))

    def _loops(self) -> None:
        """Find a packet that comes back to where it was."""
        state: dict[_Place, int] = {}

        def visit(place: _Place) -> bool:
            state[place] = 1
            for following in sorted(self.ways.get(place, ()), key=lambda item: (item.key, item.port)):
                if state.get(following) == 1 or (following not in state and visit(following)):
                    return True
            state[place] = 2
            return False

        if any(visit(place) for place in list(self.ways) if place not in state):
            self.ends.setdefault("loop", set()).update(place.key for place, mark in state.items() if mark == 1)

    def _at(self, place: _Place) -> list[_Place]:
        router = self.tables.routers[place.key]
        entering = router.ports.get(port_key(place.port)) if place.port else None
        verdict = self._filtered(router, entering, "in") if entering else None
        if verdict is not None and verdict.action == "deny":
            self._step(place, end="filtered", says=verdict.says, evidence=verdict.evidence)
            return []
        own = next((port for port, held in self._own(router) if str(held) == self.ask.target), None)
        if own is not None:
            says = f"{own.name} owns {self.ask.target}" + _partly(verdict)
            proof = next(iter(own.addresses.values()))
            self._step(place, end="delivered", says=says, evidence=(*proof[:1], *_proof(verdict)))
            return []
        route = self.tables.lookup(place.key, self.ask.target, self.vrf)
        if route is None:
            silent = not self.tables.routes.get((place.key, self.vrf))
            says = "nothing of this device is known" if silent else f"no route to {self.ask.target}"
            self._step(place, end="unknown" if silent else "no route", says=says, evidence=())
            return []
        if not route.hops:
            self._step(place, route=route, end="discarded", says="the route discards", evidence=route.evidence)
            return []
        return [found for hop in route.hops for found in self._out(place, router, route, hop, verdict)]

    def _own(self, router: Router) -> list[tuple[RoutedPort, object]]:
        version = ip_address(self.ask.target).version
        return [(port, address.ip) for port, address in usable(router, version, self.vrf)]

    def _out(
        self, place: _Place, router: Router, route: Route, hop: Hop, entered: FilterVerdict | None
    ) -> list[_Place]:
        port = router.ports.get(port_key(hop.port))
        verdict = self._filtered(router, port, "out") if port and place.port else None
        proof = (*route.evidence[:3], *_proof(entered), *_proof(verdict))
        if verdict is not None and verdict.action == "deny":
            self._step(place, route=route, hop=hop, end="filtered", says=verdict.says, evidence=proof)
            return []
        says = _partly(entered) + _partly(verdict)
        wanted = hop.address or self.ask.target
        following = self._neighbor(place.key, hop.port, wanted)
        if following:
            self._step(place, route=route, hop=hop, says=says.strip("; "), evidence=proof)
            return following
        if not hop.address:
            says = f"the subnet of {self.ask.target} is connected; no device of the data owns the address" + says
            self._step(place, route=route, hop=hop, end="delivered", says=says, evidence=proof)
        else:
            says = f"the next hop {wanted} is no device of the data" + says
            self._step(place, route=route, hop=hop, end="unknown", says=says, evidence=proof)
        return []

    def _neighbor(self, key: str, name: str, address: str) -> list[_Place]:
        """Give the devices that own a next hop, with the port by which the packet comes in."""
        wanted = ip_address(address)
        found = []
        for other, router in sorted(self.tables.routers.items()):
            for port in router.ports.values():
                if other != key and port.up and any(held.ip == wanted for held in port.addresses):
                    near = self.tables.routers[key].ports.get(port_key(name))
                    found += [_Place(other, port.name)] if near is None or near.cable in (None, port.key) else []
        return found

    def _filtered(self, router: Router, port: RoutedPort | None, direction: str) -> FilterVerdict | None:
        """Put the packet to the filters of a port; the first that does not permit it all decides."""
        verdict = None
        for name, way in port.acls if port else ():
            if way != direction:
                continue
            for config in router.configs:
                for decider in packet_filters.values():
                    found = decider.decide(config, name, self.ask.words)
                    verdict = found if found is not None and (verdict is None or found.action != "permit") else verdict
        return verdict

    def _step(
        self,
        place: _Place,
        *,
        route: Route | None = None,
        hop: Hop | None = None,
        end: str = "",
        says: str = "",
        evidence: tuple[Evidence, ...] = (),
    ) -> None:
        router = self.tables.routers[place.key]
        port = router.ports.get(port_key(hop.port)) if hop else None
        if end:
            self.ends.setdefault(end, set()).add(place.key)
        self.steps.append(
            PathStep(
                number=len(self.steps) + 1,
                device=router.name,
                port_in=place.port,
                port_out=hop.port if hop else "",
                next_hop=hop.address if hop else "",
                route=route.prefix if route else "",
                protocol=route.protocol if route else "",
                mtu=port.mtu if port else None,
                end=end,
                says=says,
                evidence=tuple(dict.fromkeys(evidence)),
            )
        )


def _proof(verdict: FilterVerdict | None) -> tuple[Evidence, ...]:
    return verdict.evidence[:3] if verdict else ()


def _partly(verdict: FilterVerdict | None) -> str:
    if verdict is None:
        return ""
    return f"; {'permitted' if verdict.action == 'permit' else 'some are dropped'} by {verdict.says}"


def start_of(tables: Tables, text: str, target: str, vrf: str) -> tuple[str, str, str]:
    """Find where a packet starts: (device, port it comes in by, source address).

    A device sends by itself. An address that no device owns is a host: its packets come in by the port of
    a router in its subnet. Raises UnknownNameError for a name that is not known.
    """
    version = ip_address(target).version
    try:
        wanted = ip_address(text)
    except ValueError:
        wanted = None
    if wanted is None:
        key = device_key(text)
        if key not in tables.routers:
            raise UnknownNameError("device or address", text, (router.name for router in tables.routers.values()))
        return key, "", _source(tables, key, target, vrf)
    if wanted.version != version:
        message = f"{text} and {target} are of different versions of IP"
        raise InputError(message)
    held = [
        (key, port, address)
        for key, router in sorted(tables.routers.items())
        for port, address in usable(router, version, vrf)
    ]
    own = next((key for key, _, address in held if address.ip == wanted), None)
    if own is not None:
        return own, "", text
    near = [
        (key, port.name)
        for key, port, address in held
        if wanted in address.network and address.network.num_addresses > 1
    ]
    if not near:
        message = f"{text} is an address of no device and in no subnet of one"
        raise InputError(message, hint="name a device, or an address in a subnet of the network")
    return (*near[0], text)


def _source(tables: Tables, key: str, target: str, vrf: str) -> str:
    """Give the address with which a device sends: that of the port by which it sends (RFC 1122 section 3.3.4.3)."""
    route = tables.lookup(key, target, vrf)
    held = usable(tables.routers[key], ip_address(target).version, vrf)
    ports = {hop.port for hop in route.hops} if route else set()
    chosen = next((address for port, address in held if port.name in ports), None)
    return str(chosen.ip) if chosen else next((str(address.ip) for _, address in held), "")


def target_of(tables: Tables, text: str, vrf: str) -> str:
    """Give the address that is meant: an address as it is, a device by its loopback or its first address."""
    try:
        return str(ip_address(text))
    except ValueError:
        pass
    router = tables.routers.get(device_key(text))
    if router is None:
        raise UnknownNameError("device or address", text, (item.name for item in tables.routers.values()))
    held = sorted(usable(router, 4, vrf) or usable(router, 6, vrf), key=lambda item: not item[0].is_loopback)
    if not held:
        message = f"{router.name} has no address"
        raise InputError(message, hint="name an address")
    return str(held[0][1].ip)
