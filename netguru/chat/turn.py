"""One turn: a question, the engine's events, and an answer that is stored whole whatever happens.

    turn = Turn(question, context, engine=engine, listener=told)
    message = await turn.run()      # from another task: turn.cancel(), turn.approve(call, allow=True)

After a cancel, an error or a crash at any event the stored conversation is valid for the next turn: the text
that came is kept, runs that were open are closed, and the answer's status says what it is.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from netguru.chat.events import Approval, Cited, Delta, Finished, Outcome, Started, Tool
from netguru.chat.placing import placed
from netguru.errors import NetGuruError, OperationCancelled
from netguru.logs import logger
from netguru.model.result import to_plain
from netguru.operations.context import CancelToken
from netguru.redact import redact_typed
from netguru.store import conversations
from netguru.store.conversation_cleaning import cleaned_evidence
from netguru.store.conversation_results import OPEN_TOOLS, AnswerState, Citation, ToolRun

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from netguru.chat.events import Engine, Event, Listener, Question, TurnContext, TurnEvent
    from netguru.store.conversation_results import Message, MessageStatus

_KEPT_EVERY_S, _KEPT_AT_LEAST_EVERY_S = 1.0, 10.0
"""Seconds between two stores of an unfinished answer, in a quiet and in a busy server: what a crash loses at most."""
_KEPT_PAUSE = 50
"""A pause is so many times as long as the store before it took: many answers at once are not slowed by being kept."""


class Turn:
    """Run one question in a conversation."""

    def __init__(self, question: Question, context: TurnContext, *, engine: Engine, listener: Listener) -> None:
        # From here on nobody knows the secrets that were typed: no engine, no provider, no database.
        self._question = replace(question, text=redact_typed(question.text))
        self._engine = engine
        self._listener = listener
        self._context = replace(context, approved=self._approved, cancel=CancelToken())
        self._pieces: list[str] = []
        self._tools: dict[str, ToolRun] = {}
        self._citations: dict[int, Citation] = {}
        self._approvals: dict[str, asyncio.Future[bool]] = {}
        self._outcome: Outcome | None = None
        self._work: asyncio.Task[None] | None = None
        self._stopped = False
        self._changed = False
        self.message: Message | None = None

    @property
    def text(self) -> str:
        """Give the text of the answer by now."""
        return "".join(self._pieces)

    @property
    def so_far(self) -> Message | None:
        """Give the answer as it stands, for a listener who comes later; None before it has begun."""
        if self.message is None or self.message.status != "streaming":
            return self.message
        return replace(
            self.message, text=self.text, tools=(*self._tools.values(),), citations=(*self._citations.values(),)
        )

    async def run(self) -> Message:
        """Run to the end and give the stored answer; cancelling the caller stops the turn and waits for its end.

        Raises UnknownNameError and InputError when the conversation cannot take the question; what the
        engine raises is told to the listener and stored as a failed answer.
        """
        life = asyncio.ensure_future(self._live())
        try:
            return await asyncio.shield(life)
        except asyncio.CancelledError:
            self.cancel()
            await asyncio.wait({life})
            raise

    def cancel(self) -> None:
        """Stop the turn; asking twice, or after its end, is harmless. Call it in the turn's loop."""
        self._stopped = True
        self._context.cancel.cancel()
        if self._work is not None:
            self._work.cancel()

    def approve(self, call: str, *, allow: bool) -> bool:
        """Answer a question for approval; False when none waits under this call."""
        waiting = self._approvals.get(call)
        if waiting is None or waiting.done():
            return False
        waiting.set_result(allow)
        return True

    def refuse_all(self) -> None:
        """Refuse what waits for an approval that nobody can give any more."""
        for call in self._approvals:
            self.approve(call, allow=False)

    async def _live(self) -> Message:
        await self._begin()
        self._work = asyncio.ensure_future(self._answer())
        if self._stopped:
            self._work.cancel()
        keeper = asyncio.ensure_future(self._keep())
        try:
            await asyncio.wait({self._work})
        finally:
            keeper.cancel()
            with suppress(asyncio.CancelledError):
                await keeper
        return await self._end(self._work)

    async def _begin(self) -> None:
        where, number, owner = self._context.workspace, self._context.conversation, self._context.owner
        names = [item.name for item in self._question.attachments]

        def store() -> tuple[tuple[Message, ...], Message]:
            history = conversations.messages(number, owner=owner, workspace=where)
            _, begun = conversations.begin(number, self._question.text, owner=owner, attachments=names, workspace=where)
            return history, begun

        # One thread for both: with many questions at once each change of threads is another wait.
        history, begun = await asyncio.to_thread(store)
        self.message, self._context = begun, replace(self._context, history=history)
        await self._tell(Started(message=begun))

    async def _answer(self) -> None:
        events = cast("AsyncGenerator[Event]", self._engine.answer(self._question, self._context))
        async with aclosing(events):
            async for event in events:
                await self._take(event)

    async def _take(self, event: Event) -> None:
        """Note an event first and tell it then: what a listener saw is always stored."""
        self._changed = True
        if isinstance(event, Outcome):
            self._outcome = event
            return
        if isinstance(event, Delta):
            self._pieces.append(event.text)
        elif isinstance(event, Tool):
            self._note_run(event)
        elif isinstance(event, Cited):
            event = await asyncio.to_thread(placed, event, self._context.folder)
            # Shown as it is stored: without the secrets of its line.
            event = replace(event, evidence=cleaned_evidence(event.evidence))
            self._citations[event.number] = Citation(
                number=event.number, evidence=event.evidence, label=event.label, url=event.url
            )
        elif isinstance(event, Approval):
            # The engine may wait for the word already.
            self._approvals.setdefault(event.call, asyncio.get_running_loop().create_future())
        await self._tell(event)

    def _note_run(self, event: Tool) -> None:
        known = self._tools.get(event.call)
        arguments = to_plain(event.arguments) if event.arguments is not None else known.arguments if known else {}
        self._tools[event.call] = ToolRun(
            call=event.call,
            name=event.name,
            arguments=arguments,
            state=event.state,
            summary=event.summary or (known.summary if known else ""),
        )

    async def _approved(self, call: str) -> bool:
        return await self._approvals.setdefault(call, asyncio.get_running_loop().create_future())

    async def _keep(self) -> None:
        """Store the unfinished answer now and then; that the database is busy for once loses nothing."""
        pause = _KEPT_EVERY_S
        while True:
            await asyncio.sleep(pause)
            if self._changed and self.message is not None:
                self._changed = False
                began = time.monotonic()
                try:
                    await asyncio.to_thread(
                        conversations.keep,
                        self.message.id,
                        self.text,
                        [*self._tools.values()],
                        [*self._citations.values()],
                        workspace=self._context.workspace,
                    )
                except NetGuruError as error:
                    logger(__name__).warning("answer.not_kept", error=str(error))
                took = time.monotonic() - began
                pause = min(max(_KEPT_EVERY_S, _KEPT_PAUSE * took), _KEPT_AT_LEAST_EVERY_S)

    async def _end(self, work: asyncio.Task[None]) -> Message:
        """Close what is open, store the answer, and tell it."""
        assert self.message is not None  # noqa: S101 - begun before
        error = None if work.cancelled() else work.exception()
        status: MessageStatus = "complete"
        if work.cancelled() or isinstance(error, OperationCancelled):
            status = "cancelled"
        elif error is not None:
            status = "failed"
        for run in [run for run in self._tools.values() if run.state in OPEN_TOOLS]:
            await self._take(Tool(call=run.call, name=run.name, state="failed" if status == "failed" else "cancelled"))
        self.message = await asyncio.to_thread(
            conversations.finish,
            self.message.id,
            status,
            self.text,
            tools=[*self._tools.values()],
            citations=[*self._citations.values()],
            answer=self._state(status, error),
            workspace=self._context.workspace,
        )
        await self._tell(Finished(message=self.message, error=error if isinstance(error, Exception) else None))
        return self.message

    def _state(self, status: MessageStatus, error: BaseException | None) -> AnswerState | None:
        if status == "failed" and error is not None:
            if not isinstance(error, NetGuruError):
                logger(__name__).error("answer.failed", exc_info=error)
            return AnswerState(status="partial" if self._pieces else "not_found", fallback=words_of(error))
        found = self._outcome
        if found is None:
            return None if status == "cancelled" else AnswerState(status="partial")
        return AnswerState(
            status=found.status,
            model=found.model,
            usage=dict(found.usage),
            fallback=found.fallback,
            coverage=None if found.coverage is None else to_plain(found.coverage),
        )

    async def _tell(self, event: TurnEvent) -> None:
        """Tell the listener; one that is gone does not end the turn: the answer can be read later."""
        try:
            await self._listener(event)
        except Exception as error:  # noqa: BLE001 - whatever a listener does, the answer goes on
            logger(__name__).debug("listener.failed", error=str(error))


def words_of(error: BaseException) -> str:
    """Put an error into one line; of a mistake of ours only its kind: its text may quote anything."""
    return str(error) if isinstance(error, NetGuruError) else f"internal error ({type(error).__name__})"
