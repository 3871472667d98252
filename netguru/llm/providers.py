"""LangChain's chat models for our providers, with our limits; what they send passes the gate of `outgoing`."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import anthropic
import openai
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import SecretStr

from netguru import resources
from netguru.errors import InputError
from netguru.llm.choosing import choices
from netguru.llm.outgoing import cleaned
from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import ChatGenerationChunk, ChatResult

    from netguru.llm.choosing import Choice
    from netguru.settings import Secret


class _Cleaned(BaseChatModel):
    """The one gate to a provider: whatever calls the model, secrets in the messages are replaced before they leave."""

    def _generate(self, messages: list[BaseMessage], *args: Any, **named: Any) -> ChatResult:
        # A provider's class stands behind this one in the order of resolution, never the abstract base.
        return super()._generate(cleaned(messages), *args, **named)  # type: ignore[safe-super]

    async def _agenerate(self, messages: list[BaseMessage], *args: Any, **named: Any) -> ChatResult:
        return await super()._agenerate(cleaned(messages), *args, **named)

    def _stream(self, messages: list[BaseMessage], *args: Any, **named: Any) -> Iterator[ChatGenerationChunk]:
        yield from super()._stream(cleaned(messages), *args, **named)

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **named: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        async for chunk in super()._astream(cleaned(messages), *args, **named):
            yield chunk


class OpenAIChat(_Cleaned, BaseChatOpenAI):
    """Speak OpenAI's chat completions, which many servers speak."""

    async def aclose(self) -> None:
        """Close the connections of the loop that runs."""
        await self.root_async_client.close()


class AnthropicChat(_Cleaned, ChatAnthropic):
    """Speak Anthropic's messages."""

    # Clients of our own making: LangChain's are shared between event loops, which breaks in the second one.

    @cached_property
    def _client(self) -> anthropic.Client:
        return anthropic.Client(**self._limited())

    @cached_property
    def _async_client(self) -> anthropic.AsyncClient:
        return anthropic.AsyncClient(**self._limited())

    async def aclose(self) -> None:
        """Close the connections of the loop that runs."""
        await self._async_client.close()

    def _limited(self) -> dict[str, Any]:
        limits = resources.table("llm", "limits.toml")
        timeout = anthropic.Timeout(limits["first_token"], connect=limits["connect"])
        return {**self._client_params, "timeout": timeout}


def chat_model(
    model: str = "", *, url: str = "", key: Secret | None = None, answer_tokens: int | None = None
) -> BaseChatModel:
    """Give the LangChain model that arguments or settings name, for an agent.

    Its retries and timeouts are ours; secrets in what it is sent are replaced. Raises InputError when no model is
    named, KeyMissingError when it has no key.
    """
    chosen = choices(model, url=url, key=key)
    if not chosen:
        raise InputError("no language model is set", hint="set NETGURU_MODEL, for example openai:NAME or ollama:NAME")
    return made(chosen[0], answer_tokens)


def made(choice: Choice, answer_tokens: int | None = None) -> OpenAIChat | AnthropicChat:
    """Make the LangChain model of a choice."""
    limits = resources.table("llm", "limits.toml")
    tokens = answer_tokens or settings().model_answer_tokens
    # Servers of one's own want no key, the clients do.
    key = SecretStr(choice.key.get_secret_value() or "none")
    retries = int(limits["retries"])
    if choice.wire == "anthropic":
        return AnthropicChat(
            model=choice.model,
            base_url=choice.url,
            api_key=key,
            max_tokens=tokens,
            max_retries=retries,
            timeout=limits["first_token"],
            streaming=True,
        )
    return OpenAIChat(
        model=choice.model,
        base_url=choice.url,
        api_key=key,
        **_limit(choice, tokens),
        max_retries=retries,
        # Not cached between event loops, as clients with a plain number are.
        timeout=openai.Timeout(limits["first_token"], connect=limits["connect"]),
        streaming=True,
        stream_usage=True,
        # The timeout above holds between pieces as well; a second one could swallow a cancel (Python 3.11).
        stream_chunk_timeout=None,
        use_responses_api=False,
    )


def _limit(choice: Choice, tokens: int) -> dict[str, Any]:
    # The field's new name is known to its inventor's server, the old one to all others.
    row = resources.table("llm", "providers.toml")[choice.provider]
    name = row.get("limit") if choice.url == row["url"] else None
    return {"model_kwargs": {name: tokens}} if name else {"max_tokens": tokens}
