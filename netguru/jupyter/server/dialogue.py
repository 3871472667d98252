"""One line to a conversation: what a client says is done, what happens is sent; a socket or a widget carries it."""

from __future__ import annotations

import asyncio
import json
import uuid
from typing import TYPE_CHECKING, Any

from netguru.errors import InputError, NetGuruError
from netguru.jupyter.server.conversation_routes import question_of
from netguru.jupyter.server.errors import error_body
from netguru.logs import logger
from netguru.model.result import to_plain

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from netguru.jupyter.server.hub import Running
    from netguru.jupyter.server.service import Service

_LONGEST_ID = 100


class Dialogue:
    """Follow a conversation of its owner and ask in it."""

    def __init__(
        self, service: Service, owner: str, conversation: int, send: Callable[[dict[str, Any]], Awaitable[None]]
    ) -> None:
        self._service, self._owner, self._number, self._send = service, owner, conversation, send
        self._pending: set[asyncio.Task[None]] = set()

    async def begin(self, user: str) -> None:
        """Greet, and tell of an answer that is being written already."""
        self._service.hub.listen(self._owner, self._number, self._send)
        await self._send({"type": "ready", "conversation": self._number, "user": user})
        # Who opens a conversation is about to ask.
        asyncio.get_running_loop().run_in_executor(None, self._service.prepare, self._owner)
        running = self._service.hub.find(self._owner, self._number, "")
        if running is not None and running.turn.so_far is not None:
            await self._send({"type": "started", "id": running.id, "message": to_plain(running.turn.so_far)})

    async def take(self, message: str | bytes) -> None:
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
        except Exception as error:  # noqa: BLE001 - the line outlives what goes wrong with one message
            await self._complain(number, error)

    def end(self) -> None:
        """Stop following; what is being answered goes on and is stored."""
        self._service.hub.leave(self._owner, self._number, self._send)

    async def _act(self, asked: dict[str, Any], number: str) -> None:
        kind = asked.get("type")
        running = self._service.hub.find(self._owner, self._number, number)
        if kind == "ping":
            await self._send({"type": "pong"})
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
        self._service.admit(self._owner, "questions")
        question = await asyncio.to_thread(question_of, asked, self._service, self._owner)
        context = self._service.context(self._owner, self._number, question)
        running = self._service.hub.start(number, question, context, self._service.engine(context))
        # Not awaited here: the next message (a cancel) must be heard meanwhile.
        watch = asyncio.ensure_future(self._watch(running))
        self._pending.add(watch)
        watch.add_done_callback(self._pending.discard)

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
        body: dict[str, Any] = {"type": "error", "error": error_body(error, reference)}
        await self._send(body | ({"id": number} if number else {}))
