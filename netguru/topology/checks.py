"""Checks of cabling: swapped cables, cables and descriptions that contradict, settings that CDP reveals."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from netguru.checks import check, finding
from netguru.model.finding import Finding, Severity, Subject
from netguru.model.names import port_key
from netguru.topology.building import understand
from netguru.topology.cabling import Compared, Expectation, compare

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from netguru.model.evidence import Evidence
    from netguru.model.network import Network
    from netguru.model.topology import Endpoint, Neighbor
    from netguru.topology.claims import Claim
    from netguru.topology.inventory import Port

_ROWS = 4
"""Neighbour rows quoted for one cable: two protocols from two sides."""


@check("network", "cabling.swap", "cabling.contradiction", "cabling.description", profile="l2")
def cabling(network: Network) -> Iterator[Finding]:
    """Compare what ports hear with descriptions and subnets; two cables exchanged are one finding."""
    compared = [item for item in compare(network) if item.described or item.addressed]
    swapped: set[int] = set()
    for one, other in combinations(range(len(compared)), 2):
        if not {one, other} & swapped:
            found = _swap(compared[one], compared[other])
            if found is not None:
                swapped |= {one, other}
                yield found
    for number, item in enumerate(compared):
        if number not in swapped:
            yield _contradiction(item)


def _swap(one: Compared, other: Compared) -> Finding | None:
    """Find two cables whose plans are each other's: a1 expects b2 and a2 expects b1."""
    a1, b1 = one.link.a, one.link.b
    for a2, b2 in ((other.link.a, other.link.b), (other.link.b, other.link.a)):
        first = (*one.expects(a1, _place(b2)), *other.expects(b2, _place(a1)))
        second = (*other.expects(a2, _place(b1)), *one.expects(b1, _place(a2)))
        if first and second:
            return _swapped(one, other, (a1, b1, a2, b2), (*first, *second))
    return None


def _place(end: Endpoint) -> tuple[str, str]:
    return end.device.lower(), port_key(end.port)


def _swapped(one: Compared, other: Compared, ends: tuple[Endpoint, ...], speaking: tuple[Expectation, ...]) -> Finding:
    a1, b1, a2, b2 = ends
    sure = bool((one.described or other.described) and (one.addresses or other.addresses))
    return finding(
        "cabling.swap",
        evidence=_unique(
            one.link.evidence[:_ROWS],
            other.link.evidence[:_ROWS],
            *(item.evidence for item in speaking),
            one.addresses,
            other.addresses,
        ),
        subject=_subject(ends),
        symptoms=("adjacencies over both links fail or form with the wrong device",),
        severity=None if sure else Severity.WARNING,
        a1=_shown(a1),
        b1=_shown(b1),
        a2=_shown(a2),
        b2=_shown(b2),
        protocols=_protocols({*one.link.protocols, *other.link.protocols}),
        basis=_basis(speaking),
    )


def _contradiction(item: Compared) -> Finding:
    """Report one cable that contradicts its plan: its description alone, or its addresses too."""
    near, expected = (*item.described, *item.addressed)[0]
    far = item.link.b if near == item.link.a else item.link.a
    speaking = tuple(found for _, found in (*item.described, *item.addressed))
    both = bool(item.described and item.addresses)
    name = "cabling.contradiction" if item.addresses else "cabling.description"
    contradictions = " ".join(f"{found.by.capitalize()} speaks for {found.shown}." for found in speaking)
    return finding(
        name,
        evidence=_unique(item.link.evidence[:_ROWS], *(found.evidence for found in speaking), item.addresses),
        subject=_subject((near, far) if item.addresses else (near,), extra=(far.device,)),
        severity=Severity.WARNING if name == "cabling.contradiction" and not both else None,
        a=_shown(near),
        b=_shown(far),
        planned=expected.shown,
        basis=_basis(speaking),
        contradictions=contradictions,
        protocols=_protocols(item.link.protocols),
    )


def _shown(end: Endpoint) -> str:
    return f"{end.device} {end.port}"


def _basis(speaking: Iterable[Expectation]) -> str:
    words = dict.fromkeys("the description" if item.by == "the description" else "the addressing" for item in speaking)
    return " and ".join(words)


def _protocols(names: Iterable[str]) -> str:
    return " and ".join(sorted(name.upper() for name in names if name in ("cdp", "lldp")))


def _unique(*groups: Iterable[Evidence]) -> tuple[Evidence, ...]:
    return tuple(dict.fromkeys(item for group in groups for item in group))


def _subject(ends: Iterable[Endpoint], extra: tuple[str, ...] = ()) -> Subject:
    known = tuple(ends)
    return Subject(
        devices=tuple(sorted({*(end.device for end in known), *extra})),
        interfaces=tuple(sorted((end.device, end.port) for end in known)),
    )


@check("network", "neighbor.one-sided", profile="l2")
def one_sided(network: Network) -> Iterator[Finding]:
    """Note cables that one end reports while the other, which reports neighbours too, does not."""
    understood = understand(network)
    for link in understood.topology.links:
        if link.seen_from not in ("a", "b"):
            continue
        near, far = (link.a, link.b) if link.seen_from == "a" else (link.b, link.a)
        silent = understood.inventory.find(far.device)
        others = sum(claim.near_device is silent for claim in understood.claims)
        if silent is not None and silent.hears and others:
            yield finding(
                "neighbor.one-sided",
                evidence=link.evidence[:_ROWS],
                subject=_subject((near, far)),
                a=_shown(near),
                b=_shown(far),
                b_device=far.device,
                count=others,
                protocols=_protocols(link.protocols),
            )


@check("network", "trunk.native-vlan-mismatch", "link.duplex-mismatch", profile="l2")
def revealed_settings(network: Network) -> Iterator[Finding]:
    """Compare the native VLAN and the duplex that a neighbour announces with the own port's."""
    seen: set[tuple[str, frozenset[tuple[str, str]]]] = set()
    for claim in understand(network).claims:
        ends = frozenset((claim.near, claim.far))
        for found in (_native_vlan(claim), _duplex(claim)):
            if found is not None and (found.check, ends) not in seen:
                seen.add((found.check, ends))
                yield found


def _native_vlan(claim: Claim) -> Finding | None:
    port = claim.near_device.has(claim.near_port)
    told = claim.row.native_vlan
    if claim.row.protocol != "cdp" or port is None or told is None:
        return None
    own, lines = _own_native_vlan(port)
    if own is None or own == told:
        return None
    return finding(
        "trunk.native-vlan-mismatch@neighbors",
        evidence=_unique(_quoted(claim.row, "native", str(told)), lines),
        subject=Subject(
            devices=tuple(sorted((claim.near_device.name, claim.far_device.name))),
            interfaces=tuple(sorted(_ends(claim))),
            vlans=tuple(sorted((own, told))),
        ),
        a=f"{claim.near_device.name} {claim.near_port}",
        b=f"{claim.far_device.name} {claim.far_port}",
        a_vlan=own,
        b_vlan=told,
        protocols="CDP",
    )


def _own_native_vlan(port: Port) -> tuple[int | None, tuple[Evidence, ...]]:
    """Give a trunk's native VLAN (1 unless configured) or an access port's VLAN, and the lines that state it."""
    if port.mode == "trunk":
        lines = port.lines.get("native_vlan") or port.lines.get("", ())
        return port.native_vlan or 1, lines
    if port.mode == "access" and port.access_vlan is not None:
        return port.access_vlan, port.lines.get("access_vlan", port.lines.get("", ()))
    return None, ()


def _duplex(claim: Claim) -> Finding | None:
    port = claim.near_device.has(claim.near_port)
    told = claim.row.duplex
    words = {"full", "half"}
    if claim.row.protocol != "cdp" or port is None or not {told, port.duplex} <= words or told == port.duplex:
        return None
    return finding(
        "link.duplex-mismatch@neighbors",
        evidence=_unique(_quoted(claim.row, "duplex", told), port.lines.get("duplex", ())),
        subject=Subject(
            devices=tuple(sorted((claim.near_device.name, claim.far_device.name))),
            interfaces=tuple(sorted(_ends(claim))),
        ),
        a=f"{claim.near_device.name} {claim.near_port}",
        b=f"{claim.far_device.name} {claim.far_port}",
        a_duplex=port.duplex,
        b_duplex=told,
        protocols="CDP",
    )


def _ends(claim: Claim) -> tuple[tuple[str, str], ...]:
    return (claim.near_device.name, claim.near_port), (claim.far_device.name, claim.far_port)


def _quoted(row: Neighbor, word: str, value: str) -> tuple[Evidence, ...]:
    """Give a row's evidence: which port hears whom, and the line that states a value."""
    stating = [item for item in row.evidence[1:] if word in item.text.lower() and value in item.text.lower()]
    return (row.evidence[0], *stating[:1])
