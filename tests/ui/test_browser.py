"""In a real browser: the login, the dashboard, JupyterLab with the tour, and pages that ask for nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from netguru.operations.operation import operations

if TYPE_CHECKING:
    from tests.ui.conftest import Server, Window

pytestmark = pytest.mark.ui

_DASHBOARD = "voila/render/dashboards/network_health.ipynb"
_PATIENCE_MS = 120_000


def _open_dashboard(window: Window, server: Server) -> Any:
    page = window.page
    page.goto(f"{server.url}{_DASHBOARD}?token={server.token}")
    page.get_by_role("button", name="Diagnose").wait_for(timeout=_PATIENCE_MS)
    return page


def _diagnose(page: Any, folder: str | Path) -> None:
    page.locator("input[type=text]").first.fill(str(folder))
    page.locator("input[type=text]").first.press("Tab")
    page.get_by_role("button", name="Diagnose").click()
    page.locator(".ng-finding, .ng-failed, .ng-none").first.wait_for(timeout=_PATIENCE_MS)


@pytest.mark.parametrize("path", [_DASHBOARD, "voila/render/notebooks/tour.ipynb", "lab", "api/contents", "voila"])
def test_nothing_without_login(window: Window, server: Server, path: str) -> None:
    answer = window.page.goto(f"{server.url}{path}")

    assert "/login" in window.page.url or answer.status in (401, 403)
    assert "network_health" not in window.page.inner_text("body")


@pytest.mark.parametrize(
    "path", ["voila/files/dashboards/network_health.ipynb", "voila/files/secret.png", "voila/api/contents"]
)
def test_no_file_without_login(window: Window, server: Server, path: str) -> None:
    (server.folder / "secret.png").write_bytes(b"secret")
    answer = window.page.request.get(f"{server.url}{path}", max_redirects=0)

    assert answer.status in (302, 401, 403, 404)
    assert b"secret" not in answer.body()


def test_dashboard(window: Window, server: Server, lab: Path) -> None:
    page = _open_dashboard(window, server)
    _diagnose(page, lab / "campus" / "faulty")
    findings = page.locator(".ng-finding")
    everything = findings.count()

    assert everything > 3, page.locator(".widget-vbox").first.inner_text()
    assert page.locator(".ng-coverage").count() == 1
    first = findings.first
    assert not first.locator(".ng-detail").is_visible()
    first.locator("summary").first.click()
    assert first.locator(".ng-detail").is_visible()
    proof = first.locator(".ng-proof").first
    proof.locator("summary").click()
    quotation = proof.locator(".ng-quote")
    assert quotation.is_visible()
    assert _is_in_the_file(proof, quotation.inner_text(), lab / "campus" / "faulty")

    select = page.get_by_label("Severity")
    select.select_option("error") if "error" in select.inner_text().split("\n") else select.select_option(index=1)
    page.wait_for_function(f"document.querySelectorAll('.ng-finding').length < {everything}")
    assert window.outside(server.url) == []
    assert window.errors == []


def _is_in_the_file(proof: Any, quotation: str, folder: Path) -> bool:
    source, kind = proof.locator("summary").inner_text().split(" ")[:2]
    return not kind.startswith("line") or quotation.strip() in (folder / source).read_text("utf-8")


def test_bad_folder_on_the_dashboard(window: Window, server: Server) -> None:
    page = _open_dashboard(window, server)
    _diagnose(page, "/nowhere/<img src=x>")

    assert page.locator(".ng-failed").inner_text() == "/nowhere/<img src=x>: does not exist"
    assert page.locator(".ng-failed img").count() == 0
    _diagnose(page, server.folder / "notebooks" / "tour.ipynb")
    # The earlier message stays until the new one replaces it.
    page.locator(".ng-failed", has_text="tour.ipynb").wait_for(timeout=_PATIENCE_MS)


def test_lab_opens_with_the_tour(window: Window, server: Server) -> None:
    window.page.goto(f"{server.url}lab/tree/notebooks/tour.ipynb?token={server.token}")
    window.page.get_by_role("heading", name="A tour of NetGuru").wait_for(timeout=_PATIENCE_MS)
    window.page.get_by_text("Python 3 (ipykernel) | Idle").wait_for(timeout=_PATIENCE_MS)

    assert window.page.get_by_text("Jupyter news").count() == 0
    assert window.outside(server.url) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_of_a_diagnosis(window: Window, lab: Path, tmp_path: Path, scheme: str) -> None:
    made = operations["report.html"](path=lab / "campus" / "faulty" / "configs", out=tmp_path / "page.html")
    page = window.page
    page.emulate_media(color_scheme=scheme)
    page.goto(Path(made.path).as_uri())
    page.locator(".ng-finding summary").first.click()

    assert page.locator(".ng-detail").first.is_visible()
    assert window.requests == [Path(made.path).as_uri()]
    assert window.errors == []
