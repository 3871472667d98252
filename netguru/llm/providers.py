"""LangChain's chat models for our providers, with our limits; a client is loaded when it is asked: it takes long."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import httpx2
from langchain_core.language_models import BaseChatModel

from netguru import resources
from netguru.errors import InputError
from netguru.llm.choosing import choices
from netguru.llm.outgoing import cleaned
from netguru.settings import settings

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Iterator

    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import ChatGenerationChunk, ChatResult

    from netguru.llm.choosing import Choice
    from netguru.settings import Secret


class Cleaned(BaseChatModel):
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

    async def aclose(self) -> None:
        """Close the connections of the loop that runs."""

    async def names(self) -> list[str]:
        """Give the names of the models that the server has."""
        return []


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


def made(choice: Choice, answer_tokens: int | None = None) -> Cleaned:
    """Make the LangChain model of a choice."""
    tokens = answer_tokens or settings().model_answer_tokens
    if choice.wire == "anthropic":
        from netguru.llm.anthropic_wire import anthropic_chat

        return anthropic_chat(choice, tokens)
    from netguru.llm.openai_wire import openai_chat

    return openai_chat(choice, tokens)


def limits() -> dict[str, Any]:
    """Give how long a model is waited for, and how often it is tried."""
    return resources.table("llm", "limits.toml")


@cache
def trust() -> ssl.SSLContext:
    """Give the certificates that servers are held against: read once, for that takes longer than a question."""
    return httpx2.create_ssl_context()
