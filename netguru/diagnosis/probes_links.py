"""Probes of the link under a session: ports, cables, subnets, and attributes that both ends must share."""

from __future__ import annotations

from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any

from netguru.diagnosis.probes import MOST, Case, failed, passed, probe, unknown
from netguru.diagnosis.sessions import End, Session, share_subnet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.diagnosis.explanation import Verdict
    from netguru.model.evidence import Evidence
    from netguru.model.facts import Known


@probe
def port(case: Case) -> Verdict:
    """Look whether both ports are switched on and up."""
    told: list[str] = []
    proof: list[Evidence] = []
    for end in case.session.ends:
        if end.port is None:
            continue
        enabled, oper = end.port.enabled, end.port.oper
        if enabled is not None and not enabled.value:
            return failed(f"{end.words} is shut down", enabled.evidence)
        if oper is not None and oper.value != "up":
            return failed(f"{end.words} is {oper.value}", oper.evidence)
        if oper is not None:
            told.append(f"{end.words} is up")
            proof += oper.evidence[:MOST]
        elif enabled is not None and enabled.explicit:
            told.append(f"{end.words} is not shut down")
            proof += enabled.evidence[:MOST]
    if len(told) < len(case.session.ends):
        return unknown(", ".join(told), proof)
    return passed(", ".join(told), proof)


@probe
def cable(case: Case) -> Verdict:
    """Look where the cables of both ports lead."""
    from netguru.topology import physical_links

    keys = {end.key for end in case.session.ends if end.port is not None}
    near = [link for link in physical_links(case.joined.network) if {link.a.key, link.b.key} & _carriers(keys)]
    joining = [link for link in near if {link.a.key, link.b.key} <= _carriers(keys)]
    if joining:
        link = joining[0]
        return passed(
            f"{link.a.device} {link.a.port} is cabled to {link.b.device} {link.b.port}, "
            f"as {'both ends hear' if link.seen_from == 'both' else 'one end hears'}",
            link.evidence[:MOST],
        )
    told = "; ".join(f"{link.a.device} {link.a.port} is cabled to {link.b.device} {link.b.port}" for link in near[:2])
    return unknown(told, [item for link in near[:2] for item in link.evidence[:1]])


def _carriers(keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Give the keys of ports and of the ports that carry their sub-interfaces."""
    return {(device, name) for device, port in keys for name in (port, port.rsplit(".", 1)[0])}


@probe
def subnet(case: Case) -> Verdict:
    """Look whether both ports have addresses of one subnet, with one mask."""
    a, b = case.session.a.port, case.session.b.port
    if a is None or b is None or not a.addresses or not b.addresses:
        return unknown("the addresses of both ends are not known")
    wanted = 6 if case.session.version == 3 else 4 if case.session.protocol in ("ospf", "eigrp") else 0  # noqa: PLR2004
    mine, theirs = ([k for k in item.addresses if _routed(k.value, wanted)] for item in (a, b))
    for one in mine:
        for other in theirs:
            if ip_interface(one.value).network == ip_interface(other.value).network:
                return passed(f"{one.value} and {other.value}", (*one.evidence[:2], *other.evidence[:2]))
    if not mine or not theirs:
        return unknown("the addresses of both ends are not known")
    proof = [item for known in (*mine, *theirs) for item in known.evidence[:2]]
    told = f"{_words(mine)} on {case.session.a.words}, {_words(theirs)} on {case.session.b.words}"
    if share_subnet(a, b):
        return failed(f"the masks differ: {told}", proof)
    return failed(f"no subnet in common: {told}", proof)


def _routed(text: str, version: int) -> bool:
    address = ip_interface(text)
    return not address.is_link_local and not address.is_loopback and version in (0, address.version)


def _words(rows: Iterable[Known[Any]]) -> str:
    return ", ".join(str(row.value) for row in rows)


@probe
def addresses(case: Case) -> Verdict:
    """Look whether both ends have an address."""
    proof: list[Evidence] = []
    for end in case.session.ends:
        held = [known for known in end.port.addresses if _routed(known.value, 0)] if end.port else []
        if not held:
            return unknown(f"no address of {end.device} is known")
        proof += held[0].evidence[:2]
    a, b = (next(iter(end.addresses), "") for end in case.session.ends)
    return passed(f"{case.session.a.device} has {a}, {case.session.b.device} has {b}", proof)


@probe
def agree(case: Case) -> Verdict:
    """Compare attributes of both ends ("mtu", "ospf.area")."""
    told: list[str] = []
    proof: list[Evidence] = []
    for name in case.step["values"]:
        a, b = (_value(case.session, end, name) for end in case.session.ends)
        if a is None or b is None:
            continue
        label = name.rsplit(".", 1)[-1].replace("_", " ")
        if a.value != b.value:
            says = f"{label}: {case.session.a.words} has {_shown(a)}, {case.session.b.words} has {_shown(b)}"
            # A value that nobody stated may be a default that this release has changed.
            settle = failed if a.explicit and b.explicit else unknown
            return settle(says, (*a.evidence[:MOST], *b.evidence[:MOST]))
        told.append(f"{label} {_shown(a)} at both")
        proof += [*a.evidence[:2], *b.evidence[:2]]
    return passed(", ".join(told), proof) if len(told) == len(case.step["values"]) else unknown(", ".join(told), proof)


def _shown(known: Known[Any]) -> str:
    if isinstance(known.value, tuple):
        return f"{len(known.value)} VLANs" if len(known.value) > MOST else ", ".join(map(str, known.value))
    return str(known.value)


def _value(session: Session, end: End, name: str) -> Known[Any] | None:
    owner: Any = session.ospf(end) if name.startswith("ospf.") else end.port
    found: Known[Any] | None = getattr(owner, name.rsplit(".", 1)[-1], None)
    return found


@probe
def ospf_mtu(case: Case) -> Verdict:
    """Compare the MTUs, unless an end is told to ignore them."""
    if any(row is not None and row.mtu_ignore for row in map(case.session.ospf, case.session.ends)):
        return unknown("an end does not compare MTUs")
    return agree(Case(case.joined, case.session, {**case.step, "values": ["mtu"]}))
