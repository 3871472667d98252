"""The process that runs one notebook: `python -m netguru.reports.worker` with the request on stdin."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netguru.reports.conclusion import MIME

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> None:
    """Run a notebook, export its page, and write what came of it into the stage."""
    import papermill

    request = json.load(sys.stdin)
    stage = Path(request["folder"])
    made = stage / "notebook"
    error, error_name = "", ""
    try:
        papermill.execute_notebook(
            request["notebook"],
            str(stage / "notebook.ipynb"),
            parameters=request["parameters"],
            progress_bar=False,
            execution_timeout=request["cell_timeout"],
            report_mode=True,
        )
    except papermill.exceptions.PapermillExecutionError as failed:
        error_name = failed.ename
        error = " ".join(f"cell {failed.exec_count}: {failed.ename}: {failed.evalue}".split())
    except Exception as failed:  # noqa: BLE001 - whatever a kernel or a notebook does, the report says it
        error_name = type(failed).__name__
        error = " ".join(f"{error_name}: {failed}".split())
    document = _kept(stage / "notebook.ipynb", request)
    made.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    (stage / "html").write_text(_page(document, request, error), encoding="utf-8")
    outcome = {"error": error, "error_name": error_name, **_conclusion(document)}
    (stage / "outcome").write_text(json.dumps(outcome, ensure_ascii=False), encoding="utf-8")


def _kept(file: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Read the executed notebook; the untouched one when the kernel did not even start."""
    source = file if file.is_file() else Path(request["notebook"])
    document: dict[str, Any] = json.loads(source.read_text("utf-8"))
    about = document.get("metadata", {}).get("papermill", {})
    # Paths of the stage mean nothing later, and an environment may hold secrets.
    for name in ("environment_variables", "input_path", "output_path"):
        about.pop(name, None)
    return document


def _outputs(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for cell in document["cells"]:
        yield from cell.get("outputs", [])


def _conclusion(document: dict[str, Any]) -> dict[str, Any]:
    """Collect the conclusions that the notebook reached, findings of all of them."""
    reached = [output["data"][MIME] for output in _outputs(document) if MIME in output.get("data", {})]
    return {
        "passed": all(item["passed"] for item in reached),
        "findings": [finding for item in reached for finding in item["findings"]],
    }


def _page(document: dict[str, Any], request: dict[str, Any], error: str) -> str:
    """Export the notebook with our own template: nothing in it is fetched from anywhere."""
    import nbformat
    from nbconvert import HTMLExporter

    from netguru import render

    style = render.style()
    notebook = nbformat.reads(json.dumps(document), as_version=4)  # type: ignore[no-untyped-call]  # nbformat has no types here
    for output in _outputs(notebook):
        shown = output.get("data", {})
        if "text/html" in shown:
            # Once in the page's head is enough.
            shown["text/html"] = shown["text/html"].replace(f"<style>{style}</style>", "")
    exporter = HTMLExporter(  # type: ignore[no-untyped-call]  # nbconvert has no types here
        template_name="netguru",
        extra_template_basedirs=[str(Path(__file__).parent / "templates")],
        exclude_input=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    about = {
        "title": request["title"],
        "style": style,
        "error": error,
        "parameters": request["parameters"],
        "made": _made(document, request),
    }
    body, _ = exporter.from_notebook_node(notebook, resources={"netguru": about})
    return str(body)


def _made(document: dict[str, Any], request: dict[str, Any]) -> str:
    from netguru import __version__

    ended = document["metadata"].get("papermill", {}).get("end_time") or ""
    when = f", run to {ended[:16].replace('T', ' ')} UTC" if ended else ""
    return f"{Path(request['notebook']).name}{when}, NetGuru {__version__}"


if __name__ == "__main__":
    main()
