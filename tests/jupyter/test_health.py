"""The dashboard Network health without a browser: filters, counts, bad folders, recent folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from netguru.jupyter import network_health
from netguru.jupyter.health import devices_of, samples, select

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".netguru").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_filters(workspace: Path, lab: Path) -> None:
    made = network_health(str(lab / "campus/faulty/configs"))
    made.runner.button.click()
    assert made.result is not None
    found = made.result.findings
    device = devices_of(found)[0]

    assert made.message.value == ""
    assert made.findings.value.count('<details class="ng-finding') == len(found)
    made.device.value = device
    chosen = select(found, severity="all", device=device, check="all")
    assert 0 < len(chosen) < len(found)
    assert made.findings.value.count('<details class="ng-finding') == len(chosen)
    made.check.value = chosen[0].check
    made.severity.value = str(chosen[0].severity)
    assert f"of {len(found)}" in made.findings.value
    assert "Coverage" in made.overview.value or "coverage" in made.overview.value
    assert (workspace / ".netguru").is_dir()


@pytest.mark.parametrize(
    ("folder", "told"),
    [
        ("", "no folder is given"),
        ("/nowhere/at/all", "does not exist"),
        ("<script>", "&lt;script&gt;"),
    ],
)
def test_bad_folder(workspace: Path, folder: str, told: str) -> None:
    made = network_health(folder)
    made.runner.button.click()

    assert workspace
    assert told in made.message.value
    assert "<script>" not in made.message.value
    assert not made.runner.button.disabled
    assert made.filters.layout.display == "none"


def test_nothing_read_is_not_healthy(workspace: Path) -> None:
    (workspace / "empty").mkdir()
    made = network_health("empty")
    made.runner.button.click()

    assert "holds no file" in made.message.value


def test_relative_to_the_workspace_and_remembered(workspace: Path, lab: Path) -> None:
    (workspace / "net").mkdir()
    (workspace / "net" / "core1.cfg").write_bytes((lab / "campus/faulty/configs/core1.cfg").read_bytes())
    made = network_health("net")
    made.runner.button.click()

    assert made.result is not None
    assert ("Recent: net", "net") in network_health().choice.options


def test_choice_fills_the_folder(workspace: Path) -> None:
    made = network_health()
    label, folder = samples()[0]
    made.choice.value = folder

    assert workspace
    assert label.startswith("Sample: ")
    assert made.folder.value == folder
