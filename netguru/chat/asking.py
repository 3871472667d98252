"""Asking from synchronous code: the turn runs in a thread with a loop of its own, its events stream to the caller."""

from __future__ import annotations

import asyncio
import contextvars
import queue
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netguru.chat.engines import choose
from netguru.chat.events import Approval, Attachment, Finished, Question, TurnContext
from netguru.chat.results import ChatAnswer
from netguru.chat.turn import Turn
from netguru.errors import InputError
from netguru.redact import redact_typed
from netguru.store import conversations
from netguru.store.conversation_owner import default_owner

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from netguru.chat.events import TurnEvent
    from netguru.store.conversation_results import Message

_PATIENCE_S = 0.2


def _nothing(*_: object) -> None:
    """Take no notice."""


def _refused(_: Approval) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """Who waits for an answer: called in the caller's own thread.

    `told` hears every event, `idle` is called while none comes, `approve` is asked whether an operation that does
    more than read may run; without it none may.
    """

    told: Callable[[TurnEvent], None] = _nothing
    idle: Callable[[], None] = _nothing
    approve: Callable[[Approval], bool] = _refused


def ask(
    text: str,
    *,
    workspace: Path,
    conversation: int = 0,
    about: Sequence[Path] = (),
    engine: str = "",
    options: Mapping[str, Any] | None = None,
    watcher: Watcher | None = None,
) -> ChatAnswer:
    """Ask and wait for the answer.

    An interrupt (Ctrl-C) stops the turn; what came until then is stored, and the interrupt goes on. Raises
    InputError for an empty question, UnknownNameError, and what made the turn fail.
    """
    if not text.strip():
        raise InputError("the question is empty")
    owner = default_owner()
    number = conversation or conversations.create(owner=owner, workspace=workspace).id
    attached = [item.expanduser().absolute() for item in about]
    for item in attached:
        if not item.exists():
            raise InputError("does not exist", place=str(item))
    context = TurnContext(
        folder=workspace,
        workspace=workspace,
        # What the user names on the command line may be read.
        roots=(workspace, *attached),
        owner=owner,
        conversation=number,
        options=options or {},
    )
    question = Question(text=text, attachments=tuple(Attachment(kind="file", name=p.name, path=p) for p in attached))
    ended = _Runner(question, context, engine).wait(watcher or Watcher())
    if ended.error is not None:
        raise ended.error
    return answer_of(text, number, ended.message)


def answer_of(text: str, conversation: int, message: Message) -> ChatAnswer:
    """Make the operation's result of a stored answer."""
    state = message.answer
    return ChatAnswer(
        question=redact_typed(text),
        text=message.text,
        status=state.status if state else "partial",
        citations=tuple(item.evidence for item in message.citations),
        model=state.model if state else "",
        usage=state.usage if state else {},
        fallback=state.fallback if state else "",
        conversation=conversation,
        message=message.id,
        state=message.status,
        tools=message.tools,
    )


@dataclass(frozen=True, slots=True)
class _Broken:
    """A turn that could not begin."""

    error: BaseException


class _Runner:
    """A turn in a thread with an event loop of its own; works inside a running loop too (a notebook)."""

    def __init__(self, question: Question, context: TurnContext, engine: str) -> None:
        self._events: queue.SimpleQueue[TurnEvent | _Broken] = queue.SimpleQueue()
        self._turn = Turn(question, context, engine=choose(context, name=engine), listener=self._put)
        self._loop = asyncio.new_event_loop()
        surroundings = contextvars.copy_context()
        self._thread = threading.Thread(target=lambda: surroundings.run(self._run), name="netguru-turn", daemon=True)

    def wait(self, watcher: Watcher) -> Finished:
        """Run to the end; raises KeyboardInterrupt after a stop, and what kept the turn from beginning."""
        self._thread.start()
        interrupted, ended = False, None
        while ended is None:
            # An interrupt comes anywhere: while waiting, and while the caller shows an event.
            try:
                event = self._next()
                if event is None:
                    watcher.idle()
                    continue
                ended = event if isinstance(event, Finished) else None
                watcher.told(event)
                if isinstance(event, Approval):
                    self._answer(event.call, allow=watcher.approve(event))
            except KeyboardInterrupt:
                interrupted = True
                with suppress(RuntimeError):  # the loop has ended by itself
                    self._loop.call_soon_threadsafe(self._turn.cancel)
        self._thread.join()
        if interrupted:
            raise KeyboardInterrupt
        return ended

    def _answer(self, call: str, *, allow: bool) -> None:
        with suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(lambda: self._turn.approve(call, allow=allow))

    def _next(self) -> TurnEvent | None:
        try:
            event = self._events.get(timeout=_PATIENCE_S)
        except queue.Empty:
            return None
        if isinstance(event, _Broken):
            raise event.error
        return event

    async def _put(self, event: TurnEvent) -> None:
        self._events.put(event)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            try:
                runner.run(self._turn.run())
            except BaseException as error:  # noqa: BLE001 - raised in the caller's thread
                self._events.put(_Broken(error))
