"""Probes of what both ends are configured for: who speaks, in which system, group or bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.diagnosis.probes import MOST, Case, failed, passed, probe, unknown
from netguru.diagnosis.probes_packets import messages
from netguru.diagnosis.sessions import End, channel_group, eigrp_process
from netguru.model.names import device_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.diagnosis.explanation import Verdict
    from netguru.model.evidence import Evidence
    from netguru.model.facts import GatewayFacts


@probe
def ospf_speaks(case: Case) -> Verdict:
    """Look whether OSPF is on and not passive at both ends."""
    told: list[str] = []
    proof: list[Evidence] = []
    for end in case.session.ends:
        row = case.session.ospf(end)
        if row is None:
            return _without(case, end, f"OSPF does not run on {end.words}")
        if row.passive is not None and row.passive.value:
            return failed(f"OSPF is passive on {end.words}: it sends no hellos", row.passive.evidence)
        known = row.area or row.hello_interval
        told.append(f"{end.words} speaks OSPF")
        proof += known.evidence[:2] if known else ()
    return passed(", ".join(told), proof)


def _without(case: Case, end: End, says: str) -> Verdict:
    """Fail a step by what an end's configuration does not hold; without a configuration nothing is known."""
    proof = _silence(case, end)
    return failed(says, proof) if proof else unknown(f"no configuration of {end.device} was read")


def _silence(case: Case, end: End) -> tuple[Evidence, ...]:
    from netguru.config.quoting import absence, interface_block

    for config in case.joined.network.configs:
        if device_key(config.hostname) == device_key(end.device):
            interface = config.interface(end.port.port) if end.port else None
            return interface_block(config, interface) if interface is not None else absence(config)
    return ()


@probe
def bgp_peers(case: Case) -> Verdict:
    """Look whether each end names the other, and neither is shut down."""
    told: list[str] = []
    proof: list[Evidence] = []
    missing: list[tuple[End, End]] = []
    for near, far in case.session.pairs:
        if near.peer is None:
            missing.append((near, far))
            continue
        if near.peer.enabled is not None and not near.peer.enabled.value:
            return failed(f"{near.device} has the neighbour {near.peer.address} shut down", near.peer.enabled.evidence)
        told.append(f"{near.device} names {near.peer.address}")
        proof += near.peer.evidence[:2]
    for near, far in missing:
        silent = _silence(case, End(near.device))
        if not silent:
            return unknown(f"{', '.join(told)}; no configuration of {near.device} was read", proof)
        return failed(f"{near.device} does not name {far.device}; {', '.join(told)}", (*proof, *silent))
    return passed(", ".join(told), proof)


@probe
def bgp_password(case: Case) -> Verdict:
    """Compare the passwords of both ends, without telling them."""
    peers = [end.peer for end in case.session.ends]
    a, b = (peer.password_digest if peer else None for peer in peers)
    if a is None or b is None or "opaque" in (a.value, b.value):
        return unknown("the passwords cannot be compared")
    proof = (*a.evidence[:2], *b.evidence[:2])
    if a.value != b.value:
        return failed("the two ends have different passwords", proof)
    return passed("both ends have the same password" if a.value else "neither end has a password", proof)


@probe
def bgp_systems(case: Case) -> Verdict:
    """Compare the AS that each end expects with the AS that the other is in."""
    told: list[str] = []
    proof: list[Evidence] = []
    for near, far in case.session.pairs:
        expected = near.peer.remote_as if near.peer else None
        actual = far.peer.local_as if far.peer else None
        if expected is None or actual is None:
            continue
        both = (*expected.evidence[:MOST], *actual.evidence[:2])
        if expected.value != actual.value:
            return failed(f"{near.device} expects AS {expected.value}, {far.device} is in AS {actual.value}", both)
        told.append(f"{near.device} expects AS {expected.value}")
        proof += both
    return passed(", ".join(told), proof) if len(told) == len(case.session.ends) else unknown(", ".join(told), proof)


@probe
def eigrp_systems(case: Case) -> Verdict:
    """Look whether EIGRP runs at both ends in one autonomous system."""
    found = []
    for end in case.session.ends:
        held = eigrp_process(case.joined.network.configs, end.port) if end.port else None
        if held is None and messages(Case(case.joined, case.session, {"table": "eigrp"}), end)[0]:
            return unknown(f"{end.words} speaks EIGRP, but no configuration of it says so")
        if held is None:
            return _without(case, End(end.device), f"EIGRP does not run on {end.words}")
        found.append(held)
    (one, mine), (other, theirs) = found
    proof = (*one.evidence(mine.lines[:1]), *other.evidence(theirs.lines[:1]))
    if mine.asn != theirs.asn:
        return failed(f"{one.hostname} is in AS {mine.asn}, {other.hostname} in AS {theirs.asn}", proof)
    return passed(f"both in AS {mine.asn}", proof)


@probe
def eigrp_weights(case: Case) -> Verdict:
    """Compare the K values of both configurations."""
    held = [eigrp_process(case.joined.network.configs, end.port) if end.port else None for end in case.session.ends]
    if held[0] is None or held[1] is None:
        return unknown("the configurations of both ends are not known")
    (one, mine), (other, theirs) = held[0], held[1]
    proof = [
        item
        for config, process in ((one, mine), (other, theirs))
        for item in config.evidence(process.at.get("weights") or process.lines[:1])
    ]
    told = [" ".join(map(str, process.k_values)) for process in (mine, theirs)]
    if mine.k_values != theirs.k_values:
        return failed(f"K values {told[0]} and {told[1]}", proof)
    return passed(f"K values {told[0]} at both", proof)


@probe
def bundle(case: Case) -> Verdict:
    """Look whether both ports belong to a bundle, in modes of which one starts LACP."""
    found = [channel_group(case.joined.network.configs, end.port) if end.port else None for end in case.session.ends]
    proof: list[Evidence] = []
    modes: list[str] = []
    for end, held in zip(case.session.ends, found, strict=True):
        if held is None:
            return _without(case, end, f"{end.words} belongs to no bundle")
        config, interface = held
        proof += config.evidence(interface.at.get("channel_group") or interface.lines[:1])
        modes.append(interface.channel_mode)
    told = ", ".join(
        f"{end.words} is {mode or 'without a mode'}" for end, mode in zip(case.session.ends, modes, strict=True)
    )
    # Two passive ends wait for each other; a static bundle ("on") does not talk (IEEE 802.1AX 6.4.4).
    talking = "active" in modes and "on" not in modes
    static = set(modes) <= {"on", ""}
    return passed(told, proof) if talking or static else failed(told, proof)


@probe
def gateway_group(case: Case) -> Verdict:
    """Compare the groups that both ends have for one virtual address."""
    a, b = (case.session.gateways(end) for end in case.session.ends)
    for end, rows in zip(case.session.ends, (a, b), strict=True):
        if not rows:
            return _without(case, end, f"no {case.session.protocol.upper()} group on {end.words}")
    common = {row.group.value for row in a} & {row.group.value for row in b}
    proof = [item for row in (*a, *b) for item in row.group.evidence[:2]]
    numbers = [", ".join(str(row.group.value) for row in rows) for rows in (a, b)]
    if not common:
        return failed(f"groups {numbers[0]} and {numbers[1]}", proof)
    return passed(f"group {', '.join(map(str, sorted(common)))} at both", proof)


@probe
def gateway_address(case: Case) -> Verdict:
    """Compare the virtual addresses of the groups that both ends have."""
    told: list[str] = []
    proof: list[Evidence] = []
    for mine, theirs in _common_groups(case):
        a, b = ({known.value for known in row.addresses} for row in (mine, theirs))
        if not a or not b:
            continue
        both = [item for row in (mine, theirs) for known in row.addresses for item in known.evidence[:2]]
        if not a & b:
            return failed(f"group {mine.group.value}: {', '.join(sorted(a))} and {', '.join(sorted(b))}", both)
        told.append(f"group {mine.group.value}: {', '.join(sorted(a & b))}")
        proof += both
    return passed(", ".join(told), proof) if told else unknown("no group with addresses is common")


@probe
def gateway_active(case: Case) -> Verdict:
    """Look whether just one end reports that it serves a group."""
    told: list[str] = []
    proof: list[Evidence] = []
    for mine, theirs in _common_groups(case):
        states = [row.state for row in (mine, theirs)]
        known = [state for state in states if state is not None]
        if len(known) < len(states):
            continue
        both = [item for state in known for item in state.evidence[:2]]
        serving = [state.value in ("Master", "Active") for state in known]
        says = f"group {mine.group.value}: " + ", ".join(
            f"{end.device} is {state.value}" for end, state in zip(case.session.ends, known, strict=True)
        )
        if sum(serving) != 1:
            return failed(says, both)
        told.append(says)
        proof += both
    return passed("; ".join(told), proof) if told else unknown("the state of both is not reported")


def _common_groups(case: Case) -> Iterator[tuple[GatewayFacts, GatewayFacts]]:
    a, b = (case.session.gateways(end) for end in case.session.ends)
    for mine in a:
        for theirs in b:
            if mine.group.value == theirs.group.value:
                yield mine, theirs
