"""What the store's operations return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from netguru.model.finding import Finding, Severity
from netguru.model.result import Result

if TYPE_CHECKING:
    from datetime import datetime

JobState = Literal["queued", "running", "done", "failed", "cancelled", "lost"]
ENDED: frozenset[JobState] = frozenset({"done", "failed", "cancelled"})
"""States that a job does not leave; a lost one is tried again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile(Result):
    """One stored file; `kind` is read from its content. `new` is False when it was there already."""

    schema: ClassVar[str] = "netguru.files.add/1"

    id: int
    name: str
    kind: str
    size: int
    sha256: str
    added_at: datetime
    new: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFiles(Result):
    """The stored files, in the order in which they came."""

    schema: ClassVar[str] = "netguru.files.list/1"
    primary: ClassVar[str] = "files"

    files: tuple[StoredFile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Result):
    """One kept analysis; `counts` are findings by severity."""

    schema: ClassVar[str] = "netguru.run/1"

    id: int
    operation: str
    path: str
    created_at: datetime
    version: str
    counts: dict[str, int]

    @property
    def worst(self) -> Severity | None:
        """Give the highest severity, None when there is no finding."""
        return max((Severity.parse(name) for name, count in self.counts.items() if count), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs(Result):
    """The kept analyses, the newest first."""

    schema: ClassVar[str] = "netguru.run.list/1"
    primary: ClassVar[str] = "runs"

    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFindings(Result):
    """One kept analysis with its findings, worst first."""

    schema: ClassVar[str] = "netguru.run.show/1"
    primary: ClassVar[str] = "findings"

    run: Run
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Result):
    """What changed between two kept analyses.

    `same` are findings of the second run that the first one had too; a finding is the same when
    its check and its subject are.
    """

    schema: ClassVar[str] = "netguru.run.compare/1"
    primary: ClassVar[str] = "new"

    before: Run
    after: Run
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    same: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """One thing that happened to a job."""

    at: datetime
    kind: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Result):
    """One job. `total` is 0 while unknown; `cached_from` names the job whose result was given again.

    `error` is `{type, message}` of a failed job; `events` and `result` are left out in lists.
    """

    schema: ClassVar[str] = "netguru.job.status/1"
    primary: ClassVar[str] = "events"

    id: int
    operation: str
    arguments: dict[str, Any]
    state: JobState
    done: float
    total: float
    message: str
    attempts: int
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    cancel_asked: bool
    cached_from: int | None
    error: dict[str, Any] | None
    result: Any = None
    events: tuple[JobEvent, ...] = ()

    @property
    def ended(self) -> bool:
        """Say whether the job will not change any more."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs(Result):
    """The jobs, the newest first."""

    schema: ClassVar[str] = "netguru.job.list/1"
    primary: ClassVar[str] = "jobs"

    jobs: tuple[Job, ...]
