"""Embedders on servers, against real ones on the loopback that speak the two protocols."""

from __future__ import annotations

import base64
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from netguru.errors import InputError, KeyMissingError, RateLimitedError, ServiceDownError, ServiceError
from netguru.rag import embedders, inventory
from netguru.rag.embedders.ollama import Ollama
from netguru.rag.embedders.openai_api import OpenAI
from netguru.rag.retrieve import retrieve
from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from netguru.rag.results import Ingested

KEY = "sk-for-the-test-alone"
WIDTH = 8


def _vector(text: str) -> list[float]:
    made = np.zeros(WIDTH, dtype=np.float32)
    for word in text.lower().split():
        made[sum(word.encode()) % WIDTH] += 1
    return [float(value) for value in made + 0.01]


class Handler(BaseHTTPRequestHandler):
    """Answer as the servers do: floats or base64, errors with their codes."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server: Any = self.server
        server.asked.append((self.path, asked, self.headers.get("Authorization")))
        if server.status != 200:
            return self._send(server.status, {"error": {"message": "not today"}})
        if self.path == "/v1/embeddings":
            return self._openai(asked)
        if self.path == "/api/embed":
            return self._send(200, {"model": asked["model"], "embeddings": [_vector(text) for text in asked["input"]]})
        return self._send(404, {"error": "no such path"})

    def _openai(self, asked: dict[str, Any]) -> None:
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return self._send(401, {"error": {"message": "Incorrect API key provided"}})
        rows = []
        for number, text in enumerate(asked["input"]):
            vector: Any = _vector(text)
            if asked.get("encoding_format") == "base64":
                vector = base64.b64encode(np.array(vector, dtype="<f4").tobytes()).decode()
            rows.append({"object": "embedding", "index": number, "embedding": vector})
        # The order of the rows is not promised, their numbers are.
        return self._send(200, {"object": "list", "data": rows[::-1], "model": asked["model"], "usage": {
            "prompt_tokens": 1, "total_tokens": 1}})  # fmt: skip

    def _send(self, status: int, body: dict[str, Any]) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args: object) -> None:
        del args


@pytest.fixture
def server() -> Iterator[Any]:
    made: Any = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.asked, made.status = [], 200
    made.url = f"http://127.0.0.1:{made.server_port}"
    thread = Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


@pytest.fixture
def choose(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def run(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"NETGURU_{name.upper()}", value)
        settings.cache_clear()
        embedders.load.cache_clear()

    return run


@pytest.mark.parametrize(("name", "path"), [("openai", "/v1"), ("ollama", "")])
def test_documents_are_embedded_by_a_server(
    name: str, path: str, server: Any, choose: Callable[..., None], manual: Path, bring: Callable[[Path], Ingested]
) -> None:
    choose(embedder=name, embedder_url=server.url + path, embedder_key=KEY, embedder_model="mine")
    done = bring(manual)
    assert done.embedded == done.passages > 0
    assert bring(manual).embedded == 0
    found = retrieve("feature1x2 timeout")
    assert found.method == "words and meaning"
    assert inventory.status().collections[0].embedder == f"{name}/{server.url}{path}/mine/{WIDTH}"
    assert {asked["model"] for _, asked, _ in server.asked} == {"mine"}
    assert server.asked[-1][1]["input"] == ["feature1x2 timeout"]
    assert KEY not in repr(found) + repr(done) + repr(settings())


def test_vectors_come_in_the_order_of_the_texts(server: Any, choose: Callable[..., None]) -> None:
    choose(embedder_url=server.url + "/v1", embedder_key=KEY)
    texts = ["one", "two words", "three small words"]
    assert OpenAI().embed_documents(texts) == pytest.approx(np.array([_vector(text) for text in texts]))


@pytest.mark.parametrize("status", [400, 401, 404])
@pytest.mark.parametrize(("make", "path"), [(OpenAI, "/v1"), (Ollama, "")])
def test_a_refusal_is_one_clear_line(
    status: int, make: Callable[[], object], path: str, server: Any, choose: Callable[..., None]
) -> None:
    choose(embedder_url=server.url + path, embedder_key=KEY)
    server.status = status
    with pytest.raises(ServiceError) as caught:
        make()
    assert KEY not in str(caught.value)
    assert server.url in str(caught.value)


def test_a_wrong_key_is_told(server: Any, choose: Callable[..., None]) -> None:
    choose(embedder_url=server.url + "/v1", embedder_key="sk-wrong")
    with pytest.raises(KeyMissingError, match="takes no such key"):
        OpenAI()


def test_a_server_that_asks_to_wait(server: Any, choose: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netguru.rag.embedders.openai_api._TRIES", 0)
    choose(embedder_url=server.url + "/v1", embedder_key=KEY)
    server.status = 429
    with pytest.raises(RateLimitedError):
        OpenAI()


@pytest.mark.parametrize(("make", "path"), [(OpenAI, "/v1"), (Ollama, "")])
def test_no_server(
    make: Callable[[], object], path: str, server: Any, choose: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netguru.rag.embedders.openai_api._TRIES", 0)
    server.server_close()
    choose(embedder_url=server.url + path, embedder_key=KEY)
    with pytest.raises(ServiceDownError):
        make()


def test_a_server_that_goes_away_leaves_the_words(
    server: Any, choose: Callable[..., None], manual: Path, bring: Callable[[Path], Ingested]
) -> None:
    choose(embedder="ollama", embedder_url=server.url)
    bring(manual)
    server.status = 400
    found = retrieve("feature1x2")
    assert found.method == "words"
    assert any("words alone" in note and "the server refused" in note for note in found.notes)


def test_openai_itself_needs_a_key(choose: Callable[..., None]) -> None:
    choose(embedder="openai")
    with pytest.raises(KeyMissingError, match="needs a key"):
        OpenAI()


def test_an_address_of_another_kind(choose: Callable[..., None]) -> None:
    choose(embedder_url="file:///etc")
    with pytest.raises(InputError, match="no address of a server"):
        Ollama()
