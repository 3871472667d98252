"""Checks on shared addresses: gateways that are master twice, addresses refused by duplicate address detection."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from netguru.checks import check, finding
from netguru.model.names import device_key
from netguru.state.certainty import is_certain
from netguru.state.facts import Row, rows
from netguru.state.owners import Owners, about, told
from netguru.state.quote import quote, same_evidence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netguru.model.evidence import Evidence
    from netguru.model.finding import Finding
    from netguru.model.state import DeviceState

_MASTER = {"vrrp": "Master", "hsrp": "Active"}
_CHECK = {"vrrp": "vrrp.dual-master@state", "hsrp": "hsrp.dual-active@state"}


@check("states", "vrrp.dual-master", "hsrp.dual-active", profile="routing")
def dual_master(states: Sequence[DeviceState]) -> Iterator[Finding]:
    """Find one virtual address of which two routers are master."""
    found: dict[tuple[str, str], dict[str, list[tuple[DeviceState, Row]]]] = defaultdict(lambda: defaultdict(list))
    for state, row in rows(states, "gateways"):
        if row["state"] == _MASTER.get(row["protocol"] or ""):
            for address in (row["addresses"] or "").split():
                found[row["protocol"], address][device_key(state.device)].append((state, row))
    for (protocol, address), masters in found.items():
        every = [item for items in masters.values() for item in items]
        own = {row["own_address"] or row["interface"] for _, row in every}
        # One network copied to several sites has the same own addresses, too: that proves nothing.
        if len(masters) < 2 or (len(own) == 1 and every[0][1]["own_address"]):  # noqa: PLR2004 - a pair
            continue
        groups = sorted({row["group"] for _, row in every if row["group"] is not None})
        yield finding(
            _CHECK[protocol],
            protocol=protocol.upper(),
            state=_MASTER[protocol],
            address=address,
            told=", ".join(
                f"{told((state.device, row['interface']))} group {row['group']}"
                for (state, row), *_ in masters.values()
            ),
            groups=f", in groups {' and '.join(map(str, groups))} that do not know of each other"
            if len(groups) > 1
            else "",
            subject=about(*((state.device, row["interface"]) for state, row in every), addresses=[address]),
            evidence=same_evidence(
                *(
                    quote(state, row, *shown)
                    for state, row in every
                    for shown in ((f" {row['state']}",), (f" {address}",), (f"ID {row['group']}", f" {row['group']}"))
                )
            ),
        )


@check("states", "ip.duplicate-address", profile="addresses")
def duplicate_bare_address(states: Sequence[DeviceState]) -> Iterator[Finding]:
    """Find one address on two devices in tables that show no prefix length (`show ip interface brief`).

    Addresses with a length are facts, and compared as such.
    """
    virtual = {text for _, row in rows(states, "gateways") for text in (row["addresses"] or "").split()}
    up = {(device_key(state.device), row["name"]) for state, row in rows(states, "interfaces") if row["oper"] == "up"}
    found: dict[str, dict[str, tuple[DeviceState, Row]]] = defaultdict(dict)
    for state, row in rows(states, "addresses"):
        if "/" not in row["address"] and (device_key(state.device), row["interface"]) in up:
            found[row["address"]].setdefault(device_key(state.device), (state, row))
    for address, owners in found.items():
        if len(owners) < 2 or address in virtual:  # noqa: PLR2004 - a pair
            continue
        ends = sorted((state.device, row["interface"]) for state, row in owners.values())
        made = finding(
            "ip.duplicate-address@state",
            address=address,
            ports=" and ".join(told(end) for end in ends),
            subject=about(*ends, addresses=[address]),
            evidence=same_evidence(*(quote(state, row, address) for state, row in owners.values())),
        )
        if is_certain(made, states):
            yield made


@check("states", "nd.duplicate-address", profile="addresses")
def duplicate_address_detected(states: Sequence[DeviceState]) -> Iterator[Finding]:
    """Find addresses that the kernel refused because another host answered for them."""
    owners = Owners.of(states)
    for state, row in rows(states, "addresses"):
        if "dadfailed" not in (row["flags"] or ""):
            continue
        address = row["address"].split("/", 1)[0]
        others = [end for end in owners.addresses.get(address, ()) if device_key(end[0]) != device_key(state.device)]
        header = [
            quote(state, item, item["name"])
            for _, item in rows([state], "interfaces")
            if item["name"] == row["interface"]
        ]
        yield finding(
            "nd.duplicate-address@state",
            device=state.device,
            port=row["interface"],
            address=address,
            owner=f" ({', '.join(told(end) for end in others)})" if others else "",
            subject=about((state.device, row["interface"]), *others, addresses=[address]),
            evidence=same_evidence(quote(state, row, address), *header, *_proofs(states, address, others)),
        )


def _proofs(states: Sequence[DeviceState], address: str, ends: Sequence[tuple[str, str]]) -> list[Evidence]:
    keys = {device_key(device) for device, _ in ends}
    return [
        quote(state, row, address)
        for state, row in rows(states, "addresses")
        if device_key(state.device) in keys and (row["address"] or "").split("/", 1)[0] == address
    ]
