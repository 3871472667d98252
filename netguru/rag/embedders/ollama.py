"""Embeddings from an Ollama server, by its own `/api/embed`."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from netguru.errors import InputError, ServiceDownError, ServiceError
from netguru.rag.embedders import embedders
from netguru.settings import settings

_OWN = "http://127.0.0.1:11434"
_MODEL = "nomic-embed-text"
_TIMEOUT = 120.0
_MOST = 256_000_000


class Ollama:
    """Embed with an Ollama server."""

    def __init__(self) -> None:
        stated = settings()
        self._url = stated.embedder_url.rstrip("/") or _OWN
        if urlsplit(self._url).scheme not in ("http", "https"):
            raise InputError("is no address of a server", place=self._url, hint="write it as http://host:port")
        self._model = stated.embedder_model or _MODEL
        self._key = stated.embedder_key.get_secret_value()
        self.dimensions = len(self._ask(["dimensions"])[0])
        self.id = f"ollama/{self._url}/{self._model}/{self.dimensions}"

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages."""
        return self._ask(texts)

    def embed_query(self, text: str) -> list[float]:
        """Embed a question."""
        return self._ask([text])[0]

    def _ask(self, texts: list[str]) -> list[list[float]]:
        given = self._post({"model": self._model, "input": texts, "truncate": True})
        vectors = given.get("embeddings") if isinstance(given, dict) else None
        if not isinstance(vectors, list) or len(vectors) != len(texts) or not all(vectors):
            raise ServiceError(f"the server gave no vectors for {len(texts)} texts", place=self._url)
        return vectors

    def _post(self, body: dict[str, Any]) -> Any:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self._key}"} if self._key else {})
        request = Request(f"{self._url}/api/embed", json.dumps(body).encode(), headers)  # noqa: S310 - checked above
        try:
            with urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310 - the scheme was checked
                return json.loads(answer.read(_MOST))
        except HTTPError as error:
            raise ServiceError(f"the server refused: {_said(error)}", place=self._url) from None
        except (URLError, OSError) as error:
            raise ServiceDownError(f"the server does not answer: {error}", place=self._url) from None
        except ValueError as error:
            raise ServiceError(f"the server's answer is no JSON: {error}", place=self._url) from None


def _said(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read(_MOST))["error"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"


embedders.register("ollama", Ollama)
