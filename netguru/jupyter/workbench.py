"""The workbench: JupyterLab on a workspace folder, with the notebooks, the dashboard and the login of Jupyter."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from netguru import resources
from netguru.errors import FileRejectedError, InputError, MissingExtraError, ServiceDownError
from netguru.model.result import Result
from netguru.operations import CancelToken, operation
from netguru.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

_DASHBOARD = "dashboards/network_health.ipynb"
_QUESTIONS = "dashboards/ask_the_docs.ipynb"
_START = "notebooks/tour.ipynb"
_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 10.0
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench(Result):
    """A workbench that has ended: its folder, the notebooks put there, and the server's exit status."""

    schema: ClassVar[str] = "netguru.workbench/1"

    folder: str
    copied: tuple[str, ...]
    url: str
    exit_status: int


@operation(
    "workbench",
    effect="serve",
    without={
        "magic": "a notebook that could run it stands in the workbench already",
        "form": "a form stands in the workbench already",
        "tool": "an agent works inside the workbench, it does not start one",
        "report": "it serves until it is stopped, there is nothing to report",
    },
)
def workbench(
    folder: Path | None = None,
    *,
    no_browser: bool = False,
    port: int = 8888,
    workspace: Workspace,
    cancel: CancelToken,
) -> Workbench:
    """Open JupyterLab on a workspace folder with NetGuru's notebooks and dashboard; it ends with Ctrl-C.

    The notebooks and dashboards are copied into the folder where they are
    absent; a file of yours is never overwritten. The server listens on this machine only and asks
    for Jupyter's token. Nothing is fetched from the internet.

    Args:
        folder: The workspace folder; by default the one of --workspace.
        no_browser: Print the address and open no browser.
        port: The first port to try.
    """
    if not 1 <= port <= _HIGHEST_PORT:
        message = f"--port: {port} is not a port"
        raise InputError(message)
    chosen = (folder or workspace.folder).absolute()
    copied = furnish(chosen)
    with _server(chosen, port=port, browser=not no_browser) as server:
        url = _announce(server, cancel)
        while _running(server):
            cancel.check()
    return Workbench(folder=str(chosen), copied=tuple(copied), url=url, exit_status=int(server.returncode > 0))


def furnish(folder: Path) -> list[str]:
    """Copy the shipped notebooks and dashboards into a folder where absent; gives the names copied."""
    copied = []
    try:
        for room in ("notebooks", "dashboards"):
            for source in sorted(resources.path(room).glob("*.ipynb")):
                target = folder / room / source.name
                if not target.exists():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(source, target)
                    copied.append(f"{room}/{source.name}")
    except (FileExistsError, NotADirectoryError):
        raise FileRejectedError("is not a folder", place=str(folder)) from None
    except OSError as error:
        raise FileRejectedError(f"cannot be written: {error.strerror or error}", place=str(folder)) from None
    return copied


def environment(folder: Path) -> dict[str, str]:
    """Give the environment of the server: our Voila template and configuration before all others."""
    configuration = (resources.path("extensions", "jupyter"), resources.path("dashboards", "config"))
    added = {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(map(str, configuration)),
        "JUPYTER_PATH": str(resources.path("dashboards", "share")),
    }
    joined = {name: os.pathsep.join(filter(None, (path, os.environ.get(name)))) for name, path in added.items()}
    return {**os.environ, **joined, "NETGURU_WORKSPACE": str(folder)}


def command(folder: Path, *, port: int, browser: bool) -> list[str]:
    """Give the command line of the server."""
    return [
        sys.executable,
        "-Wignore::DeprecationWarning",
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.port={port}",
        f"--ServerApp.open_browser={browser}",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.answer_yes=True",
        f"--LabApp.default_url=/lab/tree/{_START}",
        "--log-level=ERROR",
        # In a container the only user is often root; whoever starts us as root has decided.
        *(["--allow-root"] if os.geteuid() == 0 else []),
    ]


@contextmanager
def _server(folder: Path, *, port: int, browser: bool) -> Iterator[subprocess.Popen[bytes]]:
    """Run the server as a child that ends with us, however we end."""
    import importlib.util

    if importlib.util.find_spec("jupyterlab") is None:
        raise MissingExtraError("JupyterLab", "pip install jupyterlab")
    server = subprocess.Popen(  # noqa: S603 - our own interpreter and a module of ours to name
        command(folder, port=port, browser=browser),
        env=environment(folder),
        # Voila runs a voila.py that lies in its current folder: never the user's data.
        cwd=resources.path("dashboards", "config"),
        stdin=subprocess.DEVNULL,
    )
    try:
        with _ending_on_signals(server):
            yield server
    finally:
        if server.poll() is None:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(_PATIENCE_SECONDS)
            server.kill()
        server.wait()


@contextmanager
def _ending_on_signals(server: subprocess.Popen[bytes]) -> Iterator[None]:
    """Let Ctrl-C and a termination end the server, which then ends the wait for it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: Any) -> None:
        del number, frame
        server.terminate()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _running(server: subprocess.Popen[bytes]) -> bool:
    try:
        server.wait(_POLL_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return False


def _announce(server: subprocess.Popen[bytes], cancel: CancelToken) -> str:
    """Wait until the server listens, tell its addresses, and give the plain one; raises ServiceDownError."""
    from jupyter_core.paths import jupyter_runtime_dir

    # Jupyter writes its address and token into this file, readable by its user only.
    file = Path(jupyter_runtime_dir()) / f"jpserver-{server.pid}.json"
    while _running(server):
        cancel.check()
        with suppress(OSError, ValueError, KeyError):
            about = json.loads(file.read_text("utf-8"))
            url, token = str(about["url"]), str(about["token"])
            _tell(url, token)
            return url
    raise ServiceDownError(f"JupyterLab ended with status {server.returncode}", hint="its message is above")


def _tell(url: str, token: str) -> None:
    asked = f"?token={token}" if token else ""
    lines = [
        f"workbench:      {url}lab/tree/{_START}{asked}",
        f"network health: {url}voila/render/{_DASHBOARD}{asked}",
        f"ask the docs:   {url}voila/render/{_QUESTIONS}{asked}",
        "Ctrl-C ends it.",
    ]
    # For the person who started it; stdout belongs to the result.
    sys.stderr.write("\n".join(lines) + "\n")
    sys.stderr.flush()
