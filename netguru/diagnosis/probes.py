"""Looks at the facts: whether one step of a session passed, failed, or is not known.

Every probe is named in `data/tables/diagnosis/why.toml`. What the checks prove is not looked at again
here: `walking` lays their findings over what a probe says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from netguru.diagnosis.explanation import Verdict
from netguru.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.diagnosis.checks import Joined
    from netguru.diagnosis.sessions import Session
    from netguru.model.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Case:
    """One step of one session, in one network."""

    joined: Joined
    session: Session
    step: Mapping[str, Any]


Probe: TypeAlias = Callable[[Case], Verdict]
probes: Registry[Probe] = Registry("probe")

MOST = 4
"""Places quoted for one end."""


def probe(function: Probe) -> Probe:
    """Register a probe under its own name."""
    return probes.register(function.__name__, function)


def unknown(says: str = "", evidence: Iterable[Evidence] = ()) -> Verdict:
    """Give the verdict that nothing is known."""
    return Verdict(status="unknown", says=says or "nothing in the data says so", evidence=tuple(evidence))


def passed(says: str, evidence: Iterable[Evidence]) -> Verdict:
    """Give the verdict that a step passed; without evidence nothing is known."""
    proof = tuple(dict.fromkeys(evidence))
    return Verdict(status="passed", says=says, evidence=proof) if proof else unknown(says)


def failed(says: str, evidence: Iterable[Evidence]) -> Verdict:
    """Give the verdict that a step failed; without evidence nothing is known."""
    proof = tuple(dict.fromkeys(evidence))
    return Verdict(status="failed", says=says, evidence=proof) if proof else unknown(says)


@probe
def none(case: Case) -> Verdict:
    """Know nothing by itself: the findings alone speak."""
    del case
    return unknown()
