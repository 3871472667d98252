"""The turns that run in this server, and who listens to each: several sockets, several conversations at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from netguru.chat.events import Finished
from netguru.chat.turn import Turn
from netguru.jupyter.server.errors import error_body
from netguru.logs import logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from netguru.chat.events import Engine, Question, TurnContext, TurnEvent
    from netguru.store.conversation_results import Message

_Place = tuple[str, int]


@dataclass(slots=True, eq=False)
class Running:
    """One turn with the client's number of its question."""

    id: str
    turn: Turn
    task: asyncio.Task[Message]
    begun: bool = False


@dataclass(slots=True)
class Hub:
    """Who listens and what runs, by owner and conversation."""

    listeners: dict[_Place, list[Callable[[dict[str, Any]], Awaitable[None]]]] = field(default_factory=dict)
    running: dict[_Place, Running] = field(default_factory=dict)

    def listen(self, owner: str, conversation: int, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        """Tell this listener what happens in a conversation from now on."""
        self.listeners.setdefault((owner, conversation), []).append(send)

    def leave(self, owner: str, conversation: int, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
        """Forget a listener; the turn goes on, but nobody is left to approve anything."""
        place = (owner, conversation)
        left = [item for item in self.listeners.get(place, []) if item != send]
        if left:
            self.listeners[place] = left
            return
        self.listeners.pop(place, None)
        if place in self.running:
            self.running[place].turn.refuse_all()

    def start(self, number: str, question: Question, context: TurnContext, engine: Engine) -> Running:
        """Begin a turn; its events go to all who listen to the conversation."""
        place = (context.owner, context.conversation)

        async def told(event: TurnEvent) -> None:
            body: dict[str, Any] = {"type": event.kind, "id": number, **event.to_dict()}
            if isinstance(event, Finished) and event.kind == "error":
                body["error"] = error_body(event.error or RuntimeError(), "")
            await self._send(place, body)

        turn = Turn(question, context, engine=engine, listener=told)
        made = Running(number, turn, asyncio.ensure_future(turn.run()))
        # A question that is refused (another answer is being written) must not take the other's place.
        self.running.setdefault(place, made)
        made.task.add_done_callback(lambda _: self._ended(place, made))
        return made

    def find(self, owner: str, conversation: int, number: str) -> Running | None:
        """Find a running turn by the client's number of its question."""
        found = self.running.get((owner, conversation))
        return found if found is not None and number in ("", found.id) else None

    def _ended(self, place: _Place, made: Running) -> None:
        if self.running.get(place) is made:
            del self.running[place]

    async def _send(self, place: _Place, body: dict[str, Any]) -> None:
        for send in [*self.listeners.get(place, [])]:
            try:
                await send(body)
            except Exception as error:  # noqa: BLE001 - a socket that is gone is no matter of the others
                logger(__name__).debug("socket.failed", error=str(error))
