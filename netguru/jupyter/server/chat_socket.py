"""The socket of a conversation: questions in, events out; several sockets may follow one conversation."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import ensure_async
from tornado import web
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from netguru.errors import InputError, NetGuruError, UnknownNameError
from netguru.jupyter.server.conversation_routes import question_of
from netguru.jupyter.server.errors import error_body
from netguru.logs import logger
from netguru.model.result import to_plain
from netguru.store import conversations

if TYPE_CHECKING:
    from netguru.jupyter.server.hub import Running
    from netguru.jupyter.server.service import Service

_LONGEST_ID = 100


class ChatSocket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """Follow a conversation and ask in it."""

    auth_resource = "netguru"

    def initialize(self, service: Service) -> None:
        """Take the state of the extension."""
        self.service = service
        self.number = 0
        self.owner = ""
        self.pending: set[asyncio.Task[None]] = set()

    def skip_check_origin(self) -> bool:
        """Look at the origin always: a page of another host must not follow, even with a token in its address."""
        return False

    def get_compression_options(self) -> None:
        """Send as it is: tokens are small."""
        return

    @ws_authenticated
    async def get(self, conversation: str) -> None:
        """Let in who may, to a conversation of his own."""
        user = self.current_user
        if not await ensure_async(self.authorizer.is_authorized(self, user, "execute", self.auth_resource)):
            raise web.HTTPError(403)
        self.owner, self.number = self.service.owner(self), int(conversation)
        try:
            await asyncio.to_thread(conversations.get, self.number, owner=self.owner, workspace=self.service.workspace)
        except UnknownNameError:
            raise web.HTTPError(404) from None
        await super().get(conversation)

    async def open(self, *_: Any, **__: Any) -> None:
        """Greet, and tell of an answer that is being written already."""
        super().open()
        self.set_nodelay(True)
        self.service.hub.listen(self.owner, self.number, self.send)
        user = self.current_user
        await self.send({"type": "ready", "conversation": self.number, "user": user.username})
        running = self.service.hub.find(self.owner, self.number, "")
        if running is not None and running.turn.so_far is not None:
            await self.send({"type": "started", "id": running.id, "message": to_plain(running.turn.so_far)})

    async def on_message(self, message: str | bytes) -> None:
        """Do what the client asks; a message that says nothing we know is answered with an error."""
        number = ""
        try:
            asked = json.loads(message)
            if not isinstance(asked, dict):
                raise InputError("a message is a JSON object")  # noqa: TRY301 - one place answers all
            number = str(asked.get("id", ""))[:_LONGEST_ID]
            await self._act(asked, number)
        except (ValueError, RecursionError) as error:
            told = error if isinstance(error, NetGuruError) else InputError("a message is a JSON object")
            await self._complain(number, told)
        except Exception as error:  # noqa: BLE001 - the socket outlives what goes wrong with one message
            await self._complain(number, error)

    async def _act(self, asked: dict[str, Any], number: str) -> None:
        kind = asked.get("type")
        running = self.service.hub.find(self.owner, self.number, number)
        if kind == "ping":
            await self.send({"type": "pong"})
        elif kind == "ask":
            await self._ask(asked, number)
        elif kind == "cancel":
            if running is not None:
                running.turn.cancel()
        elif kind == "approve":
            call = str(asked.get("call", ""))
            if running is None or not running.turn.approve(call, allow=asked.get("allow") is True):
                raise InputError(f"no approval waits under the call {call!r}")
        else:
            raise InputError(f"type: {kind!r} is not one of ask, cancel, approve, ping")

    async def _ask(self, asked: dict[str, Any], number: str) -> None:
        if not number:
            raise InputError("id is missing")
        self.service.admit(self.owner, "questions")
        question = await asyncio.to_thread(question_of, asked, self.service, self.owner)
        context = self.service.context(self.owner, self.number, question)
        running = self.service.hub.start(number, question, context, self.service.engine(context))
        # Not awaited here: the next message (a cancel) must be heard meanwhile.
        watch = asyncio.ensure_future(self._watch(running))
        self.pending.add(watch)
        watch.add_done_callback(self.pending.discard)

    async def _watch(self, running: Running) -> None:
        """Tell a question that could not begin; all other ends are told by the turn."""
        try:
            await asyncio.shield(running.task)
        except Exception as error:  # noqa: BLE001 - the turn's own errors are told; these came before it
            await self._complain(running.id, error)

    async def _complain(self, number: str, error: BaseException) -> None:
        reference = uuid.uuid4().hex
        if not isinstance(error, NetGuruError):
            logger(__name__).error("socket.failed", request=reference, exc_info=error)
        with contextlib.suppress(WebSocketClosedError):
            body: dict[str, Any] = {"type": "error", "error": error_body(error, reference)}
            await self.send(body | ({"id": number} if number else {}))

    async def send(self, body: dict[str, Any]) -> None:
        """Send one message."""
        await self.write_message(json.dumps(body, allow_nan=False))

    def on_close(self) -> None:
        """Stop following; what is being answered goes on and is stored."""
        super().on_close()
        if self.number:
            self.service.hub.leave(self.owner, self.number, self.send)
