"""The dashboard *Network health*: a folder in, findings by severity and device, evidence on a click."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from netguru import render, resources
from netguru.errors import FileRejectedError, NetGuruError
from netguru.jupyter.forms import Runner, complaint
from netguru.jupyter.surroundings import workspace_here
from netguru.model.finding import Severity
from netguru.operations.context import use
from netguru.operations.operation import find
from netguru.render import as_html
from netguru.render.clean import html_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.model.finding import Finding, Findings

_ALL = "all"
_RECENT = 12


def network_health(folder: str = "") -> Dashboard:
    """Make the dashboard; a folder given is filled in."""
    return Dashboard(folder)


def samples() -> list[tuple[str, str]]:
    """Name the bundled networks with their folders."""
    lab = resources.path("data", "samples", "lab")
    states = sorted(item.parent for item in lab.glob("*/*/truth.json"))
    return [(f"Sample: {item.parent.name}, {item.name}", str(item)) for item in states]


def recent(workspace: Path) -> list[tuple[str, str]]:
    """Name the folders diagnosed before in a workspace, the newest first."""
    from netguru.store import runs

    try:
        paths = [run.path for run in runs.recent(limit=100, workspace=workspace).runs]
    except NetGuruError:
        # A store that cannot be read must not keep anyone from a diagnosis.
        return []
    return [(f"Recent: {path}", path) for path in list(dict.fromkeys(paths))[:_RECENT]]


class Dashboard(widgets.VBox):  # type: ignore[misc]  # ipywidgets has no types
    """The dashboard's widgets; `result` is the last diagnosis."""

    def __init__(self, folder: str = "") -> None:
        self.result: Findings | None = None
        self.workspace = workspace_here()
        self.folder = widgets.Text(
            value=folder,
            placeholder="a folder of captures, configurations and outputs, or one file",
            layout={"width": "520px"},
            continuous_update=False,
        )
        self.choice = widgets.Dropdown(options=self._choices(), layout={"width": "330px"})
        self.runner = Runner(
            "diagnosis.run", self._diagnose, self._show, self._complain, clear=self._clear, label="Diagnose"
        )
        self.message = widgets.HTML()
        self.severity = widgets.Dropdown(options=[_ALL], description="Severity", layout={"width": "230px"})
        self.device = widgets.Dropdown(options=[_ALL], description="Device", layout={"width": "260px"})
        self.check = widgets.Dropdown(options=[_ALL], description="Check", layout={"width": "320px"})
        self.filters = widgets.HBox([self.severity, self.device, self.check], layout={"display": "none"})
        self.overview, self.findings = widgets.HTML(), widgets.HTML()
        self.choice.observe(self._chosen, "value")
        for field in (self.severity, self.device, self.check):
            field.observe(self._filtered, "value")
        super().__init__(
            [
                widgets.HTML(f"<style>{render.style()}</style>{_HEADING}"),
                widgets.HBox([self.folder, self.choice], layout={"flex_flow": "row wrap"}),
                self.runner.bar,
                self.message,
                self.overview,
                self.filters,
                self.findings,
            ]
        )

    def _choices(self) -> list[tuple[str, str]]:
        return [("Samples and recent folders…", ""), *recent(self.workspace), *samples()]

    def _chosen(self, change: Any) -> None:
        if change["new"]:
            self.folder.value = change["new"]

    def _diagnose(self) -> Findings:
        stated = self.folder.value.strip()
        if not stated:
            raise FileRejectedError("no folder is given", hint="type one, or choose a sample")
        path = self.workspace / Path(stated).expanduser()
        with use(workspace=self.workspace, face="form"):
            result: Findings = find("diagnosis.run")(path=path)
        return result

    def _keep(self, result: Findings) -> None:
        from netguru.store import runs

        try:
            runs.save("diagnosis.run", self.folder.value.strip(), result.findings, workspace=self.workspace)
        except NetGuruError as error:
            self.message.value = complaint(error)

    def _complain(self, error: NetGuruError) -> None:
        self._clear()
        self.message.value = complaint(error)

    def _clear(self) -> None:
        self.result = None
        self.message.value = ""
        self.overview.value = self.findings.value = ""
        self.filters.layout.display = "none"

    def _show(self, result: Findings) -> None:
        self.message.value = ""
        self.result = None
        found = result.findings
        counted = [(level, sum(item.severity is level for item in found)) for level in reversed(Severity)]
        self.severity.options = [
            (f"all ({len(found)})", _ALL),
            *((f"{level} ({number})", str(level)) for level, number in counted if number),
        ]
        self.device.options = [(_ALL, _ALL), *((name, name) for name in devices_of(found))]
        self.check.options = [(_ALL, _ALL), *((name, name) for name in sorted({item.check for item in found}))]
        self.result = result
        self.filters.layout.display = "flex"
        self.overview.value = overview(result)
        self._filtered(None)
        self._keep(result)
        chosen = self.choice.value
        self.choice.options = self._choices()
        self.choice.value = chosen if chosen in dict(self.choice.options).values() else ""

    def _filtered(self, change: Any) -> None:
        del change
        if self.result is not None:
            chosen = select(
                self.result.findings, severity=self.severity.value, device=self.device.value, check=self.check.value
            )
            self.findings.value = listing(chosen, len(self.result.findings))


_HEADING = (
    '<div class="netguru"><h1 class="ng-name">Network health</h1><div class="ng-dim">Everything that a folder of '
    "captures, configurations and device outputs shows to be wrong, with the exact evidence.</div></div>"
)


def devices_of(findings: Iterable[Finding]) -> list[str]:
    """Name the devices that findings are about, sorted."""
    return sorted({name for item in findings for name in _devices(item)})


def _devices(finding: Finding) -> set[str]:
    return {*finding.subject.devices, *(device for device, _ in finding.subject.interfaces)}


def select(findings: Iterable[Finding], *, severity: str, device: str, check: str) -> list[Finding]:
    """Keep the findings that match every choice; "all" matches everything."""
    return [
        item
        for item in findings
        if severity in (_ALL, str(item.severity))
        and (device == _ALL or device in _devices(item))
        and check in (_ALL, item.check)
    ]


def listing(findings: list[Finding], total: int) -> str:
    """Write findings as a list whose rows open to reason, remedy and evidence."""
    shown = f"{len(findings)} of {total}" if len(findings) != total else str(total)
    rows = as_html.findings(tuple(findings), render.Limits(findings=300, evidence=50))
    return (
        f'<div class="netguru"><div class="ng-heading">Findings <span class="ng-count">{shown}</span></div>{rows}</div>'
    )


def overview(result: Findings) -> str:
    """Write the counts by severity and device, and the coverage."""
    return (
        f'<div class="netguru">{as_html.counts(result.findings)}<div class="ng-columns">'
        f"<div>{_matrix(result.findings)}</div><div>{as_html.coverage(result.coverage)}</div></div></div>"
    )


def _matrix(findings: tuple[Finding, ...]) -> str:
    levels = [level for level in reversed(Severity) if any(item.severity is level for item in findings)]
    head = "".join(f'<th class="ng-number">{as_html.badge(level)}</th>' for level in levels)
    named = [(name, [item for item in findings if name in _devices(item)]) for name in devices_of(findings)]
    named.sort(key=lambda pair: [-sum(item.severity is level for item in pair[1]) for level in levels])
    without = [item for item in findings if not _devices(item)]
    rows = [*((html_text(name), items) for name, items in named)]
    rows += [('<span class="ng-dim">no device named</span>', without)] if without else []
    body = "".join(
        f"<tr><td>{name}</td>{''.join(_number(items, level) for level in levels)}</tr>" for name, items in rows
    )
    return (
        '<div class="ng-heading">By device</div><div class="ng-scroll ng-tall"><table class="ng-table"><thead><tr>'
        f"<th>device</th>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _number(findings: list[Finding], level: Severity) -> str:
    count = sum(item.severity is level for item in findings)
    return f'<td class="ng-number">{count or ""}</td>'
