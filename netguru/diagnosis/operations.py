"""Operations of the diagnosis: a path in, the truth about the network out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from netguru.diagnosis.explanation import Why
from netguru.errors import InputError
from netguru.model.finding import Finding, Findings, Severity
from netguru.model.result import Result, to_plain
from netguru.operations import Progress, operation

if TYPE_CHECKING:
    from netguru.model.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis(Findings):
    """What is wrong with a network, what was looked at, and the facts that all sources add up to."""

    schema: ClassVar[str] = "netguru.diagnosis.run/1"

    facts: Facts

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form; digests of passwords stay inside the process."""
        plain = super(Diagnosis, self).to_dict()
        facts = to_plain(replace(self.facts, peers=tuple(replace(p, password_digest=None) for p in self.facts.peers)))
        for peer in facts["peers"]:
            del peer["password_digest"]
        plain["facts"] = facts
        return plain


@operation("diagnosis.run", alias="diagnose")
def run(
    path: Path,
    *,
    top: int = 0,
    severity: Literal["info", "note", "warning", "error", "critical"] = "info",
    rules: Path | None = None,
    suppressions: Path | None = None,
    progress: Progress,
) -> Diagnosis:
    """Find out what is wrong with a network from a folder of captures, configurations and outputs, with proof.

    Files are recognised by content. Configurations, neighbour tables, device state and captures are
    read into one Network, checked each by itself and against each other; one fault that several
    sources show is one finding.

    Args:
        path: A network's folder, or one file of any kind.
        top: Show only the worst so many findings; 0 shows all.
        severity: Leave out findings below this severity.
        rules: A YAML file of rules for configurations; else `.netguru/rules.yaml` in the folder.
        suppressions: A TOML file of findings to leave out; else `.netguru/suppressions.toml` in the folder.
    """
    from netguru.config.user_policy import Policy
    from netguru.diagnosis.procedure import diagnose

    policy = Policy.of(path, rules=rules, suppressions=suppressions)
    return diagnose(path, progress=progress, top=top, severity=Severity.parse(severity), policy=policy)


@operation("diagnosis.why")
def why(
    folder: Path,
    a: str,
    b: str,
    *,
    protocol: Literal["", "ospf", "bgp", "eigrp", "isis", "lacp", "stp", "hsrp", "vrrp", "reach"] = "",
    progress: Progress,
) -> Why:
    """Tell why two devices do not work together: the first step of their protocol that fails, with proof.

    The steps of a protocol are walked from the cable up (for OSPF: ports, cable, subnet, hellos, area, timers,
    authentication, 2-Way, MTU, Full); each passed or failed with the evidence of every source, or nothing is
    known of it and the answer says what to collect.

    Args:
        folder: The network's folder.
        a: A device, a port ("leaf1 eth2") or an address.
        b: Another one, on another device.
        protocol: What to walk; empty walks what is configured between the two, else plain reachability.
    """
    from netguru.diagnosis.procedure import join_sources, judge
    from netguru.diagnosis.sessions import two_places
    from netguru.diagnosis.walking import explain

    joined = join_sources(folder)
    two_places(a, b, joined)  # A wrong name is told before the work, not after it.
    found = judge(joined, progress=progress)
    return explain(joined, found.findings, found.coverage, a, b, protocol)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Result):
    """Two diagnoses of one network: what came, what went, what stayed."""

    schema: ClassVar[str] = "netguru.diagnosis.compare/1"

    came: tuple[Finding, ...]
    went: tuple[Finding, ...]
    stayed: tuple[Finding, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Give the new findings: those that `--fail-on` judges."""
        return self.came


@operation("diagnosis.compare")
def compare(before: Path, after: Path, *, progress: Progress) -> Comparison:
    """Diagnose two states of one network and tell which findings came, went and stayed.

    Findings are the same when check and subject are: line and packet numbers may move.

    Args:
        before: The folder or file of the earlier state.
        after: The folder or file of the later state.
    """
    from netguru.diagnosis.procedure import diagnose
    from netguru.store.runs import changes

    if before.resolve() == after.resolve():
        message = f"{before} is compared with itself"
        raise InputError(message, hint="give two folders")
    old, new = (diagnose(path, progress=progress).findings for path in (before, after))
    came, went, stayed = changes(old, new)
    return Comparison(came=came, went=went, stayed=stayed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Result):
    """A diagnosis that is kept in the workspace under a run number."""

    schema: ClassVar[str] = "netguru.diagnosis.keep/1"

    run: int
    findings: tuple[Finding, ...]


@operation("diagnosis.keep", effect="write")
def keep(path: Path, *, progress: Progress) -> Kept:
    """Diagnose a network and keep the findings in the workspace, so that later runs can be compared with them.

    Args:
        path: A network's folder, or one file of any kind.
    """
    from netguru.diagnosis.procedure import diagnose
    from netguru.store import runs

    findings = diagnose(path, progress=progress).findings
    return Kept(run=runs.save("diagnosis.run", path, findings), findings=findings)
