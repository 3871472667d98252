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


@dataclass(frozen=True, slots=True)
class Owner:
    """A port that owns an address, and the evidence that it does."""

    port: PortFacts
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Names:
    """Look up who owns an address, and how a device is spelled."""

    owners: dict[str, list[Owner]]
    devices: dict[str, str]

    @classmethod
    def of(cls, facts: Facts, devices: Iterable[str]) -> Names:
        """Index the addresses and MACs of all ports."""
        owners: dict[str, list[Owner]] = {}
        for port, known in facts.addressed():
            owners.setdefault(known.value.split("/", 1)[0].lower(), []).append(Owner(port, known.evidence))
        for port in facts.ports:
            if port.mac is not None:
                owners.setdefault(canonical_mac(port.mac.value), []).append(Owner(port, port.mac.evidence))
        spelling = {device_key(name): name for name in [*(port.device for port in facts.ports), *devices]}
        return cls(owners, spelling)

    def who(self, address: str) -> list[Owner]:
        """Give the ports that own an address or MAC; loopback-like addresses of every host own nothing."""
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
                spelled |= _subject(owner.port, with_port=not subject.interfaces)
                symptoms.append(f"{address} is {owner.port.device} {owner.port.port}")
                proof += owner.evidence[:1]
        if not proof and spelled.devices == subject.devices and spelled.interfaces == subject.interfaces:
            return finding
        return replace(
            finding,
            subject=replace(subject, devices=(), interfaces=()) | spelled,
            symptoms=tuple(dict.fromkeys(symptoms)),
            evidence=tuple(dict.fromkeys((*finding.evidence, *proof))),
        )


def _subject(port: PortFacts, *, with_port: bool) -> Subject:
    # A loopback address names the device; the fault is on some path to it, not on the loopback.
    loopback = port.port.lower().startswith("lo")
    pairs = ((port.device, port.port),) if with_port and not loopback else ()
    return Subject(devices=(port.device,), interfaces=pairs)
