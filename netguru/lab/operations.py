"""The operations of the fault library."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from netguru.model.result import Result
from netguru.operations import operation

if TYPE_CHECKING:
    from netguru.model.coverage import Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults(Result):
    """The cases of the library, each with what it shows and how another tool proves it."""

    schema: ClassVar[str] = "netguru.lab.list/1"
    primary: ClassVar[str] = "faults"

    faults: tuple[dict[str, Any], ...]
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed(Result):
    """A capture of the library that was written."""

    schema: ClassVar[str] = "netguru.lab.fault/1"

    name: str
    kind: str
    shows: str
    file: str
    bytes: int
    sha256: str
    checks: tuple[str, ...]
    filter: str
    count: int
    coverage: Coverage


@operation("lab.fault", effect="write")
def fault(name: str, *, out: Path, kind: Literal["positive", "negative", "near-miss"] = "positive") -> Composed:
    """Write a capture of a known fault, for tests, demonstrations and training.

    The bytes are the same every time; addresses are those kept for documentation. The result says which checks
    name the fault, and a display filter with the number of packets it selects in the file.

    Args:
        name: the fault, as lab.list names it.
        out: the capture to write, in pcap format.
        kind: with the fault, without it, or near it: what looks like the fault and is none.
    """
    import hashlib

    from netguru.lab.catalogue import case
    from netguru.lab.composing import compose
    from netguru.model.coverage import Coverage

    chosen = case(name, kind)
    data = compose(name, kind)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    return Composed(
        name=name,
        kind=kind,
        shows=chosen.shows,
        file=out.name,
        bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        checks=chosen.checks,
        filter=chosen.filter,
        count=chosen.count,
        coverage=Coverage(unit="captures", total=1, read=1),
    )


@operation("lab.list")
def list(*, family: str = "", kind: str = "") -> Faults:  # noqa: A001 - the verb that people type
    """List the faults of which the library composes captures.

    Args:
        family: only this family, such as tcp, dns or ospf.
        kind: only this kind: positive, negative or near-miss.
    """
    from dataclasses import asdict

    from netguru.lab.catalogue import cases
    from netguru.model.coverage import Coverage

    rows = tuple(asdict(item) for item in cases() if family in ("", item.family) and kind in ("", item.kind))
    return Faults(faults=rows, coverage=Coverage(unit="cases", total=len(rows), read=len(rows)))
