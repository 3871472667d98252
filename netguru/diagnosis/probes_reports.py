"""Probes of what devices report: neighbour states, routes, the root of a spanning tree."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

from netguru.diagnosis.probes import MOST, Case, failed, passed, probe, unknown
from netguru.model.names import device_key, port_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from netguru.diagnosis.explanation import Verdict
    from netguru.diagnosis.sessions import End, Session
    from netguru.model.evidence import Evidence
    from netguru.model.state import DeviceState


@probe
def reported(case: Case) -> Verdict:
    """Compare the state that each end reports of the other with the least that the step needs."""
    from netguru import resources

    order = resources.table("diagnosis", "why.toml")["protocols"][case.session.protocol]["states"]
    least = order.index(case.step["least"])
    told: list[str] = []
    proof: list[Evidence] = []
    low: list[str] = []
    for near, far in case.session.pairs:
        looked, rows = _reports(case, near, far)
        for state, row in rows:
            shown = row.get("state") or "up"
            told.append(f"{near.device} reports {shown}")
            proof.append(state.evidence(row))
            if shown in order and order.index(shown) < least:
                low.append(shown)
        if looked and not rows:
            told.append(f"{near.device} does not list {far.words}")
            proof += _whole(looked)
            low.append("")
    says = ", ".join(dict.fromkeys(told))
    if low:
        return failed(says, proof[: 2 * MOST])
    return passed(says, proof[: 2 * MOST]) if told else unknown()


def _reports(case: Case, near: End, far: End) -> tuple[list[DeviceState], list[tuple[DeviceState, Mapping[str, Any]]]]:
    """Give the outputs of a device that would list the other end, and the rows that do."""
    looked: list[DeviceState] = []
    found: list[tuple[DeviceState, Mapping[str, Any]]] = []
    router_id = case.joined.facts.router_ids.get(device_key(far.device))
    for state in case.joined.network.states:
        table = state.tables.get(case.step["table"])
        if table is None or device_key(state.device) != device_key(near.device):
            continue
        rows = [row for row in table.iter_rows(named=True) if _fits_version(row, case.session)]
        if case.session.protocol == "ospf" and table.height and not rows:
            continue
        looked.append(state)
        found += [(state, row) for row in rows if _is_row_of(row, near, far, router_id.value if router_id else "")]
    return looked, found[:MOST]


def _fits_version(row: Mapping[str, Any], session: Session) -> bool:
    return session.protocol != "ospf" or (row.get("version") or 2) == session.version


def _is_row_of(row: Mapping[str, Any], near: End, far: End, router_id: str) -> bool:
    own = row.get("interface") or row.get("local_address") or ""
    if near.port is not None and row.get("interface") and port_key(own) != near.key[1]:
        return False
    if row.get("address") and str(row["address"]).lower() in far.addresses:
        return True
    # Between two routers several sessions have one router id: the port tells them apart.
    return bool(router_id and row.get("router_id") == router_id and row.get("interface"))


def _whole(states: Iterable[DeviceState]) -> Iterator[Evidence]:
    """Quote outputs over all their lines: what they do not list is not in them."""
    for state in list(states)[:2]:
        lines = state.piece.lines
        first = next((text for text in lines if text.strip()), "")
        yield state.piece.evidence(state.piece.first_line, state.piece.first_line + max(len(lines), 1) - 1, first)


@probe
def routes(case: Case) -> Verdict:
    """Look up each end's address in the other's recorded routes: the longest prefix that holds it."""
    told: list[str] = []
    proof: list[Evidence] = []
    for near, far in case.session.pairs:
        target = next((text for text in far.addresses if not ip_address(text).is_link_local), "")
        if not target:
            continue
        looked, best = _route(case, near, target)
        if best is not None:
            state, row = best
            way = " ".join(str(row[name]) for name in ("next_hop", "interface") if row.get(name))
            told.append(f"{near.device} reaches {target} by {row['prefix']} ({way or row['protocol']})")
            proof.append(state.evidence(row))
        elif looked:
            return failed(f"{near.device} has no route to {target}", _whole(looked))
    return passed("; ".join(told), proof) if len(told) == len(case.session.ends) else unknown("; ".join(told), proof)


def _route(
    case: Case, near: End, target: str
) -> tuple[list[DeviceState], tuple[DeviceState, Mapping[str, Any]] | None]:
    """Give the route tables of a device for a family, and the most specific route of the usual instance."""
    address = ip_address(target)
    vrf = near.peer.vrf if near.peer else ""
    looked, best, longest = [], None, -1
    for state in case.joined.network.states:
        table = state.tables.get("routes")
        if table is None or device_key(state.device) != device_key(near.device):
            continue
        same = False
        for row in table.iter_rows(named=True):
            network = _network(row["prefix"])
            if network is None or network.version != address.version or (row["vrf"] or "default") != (vrf or "default"):
                continue
            same = True
            if row["installed"] is not False and address in network and network.prefixlen > longest:
                best, longest = (state, row), network.prefixlen
        looked += [state] if same else []
    return looked, best


def _network(text: str | None) -> Any:
    try:
        return ip_network(text or "", strict=False)
    except ValueError:
        return None


@probe
def stp_root(case: Case) -> Verdict:
    """Compare the root that both ends report."""
    roots: dict[str, dict[str, str]] = {}
    proof: list[Evidence] = []
    for end in case.session.ends:
        for state in case.joined.network.states:
            if device_key(state.device) != device_key(end.device):
                continue
            for row in _trees(state):
                roots.setdefault(end.device, {})[row["bridge"]] = row["root"]
                proof.append(state.evidence(row))
    if len(roots) < len(case.session.ends):
        return unknown("the root is not reported by both")
    a, b = roots.values()
    common = sorted(set(a) & set(b))
    differing = [name for name in common if a[name] != b[name]]
    if differing:
        name = differing[0]
        return failed(f"{name}: {case.session.a.device} sees root {a[name]}, {case.session.b.device} {b[name]}", proof)
    if not common:
        return unknown("no tree is reported by both", proof[:MOST])
    return passed(f"both see root {a[common[0]]}", proof[:MOST])


def _trees(state: DeviceState) -> Iterator[Mapping[str, Any]]:
    """Give the rows that state the root of a tree, of bridges and of their ports."""
    for kind in ("bridges", "bridge_ports"):
        table = state.tables.get(kind)
        for row in table.iter_rows(named=True) if table is not None else ():
            # Some releases of ip(8) print the own identifier as the root; a bridge with a root port is not the root.
            own = row.get("bridge_id") == row["root"] and row.get("root_port") not in (None, "", "0")
            if row["root"] and not own:
                yield row
