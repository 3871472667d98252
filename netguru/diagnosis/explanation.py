"""What `diagnosis.why` gives: the steps of a protocol between two devices, and the first that fails."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from netguru.model.result import Result

if TYPE_CHECKING:
    from netguru.model.coverage import Coverage
    from netguru.model.evidence import Evidence
    from netguru.model.finding import Finding

StepStatus = Literal["passed", "failed", "unknown", "implied"]
Status = Literal["fails", "works", "cannot tell"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a look at the facts says of one step; without evidence nothing passes or fails."""

    status: StepStatus
    says: str
    evidence: tuple[Evidence, ...] = ()

    def __post_init__(self) -> None:
        if self.status in ("passed", "failed") and not self.evidence:
            msg = f"a step that {self.status} has no evidence: {self.says}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a session. "implied": not seen itself, but a later step that needs it passed.

    `reference` says where the rule stands (an RFC and its section).
    """

    session: str
    number: int
    step: str
    status: StepStatus
    says: str
    reference: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionResult:
    """One session or link that was walked; `step` is the first that fails, empty when none does."""

    session: str
    protocol: str
    a: str
    b: str
    status: Status
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Why(Result):
    """Why two devices do not work together: the first step that fails, with the evidence of every source.

    `status`, `session`, `step` and `evidence` are those of the session that explains most; `findings`
    prove the failure; `collect` lists what would decide the steps of which nothing is known.
    """

    schema: ClassVar[str] = "netguru.diagnosis.why/1"
    primary: ClassVar[str] = "steps"
    quiet: ClassVar[tuple[str, ...]] = ("evidence",)

    a: str
    b: str
    status: Status
    answer: str
    session: str
    step: str
    findings: tuple[Finding, ...]
    sessions: tuple[SessionResult, ...]
    steps: tuple[Step, ...]
    evidence: tuple[Evidence, ...]
    collect: tuple[str, ...]
    coverage: Coverage
