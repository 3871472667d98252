"""OpenAI's chat completions, which many servers speak."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import openai
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import SecretStr

from netguru import resources
from netguru.llm.providers import Cleaned, limits, trust

if TYPE_CHECKING:
    from netguru.llm.choosing import Choice


class OpenAIChat(Cleaned, BaseChatOpenAI):
    """Speak OpenAI's chat completions."""

    async def aclose(self) -> None:
        """Close the connections of the loop that runs."""
        await self.root_async_client.close()

    async def names(self) -> list[str]:
        """Give the names of the models that the server has."""
        return [item.id async for item in self.root_async_client.models.list()]


def openai_chat(choice: Choice, tokens: int) -> OpenAIChat:
    """Make the model of a choice."""
    stated = limits()
    return OpenAIChat(
        model=choice.model,
        base_url=choice.url,
        # Servers of one's own want no key, the client does.
        api_key=SecretStr(choice.key.get_secret_value() or "none"),
        **_limit(choice, tokens),
        max_retries=int(stated["retries"]),
        # Not cached between event loops, as clients with a plain number are.
        timeout=openai.Timeout(stated["first_token"], connect=stated["connect"]),
        http_client=openai.DefaultHttpxClient(verify=trust()),
        http_async_client=openai.DefaultAsyncHttpxClient(verify=trust()),
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
