"""The wheel built from the checkout, installed in an empty environment, works without the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]
_OURS = ("PYTHON", "VIRTUAL_ENV", "NETGURU")
_UV = shutil.which("uv") or str(_ROOT / ".venv" / "bin" / "uv")


def _run(*command: str | Path, cwd: Path) -> str:
    # Nothing of the checkout's environment leaks into the new one.
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=cwd, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, _ROOT, cwd=folder)
    return next(folder.glob("*.whl"))


def test_wheel_holds_the_rooms_that_ship(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()

    for part in ("data/samples/SHA256SUMS", "data/tables/transcript.toml", "notebooks/tour.ipynb", "dashboards/"):
        assert any(name.startswith(f"netguru/_shipped/{part}") for name in names), part
    assert not [name for name in names if "/tests/" in name or name.endswith(".pyc")]
    assert len(names) == len(set(names))


@pytest.mark.slow
def test_installed_wheel_diagnoses_its_own_samples(wheel: Path, tmp_path: Path) -> None:
    if not Path(_UV).exists():
        pytest.skip("uv is not here: the empty environment is made with it")
    environment = tmp_path / "environment"
    python = environment / "bin" / "python"
    _run(_UV, "venv", "--quiet", "--python", sys.executable, environment, cwd=tmp_path)
    lock = _ROOT / ".lock" / "runtime.txt"
    _run(_UV, "pip", "install", "--quiet", "--python", python, "--require-hashes", "-r", lock, cwd=tmp_path)
    _run(_UV, "pip", "install", "--quiet", "--python", python, "--no-deps", wheel, cwd=tmp_path)
    netguru = environment / "bin" / "netguru"

    samples = json.loads(_run(netguru, "samples.list", "--json", cwd=tmp_path))["samples"]
    folder = next(row["folder"] for row in samples if row["name"] == "lab/campus")
    found = json.loads(_run(netguru, "diagnose", f"{folder}/faulty", "--json", cwd=tmp_path))

    assert str(_ROOT) not in folder
    assert len(found["findings"]) > 10
    assert json.loads(_run(netguru, "samples.verify", "--json", cwd=tmp_path))["changed"] == []
