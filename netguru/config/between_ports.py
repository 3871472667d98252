"""The two ends of a cable: VLANs, duplex, speed and MTU must agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netguru.checks import finding
from netguru.config.joints import is_up, proofs, shown, subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.facts import Known, PortFacts
    from netguru.model.finding import Finding

_SHOWN_VLANS = 12


def compare_ports(a: PortFacts, b: PortFacts) -> tuple[Finding, ...]:
    """Compare the settings of two ports that one cable connects; a port that is shut down says nothing.

    Only values that both ends are known to have are compared. `link.mode-mismatch` is reported
    alone: VLAN settings of an access port and a trunk cannot agree.
    """
    if not is_up(a) or not is_up(b):
        return ()
    return tuple(_compare(a, b))


def _compare(a: PortFacts, b: PortFacts) -> Iterator[Finding]:
    modes = {port.mode.value for port in (a, b) if port.mode is not None}
    if modes == {"access", "trunk"}:
        yield _differ("link.mode-mismatch", a, b, a.mode, b.mode)
    elif modes == {"trunk"} and a.mode is not None and b.mode is not None:
        yield from _trunks(a, b)
    elif modes == {"access"} and _unlike(a.access_vlan, b.access_vlan):
        yield _differ("link.access-vlan-mismatch", a, b, a.access_vlan, b.access_vlan)
    if _settled(a.duplex, b.duplex):
        yield _differ("link.duplex-mismatch", a, b, a.duplex, b.duplex)
    if _settled(a.speed, b.speed):
        yield _differ("link.speed-mismatch", a, b, a.speed, b.speed)
    if _unlike(a.mtu, b.mtu) and not (_has_ospf(a) and _has_ospf(b)):
        yield _differ("link.mtu-mismatch@cable", a, b, a.mtu, b.mtu)


def _unlike(one: Known[Any] | None, other: Known[Any] | None) -> bool:
    return one is not None and other is not None and one.value != other.value


def _settled(one: Known[str] | None, other: Known[str] | None) -> bool:
    """Say whether two settings contradict each other: automatic agrees with anything that it can learn."""
    return _unlike(one, other) and "auto" not in {known.value.lower() for known in (one, other) if known is not None}


def _has_ospf(port: PortFacts) -> bool:
    # Between OSPF neighbours the MTU is judged as theirs.
    return any(row.area is not None and not (row.passive and row.passive.value) for row in port.ospf)


def _trunks(a: PortFacts, b: PortFacts) -> Iterator[Finding]:
    if _unlike(a.native_vlan, b.native_vlan):
        yield _differ("trunk.native-vlan-mismatch", a, b, a.native_vlan, b.native_vlan)
    if a.allowed_vlans is None or b.allowed_vlans is None or a.allowed_vlans.value == b.allowed_vlans.value:
        return
    mine, theirs = set(a.allowed_vlans.value), set(b.allowed_vlans.value)
    # One end that allows everything is a habit; VLANs that only the other end names are what does not pass.
    told = [
        f"{shown(port)} alone allows {_listed(vlans)}"
        for port, vlans in ((a, mine - theirs), (b, theirs - mine))
        if vlans
    ]
    yield finding(
        "trunk.allowed-mismatch",
        a=shown(a),
        b=shown(b),
        told=", ".join(told),
        subject=subject((a, b)),
        evidence=proofs(a.allowed_vlans, b.allowed_vlans),
    )


def _listed(vlans: set[int]) -> str:
    """Name VLANs as ranges.

    >>> _listed({10, 11, 12, 20})
    'VLAN 10-12,20'
    """
    from netguru.model.config import runs

    spans = [str(first) if first == last else f"{first}-{last}" for first, last in runs(tuple(vlans))]
    more = "..." if len(spans) > _SHOWN_VLANS else ""
    return f"VLAN {','.join(spans[:_SHOWN_VLANS])}{more}"


def _differ(check_id: str, a: PortFacts, b: PortFacts, one: Known[Any] | None, other: Known[Any] | None) -> Finding:
    return finding(
        check_id,
        a=shown(a),
        b=shown(b),
        a_value=one.value if one is not None else "",
        b_value=other.value if other is not None else "",
        subject=subject((a, b)),
        evidence=proofs(one, other),
    )
