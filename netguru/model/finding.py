"""Findings: what is wrong, how badly, why, what to do, and the evidence for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

from netguru.model.evidence import Evidence, wireshark_filter
from netguru.model.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.model.coverage import Coverage


class Severity(IntEnum):
    """How much a finding matters; a larger number is worse.

    >>> Severity.parse("error") > Severity.WARNING
    True
    """

    INFO = 10
    NOTE = 20
    WARNING = 30
    ERROR = 40
    CRITICAL = 50

    @classmethod
    def parse(cls, name: str) -> Severity:
        """Read a severity from its name, in any case."""
        return cls[name.upper()]

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Name what a finding is about.

    `interfaces` are (device, port) pairs. A capture knows addresses only; the diagnosis adds
    the devices and interfaces that own them.
    """

    devices: tuple[str, ...] = ()
    interfaces: tuple[tuple[str, str], ...] = ()
    addresses: tuple[str, ...] = ()
    vlans: tuple[int, ...] = ()

    def __or__(self, other: Subject) -> Subject:
        """Join two subjects, each name once, in sorted order."""
        return Subject(
            devices=tuple(sorted({*self.devices, *other.devices})),
            interfaces=tuple(sorted({*self.interfaces, *other.interfaces})),
            addresses=tuple(sorted({*self.addresses, *other.addresses})),
            vlans=tuple(sorted({*self.vlans, *other.vlans})),
        )

    def __str__(self) -> str:
        parts = [f"{device} {port}" for device, port in self.interfaces]
        named = {device for device, _ in self.interfaces}
        parts += [device for device in self.devices if device not in named]
        parts += list(self.addresses) if not parts else []
        parts += [f"VLAN {vlan}" for vlan in self.vlans]
        return ", ".join(parts)

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form; interfaces become [device, port] lists."""
        return {
            "devices": list(self.devices),
            "interfaces": [list(pair) for pair in self.interfaces],
            "addresses": list(self.addresses),
            "vlans": list(self.vlans),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """State one problem. Without evidence there is no finding."""

    check: str
    severity: Severity
    title: str
    why: str
    remedy: str
    subject: Subject = field(default_factory=Subject)
    symptoms: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...]

    def __post_init__(self) -> None:
        if not self.evidence:
            msg = f"finding {self.check!r} has no evidence"
            raise ValueError(msg)

    @property
    def wireshark_filter(self) -> str:
        """Give a display filter for the packets of the finding; packets of one capture only."""
        sources = {item.source for item in self.evidence if item.kind == "packet"}
        return wireshark_filter(self.evidence) if len(sources) == 1 else ""

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form."""
        return {
            "check": self.check,
            "severity": str(self.severity),
            "title": self.title,
            "why": self.why,
            "remedy": self.remedy,
            "subject": self.subject.to_dict(),
            "symptoms": list(self.symptoms),
            "evidence": [item.to_dict() for item in self.evidence],
        }


def rank(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Order findings: worst first, then by check, subject and place, so that two runs agree."""
    return tuple(sorted(findings, key=lambda f: (-f.severity, f.check, str(f.subject), f.title, f.evidence)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings(Result):
    """Hold the findings of one analysis, worst first, and what was looked at."""

    schema: ClassVar[str] = "netguru.findings/1"

    findings: tuple[Finding, ...]
    coverage: Coverage

    @property
    def worst(self) -> Severity | None:
        """Give the highest severity, None when there is no finding."""
        return max((finding.severity for finding in self.findings), default=None)

    def count(self) -> dict[str, int]:
        """Count findings by severity, worst first, all severities present."""
        return {str(level): sum(f.severity is level for f in self.findings) for level in reversed(Severity)}
