"""Outputs of many platforms against what they say: rows with their lines, and the findings of the checks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netguru.checks.reread import verify
from netguru.state import check, parse

CASES = Path(__file__).parents[1] / "cases" / "state"
PLACE = {"source", "platform", "device"}


def state_of(folder: Path) -> dict:
    found = parse(folder / "input")
    tables = {
        kind: [
            {name: value for name, value in row.items() if value is not None and name not in PLACE}
            for row in table.to_dicts()
        ]
        for kind, table in found.tables.items()
    }
    findings = [[str(item.severity), item.check, item.title] for item in check(folder / "input").findings]
    unknown = sum(part.unread for part in found.coverage.parts)
    return {"devices": list(found.devices), "tables": tables, "findings": findings, "unknown_lines": unknown}


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_case(case: str) -> None:
    assert state_of(CASES / case) == json.loads((CASES / case / "expected.json").read_text())


@pytest.mark.parametrize("case", sorted(path.name for path in CASES.iterdir()))
def test_evidence_is_found_again(case: str) -> None:
    for item in check(CASES / case / "input").findings:
        assert item.evidence
        assert all(verify(evidence, CASES / case / "input") for evidence in item.evidence), item
