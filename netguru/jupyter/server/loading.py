"""Loading the extension: the state, the handlers of the route table, and the end of the server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_server.utils import url_path_join

from netguru import logs
from netguru.jupyter.server import conversation_routes, own_routes, work_routes  # noqa: F401 - they fill the table
from netguru.jupyter.server.chat_socket import ChatSocket
from netguru.jupyter.server.handlers import RouteHandler, UnknownHandler, UploadHandler
from netguru.jupyter.server.hub import Hub
from netguru.jupyter.server.openapi import BASE
from netguru.jupyter.server.preferences import Preferences
from netguru.jupyter.server.routing import ROUTES, Route
from netguru.jupyter.server.service import Service
from netguru.redact.logged import hide
from netguru.settings import settings
from netguru.store.places import location
from netguru.workspace.workspace import find_workspace

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

SETTING = "netguru"


def load(app: ServerApp) -> None:
    """Add the interface to a server."""
    folder = Path(app.root_dir).expanduser()
    workspace = find_workspace(folder).folder
    chosen = settings()
    # The server is a program of its own: its requests are logged as the settings say.
    logs.setup(chosen.log_level, chosen.log_format, hide=hide)
    service = Service(
        folder=folder,
        workspace=workspace,
        roots=(folder, workspace),
        limits={"requests": chosen.requests_per_minute, "questions": chosen.questions_per_minute},
        hub=Hub(),
        preferences=Preferences(location(workspace).store),
    )
    app.web_app.settings[SETTING] = service
    app.web_app.add_handlers(".*$", handlers(app.base_url, service))  # type: ignore[no-untyped-call]  # it has no types


def handlers(base_url: str, service: Service) -> list[tuple[str, type, dict[str, Any]]]:
    """Give the handlers of all routes, the socket, and at last of everything else below the base."""
    paths: dict[str, dict[str, Route]] = {}
    for (path, method), item in ROUTES.items():
        paths.setdefault(path, {})[method] = item
    shared = {"service": service}
    made: list[tuple[str, type, dict[str, Any]]] = []
    for path, routes in paths.items():
        base = UploadHandler if path == "files" else RouteHandler
        name = f"Netguru{path.title().translate({ord(char): None for char in '/{}.'})}Handler"
        made.append((_pattern(base_url, path), type(name, (base,), {"routes": routes}), shared))
    made.append((_pattern(base_url, "ws/chat/{conversation}").replace("[^/]+", r"\d{1,15}"), ChatSocket, shared))
    made.append((url_path_join(re.escape(base_url), BASE) + "(?:/.*)?", UnknownHandler, shared))
    return made


def _pattern(base_url: str, path: str) -> str:
    path = re.escape(path).replace(r"\{", "{").replace(r"\}", "}").replace("{id}", r"(?P<id>\d{1,15})")
    return url_path_join(re.escape(base_url), BASE, re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", path))
