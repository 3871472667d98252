"""Anthropic's messages."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import anthropic
from langchain_anthropic import ChatAnthropic
from pydantic import SecretStr

from netguru.llm.providers import Cleaned, limits, trust

if TYPE_CHECKING:
    from netguru.llm.choosing import Choice


class AnthropicChat(Cleaned, ChatAnthropic):
    """Speak Anthropic's messages."""

    # Clients of our own making: LangChain's are shared between event loops, which breaks in the second one.

    @cached_property
    def _client(self) -> anthropic.Client:
        return anthropic.Client(**self._limited(), http_client=anthropic.DefaultHttpxClient(verify=trust()))

    @cached_property
    def _async_client(self) -> anthropic.AsyncClient:
        return anthropic.AsyncClient(**self._limited(), http_client=anthropic.DefaultAsyncHttpxClient(verify=trust()))

    async def aclose(self) -> None:
        """Close the connections of the loop that runs."""
        await self._async_client.close()

    async def names(self) -> list[str]:
        """Give the names of the models that the server has."""
        return [item.id async for item in self._async_client.models.list()]

    def _limited(self) -> dict[str, Any]:
        stated = limits()
        timeout = anthropic.Timeout(stated["first_token"], connect=stated["connect"])
        return {**self._client_params, "timeout": timeout}


def anthropic_chat(choice: Choice, tokens: int) -> AnthropicChat:
    """Make the model of a choice."""
    stated = limits()
    return AnthropicChat(
        model=choice.model,
        base_url=choice.url,
        # Servers of one's own want no key, the client does.
        api_key=SecretStr(choice.key.get_secret_value() or "none"),
        max_tokens=tokens,
        max_retries=int(stated["retries"]),
        timeout=stated["first_token"],
        streaming=True,
    )
