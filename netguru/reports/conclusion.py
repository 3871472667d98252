"""The conclusion of a report: what was found, and whether that passes; a notebook's last cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from netguru.errors import InputError
from netguru.model.evidence import Evidence
from netguru.model.finding import Finding, Severity, Subject
from netguru.model.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MIME = "application/vnd.netguru.conclusion+json"
"""The representation by which an executed notebook carries its conclusion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion(Result):
    """Judge findings: `passed` is False when one is at or above `fail_on` ("off" judges nothing)."""

    schema: ClassVar[str] = "netguru.report.conclusion/1"
    quiet: ClassVar[tuple[str, ...]] = ("passed", "findings")

    verdict: str
    passed: bool
    fail_on: str
    counts: dict[str, int]
    findings: tuple[Finding, ...]

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        """Show the verdict, and carry it along in the notebook."""
        bundle: dict[str, Any] = dict(super(Conclusion, self)._repr_mimebundle_(include, exclude))
        bundle[MIME] = self.to_dict()
        return bundle


def conclude(findings: Iterable[Finding], *, fail_on: str = "error") -> Conclusion:
    """Conclude a report from its findings.

    `fail_on` is a severity, or "off". Raises InputError for any other word.

    >>> conclude([], fail_on="error").passed
    True
    """
    kept = tuple(findings)
    levels = [str(level) for level in Severity]
    if fail_on not in (*levels, "off"):
        message = f"fail_on: {fail_on!r} is not one of off, {', '.join(levels)}"
        raise InputError(message)
    failing = 0 if fail_on == "off" else sum(item.severity >= Severity.parse(fail_on) for item in kept)
    verdict = f"failed: {failing} of {len(kept)} findings are at or above {fail_on}" if failing else "passed"
    return Conclusion(verdict=verdict, passed=not failing, fail_on=fail_on, counts=count(kept), findings=kept)


def count(findings: Iterable[Finding]) -> dict[str, int]:
    """Count findings by severity, worst first."""
    items = list(findings)
    return {str(level): sum(item.severity is level for item in items) for level in reversed(Severity)}


def read_finding(plain: Mapping[str, Any]) -> Finding:
    """Read a finding back from its JSON form."""
    subject = plain["subject"]
    return Finding(
        check=plain["check"],
        severity=Severity.parse(plain["severity"]),
        title=plain["title"],
        why=plain["why"],
        remedy=plain["remedy"],
        subject=Subject(
            devices=tuple(subject["devices"]),
            interfaces=tuple((device, port) for device, port in subject["interfaces"]),
            addresses=tuple(subject["addresses"]),
            vlans=tuple(subject["vlans"]),
        ),
        symptoms=tuple(plain["symptoms"]),
        evidence=tuple(
            Evidence(**{name: value for name, value in item.items() if name != "filter"}) for item in plain["evidence"]
        ),
    )
