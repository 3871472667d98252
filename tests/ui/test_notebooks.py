"""Notebooks run by a real kernel: the tour to its end, and the magic's representations."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

from netguru import resources

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


def _execute(document: Any, folder: Path) -> list[Any]:
    client = NotebookClient(document, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
    client.execute()
    return [output for cell in document.cells if cell.cell_type == "code" for output in cell.outputs]


def test_magic_shows_a_table_of_findings(lab: Path, tmp_path: Path) -> None:
    document = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell("%load_ext netguru"),
            nbformat.v4.new_code_cell(f"%netguru diagnose {lab}/campus/faulty/configs"),
        ]
    )
    shown = _execute(document, tmp_path)[-1].data

    assert 'class="ng-finding' in shown["text/html"]
    assert "| severity | check | title | subject |" in shown["text/markdown"]
    assert "evidence: " in shown["text/plain"]


def test_call_without_the_extension_shows_itself(lab: Path, tmp_path: Path) -> None:
    source = f"import netguru\nnetguru.config.check({str(lab)!r} + '/campus/faulty/configs')"
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])

    assert 'class="ng-finding' in _execute(document, tmp_path)[-1].data["text/html"]


def test_tour(tmp_path: Path) -> None:
    document = nbformat.reads(resources.path("notebooks", "tour.ipynb").read_text("utf-8"), as_version=4)
    outputs = _execute(document, tmp_path)

    assert [output for output in outputs if output.output_type in ("error", "stderr")] == []
    assert len(json.dumps(document)) < 1_500_000
