"""Checks on what routing daemons report: OSPF neighbours and BGP peers."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from netguru.checks import check, finding, threshold
from netguru.model.finding import Finding, Severity
from netguru.model.names import device_key
from netguru.state.facts import Row, rows
from netguru.state.owners import End, Owners, about, told
from netguru.state.quote import quote, same_evidence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netguru.model.evidence import Evidence
    from netguru.model.state import DeviceState

_PASSING = frozenset({"Init", "Attempt", "ExStart", "Exchange", "Loading", "Down"})
_PAIR = 2
_NEIGHBOR = re.compile(r"neighbor ([0-9a-fA-F.:]+)")


_Messages = dict[tuple[str, str], list[tuple["DeviceState", Row]]]


@dataclass(slots=True)
class _Trouble:
    """What is known of one adjacency or session in trouble, from both ends and all outputs."""

    ends: dict[End, str] = field(default_factory=dict)
    others: set[End] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    evidence: list[Evidence] = field(default_factory=list)
    longest: int = 0
    reasons: list[str] = field(default_factory=list)

    def subject(self) -> Any:
        return about(*self.ends, *self.others, addresses=self.addresses)


@check("states", "ospf.stuck", profile="routing")
def ospf_stuck(states: Sequence[DeviceState]) -> Iterator[Finding]:
    """Find OSPF neighbours that do not reach Full; 2-Way between two DROthers is as it should be."""
    owners = Owners.of(states)
    found: dict[frozenset[End], _Trouble] = defaultdict(_Trouble)
    for state, row in rows(states, "ospf_neighbors"):
        if row["state"] not in _PASSING or not row["interface"]:
            continue
        own: End = (state.device, row["interface"])
        far = _far_end(states, owners, own, row)
        trouble = found[frozenset((own, far))]
        trouble.ends.setdefault(own, f"{row['state']} with {row['router_id']}")
        trouble.others.add(far)
        trouble.evidence.append(quote(state, row, row["state"]))
        trouble.addresses |= {row["address"]} - {None}
        trouble.longest = max(trouble.longest, row["up_time"] or 0)
    for trouble in found.values():
        lasting = trouble.longest >= threshold("ospf.stuck@state", "stuck_s")
        yield finding(
            "ospf.stuck@state",
            # An output without a time may have been taken in the moment that the neighbours met.
            severity=None if lasting else Severity.WARNING,
            told=", ".join(f"{told(end)} is in {state}" for end, state in sorted(trouble.ends.items())),
            time=f" for {trouble.longest} seconds" if lasting else "",
            subject=trouble.subject(),
            evidence=same_evidence(*trouble.evidence),
        )


def _far_end(states: Sequence[DeviceState], owners: Owners, own: End, row: Row) -> End:
    """Find the neighbour's port by its address, else by what the neighbour says about this router."""
    by_address = owners.end(row["address"])
    if by_address is not None and device_key(by_address[0]) != device_key(own[0]):
        return by_address
    device = owners.router_ids.get(row["router_id"] or "", "")
    if not device or device_key(device) == device_key(own[0]):
        return "", ""
    mine = {identifier for identifier, name in owners.router_ids.items() if device_key(name) == device_key(own[0])}
    ports = {
        other["interface"]
        for state, other in rows(states, "ospf_neighbors")
        if device_key(state.device) == device_key(device)
        and other["router_id"] in mine
        and other["version"] == row["version"]
    }
    return device, ports.pop() if len(ports) == 1 else ""


@dataclass(slots=True)
class _Session:
    """One side of a BGP session, from all outputs of its device."""

    device: str
    address: str
    found: list[tuple[DeviceState, Row]] = field(default_factory=list)

    @property
    def down(self) -> bool:
        stated = [row["state"] for _, row in self.found if row["state"]]
        return bool(stated) and "Established" not in stated

    @property
    def state(self) -> str:
        return str(next(row["state"] for _, row in self.found if row["state"]))

    @property
    def reset(self) -> tuple[str, Evidence] | None:
        for state, row in self.found:
            if row["last_reset"]:
                return row["last_reset"].strip(" ,"), quote(state, row, "Last reset")
        return None

    def evidence(self) -> list[Evidence]:
        stated = [(state, row) for state, row in self.found if row["state"]]
        return [
            quote(state, row, f"state = {row['state']}", f'"{row["state"]}"', row["state"]) for state, row in stated
        ]


def _sessions(states: Sequence[DeviceState]) -> list[_Session]:
    found: dict[tuple[str, str, str], _Session] = {}
    for state, row in rows(states, "bgp_peers"):
        if row["address"]:
            vrf = row["vrf"] if row["vrf"] not in (None, "default") else ""
            key = (device_key(state.device), row["address"], vrf)
            found.setdefault(key, _Session(state.device, row["address"])).found.append((state, row))
    return list(found.values())


def _pairs(states: Sequence[DeviceState], sessions: list[_Session]) -> list[tuple[list[_Session], set[End]]]:
    """Put the two sides of one session together where each is the only such session between two devices."""
    owners = Owners.of(states)
    grouped: dict[Any, list[_Session]] = defaultdict(list)
    far: dict[int, End] = {}
    for session in sessions:
        end = owners.end(session.address)
        far[id(session)] = (end[0], "") if end else ("", "")
        devices = frozenset((device_key(session.device), device_key(end[0]) if end else session.address))
        grouped[devices, _version(session.address)].append(session)
    made: list[list[_Session]] = []
    for group in grouped.values():
        single = len(group) <= _PAIR and len({device_key(item.device) for item in group}) == len(group)
        made += [group] if single else [[item] for item in group]
    return [(part, {far[id(item)] for item in part} - {("", "")}) for part in made]


def _version(address: str) -> int:
    try:
        return ip_address(address).version
    except ValueError:
        return 0


@check("states", "bgp.down", profile="routing")
def bgp_down(states: Sequence[DeviceState]) -> Iterator[Finding]:
    """Find BGP peers that are not Established, with the reason of the last reset."""
    for sides, far in _pairs(states, [session for session in _sessions(states) if session.down]):
        resets = [(side.device, *side.reset) for side in sides if side.reset is not None]
        administrative = all(side.state == "Idle (Admin)" for side in sides)
        yield finding(
            "bgp.down@state",
            severity=Severity.NOTE if administrative else None,
            told=", ".join(f"{side.device} is in {side.state} with {side.address}" for side in sides),
            reason="".join(f" Last reset on {device}: {text}." for device, text, _ in resets),
            subject=about(*((side.device, "") for side in sides), *far, addresses=[side.address for side in sides]),
            evidence=same_evidence(
                *(item for side in sides for item in side.evidence()), *(item for *_, item in resets)
            ),
        )


@check("states", "bgp.hold-expired", profile="routing")
def bgp_hold_expired(states: Sequence[DeviceState]) -> Iterator[Finding]:
    """Find BGP sessions that were lost because the hold timer expired: in the last reset or in the log."""
    sessions = _sessions(states)
    logged, recovered = _hold_messages(states)
    guilty = [
        session
        for session in sessions
        if (device_key(session.device), session.address) in logged
        or (session.reset is not None and "hold tim" in session.reset[0].lower())
    ]
    known = {(device_key(item.device), item.address) for item in guilty}
    guilty += [
        _Session(messages[0][0].device, address)
        for (device, address), messages in logged.items()
        if (device, address) not in known
    ]
    for sides, far in _pairs(states, guilty):
        messages = [item for side in sides for item in logged.get((device_key(side.device), side.address), [])]
        resets = [side.reset[1] for side in sides if side.reset and "hold tim" in side.reset[0].lower()]
        quoted = [state.evidence(row) for state, row in _first_and_last(messages)]
        yield finding(
            "bgp.hold-expired@state",
            severity=None if any(_still_down(side, recovered) for side in sides) else Severity.WARNING,
            count=f"({len(messages)} message{'s' * (len(messages) > 1)}) " if messages else "",
            told=_told_session(sides[0], far),
            subject=about(*((side.device, "") for side in sides), *far, addresses=[side.address for side in sides]),
            evidence=same_evidence(*resets, *quoted),
        )


def _told_session(side: _Session, far: set[End]) -> str:
    names = sorted({device for device, _ in far} - {side.device})
    return f"{side.device} and {names[0]} ({side.address})" if names else f"{side.device} and {side.address}"


def _still_down(side: _Session, recovered: set[tuple[str, str]]) -> bool:
    """Say whether a session is down as far as is known: by its state, else by the last message about it."""
    return side.down if side.found else (device_key(side.device), side.address) not in recovered


def _hold_messages(states: Sequence[DeviceState]) -> tuple[_Messages, set[tuple[str, str]]]:
    """Find the messages of an expired hold timer by device and peer, and the peers that came up after them."""
    found: _Messages = defaultdict(list)
    recovered: set[tuple[str, str]] = set()
    for state, row in rows(states, "events"):
        text = f"{row['text']} "
        peer = _NEIGHBOR.search(text)
        if peer is None:
            continue
        key = (device_key(state.device), peer[1])
        if " 4/0 " in text:
            found[key].append((state, row))
            recovered.discard(key)
        elif " Up " in text and "ADJCHANGE" in str(row["mnemonic"]):
            recovered.add(key)
    return found, recovered


def _first_and_last(messages: list[tuple[DeviceState, Row]]) -> list[tuple[DeviceState, Row]]:
    return messages if len(messages) <= _PAIR else [messages[0], messages[-1]]


@check("states", "bgp.duplicate-router-id", profile="routing")
def bgp_duplicate_router_id(states: Sequence[DeviceState]) -> Iterator[Finding]:
    """Find two routers of one AS with the same BGP identifier."""
    found: dict[tuple[str, int], dict[str, tuple[DeviceState, Evidence]]] = defaultdict(dict)
    for state, row in rows(states, "bgp_peers"):
        key = device_key(state.device)
        if row["router_id"] and row["local_as"] and key not in found[row["router_id"], row["local_as"]]:
            quoted = _identifier_line(state, row["router_id"])
            if quoted is not None:
                found[row["router_id"], row["local_as"]][key] = (state, quoted)
    for (identifier, system), devices in found.items():
        if len(devices) > 1:
            names = sorted(state.device for state, _ in devices.values())
            yield finding(
                "bgp.duplicate-router-id",
                devices=" and ".join(names),
                identifier=identifier,
                system=system,
                subject=about(*((name, "") for name in names), addresses=[identifier]),
                evidence=same_evidence(*(item for _, item in devices.values())),
            )


def _identifier_line(state: DeviceState, identifier: str) -> Evidence | None:
    for number, line in enumerate(state.piece.lines, state.piece.first_line):
        if re.search(rf"(?i)router.?id(?:entifier)?\W+{re.escape(identifier)}\b", line):
            return state.piece.evidence(number, number, line)
    return None
