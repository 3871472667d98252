"""The fault library: another tool proves each case, the checks name the faults and nothing else, evidence re-reads."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fault_library import RECORDED, Entry, Sharkd, entries, lay, place, tshark

from netguru import lab, pcap
from netguru.checks.reread import verify
from netguru.errors import UnknownNameError
from netguru.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.evidence import Evidence

_EACH = pytest.mark.parametrize("entry", entries(), ids=[entry.label for entry in entries()])
_NAMED = [entry for entry in entries() if entry.case.kind == "positive"]
_CLAIMS: list[dict[str, Any]] = tomllib.loads((Path(__file__).parent / "evidence_fields.toml").read_text())["claim"]
_FIELDS = sorted({claim["field"] for claim in _CLAIMS})
_LARGEST = 200_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("faults")
    lay(made)
    return made


@cache
def _findings(file: Path) -> tuple[Finding, ...]:
    return tuple(pcap.check(file, top=1000).findings)


@pytest.fixture(scope="module")
def sharkd() -> Iterator[Sharkd]:
    if shutil.which("sharkd") is None:
        pytest.skip("sharkd is not installed (it comes with tshark)")
    made = Sharkd()
    yield made
    made.close()


@_EACH
def test_wireshark_counts_the_packets(entry: Entry, folder: Path, sharkd: Sharkd) -> None:
    assert sharkd.count(place(entry, folder), entry.case.filter) == entry.case.count


@_EACH
def test_the_checks_name_the_fault_and_nothing_else(entry: Entry, folder: Path) -> None:
    case = entry.case
    findings = _findings(place(entry, folder))
    loud = {item.check for item in findings if item.severity >= Severity.WARNING}

    if case.kind == "positive":
        least = Severity.parse(case.severity)
        named = {item.check for item in findings if item.severity >= least}
        assert set(case.checks) <= named
        assert loud <= {*case.checks, *case.also}
    else:
        assert loud == set()


@_EACH
def test_evidence_is_found_again(entry: Entry, folder: Path) -> None:
    file = place(entry, folder)
    lost = [(item.check, proof) for item in _findings(file) for proof in item.evidence if not verify(proof, file)]

    assert lost == []


def _wrong(proof: Evidence, values: dict[str, str]) -> list[tuple[str, str, str]]:
    """Give the claims of a piece of evidence that are not so: field, value claimed, values in the packet."""
    wrong = []
    for claim in (claim for claim in _CLAIMS if claim["after"] in proof.text):
        told = re.search(claim["pattern"], proof.text)
        if told is None:
            continue
        value = claim.get("means", {}).get(told[1], told[1])
        if value not in values[claim["field"]].split(","):
            wrong.append((claim["field"], value, values[claim["field"]]))
    return wrong


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
@pytest.mark.parametrize("entry", _NAMED, ids=[entry.label for entry in _NAMED])
def test_tshark_reads_in_the_packets_what_the_evidence_claims(entry: Entry, folder: Path) -> None:
    file = place(entry, folder)
    proofs = [proof for item in _findings(file) for proof in item.evidence if proof.start == proof.end]
    chosen = f"frame.number in {{{', '.join(sorted({str(proof.start) for proof in proofs}))}}}"
    rows = {row[0]: dict(zip(_FIELDS, row[1:], strict=True)) for row in tshark(file, chosen, "frame.number", *_FIELDS)}

    assert proofs
    wrong = [(proof.start, wrong) for proof in proofs for wrong in _wrong(proof, rows[str(proof.start)])]
    assert wrong == []


def test_recordings_are_small_and_each_has_its_row() -> None:
    files = {file.name: file.stat().st_size for file in (RECORDED / "recorded").iterdir()}

    assert set(files) == {entry.name for entry in entries() if entry.origin == "recorded"}
    assert max(files.values()) < _LARGEST


def test_the_recorded_library_is_large_enough() -> None:
    recorded = [entry.case.name for entry in _NAMED if entry.origin == "recorded"]

    assert len(recorded) >= 30
    assert len(_NAMED) >= 80


def test_the_library_holds_every_kind_of_every_fault() -> None:
    kinds: dict[str, set[str]] = {}
    for case in lab.cases():
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
