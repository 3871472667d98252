"""The catalogue: severity, texts, sources and thresholds of every check, read from `data/tables/checks`.

One TOML file a family; the key is the check's stable id:

    ["ospf.mtu-mismatch"]
    severity = "error"
    title = "OSPF stuck: MTU {a_mtu} on {a}, {b_mtu} on {b}"
    why = "..."
    remedy = "..."
    source = "RFC 2328 section 10.6"
    thresholds = { packets = 3 }

One problem may be seen in different data, each with words of its own: `"ospf.mtu-mismatch@capture"`
is a row for captures, whose findings bear the id `ospf.mtu-mismatch`.

Titles, whys and remedies are templates for the values that the check measured.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.errors import UnknownNameError
from netguru.model.finding import Finding, Severity, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netguru.model.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckText:
    """What the catalogue says about one check."""

    id: str
    severity: Severity
    title: str
    why: str
    remedy: str
    source: str
    thresholds: Mapping[str, float] = field(default_factory=dict)


@cache
def _catalogue() -> dict[str, CheckText]:
    found: dict[str, CheckText] = {}
    for file in sorted(resources.path("data", "tables", "checks").glob("*.toml")):
        for name, row in resources.table("checks", file.name).items():
            if name in found:
                msg = f"check {name!r} is in the catalogue twice"
                raise ValueError(msg)
            found[name] = CheckText(
                id=name,
                severity=Severity.parse(row["severity"]),
                title=row["title"],
                why=row["why"],
                remedy=row["remedy"],
                source=row["source"],
                thresholds=row.get("thresholds", {}),
            )
    return found


def text(check_id: str) -> CheckText:
    """Look up a check's row; raises UnknownNameError."""
    try:
        return _catalogue()[check_id]
    except KeyError:
        raise UnknownNameError("check", check_id, _catalogue()) from None


def threshold(check_id: str, name: str) -> float:
    """Look up a threshold of a check; its unit is in its name (`_ms`, `_packets`, `_share`)."""
    return text(check_id).thresholds[name]


def finding(
    check_id: str,
    *,
    evidence: Iterable[Evidence],
    subject: Subject | None = None,
    symptoms: Iterable[str] = (),
    severity: Severity | None = None,
    **values: Any,
) -> Finding:
    """Make a finding from the catalogue's texts and what was measured.

    `values` fill the templates; a template that names a value not given raises KeyError, so a
    wrong template is found by the first test of its check. `severity` overrides the catalogue
    where the measurement decides (a guard that downgrades).
    """
    row = text(check_id)
    return Finding(
        check=check_id.partition("@")[0],
        severity=row.severity if severity is None else severity,
        title=row.title.format_map(values),
        why=row.why.format_map(values),
        remedy=row.remedy.format_map(values),
        subject=subject or Subject(),
        symptoms=tuple(symptoms),
        evidence=tuple(evidence),
    )
