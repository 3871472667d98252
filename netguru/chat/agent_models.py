"""The models of a turn: asked in order, each call within time and budget, every failure told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from langchain.agents.middleware import AgentMiddleware
from langchain_core.callbacks import AsyncCallbackHandler

from netguru import resources
from netguru.chat.agent_prompt import limits
from netguru.errors import RateLimitedError, ServiceDownError, ServiceError
from netguru.llm.budget import estimate
from netguru.llm.failing import translated
from netguru.llm.providers import made
from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from langchain.agents.middleware import ModelRequest, ModelResponse
    from langchain_core.messages import AIMessage, BaseMessage

    from netguru.chat.drafting import Draft
    from netguru.chat.spending import Price
    from netguru.llm.budget import Budget
    from netguru.llm.choosing import Choice


def load(chosen: Sequence[Choice]) -> None:
    """Load the clients of models, and make the tools' schemas."""
    from netguru.chat.agent_tools import described

    described()
    for choice in chosen:
        made(choice)


class LimitReachedError(RateLimitedError):
    """One question has called the model as often as it may."""


class Listening(AsyncCallbackHandler):
    """Hear every piece of text as it comes from a model."""

    raise_error = True

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    async def on_llm_new_token(self, token: str | list[str | dict[str, Any]], *, chunk: Any = None, **_: Any) -> None:
        """Say a piece; of a call of a tool nothing is said."""
        del token
        if chunk is not None:
            self._draft.say(str(chunk.message.text))


class Models(AgentMiddleware[Any, Any]):
    """Ask the first model that answers; one that failed is not asked again in this turn."""

    def __init__(
        self, chosen: Sequence[Choice], draft: Draft, budget: Budget, price: Price | None, said: Mapping[str, str]
    ) -> None:
        super().__init__()
        self._chosen = [*chosen]
        self._draft = draft
        self._budget = budget
        self._price = price
        self._said = said
        self._calls = 0
        self._clients: dict[str, Any] = {}

    @property
    def first(self) -> Any:
        """Give the client of the model that is asked first."""
        return self._client(self._chosen[0])

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """Ask; raises the last model's ServiceError, and LimitReachedError."""
        self._calls += 1
        if self._calls > limits()["model_calls"]:
            raise LimitReachedError("the limit of calls for one question was reached")
        while True:
            try:
                return await self._ask(self._chosen[0], request, handler)
            except ServiceError as error:
                self._draft.failures.append(error.message)
                failed = self._chosen.pop(0)
                if not self._chosen:
                    raise
                if self._draft.said_in_call:
                    said = self._said["broken"].format(model=failed.name, next=self._chosen[0].name)
                    self._draft.say_apart(f"> {said}")

    async def _ask(self, choice: Choice, request: ModelRequest[Any], handler: Callable[..., Any]) -> ModelResponse[Any]:
        asked = estimate(_characters(request))
        reserved = asked + settings().model_answer_tokens
        self._budget.reserve(reserved)
        before, said = dict(self._draft.usage), len(self._draft.written)
        self._draft.begin_call()
        # Counted before it is known: an answer that is stopped or breaks off has cost what was sent.
        self._draft.model = choice.name
        self._count(before, asked, 0, estimated=True)
        try:
            async with asyncio.timeout(resources.table("llm", "limits.toml")["total"]):
                response: ModelResponse[Any] = await handler(request.override(model=self._client(choice)))
            self._count_answer(before, response.result[-1], asked, estimate(len(self._draft.written) - said))
            _check(response.result[-1], choice)
        except TimeoutError:
            raise ServiceDownError(f"{choice.name} did not finish in time", place=choice.url) from None
        except Exception as error:
            told = translated(error, choice)
            if told is error:
                raise
            raise told from None
        finally:
            self._draft.end_call()
            self._budget.settle(reserved, self._spent() - _sum(before))
        return response

    def _count_answer(self, before: Mapping[str, Any], answer: BaseMessage, asked: int, given: int) -> None:
        told = getattr(answer, "usage_metadata", None) or {}
        stated = bool(told)
        self._count(before, told.get("input_tokens", asked), told.get("output_tokens", given), estimated=not stated)

    def _count(self, before: Mapping[str, Any], asked: int, given: int, *, estimated: bool) -> None:
        usage = self._draft.usage
        usage["calls"] = before.get("calls", 0) + 1
        usage["input_tokens"] = before.get("input_tokens", 0) + asked
        usage["output_tokens"] = before.get("output_tokens", 0) + given
        usage["estimated"] = bool(before.get("estimated")) or estimated
        if self._price is not None:
            usage["cost"] = self._price.of(usage["input_tokens"], usage["output_tokens"])
        self._draft.outcome("partial")

    def _spent(self) -> int:
        return _sum(self._draft.usage)

    def _client(self, choice: Choice) -> Any:
        """Give the client of a choice, its connections kept for the turn."""
        key = f"{choice.name} {choice.url}"
        if key not in self._clients:
            self._clients[key] = made(choice)
        return self._clients[key]

    async def close(self) -> None:
        """Close the connections: nothing more is spent."""
        for client in self._clients.values():
            await client.aclose()


def _sum(usage: Mapping[str, Any]) -> int:
    return int(usage.get("input_tokens", 0)) + int(usage.get("output_tokens", 0))


def _characters(request: ModelRequest[Any]) -> int:
    tools = sum(
        len(str(getattr(item, "args_schema", item))) + len(getattr(item, "description", "")) for item in request.tools
    )
    system = len(str(request.system_message.content)) if request.system_message else 0
    return (
        system
        + tools
        + sum(len(str(item.content)) + len(str(getattr(item, "tool_calls", ""))) for item in request.messages)
    )


def _check(answer: BaseMessage, choice: Choice) -> None:
    """Refuse an answer that broke off or says nothing; raises ServiceError."""
    message: AIMessage = answer  # type: ignore[assignment]  # a model's answer
    told = message.response_metadata
    if not (told.get("finish_reason") or told.get("stop_reason")):
        raise ServiceDownError(f"{choice.name} broke off", place=choice.url)
    if not message.tool_calls and not str(message.text).strip():
        raise ServiceError(f"{choice.name} sent what is no answer", place=choice.url)
