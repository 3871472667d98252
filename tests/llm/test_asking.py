"""Models asked over HTTP through the real clients: streams, failures, limits, fall-backs, budget, cancel, keys."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from servers import Server, Step

from netguru import llm
from netguru.errors import (
    InputError,
    KeyMissingError,
    OperationCancelled,
    RateLimitedError,
    ServiceDownError,
    ServiceError,
    UnknownNameError,
)
from netguru.llm.choosing import Choice, choice, choices
from netguru.operations.context import CancelToken, use
from netguru.settings import Secret, settings

if TYPE_CHECKING:
    from netguru.llm.asking import Completion

KEY = "sk-planted-0123456789abcdef"
WIRES = pytest.mark.parametrize("wire", ["openai", "anthropic"])
ASKED = (llm.Message(role="system", text="Be short."), llm.Message(role="user", text="MTU?"))


def at(server: Server, wire: str, model: str = "m") -> Choice:
    return choice(f"{wire}:{model}", url=server.url, key=Secret(KEY))


async def _pieces(*chosen: Choice) -> list[str | Completion]:
    return [piece async for piece in llm.astream(ASKED, chosen=chosen)]


@WIRES
def test_a_stream_gives_pieces_then_usage(wire: str) -> None:
    with Server(wire, [Step(pieces=("The ", "MTU ", "differs."))]) as server:
        *pieces, end = asyncio.run(_pieces(at(server, wire)))
    assert pieces == ["The ", "MTU ", "differs."]
    assert (end.text, end.model, end.fallback) == ("The MTU differs.", f"{wire}:m", "")
    assert (end.usage["input_tokens"], end.usage["output_tokens"], end.usage["total_tokens"]) == (11, 7, 18)


@WIRES
def test_one_process_asks_in_several_loops(wire: str) -> None:
    with Server(wire, [Step(pieces=("ok",))]) as server:
        assert [llm.complete(ASKED, chosen=[at(server, wire)]).text for _ in range(3)] == ["ok"] * 3


@WIRES
@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_passes_is_tried_again(wire: str, status: int) -> None:
    with Server(wire, [Step(status=status), Step(pieces=("ok",))]) as server:
        assert llm.complete(ASKED, chosen=[at(server, wire)]).text == "ok"
        assert len(server.requests) == 2


@WIRES
@pytest.mark.parametrize(
    ("step", "error", "requests"),
    [
        (Step(status=401, body=json.dumps({"error": {"message": f"no key {KEY}"}})), KeyMissingError, 1),
        (Step(status=400), ServiceError, 1),
        (Step(status=429), RateLimitedError, 3),
        (Step(status=500), ServiceDownError, 3),
        (Step(pieces=("a", "b"), malformed=True), ServiceError, 1),
        (Step(pieces=("a", "b", "c"), drop=1), ServiceDownError, 1),
    ],
    ids=["401", "400", "429", "500", "malformed", "drop"],
)
def test_a_failure_is_one_line_without_the_key(wire: str, step: Step, error: type[Exception], requests: int) -> None:
    with Server(wire, [step]) as server, pytest.raises(error) as raised:
        llm.complete(ASKED, chosen=[at(server, wire)])
    assert KEY not in str(raised.value)
    assert "\n" not in str(raised.value)
    assert len(server.requests) == requests


@WIRES
def test_the_next_model_answers_and_says_so(wire: str) -> None:
    other = {"openai": "anthropic", "anthropic": "openai"}[wire]
    with Server(wire, [Step(pieces=("lost", "x"), drop=1)]) as first, Server(other, [Step(pieces=("ok",))]) as second:
        answer = llm.complete(ASKED, chosen=[at(first, wire), at(second, other)])
    assert (answer.text, answer.model) == ("ok", f"{other}:m")
    assert f"{wire}:m" in answer.fallback


@WIRES
def test_a_stream_that_began_is_not_begun_again(wire: str) -> None:
    with Server(wire, [Step(pieces=("half", "x"), drop=1)]) as first, Server(wire, [Step(pieces=("ok",))]) as second:
        with pytest.raises(ServiceDownError):
            asyncio.run(_pieces(at(first, wire), at(second, wire)))
        assert not second.requests


@WIRES
def test_a_cancel_closes_the_connection(wire: str) -> None:
    token = CancelToken()
    with Server(wire, [Step(pieces=("a", "b"), stall=1)]) as server:
        threading.Thread(target=lambda: (server.stalled.wait(20), token.cancel()), daemon=True).start()
        with use(cancel=token), pytest.raises(OperationCancelled):
            llm.complete(ASKED, chosen=[at(server, wire)])
        assert server.left.wait(5)


@WIRES
def test_a_model_that_stalls_is_left(wire: str, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = {"connect": 1, "first_token": 0.3, "total": 0.3, "retries": 0, "cancel": 0.02, "characters": 3}
    monkeypatch.setattr("netguru.resources.table", _with_limits(limits))
    with Server(wire, [Step(pieces=("a", "b"), stall=0)]) as server, pytest.raises(ServiceDownError):
        llm.complete(ASKED, chosen=[at(server, wire)])


def _with_limits(limits: dict[str, float]):
    from netguru import resources

    table = resources.table
    return lambda *parts: limits if parts == ("llm", "limits.toml") else table(*parts)


def test_budgets_refuse_before_anything_is_sent() -> None:
    with Server("openai", [Step(pieces=("ok",))]) as server:
        budget = llm.Budget(call=100, session=150)
        with pytest.raises(RateLimitedError):
            llm.complete(ASKED, chosen=[at(server, "openai")], answer_tokens=100, budget=budget)
        assert not server.requests
        for _ in range(6):
            llm.complete(ASKED, chosen=[at(server, "openai")], answer_tokens=50, budget=budget)
        assert budget.used == 6 * 18
        with pytest.raises(RateLimitedError):
            llm.complete(ASKED, chosen=[at(server, "openai")], answer_tokens=50, budget=budget)


@dataclass
class Claim:
    text: str
    number: int


@WIRES
def test_a_schema_gives_a_value_or_an_error(wire: str) -> None:
    script = [Step(pieces=('```json\n{"text": "a",', ' "number": 3}\n```')), Step(pieces=("no JSON",))]
    with Server(wire, script) as server:
        assert llm.complete(ASKED, chosen=[at(server, wire)], schema=Claim).data == Claim("a", 3)
        with pytest.raises(ServiceError):
            llm.complete(ASKED, chosen=[at(server, wire)], schema=Claim)


def look(where: str) -> str:
    """Look at a device."""
    return where


@WIRES
def test_the_agents_model_calls_tools_and_sends_no_secret(wire: str) -> None:
    planted = "pa55w0rdOfTheDatabase"
    url = f"postgresql://user:{planted}@db/x"
    call = {"name": "look", "args": {"where": url}, "id": "call_0", "type": "tool_call"}
    history = [HumanMessage(url), AIMessage(content="", tool_calls=[call]), ToolMessage(url, tool_call_id="call_0")]
    with Server(wire, [Step(tools=(("look", {"where": "leaf1"}),))]) as server:
        model = llm.chat_model(f"{wire}:m", url=server.url, key=Secret(KEY))
        chunks = list(model.bind_tools([look]).stream(history))
        assert KEY not in repr(model)
    whole = chunks[0]
    for chunk in chunks[1:]:
        whole = whole + chunk
    assert [(item["name"], item["args"]) for item in whole.tool_calls] == [("look", {"where": "leaf1"})]
    assert planted.encode() not in b"".join(server.raw)
    assert KEY.encode() not in b"".join(server.raw)
    assert history[1].tool_calls[0]["args"]["where"] == url


def test_keys_are_found_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KeyMissingError, match="OPENAI_API_KEY"):
        choice("openai:m")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert choice("openai:m").key.get_secret_value() == KEY
    assert KEY not in repr(choice("openai:m"))
    # A key is for the server that it was made for.
    assert choice("openai:m", url="http://elsewhere/v1").key.get_secret_value() == ""
    assert choice("ollama:m").url == "http://localhost:11434/v1"


def test_settings_name_models_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    assert choices() == ()
    monkeypatch.setenv("NETGURU_MODEL", "openai:big")
    monkeypatch.setenv("NETGURU_MODEL_URL", "http://host/v1/")
    monkeypatch.setenv("NETGURU_MODEL_KEY", KEY)
    monkeypatch.setenv("NETGURU_MODEL_FALLBACKS", "anthropic:none, ollama:small@http://other:1/v1")
    settings.cache_clear()
    found = choices()
    assert [(item.name, item.url, item.key.get_secret_value()) for item in found] == [
        ("openai:big", "http://host/v1", KEY),
        ("ollama:small", "http://other:1/v1", ""),
    ]
    # The settings' key does not go to another server.
    assert choices("openai:big", url="http://third/v1")[0].key.get_secret_value() == ""


@pytest.mark.parametrize(
    ("stated", "url", "error"),
    [("gpt", "", InputError), ("nobody:m", "", UnknownNameError), ("ollama:m", "ftp://x", InputError)],
)
def test_a_wrong_name_says_what_is_right(stated: str, url: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        choice(stated, url=url)


def test_a_password_in_an_address_is_not_shown() -> None:
    with pytest.raises(InputError) as raised:
        choice("ollama:m", url="http://user:hunter22@host/v1")
    assert "hunter22" not in str(raised.value)
