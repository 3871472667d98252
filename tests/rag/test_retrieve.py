"""Finding passages: exact commands first, fused rankings, sections joined, the gate that refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru.rag.gate import Signals, judge, likely
from netguru.rag.index import Index
from netguru.rag.query import parse, reads_as_command
from netguru.rag.retrieve import Found, Options, reciprocal, retrieve, with_section

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from toy import Toy

    from netguru.rag.results import Ingested

GUIDE = """# Routing guide

## Neighbour limits

Use the limit when a peer sends the full table by mistake.

```
neighbor PEER maximum-prefix NUMBER
```

The session goes down when the number is passed.

## Timers

The hello interval of OSPF is 10 seconds on broadcast networks.

```
ip ospf hello-interval (1-65535)
```

## Translation

Hosts with private addresses reach the Internet by masquerade.

```
set nat source rule 100 translation address masquerade
```
"""


@pytest.fixture
def guide(tmp_path: Path, bring: Callable[[Path], Ingested]) -> Path:
    folder = tmp_path / "guide"
    folder.mkdir()
    (folder / "guide.md").write_text(GUIDE)
    for number in range(12):
        (folder / f"other{number}.md").write_text(
            f"# Other {number}\n\nThis text {number} is about printers and paper.\n"
        )
    bring(folder)
    return folder


@pytest.mark.parametrize(
    ("question", "held"),
    [
        ("maximum-prefix", "maximum-prefix"),
        ("neighbor maximum-prefix", "maximum-prefix"),
        ("ip ospf hello-interval", "hello-interval"),
        ("How often are OSPF hellos sent?", "hello-interval"),
        ("Como limitar os prefixos de um vizinho?", "maximum-prefix"),
        ("Qual é o intervalo de hello do OSPF?", "hello-interval"),
    ],
)
def test_first_passage_holds_what_was_asked(guide: Path, question: str, held: str) -> None:
    del guide

    assert held in retrieve(question, 3).found[0].passage.text


def test_question_that_no_document_answers_is_refused(guide: Path) -> None:
    del guide

    assert retrieve("How do I create a GlobalProtect portal on a Palo Alto firewall?").status == "not_found"
    assert retrieve("ip ospf hello-interval").status == "grounded"


def test_nothing_indexed_is_not_found() -> None:
    found = retrieve("anything at all")

    assert (found.status, found.found, found.searched) == ("not_found", (), 0)


@pytest.mark.parametrize(
    "question", ["", "   ", "???", "the of and", "\0", "\"'`*()", "a OR b AND NEAR(", "ação " * 400]
)
def test_odd_questions_are_no_error(guide: Path, question: str) -> None:
    del guide

    retrieve(question)


@given(st.text(max_size=80))
def test_commands_are_told_from_sentences(text: str) -> None:
    assert reads_as_command(text) in (True, False)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("show ip route", True),
        ("set protocols bgp 65000", True),
        ("show me the routes please?", False),
        ("Why does the session flap", False),
    ],
)
def test_command_line(text: str, command: bool) -> None:
    assert reads_as_command(text) is command


def test_thesaurus_translates_and_can_be_left_out() -> None:
    with_it = parse("Como vejo os vizinhos?", "pt")
    without = parse("Como vejo os vizinhos?", "pt", factor=0.0)

    assert "neighbor" in with_it.words()
    assert "neighbor" not in without.words()


@given(st.lists(st.lists(st.integers(0, 9), unique=True, max_size=8), min_size=1, max_size=3))
def test_fusion_prefers_what_all_rankings_put_first(rankings: list[list[int]]) -> None:
    fused = reciprocal([([("a", number) for number in ranking], 1.0) for ranking in rankings], 60)

    assert set(fused) == {("a", number) for ranking in rankings for number in ranking}
    for one in fused:
        for other in fused:
            places = [
                (ranking.index(one[1]), ranking.index(other[1]))
                for ranking in rankings
                if one[1] in ranking and other[1] in ranking
            ]
            if len(places) == len(rankings) and all(a < b for a, b in places):
                assert fused[one] > fused[other]


def test_meaning_joins_the_ranking(
    guide: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy]
) -> None:
    embedder("toy")
    bring(guide)

    both = retrieve("ip ospf hello-interval", 5)
    alone = retrieve("ip ospf hello-interval", 5, Options(words=False))

    assert both.method == "words and meaning"
    assert alone.method == "meaning"
    assert "hello-interval" in both.found[0].passage.text


def test_missing_embedder_is_told_and_words_serve(
    guide: Path, bring: Callable[[Path], Ingested], embedder: Callable[[str], Toy], monkeypatch: pytest.MonkeyPatch
) -> None:
    from netguru.rag import embedders

    embedder("toy")
    bring(guide)
    monkeypatch.delitem(embedders.embedders._items, "toy")
    embedders.load.cache_clear()

    found = retrieve("ip ospf hello-interval", 5)

    assert found.method == "words"
    assert "unknown embedder 'toy'" in " ".join(found.notes)
    assert "hello-interval" in found.found[0].passage.text


def test_neighbours_of_one_section_are_joined(tmp_path: Path, bring: Callable[[Path], Ingested]) -> None:
    folder = tmp_path / "long"
    folder.mkdir()
    text = "# Long\n\n## Multicast\n\n" + "\n\n".join(
        f"Multicast paragraph {n}. " + "More words follow here. " * 30 for n in range(8)
    )
    (folder / "long.md").write_text(text)
    bring(folder)
    index = Index.open("local")
    assert index is not None
    found = [Found(passage=item, score=1.0, coverage=0.5) for item in reversed(index.passages_of("long.md"))]
    assert len(found) > 2

    whole = with_section(found, 100_000)
    bounded = with_section(found, 1)

    stored = index.text_of(found[0].passage.sha256)
    assert stored is not None
    assert len(whole) < len(found) == len(bounded)
    for item in whole:
        assert stored[item.passage.start : item.passage.end] == item.passage.text
    assert {item.passage.source for item in retrieve("multicast paragraph", 10).found} == {"long.md"}


@pytest.mark.parametrize("passages", [1, 200, 100_000])
@pytest.mark.parametrize("concepts", [1, 4, 30])
@pytest.mark.parametrize(
    ("embedder", "cosine"), [("", None), ("minilm-l6-int8/1", 0.2), ("minilm-l6-int8/1", 0.9), ("x", 0.9)]
)
def test_gate_is_monotone(passages: int, concepts: int, embedder: str, cosine: float | None) -> None:
    order = ["not_found", "partial", "grounded"]
    signals = [
        Signals(coverage=share / 20, concepts=concepts, passages=passages, cosine=cosine, embedder=embedder)
        for share in range(21)
    ]
    judged = [order.index(judge(item)) for item in signals]
    estimates = [likely(item) for item in signals]

    assert judged == sorted(judged)
    assert estimates == sorted(estimates)
    assert judged[-1] == 2


@given(st.floats(0, 1), st.floats(-1, 1), st.floats(-1, 1))
def test_gate_trusts_nearer_passages_more(coverage: float, one: float, other: float) -> None:
    far, near = (
        likely(Signals(coverage=coverage, concepts=6, passages=500, cosine=cosine, embedder="minilm-l6-int8/1"))
        for cosine in sorted((one, other))
    )
    assert far <= near


def test_gate_leaves_the_cosine_of_an_unknown_embedder_aside() -> None:
    alone = Signals(coverage=0.4, concepts=6, passages=500)
    assert likely(alone) == likely(Signals(coverage=0.4, concepts=6, passages=500, cosine=0.99, embedder="openai/x"))
