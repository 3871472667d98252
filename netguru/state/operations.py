"""Operations on device state: read outputs into tables, check them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from netguru.errors import FileRejectedError
from netguru.model.finding import Finding, Findings, Subject, rank
from netguru.model.result import Result
from netguru.operations import Progress, operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl

    from netguru.model.coverage import Coverage
    from netguru.model.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTables(Result):
    """What devices report, as tables by kind; every row has its device, file and lines.

    The columns of each kind are declared in `netguru.state.kinds()`.
    """

    schema: ClassVar[str] = "netguru.state.parse/1"
    primary: ClassVar[str] = "tables"

    devices: tuple[str, ...]
    tables: dict[str, pl.DataFrame]
    coverage: Coverage


@operation("state.parse")
def parse(path: Path) -> DeviceTables:
    """Read show outputs, Linux outputs and logs into tables by kind, each row with its lines.

    Outputs are recognised by their content, so one file may hold many commands. The coverage counts
    the files; its parts count the lines of each output.

    Args:
        path: A file with outputs, or a folder that holds some among other files.
    """
    from netguru.workspace.opening import open_network

    network = open_network(path)
    if not network.states:
        raise FileRejectedError("holds no output of a device", place=str(path))
    return DeviceTables(
        devices=tuple(sorted({state.device for state in network.states} - {""})),
        tables=_joined_tables(network),
        coverage=_coverage(network),
    )


@operation("state.check")
def check(path: Path, *, top: int = 0, progress: Progress) -> Findings:
    """Report the problems that device outputs and logs show, worst first.

    Args:
        path: A file with outputs, or a folder that holds some among other files.
        top: Show only the worst so many findings; 0 shows all.
    """
    from netguru.checks import run
    from netguru.state.certainty import is_certain
    from netguru.state.facts import facts_of
    from netguru.workspace.opening import open_network

    network = open_network(path)
    if not network.states:
        raise FileRejectedError("holds no output of a device", place=str(path))
    found: list[Finding] = []
    for position, state in enumerate(network.states):
        progress(position, len(network.states), state.device)
        found += run("state", state)
    found += run("states", network.states)
    # Rules between devices look at facts, wherever these come from.
    facts = [item for item in run("facts", facts_of(network.states)) if is_certain(item, network.states)]
    ranked = rank(_joined(facts, found))
    return Findings(findings=ranked[:top] if top > 0 else ranked, coverage=_coverage(network))


def _joined(facts: Iterable[Finding], found: Iterable[Finding]) -> list[Finding]:
    """Join what two outputs or two kinds of check say about the same ports or devices."""
    made = list(facts)
    between = len(made)
    for item in found:
        for position, before in enumerate(made):
            same = position < between and _overlap(before.subject, item.subject)
            if before.check == item.check and (same or (before.title, before.subject) == (item.title, item.subject)):
                made[position] = _one(before, item)
                break
        else:
            made.append(item)
    return made


def _overlap(one: Subject, other: Subject) -> bool:
    """Say whether two subjects name the same ports, or else the same devices: one must hold the other."""
    for left, right in ((set(one.interfaces), set(other.interfaces)), (set(one.devices), set(other.devices))):
        if left and right:
            return left <= right or right <= left
    return False


def _one(before: Finding, item: Finding) -> Finding:
    titles = [item.title] if item.title != before.title else []
    return replace(
        before,
        severity=max(before.severity, item.severity),
        subject=before.subject | item.subject,
        symptoms=tuple(dict.fromkeys((*before.symptoms, *titles, *item.symptoms))),
        evidence=tuple(dict.fromkeys((*before.evidence, *item.evidence))),
    )


def _joined_tables(network: Network) -> dict[str, pl.DataFrame]:
    """Put the tables of one kind together, with device, platform and file in front."""
    import polars as pl

    parts: dict[str, list[pl.DataFrame]] = {}
    for state in network.states:
        for kind, table in state.tables.items():
            place = [
                pl.lit(state.device).alias("device"),
                pl.lit(state.platform).alias("platform"),
                pl.lit(state.piece.file.name).alias("source"),
            ]
            parts.setdefault(kind, []).append(table.select([*place, pl.all()]))
    return {kind: pl.concat(frames) for kind, frames in sorted(parts.items())}


def _coverage(network: Network) -> Coverage:
    # What captures leave out is no matter of device state, and asking for it would read them.
    texts = replace(network, captures=())
    return replace(texts.coverage, parts=tuple(state.coverage for state in network.states))
