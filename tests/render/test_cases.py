"""Results against what they look like: each case is an input and its text, Markdown and HTML on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netguru import render
from netguru.model import Coverage, Finding, Findings, Gap
from netguru.render import as_html
from netguru.reports.conclusion import read_finding

_CASES = sorted((Path(__file__).parents[1] / "cases" / "render").iterdir())


def _read(case: Path) -> Findings:
    plain = json.loads((case / "input.json").read_text("utf-8"))
    gaps = tuple(Gap(**{**gap, "places": tuple(gap["places"])}) for gap in plain["coverage"].pop("gaps"))
    lists = {name: tuple(plain["coverage"].pop(name)) for name in ("notes", "missing")}
    findings: tuple[Finding, ...] = tuple(read_finding(item) for item in plain["findings"])
    return Findings(findings=findings, coverage=Coverage(**plain["coverage"], gaps=gaps, **lists))


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_text(case: Path) -> None:
    assert render.text(_read(case)) + "\n" == (case / "expected.txt").read_text("utf-8")


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_markdown(case: Path) -> None:
    assert render.markdown(_read(case)) == (case / "expected.md").read_text("utf-8")


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_html(case: Path) -> None:
    made = as_html.fragment(_read(case), render.Limits())

    assert made.replace("><", ">\n<") + "\n" == (case / "expected.html").read_text("utf-8")


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_two_runs_agree(case: Path) -> None:
    assert render.mimebundle(_read(case)) == render.mimebundle(_read(case))
