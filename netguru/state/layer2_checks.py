"""Checks on ports and spanning tree: counters, err-disabled ports, a root that nobody planned."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netguru.checks import check, finding, threshold
from netguru.model.finding import Finding, Severity
from netguru.model.names import device_key
from netguru.state.facts import Row, rows
from netguru.state.owners import about
from netguru.state.quote import quote, same_evidence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netguru.model.evidence import Evidence
    from netguru.model.state import DeviceState

_DEFAULT_PRIORITY = 0x8000
_PRIORITY_BITS = 0xF000
_PLAN = 2
"""A plan has a root and a second root: so many prioritised bridges make one."""


@check("state", "link.err-disabled", "link.crc-errors", "link.late-collisions", profile="l2")
def port_troubles(state: DeviceState) -> Iterator[Finding]:
    """Find ports that the device turned off, and counters of damaged frames and late collisions."""
    for _, row in rows([state], "interfaces"):
        subject = about((state.device, row["name"]))
        named = {"device": state.device, "port": row["name"], "subject": subject}
        reason = (row["reason"] or "").lower().replace("-", "")
        if reason.startswith("errdisabled"):
            yield finding("link.err-disabled", reason="", evidence=[quote(state, row, row["reason"])], **named)
        counters = (
            ("link.crc-errors", "frames", row["crc_errors"], f"{row['crc_errors']} CRC"),
            ("link.late-collisions", "collisions", row["late_collisions"], f"{row['late_collisions']} late"),
        )
        for identifier, name, count, shown in counters:
            if (count or 0) >= threshold(identifier, name):
                lines = [quote(state, row, shown), quote(state, row, row["name"])]
                yield finding(identifier, count=count, evidence=same_evidence(*lines), **named)


@dataclass(slots=True)
class _Bridge:
    """One bridge: its identifier, the root it sees, and whether end hosts hang on it."""

    device: str
    name: str
    state: DeviceState
    row: Row
    identifier: tuple[int, str]
    root: tuple[int, str] | None = None
    hosts: list[Evidence] = field(default_factory=list)

    @property
    def priority(self) -> int:
        return self.identifier[0] & _PRIORITY_BITS

    @property
    def evidence(self) -> Evidence:
        return quote(self.state, self.row, f"priority {self.row['priority']}", "Bridge ID")


def bridge_identifier(text: str | None) -> tuple[int, str] | None:
    """Read a bridge identifier as priority and twelve hexadecimal digits.

    >>> bridge_identifier("1000.2:4e:47:f:0:fe"), bridge_identifier("0cd9.96d2.4000")
    ((4096, '024e470f00fe'), None)
    """
    match = re.fullmatch(r"([0-9a-f]{4})\.((?:[0-9a-f]{1,2}:){5}[0-9a-f]{1,2})", text or "")
    if match is None:
        return None
    return int(match[1], 16), "".join(part.zfill(2) for part in match[2].split(":"))


@check("states", "stp.root-hijack", profile="l2")
def root_hijack(states: Sequence[DeviceState]) -> Iterator[Finding]:
    """Find a root that serves end hosts while bridges with an explicit priority are not the root."""
    domains: dict[tuple[str, str], list[_Bridge]] = defaultdict(list)
    for bridge in _bridges(states):
        if bridge.root is not None:
            domains[bridge.root[1], bridge.name if bridge.name.startswith(("VLAN", "MST")) else ""].append(bridge)
    for bridges in domains.values():
        root = next((item for item in bridges if item.root == item.identifier), None)
        planned = sorted((b for b in bridges if b is not root and not b.hosts), key=lambda item: item.identifier)
        planned = [item for item in planned if item.priority < _DEFAULT_PRIORITY]
        if root is None or not root.hosts or not planned:
            continue
        yield finding(
            "stp.root-hijack",
            severity=_severity(root, planned),
            root=root.device,
            root_priority=root.priority,
            planned=planned[0].device,
            planned_priority=planned[0].priority,
            others=", ".join(f"{item.device} {item.priority}" for item in planned),
            subject=about(*((item.device, "") for item in (root, planned[0]))),
            evidence=same_evidence(root.evidence, *(item.evidence for item in planned), root.hosts[0]),
        )


def _severity(root: _Bridge, planned: list[_Bridge]) -> Severity | None:
    """Two prioritised bridges beside the root are a root and its second; one may be the second of this root."""
    if len(planned) >= _PLAN:
        return Severity.ERROR
    return None if root.priority == 0 else Severity.NOTE


def _bridges(states: Sequence[DeviceState]) -> list[_Bridge]:
    found: dict[tuple[str, str], _Bridge] = {}
    for state, row in rows(states, "bridges"):
        identifier = _own(row)
        key = (device_key(state.device), row["bridge"])
        if identifier is not None and row["stp_state"] and key not in found:
            found[key] = _Bridge(state.device, row["bridge"], state, row, identifier, root=_seen_root(row, identifier))
    hosts = _host_macs(states)
    for state, row in rows(states, "bridge_ports"):
        bridge = found.get((device_key(state.device), row["bridge"]))
        if bridge is not None and bridge.root is None:
            bridge.root = bridge_identifier(row["root"])
        if bridge is not None and row["edge"]:
            bridge.hosts.append(quote(state, row, row["port"]))
    learned = [(state, row) for state, row in rows(states, "mac_table") if row["type"] == "dynamic"]
    shared = Counter((state.device, row["interface"]) for state, row in learned)
    for state, row in learned:
        bridge = found.get((device_key(state.device), row["bridge"]))
        # A port that leads to this one host: no other address is learned there.
        if bridge is not None and row["mac"] in hosts and shared[state.device, row["interface"]] == 1:
            bridge.hosts.append(quote(state, row, row["mac"]))
    return list(found.values())


def _own(row: Row) -> tuple[int, str] | None:
    if row["bridge_id"]:
        return bridge_identifier(row["bridge_id"])
    if row["priority"] is None or not row["mac"]:
        return None
    return row["priority"], row["mac"].replace(":", "")


def _seen_root(row: Row, own: tuple[int, str]) -> tuple[int, str] | None:
    """Read the root that a bridge sees.

    iproute2 before 6.2 prints the bridge's own identifier as the root; a bridge that has a root
    port is not the root, so that line is not believed: the ports know the root.
    """
    if row["root_priority"] is not None and row["root"]:
        return row["root_priority"], re.sub(r"[^0-9a-f]", "", row["root"].lower())
    seen = bridge_identifier(row["root"])
    return None if seen == own and row["root_port"] not in (None, "0") else seen


def _host_macs(states: Sequence[DeviceState]) -> set[str]:
    """Give the hardware addresses of devices with one addressed port that neither bridge nor route."""
    ports: dict[str, set[str]] = defaultdict(set)
    working: set[str] = set()
    for kind in ("ospf_neighbors", "ospf_interfaces", "bgp_peers", "gateways", "bridges", "bridge_ports"):
        working |= {device_key(state.device) for state, _ in rows(states, kind)}
    for state, row in rows(states, "interfaces"):
        if row["mac"] and row["mac"] != "00:00:00:00:00:00":
            ports[device_key(state.device)].add(row["mac"])
    return {mac for device, macs in ports.items() if device not in working and len(macs) == 1 for mac in macs}
