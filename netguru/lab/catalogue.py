"""The catalogue of composed faults: what each shows, which checks speak of it, and how tshark proves it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, get_args

from netguru import resources
from netguru.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

Kind = Literal["positive", "negative", "near-miss"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One capture of the library.

    `checks` must be reported, at `severity` or above, on a positive, and `also` may be; no other warning is shown by
    any kind.
    `filter` is a display filter of Wireshark that selects exactly `count` packets of the file.
    """

    name: str
    kind: Kind
    family: str
    shows: str
    checks: tuple[str, ...]
    also: tuple[str, ...] = ()
    severity: str
    filter: str
    count: int


@cache
def cases() -> tuple[Case, ...]:
    """Give every case of the catalogue, family by family.

    >>> {case.kind for case in cases()} == {"positive", "negative", "near-miss"}
    True
    """
    return read(resources.table("lab-faults.toml"))


def read(rows: Mapping[str, Mapping[str, Any]]) -> tuple[Case, ...]:
    """Read the rows of a catalogue: what the kinds of a fault share stands in the row, the rest under the kind."""
    return tuple(
        Case(
            name=name,
            kind=kind,
            family=row["family"],
            shows=row[kind]["shows"],
            checks=tuple(row["checks"]),
            also=tuple(row.get("also", ())),
            severity=row["severity"],
            filter=row[kind].get("filter", row.get("filter", "")),
            count=row[kind]["count"],
        )
        for name, row in rows.items()
        for kind in KINDS
        if kind in row
    )


def case(name: str, kind: Kind) -> Case:
    """Find a case by its name and kind; UnknownNameError when there is none."""
    for item in cases():
        if (item.name, item.kind) == (name, kind):
            return item
    names = sorted({item.name for item in cases() if item.kind == kind})
    raise UnknownNameError("fault", name, names)
