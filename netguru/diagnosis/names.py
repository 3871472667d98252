"""Giving captures' addresses their owners: an address or a MAC becomes a device and a port."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from netguru.model.finding import Finding, Subject
from netguru.model.names import canonical_mac, device_key

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.model.evidence import Evidence
    from netguru.model.facts import Facts, PortFacts
    from netguru.model.topology import Neighbor


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who owns an address: a device, its port where that is known, and the evidence."""

    device: str
    port: PortFacts | None = None
    evidence: tuple[Evidence, ...]

    @property
    def words(self) -> str:
        """Name the owner."""
        return f"{self.device} {self.port.port}" if self.port else self.device


@dataclass(frozen=True, slots=True)
class Names:
    """Look up who owns an address, and how a device is spelled."""

    owners: dict[str, list[Owner]]
    devices: dict[str, str]

    @classmethod
    def of(cls, facts: Facts, devices: Iterable[str], neighbors: Iterable[Neighbor] = ()) -> Names:
        """Index the addresses and MACs of all ports, and the chassis addresses that LLDP announces."""
        spelling = {device_key(name): name for name in [*devices, *(port.device for port in facts.ports)]}
        owners: dict[str, list[Owner]] = {}
        for port, known in facts.addressed():
            address = known.value.split("/", 1)[0].lower()
            owners.setdefault(address, []).append(Owner(device=port.device, port=port, evidence=known.evidence))
        for port in facts.ports:
            if port.mac is not None:
                owner = Owner(device=port.device, port=port, evidence=port.mac.evidence)
                owners.setdefault(canonical_mac(port.mac.value), []).append(owner)
        for row in neighbors:
            mac, device = canonical_mac(row.chassis_id), spelling.get(device_key(row.remote_device))
            # A port's own address says more than the chassis address of its device.
            if mac and device and mac not in owners:
                owners[mac] = [Owner(device=device, evidence=row.evidence)]
        return cls(owners, spelling)

    def who(self, address: str) -> list[Owner]:
        """Give the owners of an address or MAC."""
        return self.owners.get(canonical_mac(address) or address.lower(), [])

    def locate(self, finding: Finding) -> Finding:
        """Add to a finding the devices and ports that own its addresses, each with the line that says so.

        A finding that names ports already keeps them: it knows better than an address does.
        """
        subject = finding.subject
        spelled = Subject(
            devices=tuple(self.devices.get(device_key(name), name) for name in subject.devices),
            interfaces=tuple((self.devices.get(device_key(name), name), port) for name, port in subject.interfaces),
        )
        symptoms = list(finding.symptoms)
        proof: list[Evidence] = []
        for address in subject.addresses:
            for owner in self.who(address):
                spelled |= _subject(owner, with_port=not subject.interfaces)
                symptoms.append(f"{address} is {owner.words}")
                proof += owner.evidence[:1]
        if not proof and spelled.devices == subject.devices and spelled.interfaces == subject.interfaces:
            return finding
        return replace(
            finding,
            subject=replace(subject, devices=(), interfaces=()) | spelled,
            symptoms=tuple(dict.fromkeys(symptoms)),
            evidence=tuple(dict.fromkeys((*finding.evidence, *proof))),
        )


def _subject(owner: Owner, *, with_port: bool) -> Subject:
    # A loopback address names the device; the fault is on some path to it, not on the loopback.
    if owner.port is None or not with_port or owner.port.port.lower().startswith("lo"):
        return Subject(devices=(owner.device,))
    return Subject(devices=(owner.device,), interfaces=((owner.device, owner.port.port),))
