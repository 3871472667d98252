"""Checks on Linux devices: packet filters that drop, and a DHCP service without a pool."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.checks import check, finding, threshold
from netguru.model.finding import Finding, Severity
from netguru.model.names import device_key
from netguru.state.facts import Row, rows
from netguru.state.owners import about
from netguru.state.quote import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from netguru.model.state import DeviceState

_DROPS = re.compile(r"^(?:drop|reject)\b", re.IGNORECASE)
_ACCEPTS = re.compile(r"^(?:accept|return)\b", re.IGNORECASE)
_ADDRESS = re.compile(r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{1,4}:[0-9a-f:]+)(?![\w:])")


@check("states", "filter.drop", profile="filters")
def filter_drop(states: Sequence[DeviceState]) -> Iterator[Finding]:
    """Find rules that discard packets; those that hit routing or ICMP errors are worse than others."""
    for state in states:
        every = [row for _, row in rows([state], "filters")]
        plain = 0
        for position, row in enumerate(every):
            if not _DROPS.match(row["action"] or ""):
                continue
            effect = _effect(states, state, row, every[:position])
            plain += not effect
            if effect or plain <= threshold("filter.drop", "each"):
                yield _dropped(state, row, effect)


def _dropped(state: DeviceState, row: Row, effect: str) -> Finding:
    return finding(
        "filter.drop",
        severity=Severity.WARNING if effect else None,
        device=state.device,
        where=f" in {row['table'] or 'filter'} {row['chain']}" + (f" ({row['hook']})" if row["hook"] else ""),
        match=" ".join(str(row["match"] or "all that reaches the rule").split()),
        counted=f" ({row['packets']} packets so far)" if row["packets"] else "",
        effect=effect or "nothing tells the sender unless the rule rejects",
        subject=about((state.device, ""), addresses=_ADDRESS.findall(row["match"] or "")),
        evidence=[quote(state, row, row["match"])],
    )


def _effect(states: Sequence[DeviceState], state: DeviceState, row: Row, before: list[Row]) -> str:
    """Say what a rule breaks: routing sessions, unless an earlier rule lets them pass, or path MTU discovery."""
    text = row["match"] or ""
    for item in resources.table("state", "filter_effects.toml")["effect"]:
        pattern = re.compile(item["match"], re.IGNORECASE)
        if not pattern.search(text) or not _runs(states, state.device, item.get("needs")):
            continue
        accepted = [
            other for other in before if other["chain"] == row["chain"] and _ACCEPTS.match(other["action"] or "")
        ]
        if not any(pattern.search(other["match"] or "") for other in accepted):
            return str(item["effect"])
    return ""


def _runs(states: Sequence[DeviceState], device: str, needs: Mapping[str, Any] | None) -> bool:
    if needs is None:
        return True
    own = [state for state in states if device_key(state.device) == device_key(device)]
    if any(kind in state.tables for state in own for kind in needs["kinds"]):
        return True
    return any(row["protocol"] == needs["protocol"] for _, row in rows(own, "routes"))


@check("state", "dhcp.no-pool", profile="services")
def dhcp_no_pool(state: DeviceState) -> Iterator[Finding]:
    """Find a dnsmasq configuration with DHCP settings and without any pool."""
    every = [row for _, row in rows([state], "services") if row["service"] == "dnsmasq"]
    dhcp = [row for row in every if row["option"].startswith("dhcp-")]
    # Another file may hold the pools; pools for a TFTP proxy or router advertisements are ranges, too.
    elsewhere = any(row["option"] in ("conf-dir", "conf-file", "servers-file") for row in every)
    if not dhcp or elsewhere or any(row["option"] == "dhcp-range" for row in dhcp):
        return
    lines = state.piece.lines
    first, last = state.piece.first_line, state.piece.first_line + len(lines) - 1
    yield finding(
        "dhcp.no-pool",
        device=state.device,
        options=", ".join(dict.fromkeys(row["option"] for row in dhcp)),
        subject=about((state.device, "")),
        # The whole file proves that the setting is absent.
        evidence=[state.evidence(dhcp[0]), state.piece.evidence(first, last)],
    )
