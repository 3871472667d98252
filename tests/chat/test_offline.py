"""The offline router: questions in two languages reach the right operations, and what they say is cited."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from netguru import resources
from netguru.chat.arguments import NothingToLookAtError, calls
from netguru.chat.asking import Watcher, ask
from netguru.chat.entities import read_entities
from netguru.chat.inventory import take_stock
from netguru.chat.routing import routes
from netguru.chat.scope import Scope, networks
from netguru.checks.reread import verify
from netguru.errors import FileRejectedError, InputError
from netguru.operations.operation import find
from netguru.settings import settings
from netguru.store import conversations
from netguru.store.conversation_owner import default_owner

QUESTIONS = tomllib.loads((Path(__file__).parents[1] / "cases" / "chat" / "routing.toml").read_text())["question"]


@pytest.fixture(autouse=True)
def by_words(monkeypatch):
    monkeypatch.setenv("NETGURU_EMBEDDER", "none")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture(scope="module")
def stock():
    return take_stock([Path(__file__).parents[2] / "data" / "samples" / "lab" / "fabric" / "faulty"])


@pytest.mark.parametrize("row", QUESTIONS, ids=lambda row: row["text"])
def test_a_question_reaches_its_operation(row, stock):
    named = read_entities(row["text"], stock)
    assert routes(row["text"], named)[0].operation == row["operation"]
    for kind in ("devices", "addresses", "interfaces", "vlans", "unknown"):
        assert [*getattr(named, kind)] == row.get(kind, [])
    assert [path.name for path in named.files] == row.get("files", [])


@pytest.mark.parametrize(
    ("question", "label"),
    [
        ("why is leaf2 not adjacent to spine1?", "no language model wrote this"),
        ("Por que leaf2 não é adjacente a spine1?", "nenhum modelo de linguagem escreveu isto"),
    ],
)
def test_why_an_adjacency_is_down(question, label, lab, tmp_path):
    folder = lab / "fabric" / "faulty"
    told = []
    answer = ask(question, workspace=tmp_path, about=[folder], watcher=Watcher(told=told.append))
    assert (answer.status, answer.state, answer.model) == ("grounded", "complete", "")
    assert label in answer.text
    assert answer.fallback
    assert next(run.name for run in answer.tools) == "diagnosis.why"
    lines = [item for item in answer.citations if item.kind == "line"]
    packets = [item for item in answer.citations if item.kind == "packet"]
    assert {"1400", "1500"} <= {word for item in lines for word in item.text.split()}
    assert any("mtu 1400" in item.text for item in packets)
    assert any("mtu 1500" in item.text for item in packets)
    # The citations are those of the folder, by their full names: it lies outside of the workspace.
    assert [item for item in answer.citations if not verify(item, Path("/"))] == []
    assert answer.text.count("**error") == 1
    assert next(event.kind for event in told) == "started"
    assert [event.kind for event in told][-1] == "finished"


def test_an_answer_is_kept_and_the_conversation_goes_on(tmp_path):
    first = ask("Which samples are there?", workspace=tmp_path)
    second = ask("Which runs are kept?", workspace=tmp_path, conversation=first.conversation)
    kept = conversations.messages(first.conversation, owner=default_owner(), workspace=tmp_path)
    assert second.conversation == first.conversation
    assert [item.text for item in kept] == [first.question, first.text, second.question, second.text]


def test_what_is_asked_about_one_device_is_told_of_it_alone(lab, tmp_path):
    answer = ask("which interfaces does bdr1 have?", workspace=tmp_path, about=[lab / "fabric" / "faulty"])
    assert next(run.name for run in answer.tools) == "config.parse"
    assert answer.tools[0].arguments["file"].endswith("configs/bdr1.conf")


def test_nothing_to_look_at_is_said(tmp_path):
    answer = ask("why is leaf2 not adjacent to spine1?", workspace=tmp_path)
    assert (answer.status, answer.citations) == ("not_found", ())
    assert "holds no files" in answer.text
    assert "`leaf2`" in answer.text


def test_a_name_that_is_not_known_is_said(lab, tmp_path):
    answer = ask("why is leaf9 down?", workspace=tmp_path, about=[lab / "campus" / "faulty" / "configs"])
    assert "Not known here: `leaf9`" in answer.text
    assert answer.status != "grounded"


def test_of_two_states_of_a_network_each_is_looked_at_by_itself(lab):
    stock = take_stock([lab / "fabric"])
    named = read_entities("why is leaf2 not adjacent to spine1?", stock)
    found = networks(Scope(paths=(lab / "fabric",), stock=stock, attached=False), named)
    assert {path.name for path in found} == {"healthy", "faulty"}
    one = lab / "fabric" / "faulty"
    stock = take_stock([one])
    assert networks(Scope(paths=(one,), stock=stock, attached=False), named) == (one,)


def test_bad_questions_are_refused(tmp_path):
    with pytest.raises(InputError):
        ask("  ", workspace=tmp_path)
    with pytest.raises(InputError, match="does not exist"):
        ask("x", workspace=tmp_path, about=[tmp_path / "nowhere"])


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    from netguru.chat.scope import inside

    (tmp_path / "link").symlink_to("/etc")
    with pytest.raises(FileRejectedError):
        inside(tmp_path / "link" / "passwd", [tmp_path])


def test_the_words_of_a_hostile_file_do_nothing(tmp_path):
    (tmp_path / "r1.cfg").write_text(
        "hostname r1\n!\ninterface Gi0/1\n description <img src=x onerror=alert(1)> [a](http://x.example)\n"
    )
    answer = ask("which interfaces does r1 have?", workspace=tmp_path)
    assert "<img" not in answer.text
    assert "](http://x.example)" not in answer.text.replace("\\", "\\\\")


@pytest.mark.parametrize(
    ("question", "operation", "arguments"),
    [
        ("plot the rtt of lossy-cable.pcap", "pcap.picture", {"file": "lossy-cable.pcap", "kind": "rtt"}),
        ("plot the throughput of lossy-cable.pcap", "pcap.picture", {"file": "lossy-cable.pcap", "kind": "throughput"}),
        (
            "compare lossy-cable.pcap with boot-spine1-fabric.pcapng",
            "pcap.compare",
            {"a": "lossy-cable.pcap", "b": "boot-spine1-fabric.pcapng"},
        ),
        (
            "quais linhas das ACLs são inalcançáveis?",
            "config.query",
            {"folder": "faulty", "name": "filterLineReachability"},
        ),
        ("tabela das rotas estáticas", "config.table", {"folder": "faulty", "view": "static_routes"}),
        ("table of all interfaces", "config.table", {"folder": "faulty", "view": "interfaces"}),
        ("how much of the configuration is understood?", "config.coverage", {"path": "faulty"}),
        ("config diff of leaf2 and leaf1", "config.diff", {"before": "leaf2.conf", "after": "leaf1.conf"}),
        (
            "which commands bring leaf1 to the configuration of leaf2?",
            "config.remediation",
            {"before": "leaf1.conf", "after": "leaf2.conf"},
        ),
        ("quais falhas OSPF podem ser simuladas?", "lab.list", {"family": "ospf"}),
        ("make a test capture of a known fault", "lab.fault", {}),
    ],
)
def test_what_the_question_says_becomes_arguments(question, operation, arguments, stock, lab):
    root = lab / "fabric" / "faulty"
    named = read_entities(question, stock)
    best = routes(question, named)[0]
    assert best.operation == operation
    (made,) = calls(best, question, named, Scope(paths=(root,), stock=stock, attached=True))
    assert {name: getattr(value, "name", value) for name, value in made.items()} == arguments


def test_two_of_many_captures_are_not_guessed(stock, lab):
    question = "compare the two captures"
    named = read_entities(question, stock)
    scope = Scope(paths=(lab / "fabric" / "faulty",), stock=stock, attached=True)
    with pytest.raises(NothingToLookAtError, match="need_captures"):
        calls(routes(question, named)[0], question, named, scope)


def test_without_a_model_nothing_is_written(tmp_path):
    answer = ask("create a test capture of a known DNS fault", workspace=tmp_path)
    assert [run.name for run in answer.tools] == ["lab.list"]
    assert "%netguru lab.fault" in answer.text
    assert list(tmp_path.rglob("*.pcap*")) == []


@pytest.mark.parametrize("name", resources.table("chat", "operations.toml"))
def test_the_table_speaks_of_what_there_is(name):
    row = resources.table("chat", "operations.toml")[name]
    item = find(row.get("runs", name))
    assert item.effect_of({}) == "read"
    stated = [*row.get("parameter", "").split(), *row.get("by", {}).values(), *row.get("choose", {})]
    assert {*stated} <= {parameter.name for parameter in item.parameters}
    for parameter, values in row.get("choose", {}).items():
        for value in values:
            item.parameter(parameter).coerce(value)
    assert {*row.get("usual", {})} <= {*row.get("choose", {})}
