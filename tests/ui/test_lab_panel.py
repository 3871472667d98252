"""In a real browser: the chat beside the notebook in JupyterLab, over the real server, as the bundle is committed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from tests.ui.conftest import Server, Window

pytestmark = pytest.mark.ui

ROOT = Path(__file__).resolve().parents[2]
BUNDLE = ROOT / "netguru" / "jupyter" / "labextension"
WHY = "why is leaf2 not adjacent to spine1?"
_PATIENCE_MS = 120_000


def _prepared(base: Path) -> dict[str, str]:
    """Lay out what a workbench finds: the bundle of this checkout, a network to ask about."""
    lab = base / "share" / "labextensions" / "@netguru" / "lab"
    lab.parent.mkdir(parents=True)
    lab.symlink_to(BUNDLE)
    shutil.copytree(ROOT / "data" / "samples" / "lab" / "fabric" / "faulty", base / "workspace" / "fabric")
    return {"JUPYTER_PATH": str(base / "share"), "NETGURU_EMBEDDER": "none"}


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, running: Callable[..., AbstractContextManager[Server]]
) -> Iterator[Server]:
    base = tmp_path_factory.mktemp("lab")
    with running(base, **_prepared(base)) as made:
        yield made


def _panel(window: Window, server: Server, request: pytest.FixtureRequest) -> Any:
    """Open a Lab of its own with the panel shown."""
    page = window.page
    page.set_default_timeout(_PATIENCE_MS)
    page.goto(f"{server.url}lab/workspaces/{request.node.name}?reset&token={server.token}")
    page.get_by_role("tab", name="NetGuru").click()
    page.locator("#netguru-chat").get_by_label("Your question").wait_for()
    return page.locator("#netguru-chat")


def _ask(panel: Any, question: str) -> Any:
    """Ask and wait for the end of the answer; gives it."""
    before = panel.locator(".ngc-answer").count()
    panel.get_by_label("Your question").fill(question)
    panel.get_by_label("Your question").press("Enter")
    answer = panel.locator(".ngc-answer").nth(before)
    answer.locator(".ngc-standing, .ngc-fault, .ngc-stopped").first.wait_for()
    return answer


def test_asked_without_a_key(window: Window, server: Server, request: pytest.FixtureRequest) -> None:
    panel = _panel(window, server, request)
    answer = _ask(panel, WHY)

    assert "MTU 1400" in answer.inner_text()
    assert "no language model wrote this" in answer.inner_text()
    assert answer.locator(".ngc-tool-done", has_text="diagnosis.run").count() == 1
    assert answer.locator(".ngc-cite").count() > 3
    assert panel.locator(".ngc-title").inner_text() == WHY
    assert window.outside(server.url) == []
    assert window.errors == []
