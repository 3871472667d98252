"""Operations of reports: run a notebook with parameters, or write the diagnosis of a path as one page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from netguru.model.result import Result
from netguru.operations import CancelToken, Progress, operation

if TYPE_CHECKING:
    from netguru.model.coverage import Coverage
    from netguru.model.finding import Finding

_NO_SECTION = "it makes a report, a report inside a report shows nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(Result):
    """Say how a notebook ran and where its report is.

    `paths` names the executed notebook, the page and the JSON form of this record. `exit_status`
    is 0, or 1 when findings reached the notebook's `fail_on` or a cell failed, 2 when it failed on
    bad input, 3 when a service failed.
    """

    schema: ClassVar[str] = "netguru.report.run/1"
    quiet: ClassVar[tuple[str, ...]] = ("findings",)

    notebook: str
    status: Literal["done", "failed"]
    error: str
    exit_status: int
    parameters: dict[str, object]
    paths: dict[str, str]
    counts: dict[str, int]
    seconds: float
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Result):
    """Say where a page was written and what it shows."""

    schema: ClassVar[str] = "netguru.report.html/1"
    quiet: ClassVar[tuple[str, ...]] = ("findings",)

    path: str
    counts: dict[str, int]
    findings: tuple[Finding, ...]
    coverage: Coverage


@operation("report.run", effect="write", without={"report": _NO_SECTION})
def run(
    notebook: Path,
    *,
    out: Path,
    parameters: list[tuple[str, str]] | None = None,
    cell_timeout: int = 600,
    progress: Progress,
    cancel: CancelToken,
) -> Report:
    """Run a notebook with parameters and keep it, with a page of it that needs no network.

    The files are written even when a cell fails: the record then says `failed` and why. Nothing
    half-written is left behind.

    Args:
        notebook: A notebook file, or the name of one that ships with NetGuru, such as network_diagnosis.
        out: The folder that gets the executed notebook, the page and the record.
        parameters: A parameter of the notebook and its value; may be given several times.
        cell_timeout: Seconds after which a cell counts as hanging.
    """
    from netguru.reports.running import run as run_notebook

    return run_notebook(
        notebook, out=out, parameters=parameters or [], cell_timeout=cell_timeout, progress=progress, cancel=cancel
    )


@operation("report.html", effect="write", without={"report": _NO_SECTION})
def html(path: Path, *, out: Path, progress: Progress) -> Page:
    """Diagnose a path and write the findings with all evidence as one HTML page that needs no network.

    Args:
        path: A network's folder, or one file of any kind.
        out: The HTML file to write.
    """
    from netguru import render
    from netguru.diagnosis.operations import run as diagnose
    from netguru.reports.conclusion import count
    from netguru.reports.files import write

    result = diagnose(path, progress=progress)
    name = path.resolve().name
    write(out, render.page(result, f"Network health: {name}", subtitle=f"Diagnosis of {path}"))
    return Page(path=str(out), counts=count(result.findings), findings=result.findings, coverage=result.coverage)
