"""The chat in a cell or a dashboard: the same front end as beside the notebook, answered by the session itself.

    import netguru
    netguru.chat()

The widget speaks the interface of the Jupyter extension (docs/chat-api.md) over the messages of widgets. It
answers in the session, so it waits while another cell runs; the panel of JupyterLab does not.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import anywidget

from netguru.jupyter.server import conversation_routes, own_routes, work_routes  # noqa: F401 - they fill the table
from netguru.jupyter.server.dialogue import Dialogue
from netguru.jupyter.server.errors import error_body, status_of
from netguru.jupyter.server.hub import Hub
from netguru.jupyter.server.preferences import Preferences
from netguru.jupyter.server.routing import ROUTES, Call, Route
from netguru.jupyter.server.service import Service
from netguru.jupyter.server.work_routes import Upload
from netguru.jupyter.surroundings import workspace_here
from netguru.resources import front_end
from netguru.settings import settings
from netguru.store.conversation_owner import default_owner
from netguru.store.places import location

if TYPE_CHECKING:
    from collections.abc import Coroutine


class ChatWidget(anywidget.AnyWidget):
    """A chat; several views of one widget follow the same conversations."""

    _esm = front_end("chat.js")
    _css = front_end("chat.css")

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self._service = _service(folder)
        self._lines: dict[str, Dialogue] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.on_msg(self._heard)

    def _heard(self, _: Any, content: Any, buffers: list[memoryview]) -> None:
        if not isinstance(content, dict):
            return
        kind, line = content.get("kind"), str(content.get("line", ""))
        if kind == "request":
            self._start(self._answer(content, buffers))
        elif kind == "connect" and type(content.get("conversation")) is int:
            made = Dialogue(self._service, default_owner(), content["conversation"], self._sender(line))
            self._lines[line] = made
            self._start(made.begin(""))
        elif kind == "say" and line in self._lines:
            self._start(self._lines[line].take(json.dumps(content.get("message"))))
        elif kind == "close" and line in self._lines:
            self._lines.pop(line).end()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _sender(self, line: str) -> Any:
        async def send(body: dict[str, Any]) -> None:
            self.send({"kind": "heard", "line": line, "message": body})
            # A whole turn may come without a pause: the loop must get to send it.
            await asyncio.sleep(0)

        return send

    async def _answer(self, content: dict[str, Any], buffers: list[memoryview]) -> None:
        told: dict[str, Any] = {"kind": "answer", "id": content.get("id")}
        try:
            chosen, call = self._called(content, buffers)
            self._service.admit(call.owner, chosen.kind)
            result = await chosen.answer(call)
            kind = call.headers.get("Content-Type", "application/json")
            told |= {"status": chosen.answers, "body": result, "json": kind == "application/json"}
        except Exception as error:  # noqa: BLE001 - one place tells all errors
            told |= {"status": status_of(error), "body": {"error": error_body(error, "")}, "json": True}
        self.send(told)

    def _called(self, content: dict[str, Any], buffers: list[memoryview]) -> tuple[Route, Call]:
        parts = urlsplit(str(content.get("path", "")))
        chosen, named = _route(str(content.get("method", "")), parts.path)
        body = content.get("body")
        if buffers:
            body = Upload(name=str(content.get("name", "")), stream=io.BytesIO(bytes(buffers[0])))
        call = Call(
            service=self._service,
            owner=default_owner(),
            user={"username": "", "name": ""},
            path=named,
            query=dict(parse_qsl(parts.query)),
            body=body,
        )
        return chosen, call


def chat(folder: Path | str | None = None) -> ChatWidget:
    """Make a chat about the files of a folder, by default those of the workspace."""
    return ChatWidget(Path(folder) if folder is not None else None)


def _route(method: str, path: str) -> tuple[Route, dict[str, str]]:
    """Find the route of a path; raises HTTPError 404."""
    from tornado.web import HTTPError

    for (pattern, known), found in ROUTES.items():
        expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", re.escape(pattern).replace(r"\{", "{").replace(r"\}", "}"))
        match = re.fullmatch(expression, path)
        if known == method and match and match.groupdict().get("id", "0").isdigit():
            return found, {name: unquote(value) for name, value in match.groupdict().items()}
    raise HTTPError(404)


def _service(folder: Path | None) -> Service:
    workspace = workspace_here()
    about = (folder or workspace).absolute()
    chosen = settings()
    return Service(
        folder=about,
        workspace=workspace,
        roots=(about, workspace),
        limits={"requests": chosen.requests_per_minute, "questions": chosen.questions_per_minute},
        hub=Hub(),
        preferences=Preferences(location(workspace).store),
    )
