"""What sanitizing gives: the twins, and how much was replaced in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from netguru.model.result import Result

if TYPE_CHECKING:
    from netguru.model.coverage import Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class SanitizedFile:
    """One file: where its twin is, how many places of each kind were replaced, what was left out."""

    source: str
    out: str
    kind: str
    replaced: dict[str, int]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sanitized(Result):
    """Sanitized twins of files, and what was replaced in them."""

    schema: ClassVar[str] = "netguru.sanitize/1"
    primary: ClassVar[str] = "files"

    out: str
    files: tuple[SanitizedFile, ...]
    replaced: dict[str, int]
    names: int
    key: str
    coverage: Coverage
