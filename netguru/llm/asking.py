"""Asking a model: whole or streamed, within limits and budget, with fall-backs in order; every degradation is told."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any, Literal

from netguru import resources
from netguru.aio import run_sync
from netguru.errors import InputError, ServiceDownError, ServiceError
from netguru.llm.budget import Budget, estimate, session
from netguru.llm.choosing import Choice, choices
from netguru.llm.failing import translated
from netguru.llm.outgoing import untraced
from netguru.operations.context import CancelToken, context
from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from langchain_core.messages import AIMessageChunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to a model."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What a model answered; `fallback` names those that failed before it, `data` is the value of a schema."""

    text: str
    model: str
    usage: dict[str, int] = field(default_factory=dict)
    fallback: str = ""
    data: Any = None


async def _nothing() -> None:
    """Close nothing: no connection was made."""


@dataclass(slots=True)
class _Call:
    """One call while it runs."""

    choice: Choice
    messages: Sequence[Message]
    tokens: int
    cancel: CancelToken
    began: float
    parts: list[str] = field(default_factory=list)
    usage: dict[str, int] = field(default_factory=dict)
    ended: bool = False
    close: Callable[[], Awaitable[None]] = _nothing

    @property
    def asked(self) -> int:
        return estimate(sum(len(item.text) for item in self.messages))

    @property
    def spent(self) -> int:
        # A call that broke off has no count: what was sent and came is estimated.
        return self.usage.get("total_tokens") or self.asked + estimate(sum(map(len, self.parts)))


def complete(messages: Sequence[Message], **named: Any) -> Completion:
    """Ask and wait, from code that does not await; as `acomplete`."""
    return run_sync(acomplete(messages, **named))


async def acomplete(
    messages: Sequence[Message],
    *,
    chosen: Sequence[Choice] | None = None,
    schema: Any = None,
    answer_tokens: int | None = None,
    budget: Budget | None = None,
) -> Completion:
    """Ask and give the whole answer; a model that fails at any point is followed by the next.

    `schema` is a type that pydantic can check (a dataclass): the answer's JSON is given as `data`. Raises the
    last model's ServiceError, and OperationCancelled.
    """
    stated = list(messages) if schema is None else [_instruction(schema), *messages]
    failures: list[ServiceError] = []
    for choice in _stated(chosen):
        call = _call(choice, stated, answer_tokens)
        try:
            async for _ in _run(call, budget or session()):
                pass
            text = "".join(call.parts)
            data = None if schema is None else _read(text, schema, choice)
        except ServiceError as error:
            failures.append(error)
            continue
        return Completion(text=text, model=choice.name, usage=call.usage, fallback=_told(failures), data=data)
    raise failures[-1]


async def astream(
    messages: Sequence[Message],
    *,
    chosen: Sequence[Choice] | None = None,
    answer_tokens: int | None = None,
    budget: Budget | None = None,
) -> AsyncIterator[str | Completion]:
    """Give an answer in pieces as they come, then the Completion.

    A model that fails before its first piece is followed by the next; later its error is raised, for what was
    given cannot be taken back.
    """
    failures: list[ServiceError] = []
    for choice in _stated(chosen):
        call = _call(choice, messages, answer_tokens)
        try:
            async for piece in _run(call, budget or session()):
                yield piece
        except ServiceError as error:
            if call.parts:
                raise
            failures.append(error)
            continue
        yield Completion(text="".join(call.parts), model=choice.name, usage=call.usage, fallback=_told(failures))
        return
    raise failures[-1]


def _stated(chosen: Sequence[Choice] | None) -> Sequence[Choice]:
    found = choices() if chosen is None else chosen
    if not found:
        raise InputError("no language model is set", hint="set NETGURU_MODEL, for example openai:NAME or ollama:NAME")
    return found


def _call(choice: Choice, messages: Sequence[Message], tokens: int | None) -> _Call:
    return _Call(
        choice=choice,
        messages=messages,
        tokens=tokens or settings().model_answer_tokens,
        cancel=context().cancel,
        began=monotonic(),
    )


def _told(failures: Sequence[ServiceError]) -> str:
    return "; ".join(item.message for item in failures)


async def _run(call: _Call, budget: Budget) -> AsyncIterator[str]:
    """Give the pieces of one model's answer; what it takes is counted, however it ends."""
    reserved = call.asked + call.tokens
    budget.reserve(reserved)
    queue: asyncio.Queue[AIMessageChunk | Exception | None] = asyncio.Queue(maxsize=1)
    task = asyncio.create_task(_pump(call, queue))
    try:
        while (item := await _next(queue, call)) is not None:
            if isinstance(item, Exception):
                raise translated(item, call.choice)
            if piece := _taken(item, call):
                yield piece
        if not call.ended:
            raise ServiceDownError(f"{call.choice.name} broke off", place=call.choice.url)
    finally:
        # The connection is closed before the caller goes on: nothing more is spent.
        await _stopped(task, call)
        budget.settle(reserved, call.spent)


async def _stopped(task: asyncio.Task[None], call: _Call) -> None:
    """End the task that reads, and its connection, before the caller goes on: nothing more is spent."""
    while not task.done():
        # Again until it ends: a cancel that meets an arriving piece is lost in `asyncio.wait_for` of Python 3.11.
        task.cancel()
        await asyncio.wait({task}, timeout=resources.table("llm", "limits.toml")["cancel"])
    await call.close()


async def _pump(call: _Call, queue: asyncio.Queue[AIMessageChunk | Exception | None]) -> None:
    """Read the answer in a task of its own, which can be cancelled at any point of it."""
    # Loading the clients takes seconds; a loop with other work goes on meanwhile.
    try:
        model = (await asyncio.to_thread(_providers)).made(call.choice, call.tokens)
        stated = [(item.role, item.text) for item in call.messages]
        call.close = model.aclose
        with untraced():
            async for chunk in model.astream(stated):
                await queue.put(chunk)
    except Exception as error:  # noqa: BLE001 - handed to the one who waits
        await queue.put(error)
    else:
        await queue.put(None)


def _providers() -> Any:
    from netguru.llm import providers

    return providers


async def _next(
    queue: asyncio.Queue[AIMessageChunk | Exception | None], call: _Call
) -> AIMessageChunk | Exception | None:
    limits = resources.table("llm", "limits.toml")
    while True:
        call.cancel.check()
        try:
            return await asyncio.wait_for(queue.get(), limits["cancel"])
        except TimeoutError:
            waited = monotonic() - call.began
        if waited > limits["total" if call.parts else "first_token"]:
            what = "did not finish" if call.parts else "gave no answer"
            raise ServiceDownError(f"{call.choice.name} {what} within {waited:.0f} s", place=call.choice.url)


def _taken(chunk: AIMessageChunk, call: _Call) -> str:
    """Count what a chunk tells and give its text."""
    for name, value in (chunk.usage_metadata or {}).items():
        if isinstance(value, int):
            call.usage[name] = call.usage.get(name, 0) + value
    told = chunk.response_metadata
    call.ended = call.ended or bool(told.get("finish_reason") or told.get("stop_reason"))
    text = str(chunk.text)
    if text:
        call.parts.append(text)
    return text


def _instruction(schema: Any) -> Message:
    from pydantic import TypeAdapter

    described = json.dumps(TypeAdapter(schema).json_schema(), separators=(",", ":"))
    text = resources.table("llm", "texts.toml")["schema"].replace("{schema}", described)
    return Message(role="system", text=text)


def _read(text: str, schema: Any, choice: Choice) -> Any:
    """Read the JSON of an answer, also where a model puts words or a fence around it."""
    from pydantic import TypeAdapter, ValidationError

    start, end = text.find("{"), text.rfind("}")
    try:
        return TypeAdapter(schema).validate_json(text[start : end + 1])
    except ValidationError:
        # Not quoted: it may hold what was sent.
        raise ServiceError(f"{choice.name} did not keep to the form asked for", place=choice.url) from None
