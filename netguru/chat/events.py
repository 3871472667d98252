"""The vocabulary of the chat: what an engine yields while it answers, and the protocol that engines follow.

An engine is any object with `answer(question, context)` that yields events; the turn (`netguru.chat.turn`)
consumes them, stores what they add up to, and tells listeners. The rules of the protocol:

- An engine yields `Delta` for every piece of the answer's text, once and in order; `Tool` when an operation
  starts, goes on and ends, under one `call` of its own making; `Cited` for every evidence, before or after
  the text that says `[number]`; and `Outcome` last. Without one the answer counts as `partial`. An engine
  that spends yields one before already: of several the last counts, also for an answer that is stopped.
- To ask the user it yields `Approval` and then awaits `context.approved(call)`.
- It may be cancelled at any await and at any yield: the turn closes the generator. What has been yielded is
  kept, runs that were not ended are closed as cancelled; an engine only releases what it holds (`finally`).
- Code in threads gets `context.cancel`, which is set at the same moment (`context.run` does both).
- What it raises fails the turn: a `NetGuruError` is told to the user as it is, anything else as our mistake.
- `context.history` is valid at every turn: complete, cancelled and failed answers alike, no run left open.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, runtime_checkable

from netguru.model.result import to_plain
from netguru.operations.context import CancelToken, Progress, use
from netguru.store.conversation_results import AnswerStatus, Citation, Message, ToolState

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.model.coverage import Coverage
    from netguru.model.evidence import Evidence
    from netguru.operations.operation import Effect

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """A piece of the answer's text, sent once."""

    kind = "delta"
    text: str

    def to_dict(self) -> dict[str, Any]:
        """Give the message's fields."""
        return {"text": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A run of an operation: `arguments` with its start, `done` of `total` with progress, `summary` with its end."""

    kind = "tool"
    call: str
    name: str
    state: ToolState
    arguments: Mapping[str, Any] | None = None
    summary: str = ""
    done: float | None = None
    total: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the message's fields; what is not stated is left out."""
        fields: dict[str, Any] = {"call": self.call, "name": self.name, "state": self.state}
        if self.arguments is not None:
            fields["arguments"] = to_plain(self.arguments)
        if self.summary:
            fields["summary"] = self.summary
        if self.done is not None:
            fields |= {"done": self.done, "total": self.total or 0}
        return fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Cited:
    """An evidence under the number by which the text cites it, `[1]`.

    `root` is the folder (or the file) that `evidence.source` is relative to; None for passages of documents,
    and for a source that is relative to the folder of the turn already.
    """

    kind = "citation"
    number: int
    evidence: Evidence
    label: str = ""
    url: str = ""
    root: Path | None = None

    def to_dict(self) -> dict[str, Any]:
        """Give the message's fields."""
        citation = Citation(number=self.number, evidence=self.evidence, label=self.label, url=self.url)
        return {"number": self.number, "citation": to_plain(citation)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A question to the user whether an operation that does more than read may run."""

    kind = "approval"
    call: str
    name: str
    arguments: Mapping[str, Any]
    effect: Effect

    def to_dict(self) -> dict[str, Any]:
        """Give the message's fields."""
        return {"call": self.call, "name": self.name, "arguments": to_plain(self.arguments), "effect": self.effect}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The end of an answer: its status, who wrote it, what it cost, what was missing, what was looked at."""

    kind = "outcome"
    status: AnswerStatus
    model: str = ""
    usage: Mapping[str, Any] = field(default_factory=dict)
    fallback: str = ""
    coverage: Coverage | None = None


Event = Delta | Tool | Cited | Approval | Outcome
"""What an engine yields."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The turn has begun; `message` is the answer that is being written."""

    kind = "started"
    message: Message

    def to_dict(self) -> dict[str, Any]:
        """Give the message's fields."""
        return {"message": to_plain(self.message)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The turn has ended: complete, stopped by the user, or failed with `error`."""

    message: Message
    error: Exception | None = None

    @property
    def kind(self) -> Literal["finished", "stopped", "error"]:
        """Name the message by the answer's status."""
        if self.message.status == "failed":
            return "error"
        return "stopped" if self.message.status == "cancelled" else "finished"

    def to_dict(self) -> dict[str, Any]:
        """Give the message's fields; a listener adds the error in its own form."""
        return {"message": to_plain(self.message)}


TurnEvent = Started | Delta | Tool | Cited | Approval | Finished
"""What a listener of a turn is told."""

Listener = Callable[[TurnEvent], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What the user sent along by explicit choice: a file or folder inside the turn's roots, or a text."""

    kind: Literal["file", "text"]
    name: str
    path: Path | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked."""

    text: str
    attachments: tuple[Attachment, ...] = ()


async def _refuse(_call: str) -> bool:
    return False


def _silent(done: float, total: float = 0, message: str = "") -> None:
    del done, total, message


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnContext:
    """What an engine may know and use while it answers.

    `folder` is where relative paths start and what the evidence of citations is relative to; nothing outside of
    `roots` may be read (symlinks resolved). `options` are the settings of this question (provider, model,
    base_url, ...; the key as a `netguru.settings.Secret`). `approved` waits for the user's word on a call.
    """

    folder: Path
    workspace: Path
    roots: tuple[Path, ...]
    owner: str
    conversation: int = 0
    history: tuple[Message, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    approved: Callable[[str], Awaitable[bool]] = _refuse
    cancel: CancelToken = field(default_factory=CancelToken)

    async def run(self, work: Callable[..., T], *arguments: Any, progress: Progress = _silent, **named: Any) -> T:
        """Run computing code in a thread, in the turn's workspace; a cancel of the turn sets its token too.

        `progress` is called in that thread.
        """

        def call() -> T:
            with use(workspace=self.workspace, cancel=self.cancel, progress=progress, face="tool"):
                return work(*arguments, **named)

        try:
            return await asyncio.to_thread(call)
        except asyncio.CancelledError:
            self.cancel.cancel()
            raise


@runtime_checkable
class Engine(Protocol):
    """Answer questions."""

    @property
    def name(self) -> str:
        """Name the engine."""

    def ready(self, context: TurnContext) -> bool:
        """Say whether it can answer with these settings; the first ready engine answers."""

    def answer(self, question: Question, context: TurnContext) -> AsyncIterator[Event]:
        """Yield the events of an answer (an async generator).

        One that takes long to load may have `prepare(context)`, called in a thread when a question is likely.
        """
