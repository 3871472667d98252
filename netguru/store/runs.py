"""Kept analyses: their findings, and what changed from one to another."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

import netguru
from netguru.errors import UnknownNameError
from netguru.model.evidence import Evidence
from netguru.model.finding import Finding, Severity, Subject, rank
from netguru.model.names import device_key, port_key
from netguru.store import database
from netguru.store.database import text_for_database
from netguru.store.places import Location, location
from netguru.store.results import Comparison, Run, RunFindings, Runs
from netguru.store.tables import FindingRow, RunRow

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from sqlalchemy.orm import Session


def save(operation: str, path: str | Path, findings: Iterable[Finding], *, workspace: Path | None = None) -> int:
    """Keep the findings of an analysis of a path; gives the run's number."""
    where = location(workspace)
    where.make()
    row = RunRow(
        workspace=where.key,
        operation=operation,
        path=text_for_database(str(path)),
        version=netguru.__version__,
        created_at=datetime.now(UTC),
    )
    row.findings = [_row(position, item) for position, item in enumerate(findings)]
    with database.write(where) as session:
        session.add(row)
        session.flush()
        return row.id


def recent(*, limit: int = 100, workspace: Path | None = None) -> Runs:
    """List the kept analyses, the newest first."""
    where = location(workspace)
    if not database.exists(where):
        return Runs(runs=())
    with database.read(where) as session:
        chosen = select(RunRow).filter_by(workspace=where.key).order_by(RunRow.id.desc()).limit(limit)
        return Runs(runs=tuple(_run(session, row) for row in session.scalars(chosen)))


def get(number: int, *, workspace: Path | None = None) -> RunFindings:
    """Give a kept analysis with its findings, worst first; raises UnknownNameError."""
    where = location(workspace)
    if not database.exists(where):
        raise UnknownNameError("run", str(number), ())
    with database.read(where) as session:
        row = _find(session, where, number)
        return RunFindings(run=_run(session, row), findings=rank(_finding(item) for item in row.findings))


def compare(before: int, after: int, *, workspace: Path | None = None) -> Comparison:
    """Tell which findings are new, gone and still there; raises UnknownNameError."""
    first, second = get(before, workspace=workspace), get(after, workspace=workspace)
    new, gone, same = changes(first.findings, second.findings)
    return Comparison(before=first.run, after=second.run, new=new, gone=gone, same=same)


def changes(
    before: Iterable[Finding], after: Iterable[Finding]
) -> tuple[tuple[Finding, ...], tuple[Finding, ...], tuple[Finding, ...]]:
    """Split findings into (new, gone, same); `same` are those of `after`.

    Several findings of one check and subject are paired by title first, then in their order.
    """
    waiting: dict[str, list[Finding]] = defaultdict(list)
    for item in before:
        waiting[fingerprint(item)].append(item)
    same, unpaired, new = [], [], []
    for item in after:
        twins = waiting[fingerprint(item)]
        twin = next((other for other in twins if other.title == item.title), None)
        if twin is None:
            unpaired.append(item)
        else:
            twins.remove(twin)
            same.append(item)
    for item in unpaired:
        twins = waiting[fingerprint(item)]
        if twins:
            twins.pop(0)
            same.append(item)
        else:
            new.append(item)
    gone = [item for items in waiting.values() for item in items]
    return rank(new), rank(gone), rank(same)


def fingerprint(finding: Finding) -> str:
    """Name a problem the same way in every run: its check and its subject, whatever was measured.

    Names of ports and devices count in their comparable spelling (Gi0/1 is GigabitEthernet0/1).
    """
    subject = finding.subject
    parts = [
        finding.check,
        *sorted(f"device {device_key(name)}" for name in subject.devices),
        *sorted(f"port {device_key(device)} {port_key(port)}" for device, port in subject.interfaces),
        *sorted(f"address {address}" for address in subject.addresses),
        *sorted(f"vlan {vlan}" for vlan in subject.vlans),
    ]
    return hashlib.sha256("\n".join(parts).encode("utf-8", "surrogateescape")).hexdigest()


def _row(position: int, finding: Finding) -> FindingRow:
    return FindingRow(
        position=position,
        fingerprint=fingerprint(finding),
        check_id=finding.check,
        severity=int(finding.severity),
        title=text_for_database(finding.title),
        why=text_for_database(finding.why),
        remedy=text_for_database(finding.remedy),
        subject=finding.subject.to_dict(),
        symptoms=[*finding.symptoms],
        evidence=[item.to_dict() for item in finding.evidence],
    )


def _finding(row: FindingRow) -> Finding:
    return Finding(
        check=row.check_id,
        severity=Severity(row.severity),
        title=row.title,
        why=row.why,
        remedy=row.remedy,
        subject=_subject(row.subject),
        symptoms=tuple(row.symptoms),
        evidence=tuple(
            Evidence(**{key: value for key, value in item.items() if key != "filter"}) for item in row.evidence
        ),
    )


def _subject(plain: dict[str, Any]) -> Subject:
    return Subject(
        devices=tuple(plain["devices"]),
        interfaces=tuple((device, port) for device, port in plain["interfaces"]),
        addresses=tuple(plain["addresses"]),
        vlans=tuple(plain["vlans"]),
    )


def _find(session: Session, where: Location, number: int) -> RunRow:
    row = session.scalars(select(RunRow).filter_by(workspace=where.key, id=number)).one_or_none()
    if row is None:
        known = session.scalars(select(RunRow.id).filter_by(workspace=where.key).order_by(RunRow.id.desc()).limit(20))
        raise UnknownNameError("run", str(number), map(str, known))
    return row


def _run(session: Session, row: RunRow) -> Run:
    counted = session.execute(
        select(FindingRow.severity, func.count()).filter_by(run_id=row.id).group_by(FindingRow.severity)
    )
    found = {Severity(level): count for level, count in counted}
    return Run(
        id=row.id,
        operation=row.operation,
        path=row.path,
        created_at=row.created_at,
        version=row.version,
        counts={str(level): found.get(level, 0) for level in reversed(Severity)},
    )
