"""The few tools that go with a question to a small model: the one that answers is among them, and little is sent."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from servers import Server, Step

from netguru import resources
from netguru.chat.agent_choosing import fitting, small
from netguru.chat.agent_prompt import limits
from netguru.chat.agent_tools import described
from netguru.chat.asking import ask
from netguru.chat.entities import Entities, read_entities
from netguru.chat.inventory import take_stock
from netguru.llm.choosing import choice
from netguru.settings import Secret, settings

CASES = Path(__file__).parents[1] / "cases" / "chat"
QUESTIONS = [
    (row["text"], {"rag.ask": "rag.search"}.get(row["operation"], row["operation"]))
    for file in ("routing.toml", "tools.toml")
    for row in tomllib.loads((CASES / file).read_text())["question"]
]
NAMES = [item.name for item, _ in described()]


@pytest.fixture(autouse=True)
def by_words(monkeypatch):
    monkeypatch.setenv("NETGURU_EMBEDDER", "none")
    settings.cache_clear()


@pytest.fixture(scope="module")
def stock():
    return take_stock([Path(__file__).parents[2] / "data" / "samples" / "lab" / "fabric" / "faulty"])


def test_the_tool_that_answers_is_among_the_few(stock):
    chosen = {text: fitting(text, read_entities(text, stock), NAMES) for text, _ in QUESTIONS}
    missed = [(text, name) for text, name in QUESTIONS if name not in chosen[text]]
    sizes = {item.name: len(json.dumps(schema)) for item, schema in described()}
    told = sum(sum(sizes[name] for name in names) for names in chosen.values()) // len(chosen)
    found = len(QUESTIONS) - len(missed)
    print(f"recall {found} of {len(QUESTIONS)}; tools of a question {told} characters, all {sum(sizes.values())}")  # noqa: T201 - the figure
    assert missed == []
    assert all(len(names) <= limits(few=True)["most"] for names in chosen.values())


def test_every_tool_has_phrases_and_every_phrase_a_tool():
    phrased = {name for table in ("operations.toml", "tools.toml") for name in resources.table("chat", table)}
    assert {*NAMES} <= phrased
    assert {*resources.table("chat", "tools.toml")} <= {*NAMES}


def test_a_question_without_words_has_the_usual_tools():
    assert fitting("?", Entities(), NAMES) == {"diagnosis.run", "rag.search"}


@pytest.mark.parametrize(
    ("setting", "model", "expected"),
    [
        ("", "ollama:any", True),
        ("", "openai:any", False),
        ("few", "openai:any", True),
        ("all", "ollama:any", False),
    ],
)
def test_who_gets_few_tools(setting, model, expected, monkeypatch):
    monkeypatch.setenv("NETGURU_MODEL_TOOLS", setting)
    settings.cache_clear()
    assert small(choice(model, url="http://127.0.0.1:9/v1")) is expected


CONFIG = "hostname leaf2\n!\ninterface Ethernet1\n mtu 1400\n!\nend\n"


def put(server, wire, folder, text, conversation=0):
    options = {"provider": wire, "model": "m", "base_url": server.url, "key": Secret("sk-test")}
    return ask(text, workspace=folder, engine="agent", options=options, conversation=conversation)


def sent(server):
    return [tool.get("function", tool)["name"] for tool in server.requests[0]["tools"]]


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_little_is_sent_and_the_answer_is_verified(wire, tmp_path, monkeypatch):
    (tmp_path / "leaf2.cfg").write_text(CONFIG)
    sizes = {}
    for setting in ("all", "few"):
        monkeypatch.setenv("NETGURU_MODEL_TOOLS", setting)
        settings.cache_clear()
        script = (
            Step(tools=(("config_parse", {"file": "leaf2.cfg"}),)),
            Step(pieces=("The MTU of leaf2 is 1400 [1].",)),
        )
        with Server(wire, script) as server:
            answer = put(server, wire, tmp_path, "which mtu is configured on leaf2?")
        assert (answer.status, answer.text) == ("grounded", "The MTU of leaf2 is 1400 [1].")
        sizes[setting] = len(server.raw[0])
        assert "config_parse" in sent(server)
    print(f"{wire}: first request {sizes['all']} bytes with all tools, {sizes['few']} with few")  # noqa: T201 - the figure
    assert sizes["few"] * 4 < sizes["all"]


def test_a_question_that_goes_on_keeps_the_tools_of_before(tmp_path, monkeypatch):
    (tmp_path / "leaf2.cfg").write_text(CONFIG)
    monkeypatch.setenv("NETGURU_MODEL_TOOLS", "few")
    settings.cache_clear()
    script = (Step(tools=(("config_table", {"folder": ".", "view": "ospf"}),)), Step(pieces=("Done.",)))
    with Server("openai", script) as server:
        first = put(server, "openai", tmp_path, "table of the ospf settings of all devices")
        server.requests.clear()
        put(server, "openai", tmp_path, "and of leaf3?", first.conversation)
    assert "config_table" in sent(server)
