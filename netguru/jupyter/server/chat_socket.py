"""The socket of a conversation: questions in, events out; several sockets may follow one conversation."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import ensure_async
from tornado import web
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from netguru.errors import UnknownNameError
from netguru.jupyter.server.dialogue import Dialogue
from netguru.store import conversations

if TYPE_CHECKING:
    from netguru.jupyter.server.service import Service


class ChatSocket(WebSocketMixin, WebSocketHandler, JupyterHandler):
    """Follow a conversation and ask in it."""

    auth_resource = "netguru"

    def initialize(self, service: Service) -> None:
        """Take the state of the extension."""
        self.service = service
        self.dialogue: Dialogue | None = None

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
        owner, number = self.service.owner(self), int(conversation)
        try:
            await asyncio.to_thread(conversations.get, number, owner=owner, workspace=self.service.workspace)
        except UnknownNameError:
            raise web.HTTPError(404) from None
        self.dialogue = Dialogue(self.service, owner, number, self.send)
        await super().get(conversation)

    async def open(self, *_: Any, **__: Any) -> None:
        """Greet, and tell of an answer that is being written already."""
        super().open()
        self.set_nodelay(True)
        if self.dialogue is not None:
            await self.dialogue.begin(self.current_user.username)

    async def on_message(self, message: str | bytes) -> None:
        """Do what the client asks."""
        if self.dialogue is not None:
            await self.dialogue.take(message)

    async def send(self, body: dict[str, Any]) -> None:
        """Send one message; a socket that is gone misses it."""
        with contextlib.suppress(WebSocketClosedError):
            await self.write_message(json.dumps(body, allow_nan=False))

    def on_close(self) -> None:
        """Stop following; what is being answered goes on and is stored."""
        super().on_close()
        if self.dialogue is not None:
            self.dialogue.end()
