"""Claims: neighbour rows with both devices known and the far port found, or the reason why not."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netguru.model.names import canonical_mac, canonical_port, port_key
from netguru.topology.inventory import Inventory, Known, physical, port_pattern

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netguru.model.network import Network
    from netguru.model.topology import Neighbor

End = tuple[str, str]
"""A device's name in lower case and the key of a port."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One device's word that its port hears another device; `far` is None while the far port is unknown."""

    near_device: Known
    near_port: str
    far_device: Known
    far_port: str
    row: Neighbor

    @property
    def near(self) -> End:
        """Give the end that reports."""
        return self.near_device.name.lower(), port_key(self.near_port)

    @property
    def far(self) -> End:
        """Give the end that is heard; its port is empty while it is unknown."""
        return self.far_device.name.lower(), port_key(self.far_port)


def complete(rows: Iterable[Neighbor]) -> tuple[Neighbor, ...]:
    """Add the local port to rows that lack it, from another output of the same device.

    Older IOS prints no local port in `show lldp neighbors detail`; the short table has it, with
    the name cut. The far port and the beginning of the name tell which rows belong together.
    """
    known = list(rows)
    by_far: dict[tuple[str, str], list[Neighbor]] = defaultdict(list)
    for row in known:
        if row.port:
            by_far[row.device, port_key(row.remote_port)].append(row)
    return tuple(_with_port(row, by_far) if not row.port and row.device else row for row in known)


def _with_port(row: Neighbor, by_far: dict[tuple[str, str], list[Neighbor]]) -> Neighbor:
    name = row.remote_device.lower()
    same = [
        item
        for item in by_far.get((row.device, port_key(row.remote_port)), ())
        if item.remote_device and name.startswith(item.remote_device.lower())
    ]
    if len({item.port for item in same}) != 1:
        return row
    return replace(row, port=same[0].port, evidence=(*row.evidence, *same[0].evidence))


class Resolver:
    """Turn rows into claims: first whose device is meant, then which of its ports."""

    def __init__(self, network: Network) -> None:
        self.inventory = Inventory.of(network)
        self.claims: list[Claim] = []
        self._between: dict[tuple[str, str], list[Claim]] = {}
        self.unresolved: list[tuple[Neighbor, str]] = []
        rows = complete(row for table in network.neighbors for row in table.rows)
        self._learn(rows)
        for row in rows:
            self._claim(row)
        self._find_ports()

    def _learn(self, rows: Sequence[Neighbor]) -> None:
        """Note which hardware address a named device shows, so that nameless rows find it."""
        for row in rows:
            device = self.inventory.find(row.remote_device) if row.remote_device else None
            if device is not None and row.chassis_id:
                self.inventory.own_mac(row.chassis_id, device)

    def _device(self, row: Neighbor) -> Known | None:
        inventory = self.inventory
        name = row.remote_device
        found = inventory.find(name) if name else None
        if found is None:
            found = inventory.by_mac(row.chassis_id)
        nameless = (
            not name or bool(canonical_mac(name)) or bool(re.fullmatch(r"[\d.]+|[0-9a-fA-F:]*:[0-9a-fA-F:]*", name))
        )
        if found is None and nameless:
            found = inventory.by_mac(row.remote_port) or inventory.by_mac(name)
            found = found or inventory.by_address(row.address) or inventory.by_address(name)
        if found is None and name:
            found = inventory.add(name, reported=False)
            if row.chassis_id:
                inventory.own_mac(row.chassis_id, found)
        return found

    def sender(self, row: Neighbor) -> End:
        """Give the end that sent what a capture shows; its port is empty when it cannot be told."""
        device = self._device(row)
        if device is None:
            return "", ""
        port = _stated(device, row) or _described(device, row)
        return device.name.lower(), port_key(port or row.remote_port)

    def _claim(self, row: Neighbor) -> None:
        if not row.device:
            self.unresolved.append((row, "the output does not say whose it is"))
            return
        if not row.port:
            self.unresolved.append((row, "the output does not say at which port"))
            return
        far = self._device(row)
        if far is None:
            self.unresolved.append((row, "the neighbour does not state its name"))
            return
        near = self.inventory.add(row.device)
        if not far.reported:
            far.platform = far.platform or row.platform
            far.addresses.update(dict.fromkeys(row.addresses))
            far.evidence += row.evidence[:1] if len(far.evidence) < _QUOTED else ()
        near_port = near.port(row.port).name
        self.claims.append(
            Claim(near_device=near, near_port=near_port, far_device=far, far_port=_stated(far, row), row=row)
        )

    def _find_ports(self) -> None:
        """Find the far ports that their names do not give, from what the far device itself reports."""
        for step in (self._by_its_own_report, self._as_described, self._as_the_only_pair):
            self._between = _by_devices(self.claims)
            self.claims = [claim if claim.far_port else replace(claim, far_port=step(claim)) for claim in self.claims]
        # A device that says nothing itself: its name for the port is all there is.
        self.claims = [
            claim if claim.far_port else replace(claim, far_port=_taken_as_told(claim)) for claim in self.claims
        ]

    def _reports(self, claim: Claim) -> list[Claim]:
        return self._between.get((claim.far_device.name, claim.near_device.name), [])

    def _by_its_own_report(self, claim: Claim) -> str:
        """Take the port at which the far device hears this very port."""
        ports = {other.near_port for other in self._reports(claim) if other.far == claim.near}
        return ports.pop() if len(ports) == 1 else ""

    def _as_described(self, claim: Claim) -> str:
        return _described(claim.far_device, claim.row)

    def _as_the_only_pair(self, claim: Claim) -> str:
        """Take the one port at which the far device hears us while neither side could say more."""
        mine = {
            other.near_port
            for other in self._between[claim.near_device.name, claim.far_device.name]
            if not other.far_port
        }
        theirs = {other.near_port for other in self._reports(claim) if not other.far_port or other.far == claim.near}
        return theirs.pop() if len(mine) == 1 and len(theirs) == 1 else ""


_QUOTED = 3


def _by_devices(claims: Iterable[Claim]) -> dict[tuple[str, str], list[Claim]]:
    found: dict[tuple[str, str], list[Claim]] = defaultdict(list)
    for claim in claims:
        found[claim.near_device.name, claim.far_device.name].append(claim)
    return found


def _stated(far: Known, row: Neighbor) -> str:
    """Give the far port that the row itself names: by name, by hardware address or in the description."""
    port = far.has(row.remote_port) if row.remote_port else None
    if port is not None:
        return port.name
    mac = canonical_mac(row.remote_port)
    if mac and far.macs.get(mac):
        return far.macs[mac]
    described = far.has(row.port_description) if row.port_description else None
    return described.name if described is not None and not port_pattern("virtual").match(described.name) else ""


def _described(far: Known, row: Neighbor) -> str:
    """Give the far port whose description the neighbour sent in place of a name.

    lldpd puts the description of the interface into the port id of CDP.
    """
    sent = {row.remote_port.strip(), row.port_description.strip()} - {""}
    ports = {port.name for port in far.ports.values() if any(item.text.strip() in sent for item in port.descriptions)}
    return ports.pop() if len(ports) == 1 else ""


def _taken_as_told(claim: Claim) -> str:
    """Give the port as the neighbour named it, unless the name is a description or a bare index.

    A device that reports itself knows its ports by name: an SNMP index of it stays unresolved.
    """
    told = claim.row.remote_port
    if canonical_mac(told):
        return "" if claim.far_device.hears else canonical_mac(told)
    if told.isdigit():
        return "" if claim.far_device.reported else told
    return physical(canonical_port(told)) if port_pattern("name").match(told) else ""
