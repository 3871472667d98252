"""Checks on log messages: what `data/tables/state/log_patterns.toml` says that they prove."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.checks import check, finding
from netguru.model.names import canonical_port, device_key, port_key
from netguru.state.facts import Row, rows
from netguru.state.owners import End, Owners, about, told
from netguru.state.quote import same_evidence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netguru.model.finding import Finding
    from netguru.model.state import DeviceState

_VALUES = ("mine", "theirs", "what", "here")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    check: str
    text: re.Pattern[str]
    least: int


@dataclass(slots=True)
class _Case:
    """The messages that prove one thing about one port, neighbour or cable."""

    near: End
    far: End
    least: int
    address: str = ""
    values: dict[str, str] = field(default_factory=dict)
    messages: list[tuple[DeviceState, Row]] = field(default_factory=list)


@cache
def _patterns() -> tuple[_Pattern, ...]:
    declared = resources.table("state", "log_patterns.toml")["pattern"]
    return tuple(_Pattern(check=item["check"], text=re.compile(item["text"]), least=item["least"]) for item in declared)


@check(
    "states",
    "trunk.native-vlan-mismatch",
    "link.duplex-mismatch",
    "link.err-disabled",
    "log.interface-flap",
    "ospf.mtu-mismatch",
    "ospf.timer-mismatch",
    "ospf.area-mismatch",
    "bgp.remote-as-mismatch",
    "bgp.md5-mismatch",
    "ip.duplicate-address",
    "eigrp.k-mismatch",
    profile="logs",
)
def logged(states: Sequence[DeviceState]) -> Iterator[Finding]:
    """Find faults that devices themselves log, each once for a port, neighbour or cable."""
    owners = Owners.of(states)
    cases: dict[tuple[str, object], _Case] = {}
    for state, row in rows(states, "events"):
        for pattern in _patterns():
            match = pattern.text.search(row["text"] or "")
            if match is not None:
                _add(cases, owners, pattern, match.groupdict(), state, row)
                break
    for (identifier, _), case in cases.items():
        if len(case.messages) >= case.least:
            yield _finding(identifier, case)


def _add(
    cases: dict[tuple[str, object], _Case],
    owners: Owners,
    pattern: _Pattern,
    groups: dict[str, str | None],
    state: DeviceState,
    row: Row,
) -> None:
    address = groups.get("address") or ""
    near: End = (state.device, canonical_port(groups.get("interface") or ""))
    far = _far(owners, groups, address)
    # Both ends of a cable log the same thing: one case for the two. Otherwise a port or a neighbour is one.
    if all(far):
        place: object = frozenset((device_key(device), port_key(port)) for device, port in (near, far))
    else:
        peer = device_key(far[0]) or address
        place = (
            (frozenset((device_key(near[0]), peer)), port_key(near[1]))
            if peer
            else (device_key(near[0]), port_key(near[1]))
        )
    case = cases.setdefault((pattern.check, place), _Case(near=near, far=far, least=pattern.least, address=address))
    if not case.messages:
        case.values = {name: groups.get(name) or "" for name in _VALUES}
    case.messages.append((state, row))


def _far(owners: Owners, groups: dict[str, str | None], address: str) -> End:
    if groups.get("remote_device"):
        name = device_key(str(groups["remote_device"]))
        return owners.device(name), canonical_port(groups.get("remote_port") or "")
    end = owners.end(address)
    return (end[0], "") if end else ("", "")


def _finding(identifier: str, case: _Case) -> Finding:
    values: dict[str, Any] = dict(case.values)
    values["here"] = f", {values['mine']} is configured here" if values["mine"] else ""
    values["what"] = f" ({values['what']})" if identifier.startswith("ip.") and values["what"] else values["what"]
    first, last = case.messages[0], case.messages[-1]
    by_device = {device_key(state.device): (state, row) for state, row in reversed(case.messages)}
    quoted = [first, *by_device.values(), last]
    return finding(
        identifier,
        near=told(case.near),
        far=told(case.far) if case.far[0] else case.address,
        count=len(case.messages),
        subject=about(case.near, case.far, addresses=[case.address] if case.address else []),
        evidence=same_evidence(*(state.evidence(row) for state, row in quoted)),
        **values,
    )
