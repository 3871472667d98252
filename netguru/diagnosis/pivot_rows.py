"""What a pivot gives: rows of all sources about one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from netguru.model.result import Result

if TYPE_CHECKING:
    from netguru.model.coverage import Coverage
    from netguru.model.evidence import Evidence


@dataclass(frozen=True, slots=True)
class PivotRow:
    """One thing that one source says: `topic` is "configured", "captured", "finding", or the kind of a report."""

    topic: str
    device: str
    port: str
    says: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pivoted(Result):
    """Everything that all sources say of one thing, row by row with its places."""

    schema: ClassVar[str] = "netguru.diagnosis.pivot/1"
    primary: ClassVar[str] = "rows"

    kind: str
    name: str
    rows: tuple[PivotRow, ...]
    coverage: Coverage
