"""The fault library: another tool proves each case, the checks name the faults and nothing else, evidence re-reads."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

import pytest

from netguru import lab, pcap
from netguru.checks.reread import verify
from netguru.errors import UnknownNameError
from netguru.model import Finding, Severity

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.lab.catalogue import Case

_CASES = lab.cases()
_EACH = pytest.mark.parametrize("case", _CASES, ids=[f"{case.name}-{case.kind}" for case in _CASES])
_ALONE = ("nameres.network_name:FALSE", "nameres.mac_name:FALSE")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("faults")
    for case in _CASES:
        (made / _name(case)).write_bytes(lab.compose(case.name, case.kind))
    return made


def _name(case: Case) -> str:
    return f"{case.name}.{case.kind}.pcap"


@cache
def _findings(file: Path) -> tuple[Finding, ...]:
    return tuple(pcap.check(file, top=1000).findings)


@_EACH
def test_tshark_counts_the_packets(case: Case, folder: Path) -> None:
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    options = [part for name in _ALONE for part in ("-o", name)]
    command = ["tshark", "-n", *options, "-r", str(folder / _name(case)), "-Y", case.filter, "-T", "fields"]
    found = subprocess.run([*command, "-e", "frame.number"], capture_output=True, text=True, check=True, timeout=60)

    assert len(found.stdout.split()) == case.count


@_EACH
def test_the_checks_name_the_fault_and_nothing_else(case: Case, folder: Path) -> None:
    findings = _findings(folder / _name(case))
    loud = {item.check for item in findings if item.severity >= Severity.WARNING}

    if case.kind == "positive":
        least = Severity.parse(case.severity)
        named = {item.check for item in findings if item.severity >= least}
        assert set(case.checks) <= named
        assert loud <= set(case.checks)
    else:
        assert loud == set()


@_EACH
def test_evidence_is_found_again(case: Case, folder: Path) -> None:
    lost = [
        (item.check, proof)
        for item in _findings(folder / _name(case))
        for proof in item.evidence
        if not verify(proof, folder)
    ]

    assert lost == []


def test_the_library_holds_every_kind_of_every_fault() -> None:
    kinds: dict[str, set[str]] = {}
    for case in _CASES:
        kinds.setdefault(case.name, set()).add(case.kind)

    assert len(kinds) >= 60
    assert all(found == {"positive", "negative", "near-miss"} for found in kinds.values())


def test_a_fault_is_written_with_its_digest(tmp_path: Path) -> None:
    out = tmp_path / "new" / "storm.pcap"

    result = lab.fault("arp-storm", out=out)

    assert result.sha256 == hashlib.sha256(out.read_bytes()).hexdigest()
    assert out.read_bytes() == lab.compose("arp-storm")


def test_an_unknown_fault_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="arp-strom"):
        lab.compose("arp-strom")
    command = [sys.executable, "-m", "netguru", "lab.fault", "arp-strom", "--out", str(tmp_path / "x.pcap")]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert result.returncode == 2
    assert "arp-strom" in result.stderr
    assert "Traceback" not in result.stderr


def test_the_list_chooses_by_family_and_kind() -> None:
    rows = lab.list(family="ospf", kind="positive").faults

    assert {row["family"] for row in rows} == {"ospf"}
    assert {row["kind"] for row in rows} == {"positive"}
