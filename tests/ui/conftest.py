"""One workbench and one browser for the tests that drive a real browser."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from queue import Empty, Queue
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_START_SECONDS = 120


@dataclass(slots=True)
class Server:
    """A running workbench: its folder, its address and its token."""

    folder: Path
    url: str
    token: str


@dataclass(slots=True)
class Window:
    """A browser window, what it asked for over the network, and the errors of its console."""

    page: Any
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def outside(self, url: str) -> list[str]:
        """Give the requests that did not go to our server."""
        ours = (url, url.replace("http", "ws", 1), "data:", "blob:", "about:")
        return [item for item in self.requests if not item.startswith(ours)]


def _environment(base: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "NETGURU", "XDG"))}
    own = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "IPYTHONDIR": "ipython",
        "XDG_CONFIG_HOME": "xdg-config",
        "XDG_DATA_HOME": "xdg-data",
    }
    return {**kept, **{name: str(base / folder) for name, folder in own.items()}}


def _free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


@contextmanager
def _running(base: Path, **added: str) -> Iterator[Server]:
    folder = base / "workspace"
    words = [sys.executable, "-m", "netguru", "workbench", str(folder), "--no-browser", "--port", str(_free_port())]
    process = subprocess.Popen(
        words, env=_environment(base) | added, cwd=base, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    lines: Queue[str] = Queue()

    def read() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            lines.put(line)

    Thread(target=read, daemon=True).start()
    try:
        yield Server(folder, *_announced(lines))
    finally:
        process.terminate()
        process.wait(30)
        if process.stderr is not None:
            process.stderr.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Start the workbench on an empty folder."""
    with _running(tmp_path_factory.mktemp("workbench")) as made:
        yield made


@pytest.fixture(scope="session")
def running() -> Callable[..., AbstractContextManager[Server]]:
    """Start a workbench below a folder of the test's choice, with variables of its choice, as often as it wants."""
    return _running


def _announced(lines: Queue[str]) -> tuple[str, str]:
    seen = []
    while True:
        try:
            seen.append(lines.get(timeout=_START_SECONDS))
        except Empty:
            pytest.fail(f"the workbench did not start: {''.join(seen)}")
        match = re.match(r"workbench:\s+(http://[^/]+/)\S+\?token=(\w+)", seen[-1])
        if match:
            return match[1], match[2]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start the system's Chromium; skip where there is none."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        pytest.skip("no Chromium is installed")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=found, args=_ARGUMENTS)
        yield made
        made.close()


def watched(context: Any) -> Window:
    """Open a page that notes its requests and its errors."""
    made = Window(context.new_page())
    made.page.on("request", lambda request: made.requests.append(request.url))
    made.page.on("websocket", lambda socket: made.requests.append(socket.url))
    made.page.on("console", lambda told: made.errors.append(told.text) if told.type == "error" else None)
    made.page.on("pageerror", lambda error: made.errors.append(str(error)))
    return made


@pytest.fixture
def window(browser: Any) -> Iterator[Window]:
    """Open a window without cookies that notes its requests."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    yield watched(context)
    context.close()
