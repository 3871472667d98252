"""Embeddings from a server that speaks OpenAI's `/v1/embeddings`: OpenAI's own, or one of many others.

The texts of the documents are sent to that server. Nothing else of the workspace is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.errors import InputError, KeyMissingError, RateLimitedError, ServiceDownError, ServiceError
from netguru.rag.embedders import embedders
from netguru.settings import settings

if TYPE_CHECKING:
    from openai import OpenAI as Client

_OWN = "https://api.openai.com/v1"
_MODEL = "text-embedding-3-small"
_TIMEOUT = 60.0
_TRIES = 3


class OpenAI:
    """Embed with a server."""

    def __init__(self) -> None:
        stated = settings()
        self._url = stated.embedder_url.rstrip("/") or _OWN
        self._model = stated.embedder_model or _MODEL
        key = stated.embedder_key.get_secret_value()
        if not key and self._url == _OWN:
            raise KeyMissingError("the embedder needs a key", hint="set NETGURU_EMBEDDER_KEY")
        self._client = _client(self._url, key)
        self.dimensions = len(self._ask(["dimensions"])[0])
        self.id = f"openai/{self._url}/{self._model}/{self.dimensions}"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages."""
        return self._ask(texts)

    def embed_query(self, text: str) -> list[float]:
        """Embed a question."""
        return self._ask([text])[0]

    def _ask(self, texts: list[str]) -> list[list[float]]:
        import openai

        try:
            given = self._client.embeddings.create(model=self._model, input=texts)
        except openai.AuthenticationError:
            raise KeyMissingError("the server takes no such key", place=self._url) from None
        except openai.RateLimitError as error:
            raise RateLimitedError(f"the server asks to wait: {_first(error)}", place=self._url) from None
        except openai.APIConnectionError as error:
            raise ServiceDownError(f"the server does not answer: {_first(error)}", place=self._url) from None
        except openai.OpenAIError as error:
            raise ServiceError(f"the server refused: {_first(error)}", place=self._url) from None
        vectors = [item.embedding for item in sorted(given.data, key=lambda item: item.index)]
        if len(vectors) != len(texts):
            raise ServiceError(f"the server gave {len(vectors)} vectors for {len(texts)} texts", place=self._url)
        return vectors


def _client(url: str, key: str) -> Client:
    import openai

    try:
        # Servers of one's own want no key, the client does.
        return openai.OpenAI(base_url=url, api_key=key or "none", timeout=_TIMEOUT, max_retries=_TRIES)
    except (openai.OpenAIError, ValueError) as error:
        raise InputError(f"is no address of a server: {error}", place=url) from None


def _first(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


embedders.register("openai", OpenAI)
