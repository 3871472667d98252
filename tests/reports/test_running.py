"""Reports: parameters, outcomes, files that are whole or absent, pages without any request."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from netguru import cli
from netguru.errors import InputError, OperationCancelled
from netguru.operations import CancelToken
from netguru.operations.operation import operations
from netguru.reports import conclude
from netguru.reports.conclusion import read_finding
from netguru.reports.running import declared_parameters, find_notebook, read_values, title_of

_PARAMETERS = 'folder: str = ""  # where\ncount: int = 3\nshare: float = 0.5\nsure: bool = False\nfree = "x"'


def _write(file: Path, *sources: str) -> Path:
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# A small *report*"},
        {"cell_type": "code", "id": "p", "metadata": {"tags": ["parameters"]}, "source": _PARAMETERS},
        *({"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": text} for n, text in enumerate(sources)),
    ]
    for cell in cells[1:]:
        cell.update(outputs=[], execution_count=None)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    document = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    file.write_text(json.dumps(document))
    return file


_FINDING = """
from netguru.model import Evidence, Finding, Severity
from netguru.reports import conclude
evidence = Evidence(source="a.cfg", sha256="00", kind="line", start=1, end=1, text="<script>alert(1)</script>")
found = [Finding(check="a.b", severity=Severity.ERROR, title="T " + folder, why="w", remedy="r", evidence=(evidence,))]
"""


def _run(notebook: Path, out: Path, **more: Any) -> Any:
    return operations["report.run"](notebook=notebook, out=out, **more)


def _asks(page: str) -> list[str]:
    """Give whatever a browser would fetch for a page."""
    return re.findall(r"""<script|<link|<iframe|@import|url\(|(?:src|srcset|data)=["'](?!data:)[^"']*""", page)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    base = tmp_path_factory.mktemp("report")
    sources = (_FINDING, "conclude(found, fail_on='error')", "from IPython.display import HTML\nHTML('<b>shown</b>')")
    notebook = _write(base / "small.ipynb", *sources)
    return _run(notebook, base / "out", parameters=[("folder", "/a 'b'"), ("count", "4")]), base / "out"


def test_done(done: tuple[Any, Path]) -> None:
    report, out = done

    assert (report.status, report.error, report.exit_status) == ("done", "", 1)
    assert report.parameters == {"folder": "/a 'b'", "count": 4}
    assert [(item.check, item.title) for item in report.findings] == [("a.b", "T /a 'b'")]
    assert report.counts["error"] == 1
    assert sorted(item.name for item in out.iterdir()) == ["small.html", "small.ipynb", "small.json"]
    assert json.loads((out / "small.json").read_text()) == report.to_dict()


def test_page_asks_for_nothing(done: tuple[Any, Path]) -> None:
    page = (done[1] / "small.html").read_text()

    assert _asks(page) == []
    assert "Content-Security-Policy" in page
    assert "<title>A small *report*</title>" in page
    assert "<b>shown</b>" in page
    assert "from netguru" not in page
    assert page.count("<style>") == 1


def test_executed_notebook_is_kept_without_surroundings(done: tuple[Any, Path]) -> None:
    kept = json.loads((done[1] / "small.ipynb").read_text())

    assert kept["metadata"]["papermill"]["parameters"] == {"folder": "/a 'b'", "count": 4}
    assert not {"environment_variables", "input_path", "output_path"} & set(kept["metadata"]["papermill"])


@pytest.mark.parametrize(
    ("failing", "error", "status"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero", 1),
        ("import netguru\nnetguru.config.parse('nowhere.cfg')", "FileRejectedError: nowhere.cfg: does not exist", 2),
    ],
)
def test_failed(failing: str, error: str, status: int, tmp_path: Path) -> None:
    report = _run(_write(tmp_path / "bad.ipynb", "print('before')", failing, "print('after')"), tmp_path / "out")
    page = Path(report.paths["html"]).read_text()

    assert (report.status, report.exit_status) == ("failed", status)
    assert report.error.endswith(error)
    assert "This report failed." in page
    assert error in page
    assert "before" in page
    assert "after" not in page
    assert _asks(page) == []


def test_cancel_leaves_nothing(tmp_path: Path) -> None:
    token = CancelToken()
    notebook = _write(tmp_path / "long.ipynb", "while True: pass")

    with pytest.raises(OperationCancelled):
        # The first progress is told when the notebook is about to run.
        _run(notebook, tmp_path / "out", cancel=token, progress=lambda *_: token.cancel())
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["{n}", "--out", "{t}/out", "-p", "cuont", "3"], "did you mean count"),
        (["{n}", "--out", "{t}/out", "-p", "count", "many"], "'many' is not of type int"),
        (["{n}", "--out", "{t}/out", "-p", "sure=perhaps"], "'perhaps' is not of type bool"),
        (["{n}", "--out", "{t}/file"], "file: is a file"),
        (["{n}"], "--out"),
        (["nothing", "--out", "{t}/out"], "unknown notebook 'nothing'"),
        (["{t}/nothing.ipynb", "--out", "{t}/out"], "does not exist"),
        (["{t}", "--out", "{t}/out"], "is a folder"),
        (["{t}/file", "--out", "{t}/out"], "is not a notebook"),
        (["{t}/list.ipynb", "--out", "{t}/out"], "is not a notebook"),
    ],
)
def test_bad_input(words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notebook = _write(tmp_path / "small.ipynb")
    (tmp_path / "file").write_bytes(b"\xff\x00")
    (tmp_path / "list.ipynb").write_text("[]")
    filled = [word.replace("{n}", str(notebook)).replace("{t}", str(tmp_path)) for word in words]

    assert cli.run(["report.run", *filled]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert told in err
    assert not (tmp_path / "out").exists()


def test_values_have_their_declared_types(tmp_path: Path) -> None:
    stated = [("folder", "1"), ("count", "4"), ("share", "2"), ("sure", "yes"), ("free", "7")]

    assert read_values(_write(tmp_path / "small.ipynb"), stated) == {
        "folder": "1",
        "count": 4,
        "share": 2.0,
        "sure": True,
        "free": "7",
    }


def test_shipped_notebooks_declare_one_parameter_a_line() -> None:
    document = json.loads(find_notebook(Path("network_diagnosis")).read_text())

    assert declared_parameters(document) == {"folder": "str", "fail_on": "str", "top": "int"}
    assert title_of(find_notebook(Path("network_diagnosis.ipynb"))) == "Network diagnosis"


@pytest.mark.slow
def test_network_diagnosis(lab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = lab / "campus/faulty/configs"
    words = ["network_diagnosis", "--out", str(tmp_path), "-p", f"folder={folder}", "-p", "fail_on", "error", "--json"]

    assert cli.run(["report.run", *words]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["findings"]
    assert document["counts"]["error"] > 0
    assert Path(document["paths"]["html"]).is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("capture", "drawn"),
    [("fabric/faulty/captures/lossy-cable.pcap", 7), ("campus/faulty/captures/stp-change.pcap", 4)],
)
def test_capture_triage(
    lab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], capture: str, drawn: int
) -> None:
    words = ["capture_triage", "--out", str(tmp_path), "-p", f"file={lab / capture}", "--json"]

    assert cli.run(["report.run", *words]) == 0
    document = json.loads(capsys.readouterr().out)
    page = Path(document["paths"]["html"]).read_text()
    assert document["findings"]
    assert page.count('class="ng-chart') == drawn
    assert _asks(page) == []


def test_page_of_a_diagnosis(lab: Path, tmp_path: Path) -> None:
    made = operations["report.html"](path=lab / "campus/faulty/configs", out=tmp_path / "deep" / "page.html")
    page = Path(made.path).read_text()

    assert _asks(page) == []
    assert page.count('<details class="ng-finding') == sum(made.counts.values()) > 0
    assert list((tmp_path / "deep").iterdir()) == [tmp_path / "deep" / "page.html"]


def test_page_in_place_of_a_folder(lab: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        operations["report.html"](path=lab / "campus/faulty/configs/core1.cfg", out=tmp_path)


def test_conclusion() -> None:
    with pytest.raises(InputError, match="fail_on"):
        conclude([], fail_on="sometimes")
    assert conclude([]).passed


def test_findings_come_back_from_json(lab: Path) -> None:
    found = operations["config.check"](path=lab / "campus/faulty/configs").findings

    assert tuple(read_finding(json.loads(json.dumps(item.to_dict()))) for item in found) == found
