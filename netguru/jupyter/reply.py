"""An answer as pieces of Markdown for somebody else's chat: harmless, its places listed at its end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from netguru.chat.exporting import appendix
from netguru.errors import NetGuruError
from netguru.render.prose import ProseStream, prose_markdown

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from netguru.chat.events import Question
    from netguru.jupyter.server.hub import Running
    from netguru.jupyter.server.service import Service
    from netguru.store.conversation_results import Message

_ENDS = ("finished", "stopped", "error")


class Reply:
    """Ask in a conversation; who follows it elsewhere (the panel) sees the answer too."""

    def __init__(self, service: Service, owner: str, conversation: int) -> None:
        self._service, self._owner, self._conversation = service, owner, conversation
        self._heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._running: Running | None = None

    async def pieces(self, question: Question) -> AsyncIterator[str]:
        """Yield the answer while it comes; what keeps it from beginning is a piece as well.

        Closing the iterator stops the answer. What asks for approval is refused: nobody is asked in that chat.
        """
        service, place = self._service, (self._owner, self._conversation)
        prose = ProseStream()
        service.hub.listen(*place, self._heard.put)
        try:
            service.admit(self._owner, "questions")
            context = service.context(*place, question)
            running = service.hub.start(f"reply-{id(self)}", question, context, service.engine(context))
            self._running = running
            running.task.add_done_callback(lambda _: self._heard.put_nowait({"type": "over"}))
            while (heard := await self._heard.get())["type"] not in (*_ENDS, "over"):
                if heard["type"] == "delta":
                    yield prose.feed(heard["text"])
                elif heard["type"] == "approval":
                    running.turn.approve(heard["call"], allow=False)
            message = await running.task
            yield prose.end()
            yield _ending(message)
        except NetGuruError as error:
            yield prose.end() + prose_markdown(f"\n\n> {error}\n")
        finally:
            self.stop()
            service.hub.leave(*place, self._heard.put)

    def stop(self) -> None:
        """Stop the answer; after its end that is harmless."""
        if self._running is not None:
            self._running.turn.cancel()


def _ending(message: Message) -> str:
    state = message.status if message.status != "complete" else message.answer.status if message.answer else ""
    parts = [prose_markdown(appendix(message))] if message.citations or message.tools else []
    if message.answer is not None and message.status == "failed":
        parts.append(prose_markdown(f"> {message.answer.fallback}"))
    parts += [f"*{state}*"] if state else []
    return "".join(f"\n\n{part}" for part in parts)
