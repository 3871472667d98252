"""The diagnosis: read, check each part, gather facts, check across, join, rank."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from netguru.checks import run as run_checks
from netguru.diagnosis.checks import Joined
from netguru.diagnosis.facts import facts_of
from netguru.diagnosis.joining import Sourced, join
from netguru.diagnosis.names import Names
from netguru.diagnosis.operations import Diagnosis
from netguru.errors import FileRejectedError
from netguru.model.finding import Severity, rank
from netguru.operations.context import context
from netguru.workspace.opening import open_network

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from netguru.checks import Scope
    from netguru.config.user_policy import Policy
    from netguru.model.coverage import Coverage
    from netguru.model.facts import Facts
    from netguru.model.network import Network
    from netguru.operations.context import Progress
    from netguru.pcap.capture import CaptureFile


def diagnose(
    path: Path,
    *,
    progress: Progress,
    top: int = 0,
    severity: Severity = Severity.INFO,
    policy: Policy | None = None,
) -> Diagnosis:
    """Diagnose a folder or one file: give the `top` worst findings from a severity on, all for 0.

    A `policy` adds what a user's rules find, and leaves out what is suppressed.
    Raises FileRejectedError when there is nothing to read.
    """
    return judge(join_sources(path), progress=progress, top=top, severity=severity, policy=policy)


def join_sources(path: Path) -> Joined:
    """Read a folder or one file into a network with the facts of all its sources and the owners of its addresses.

    Raises FileRejectedError when there is nothing to read.
    """
    network = open_network(path)
    if not network.files:
        raise _nothing(path, network)
    facts = facts_of(network)
    return Joined(network=network, facts=facts, names=Names.of(facts, network.devices, network.all_neighbors()))


def judge(
    joined: Joined,
    *,
    progress: Progress,
    top: int = 0,
    severity: Severity = Severity.INFO,
    policy: Policy | None = None,
) -> Diagnosis:
    """Run all checks over a network, join what is the same, rank it; arguments as of `diagnose`."""
    network, names = joined.network, joined.names
    captures = [cast("CaptureFile", capture) for capture in network.captures]
    found = []
    subjects = list(_subjects(joined))
    with ExitStack() as stack:
        # Only the packets of findings that are shown are put into words.
        for capture in captures:
            stack.enter_context(capture.quotes.put_off())
        for position, (scope, subject) in enumerate(subjects):
            context().cancel.check()
            progress(position, len(subjects), f"checking: {scope}")
            found += [Sourced(scope, names.locate(finding)) for finding in run_checks(scope, subject)]
    notes: tuple[str, ...] = ()
    ranked = rank(join(found))
    if policy is not None:
        left = policy.kept(rank((*ranked, *policy.findings(network.configs))))
        ranked, notes = left.findings, left.notes
    kept = tuple(finding for finding in ranked if finding.severity >= severity)
    kept = kept[:top] if top > 0 else kept
    for capture in captures:
        kept = capture.quotes.completed(kept)
    coverage = _coverage(network, joined.facts)
    return Diagnosis(findings=kept, coverage=replace(coverage, notes=(*coverage.notes, *notes)), facts=joined.facts)


def _nothing(path: Path, network: Network) -> FileRejectedError:
    """Say that a folder holds nothing to diagnose, and what was found instead: silence would look like health."""
    if not network.unread:
        return FileRejectedError(
            "holds no file", place=str(path), hint="copy captures, configurations or outputs into it"
        )
    first = network.unread[0]
    others = f", and {len(network.unread) - 1} more" if len(network.unread) > 1 else ""
    return FileRejectedError(f"holds nothing that can be read: {first.name} {first.reason}{others}", place=str(path))


def _subjects(joined: Joined) -> Iterator[tuple[Scope, Any]]:
    """Give every scope with each thing that its checks look at."""
    network = joined.network
    yield from (("capture", capture) for capture in network.captures)
    yield from (("config", config) for config in network.configs)
    yield from (("state", state) for state in network.states)
    if network.configs:
        yield "configs", network.configs
    if network.states:
        yield "states", network.states
    yield "facts", joined.facts
    yield "joined", joined
    yield "network", network


def _coverage(network: Network, facts: Facts) -> Coverage:
    """Add to the files' coverage what each capture and configuration left out, and what to collect next."""
    parts = [replace(capture.coverage, source=capture.source.name) for capture in network.captures]
    parts += [replace(config.coverage, source=config.piece.file.name) for config in network.configs]
    return replace(network.coverage, parts=tuple(parts), missing=_missing(network, facts))


def _missing(network: Network, facts: Facts) -> tuple[str, ...]:
    """Name the devices that neighbours speak of but that gave no configuration or no output."""
    from netguru.model.names import device_key

    configured = {device_key(config.hostname) for config in network.configs}
    reported = configured | {device_key(port.device) for port in facts.ports}
    heard = {device_key(row.remote_device): row.remote_device for row in network.all_neighbors() if row.remote_device}
    told = [
        f"{name} is heard as a neighbour, but there is no configuration or output of it"
        for key, name in sorted(heard.items())
        if key not in reported
    ]
    if not network.captures:
        told.append("no capture: what is really sent was not seen")
    if not network.configs:
        told.append("no configuration: what is intended was not seen")
    return tuple(told)
