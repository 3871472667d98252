"""Running a notebook in a process of its own and keeping what it made."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netguru import errors, resources
from netguru.errors import FileRejectedError, InputError, ServiceError, UnknownNameError
from netguru.reports.conclusion import count, read_finding
from netguru.reports.files import staging
from netguru.reports.operations import Report

if TYPE_CHECKING:
    from netguru.operations import CancelToken, Progress

SUFFIX = ".ipynb"
_POLL_SECONDS = 0.1
_PATIENCE_SECONDS = 2.0
FOUND, BAD_INPUT, SERVICE_FAILED = 1, 2, 3


def run(
    notebook: Path,
    *,
    out: Path,
    parameters: list[tuple[str, str]],
    cell_timeout: int,
    progress: Progress,
    cancel: CancelToken,
) -> Report:
    """Run a notebook and write its report into a folder; raises InputError for what is wrong with the request."""
    source = find_notebook(notebook)
    values = read_values(source, parameters)
    started = time.monotonic()
    progress(0, 1, f"running {source.name}")
    with staging(out) as stage:
        request = {
            "notebook": str(source),
            "parameters": values,
            "folder": str(stage),
            "cell_timeout": cell_timeout,
            "title": title_of(source),
        }
        _execute(request, cancel)
        outcome = _outcome(stage)
        files = {"notebook": source.stem + SUFFIX, "html": f"{source.stem}.html", "record": f"{source.stem}.json"}
        findings = tuple(read_finding(item) for item in outcome["findings"])
        report = Report(
            notebook=str(notebook),
            status="failed" if outcome["error"] else "done",
            error=outcome["error"],
            exit_status=_status(outcome),
            parameters=values,
            paths={kind: str(out / name) for kind, name in files.items()},
            counts=count(findings),
            seconds=round(time.monotonic() - started, 1),
            findings=findings,
        )
        (stage / "record").write_text(json.dumps(report.to_dict(), ensure_ascii=False, indent=1), encoding="utf-8")
        for kind, name in files.items():
            (stage / kind).replace(out / name)
    progress(1, 1, "done")
    return report


def find_notebook(notebook: Path) -> Path:
    """Find a notebook by its path or by the name of one that ships; raises InputError."""
    if notebook.is_file():
        return notebook.resolve()
    if notebook.is_dir():
        raise FileRejectedError("is a folder, a notebook is needed", place=str(notebook))
    folder = resources.path("notebooks")
    shipped = {item.stem: item for item in folder.glob(f"*{SUFFIX}")}
    name = str(notebook).removesuffix(SUFFIX)
    if name in shipped:
        return shipped[name]
    if len(notebook.parts) > 1:
        raise FileRejectedError("does not exist", place=str(notebook))
    raise UnknownNameError("notebook", name, shipped)


def _document(source: Path) -> dict[str, Any]:
    try:
        document = json.loads(source.read_text("utf-8"))
        if isinstance(document, dict) and isinstance(document.get("cells"), list):
            return document
    except (ValueError, OSError) as error:
        raise FileRejectedError(f"is not a notebook: {error}", place=str(source)) from None
    raise FileRejectedError("is not a notebook: it has no cells", place=str(source))


def title_of(source: Path) -> str:
    """Take a notebook's title from its first heading, else from its name."""
    for cell in _document(source)["cells"]:
        for line in "".join(cell.get("source", "")).splitlines():
            if cell.get("cell_type") == "markdown" and line.startswith("# "):
                return line[2:].strip()
    return source.stem.replace("_", " ").capitalize()


def read_values(source: Path, stated: list[tuple[str, str]]) -> dict[str, object]:
    """Bring parameters to the types that the notebook's `parameters` cell declares; raises InputError."""
    declared = declared_parameters(_document(source))
    values: dict[str, object] = {}
    for name, text in stated:
        if name not in declared:
            raise UnknownNameError(f"parameter of {source.name}", name, declared)
        values[name] = _convert(name, text, declared[name])
    return values


def declared_parameters(document: dict[str, Any]) -> dict[str, str]:
    r"""Read the names and types that the cell tagged `parameters` declares.

    >>> cell = {"metadata": {"tags": ["parameters"]}, "source": ["top: int = 3  # how many\n", "name = 'x'"]}
    >>> declared_parameters({"cells": [cell]})
    {'top': 'int', 'name': 'str'}
    """
    import ast

    found: dict[str, str] = {}
    for cell in document["cells"]:
        if "parameters" not in cell.get("metadata", {}).get("tags", []):
            continue
        with suppress(SyntaxError):
            for node in ast.parse("".join(cell["source"])).body:
                if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                    found[node.target.id] = ast.unparse(node.annotation)
                elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                    value = node.value
                    found[node.targets[0].id] = type(value.value).__name__ if isinstance(value, ast.Constant) else ""
    return found


def _convert(name: str, text: str, kind: str) -> object:
    words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
    try:
        if kind == "bool":
            return words[text.lower()]
        return {"int": int, "float": float}.get(kind, str)(text)
    except (KeyError, ValueError):
        message = f"parameter {name}: {text!r} is not of type {kind}"
        raise InputError(message) from None


def _execute(request: dict[str, Any], cancel: CancelToken) -> None:
    """Run the worker; ends it, with its kernel, when the user cancels."""
    # A session of its own: a Ctrl-C of ours is handled by us. The kernel watches the worker and ends with it.
    worker = subprocess.Popen(
        [sys.executable, "-m", "netguru.reports.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=(log := (Path(request["folder"]) / "log").open("wb")),
        start_new_session=True,
    )
    try:
        if worker.stdin is not None:
            worker.stdin.write(json.dumps(request).encode())
            worker.stdin.close()
        while _running(worker):
            cancel.check()
    finally:
        _end(worker)
        log.close()


def _running(worker: subprocess.Popen[bytes]) -> bool:
    try:
        worker.wait(_POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return False


def _end(worker: subprocess.Popen[bytes]) -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        if worker.poll() is None:
            os.killpg(worker.pid, how)
            with suppress(subprocess.TimeoutExpired):
                worker.wait(_PATIENCE_SECONDS)


def _outcome(stage: Path) -> dict[str, Any]:
    file = stage / "outcome"
    if not file.is_file():
        told = (stage / "log").read_text("utf-8", "replace").strip().splitlines()
        raise ServiceError(f"the process that runs the notebook ended early: {told[-1] if told else 'no reason given'}")
    outcome: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return outcome


def _status(outcome: dict[str, Any]) -> int:
    if not outcome["error"]:
        return 0 if outcome["passed"] else FOUND
    kind = getattr(errors, outcome["error_name"], None)
    if isinstance(kind, type) and issubclass(kind, InputError):
        return BAD_INPUT
    return SERVICE_FAILED if isinstance(kind, type) and issubclass(kind, ServiceError) else FOUND
