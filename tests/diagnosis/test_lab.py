"""The diagnosis of the bundled networks, held against their known truth."""

from __future__ import annotations

import json
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from netguru.checks.reread import verify
from netguru.diagnosis import Diagnosis, run
from netguru.model import Finding, Severity

# The one mapping of kinds of faults to checks; the benchmark reads it too.
_KINDS = tomllib.loads((Path(__file__).parents[1] / "bench" / "lab_faults.toml").read_text())
_LAB = Path(__file__).parents[2] / "data" / "samples" / "lab"


@cache
def _diagnosis(network: str, state: str) -> Diagnosis:
    result: Diagnosis = run(_LAB / network / state)
    return result


def _faults(network: str) -> list[Any]:
    truth = json.loads((_LAB / network / "faulty" / "truth.json").read_text())
    return [pytest.param(network, fault, _KINDS[fault["kind"]]["checks"], id=fault["id"]) for fault in truth["faults"]]


# Faults whose devices no file connects with the addresses in the capture: found, but not attributed.
_UNATTRIBUTED = {("campus", "C33")}


def _named(network: str, fault: dict[str, Any], checks: list[str]) -> list[Finding]:
    devices = set(fault["devices"])
    found = [item for item in _diagnosis(network, "faulty").findings if item.check in checks]
    if (network, fault["id"]) in _UNATTRIBUTED:
        return found
    return [item for item in found if devices & set(item.subject.devices)]


@pytest.mark.parametrize(("network", "fault", "checks"), _faults("fabric") + _faults("campus"))
def test_planted_fault_is_named(network: str, fault: dict[str, Any], checks: list[str]) -> None:
    found = _named(network, fault, checks)

    assert found, f"{fault['id']} {fault['title']}: none of {checks} on {fault['devices']}"


@pytest.mark.parametrize(("network", "fault", "checks"), _faults("fabric"))
def test_evidence_lies_in_files_that_show_the_fault(network: str, fault: dict[str, Any], checks: list[str]) -> None:
    shown = {item["file"].rsplit(".", 1)[0] for item in fault["evidence"]}
    quoted = {proof.source.rsplit(".", 1)[0] for item in _named(network, fault, checks) for proof in item.evidence}

    assert shown & quoted


@pytest.mark.parametrize("state", ["healthy", "faulty"])
@pytest.mark.parametrize("network", ["fabric", "campus"])
def test_every_evidence_is_found_again(network: str, state: str) -> None:
    folder = _LAB / network / state
    lost = [
        (item.check, proof.where, proof.text)
        for item in _diagnosis(network, state).findings
        for proof in item.evidence
        if not verify(proof, folder)
    ]

    assert lost == []


@pytest.mark.parametrize("network", ["fabric", "campus"])
def test_healthy_network_has_no_error(network: str) -> None:
    bad = [
        (str(item.severity), item.check, item.title, str(item.subject))
        for item in _diagnosis(network, "healthy").findings
        if item.severity >= Severity.ERROR
    ]

    assert bad == []


@pytest.mark.parametrize("network", ["fabric", "campus"])
def test_one_fault_is_one_finding(network: str) -> None:
    keys = [(item.check, item.subject, item.title) for item in _diagnosis(network, "faulty").findings]

    assert len(keys) == len(set(keys))


def test_all_files_are_accounted_for() -> None:
    folder = _LAB / "fabric" / "faulty"
    files = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    coverage = _diagnosis("fabric", "faulty").coverage

    assert coverage.total == len(files)
    assert {place for gap in coverage.gaps for place in gap.places} == {"traffic.txt", "truth.json"}


def test_json_holds_no_secret() -> None:
    document = json.dumps(_diagnosis("fabric", "faulty").to_dict())

    assert "fabric-key" not in document
    assert "password_digest" not in document
