"""The workbench around its server: what it copies, how it starts, that it ends."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from netguru import resources
from netguru.errors import FileRejectedError, InputError
from netguru.jupyter.workbench import command, environment, furnish
from netguru.operations.operation import operations

_SHIPPED = [
    "dashboards/ask_the_docs.ipynb",
    "dashboards/network_health.ipynb",
    "notebooks/ask_the_docs.ipynb",
    "notebooks/capture_triage.ipynb",
    "notebooks/config_audit.ipynb",
    "notebooks/network_diagnosis.ipynb",
    "notebooks/tour.ipynb",
]


def test_copies_what_is_absent(tmp_path: Path) -> None:
    folder = tmp_path / "new"

    assert sorted(furnish(folder)) == _SHIPPED
    assert furnish(folder) == []


def test_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    mine = tmp_path / "notebooks" / "tour.ipynb"
    mine.write_text("mine")

    assert "notebooks/tour.ipynb" not in furnish(tmp_path)
    assert mine.read_text() == "mine"


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(FileRejectedError, match="file: is not a folder"):
        furnish(tmp_path / "file")


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_bad_port(port: int, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a port"):
        operations["workbench"](folder=tmp_path, port=port)


def test_configuration_is_found_and_the_folder_is_the_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_PATH", "/mine")
    made = environment(tmp_path)
    template = Path(made["JUPYTER_PATH"].split(os.pathsep)[0]) / "voila" / "templates"
    folders = [Path(name) for name in made["JUPYTER_CONFIG_PATH"].split(os.pathsep)]
    found = {file.name: json.loads(file.read_text()) for folder in folders for file in folder.glob("*.json")}

    assert made["NETGURU_WORKSPACE"] == str(tmp_path)
    assert made["JUPYTER_PATH"].endswith(f"{os.pathsep}/mine")
    assert (template / found["voila.json"]["VoilaConfiguration"]["template"] / "index.html.j2").is_file()
    assert found["jupyter_lab_config.json"]["LabApp"]["news_url"] is None


def test_listens_here_only_and_keeps_the_login(tmp_path: Path) -> None:
    words = command(tmp_path, port=9999, browser=False)

    assert "--ServerApp.ip=127.0.0.1" in words
    assert not [word for word in words if "token" in word or "password" in word or "allow_origin" in word]


def test_notebooks_are_stored_without_outputs() -> None:
    for room in ("notebooks", "dashboards"):
        for file in resources.path(room).glob("*.ipynb"):
            document = json.loads(file.read_text("utf-8"))
            assert document["metadata"]["kernelspec"]["name"] == "python3"
            code = [cell for cell in document["cells"] if cell["cell_type"] == "code"]
            assert code
            assert [cell for cell in code if cell["outputs"] or cell["execution_count"]] == []
