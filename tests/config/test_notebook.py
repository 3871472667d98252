"""The notebook config_audit: stored without outputs, and run as a report."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from config_support import LAB, ROOT

from netguru import cli


def test_it_is_stored_without_outputs():
    document = json.loads((ROOT / "notebooks" / "config_audit.ipynb").read_text(encoding="utf-8"))

    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in document["cells"])


@pytest.mark.slow
def test_it_runs_as_a_report(tmp_path, capsys):
    folder = LAB / "campus" / "faulty" / "configs"
    words = ["config_audit", "--out", str(tmp_path), "-p", f"folder={folder}", "-p", "fail_on", "error", "--json"]

    assert cli.run(["report.run", *words]) == 1
    document = json.loads(capsys.readouterr().out)
    page = Path(document["paths"]["html"]).read_text(encoding="utf-8")
    assert document["counts"]["error"] == 13
    assert "HALF_OPEN" in page
    assert "GigabitEthernet1/0/2" in page
