"""Walking a session's steps: the first that fails, what passed before it, and what is not known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from netguru import resources
from netguru.diagnosis import probes_links, probes_packets, probes_plans, probes_reports
from netguru.diagnosis.explanation import SessionResult, Status, Step, Verdict, Why
from netguru.diagnosis.probes import Case, probes
from netguru.diagnosis.sessions import Finder, two_places
from netguru.errors import InputError
from netguru.model.finding import Severity
from netguru.model.names import device_key, port_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from netguru.diagnosis.checks import Joined
    from netguru.diagnosis.sessions import Place, Session
    from netguru.model.coverage import Coverage
    from netguru.model.finding import Finding

    _Row: TypeAlias = tuple[Step, tuple[Finding, ...], Mapping[str, Any]]

_MOST_FINDINGS = 5

PROBES = (probes_links, probes_packets, probes_plans, probes_reports)
"""The modules of probes: importing them registers what they hold."""


def explain(joined: Joined, findings: Iterable[Finding], coverage: Coverage, a: str, b: str, protocol: str) -> Why:
    """Walk all sessions between two places; `findings` are those of the whole network.

    Raises UnknownNameError for a name that is nowhere in the data, InputError when the protocol asked for is
    configured at neither end.
    """
    one, other = two_places(a, b, joined)
    sessions = Finder(joined, one, other).sessions(protocol)
    if not sessions:
        title = resources.table("diagnosis", "why.toml")["protocols"][protocol]["title"]
        message = f"{one.device} and {other.device} share no link or session on which {title} is known"
        raise InputError(message, hint="leave out the protocol, or add configurations and outputs of both")
    known = [item for item in findings if item.severity > Severity.NOTE]
    walks = [_walk(joined, session, known) for session in sessions]
    return _answer(one, other, walks, coverage)


class _Walk:
    """The steps of one session with what proves them."""

    def __init__(self, session: Session, steps: list[_Row]) -> None:
        self.session = session
        self.rows = steps

    @property
    def failed(self) -> _Row | None:
        """Give the first step that fails; one whose cause is known goes before the bare report of a state."""
        failed = [row for row in self.rows if row[0].status == "failed"]
        caused = [row for row in failed if row[1] or row[2]["probe"] != "reported"]
        return next(iter((*caused, *failed)), None)

    @property
    def up(self) -> bool:
        """Say whether the last step, which needs all others, passed."""
        return self.rows[-1][0].status == "passed"

    @property
    def status(self) -> Status:
        if self.failed is not None:
            return "fails"
        return "works" if self.up else "cannot tell"


def _walk(joined: Joined, session: Session, findings: list[Finding]) -> _Walk:
    table = resources.table("diagnosis", "why.toml")
    steps = []
    for number, name in enumerate(table["protocols"][session.protocol]["steps"], 1):
        row = table["steps"][name]
        proving = tuple(item for item in findings if item.check in row.get("findings", ()) and _about(item, session))
        verdict = _laid_over(probes[row["probe"]](Case(joined, session, row)), proving)
        step = Step(
            session=session.title,
            number=number,
            step=row["title"],
            status=verdict.status,
            says=verdict.says,
            reference=row["reference"],
            evidence=verdict.evidence,
        )
        steps.append((step, proving, row))
    return _Walk(session, _implied(steps))


def _laid_over(verdict: Verdict, proving: tuple[Finding, ...]) -> Verdict:
    """Let findings of the checks decide: each holds the evidence of every source already."""
    if not proving:
        return verdict
    says = "; ".join(item.title for item in proving)
    proof = [item for found in proving for item in found.evidence]
    extra = verdict.evidence if verdict.status == "failed" else ()
    return Verdict(status="failed", says=says, evidence=tuple(dict.fromkeys((*proof, *extra))))


def _implied(steps: list[_Row]) -> list[_Row]:
    """Mark what nobody saw but what a later step that passed could not have done without."""
    proven = [place for place, (step, _, row) in enumerate(steps) if step.status == "passed" and row.get("proves")]
    last = max(proven, default=-1)
    return [
        (replace(step, status="implied" if place < last and step.status == "unknown" else step.status), proving, row)
        for place, (step, proving, row) in enumerate(steps)
    ]


def _about(finding: Finding, session: Session) -> bool:
    """Say whether a finding is about this session: its ports, else its devices, else its addresses."""
    devices = {device_key(name) for name in finding.subject.devices}
    both = {device_key(end.device) for end in session.ends}
    if session.protocol in ("bgp", "reach"):
        # Loopbacks are not the ports where the fault is: addresses tell one session from the next.
        held = [bool(set(end.addresses) & set(finding.subject.addresses)) for end in session.ends]
        return all(held) or (both <= devices and (any(held) or not finding.subject.addresses))
    ends = {end.key for end in session.ends if end.port is not None}
    named = {(device_key(device), port_key(port)) for device, port in finding.subject.interfaces}
    if session.protocol == "stp" and both <= devices:
        return True
    if named and ends:
        return ends <= named or named <= ends
    return devices == both


def _answer(one: Place, other: Place, walks: list[_Walk], coverage: Coverage) -> Why:
    ranked = sorted(walks, key=lambda walk: (walk.status != "fails", walk.up, walk.status != "cannot tell"))
    chosen = ranked[0]
    failed = chosen.failed
    findings = failed[1][:_MOST_FINDINGS] if failed else ()
    last = chosen.rows[-1][0]
    more = sum(walk.status == "fails" for walk in walks if walk is not chosen)
    return Why(
        a=one.device,
        b=other.device,
        status=chosen.status,
        answer=_words(chosen) + (f" {more} more of {len(walks)} sessions between them fail." if more else ""),
        session=chosen.session.title,
        step=failed[0].step if failed else "",
        findings=findings,
        sessions=tuple(_result(walk) for walk in walks),
        steps=tuple(step for walk in walks for step, _, _ in walk.rows),
        evidence=failed[0].evidence if failed else last.evidence if chosen.up else (),
        collect=tuple(dict.fromkeys(text for walk in walks for text in _collect(walk))),
        coverage=coverage,
    )


def _result(walk: _Walk) -> SessionResult:
    session = walk.session
    return SessionResult(
        session=session.title,
        protocol=session.protocol,
        a=session.a.words,
        b=session.b.words,
        status=walk.status,
        step=walk.failed[0].step if walk.failed else "",
    )


def _words(walk: _Walk) -> str:
    """Say in a sentence or two what the walk shows."""
    failed, title = walk.failed, walk.session.title
    if failed is None:
        last = walk.rows[-1][0]
        if walk.up:
            return f"{title} works: {last.says}."
        return f"{title}: cannot tell. No step is seen to fail, but nothing shows that {last.step}."
    step = failed[0]
    before = [row for row, _, _ in walk.rows[: step.number - 1]]
    unknown = [row.step for row in before if row.status == "unknown"]
    place = f"step {step.number} of {len(walk.rows)}"
    told = f"{title} fails at {place}, '{step.step}': {step.says} ({step.reference})."
    if walk.up:
        told += f" Yet the last step passed, as reported: {walk.rows[-1][0].says}. The sources are of different times."
    if unknown:
        told += f" Nothing is known of what comes before: {'; '.join(unknown)}."
    return told


def _collect(walk: _Walk) -> list[str]:
    """Tell what would decide the steps, up to the first that fails, of which nothing is known."""
    reached = walk.rows[: walk.failed[0].number - 1] if walk.failed else walk.rows
    ends = " and ".join(dict.fromkeys(end.device for end in walk.session.ends))
    return [
        f"{row['collect']} of {ends}, to see that {step.step}" for step, _, row in reached if step.status == "unknown"
    ]
