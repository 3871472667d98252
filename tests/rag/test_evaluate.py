"""Evaluation: the measures are those of the literature, and what is right for a question is decided by its sources."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru import rag
from netguru.errors import FileRejectedError, InputError
from netguru.rag import metrics
from netguru.rag.evaluating import holds_all, read_questions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from netguru.rag.results import Ingested

_HITS = st.lists(st.booleans(), max_size=20)


@given(_HITS, st.integers(1, 12))
def test_measures_are_shares(hits: list[bool], count: int) -> None:
    total = sum(hits)
    values = [
        metrics.recall_at(hits, count),
        metrics.reciprocal_rank(hits, count),
        metrics.gain_at(hits, total, count),
        metrics.recall_within(hits, [100] * len(hits), 100 * count),
    ]

    assert all(0.0 <= value <= 1.0 for value in values)
    assert values[0] == values[3]
    if total and all(hits[:total]):
        assert values[2] == pytest.approx(1.0)


def test_gain_counts_what_was_not_found() -> None:
    assert metrics.gain_at([True], 2) == pytest.approx(1 / (1 + 1 / math.log2(3)))


def test_interval_holds_the_mean() -> None:
    values = [0.0, 1.0, 1.0, 0.0, 1.0, 1.0]
    low, high = metrics.interval(values)

    assert low <= metrics.mean(values) <= high
    assert (low, high) == metrics.interval(values)


@pytest.mark.parametrize(
    ("text", "wanted", "held"),
    [
        ("use `mtu-ignore` here", ["mtu-ignore"], True),
        ("**default** is\n 120 s", ["default is 120"], True),
        ("port 1200", ["120"], False),
        ("version 1.120", ["120"], False),
        ("a", [], False),
    ],
)
def test_answer_tokens_are_whole_words(text: str, wanted: list[str], held: bool) -> None:
    assert holds_all(text, wanted) is held


def _set(file: Path, *rows: dict[str, object]) -> Path:
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return file


def test_evaluation_of_a_small_set(manual: Path, tmp_path: Path, bring: Callable[[Path], Ingested]) -> None:
    bring(manual)
    questions = _set(
        tmp_path / "q.jsonl",
        {"id": "1", "lang": "en", "kind": "syntax", "question": "set protocols feature1x2 timeout", "answerable": True,
         "sources": [{"file": "manual1.md", "heading": "Section 2", "line": 27}], "answer_tokens": ["feature1x2"]},
        {"id": "2", "lang": "pt", "kind": "howto", "question": "Como configurar feature0x1?", "answerable": True,
         "sources": [{"file": "manual0.md", "line": 15}], "answer_tokens": ["feature0x1"]},
        {"id": "3", "lang": "en", "kind": "unanswerable", "question": "How do I brew espresso on a Catalyst?",
         "answerable": False, "sources": [], "answer_tokens": []},
        {"id": "4", "lang": "en", "kind": "howto", "question": "What is elsewhere?", "answerable": True,
         "sources": [{"file": "not-indexed.md", "line": 1}], "answer_tokens": ["x"]},
    )  # fmt: skip

    done = rag.evaluate(questions)

    by_name = {group.group: group for group in done.groups}
    assert set(by_name) == {"en", "en syntax", "pt", "pt howto"}
    assert by_name["en syntax"].recall_5.value == 1.0
    assert by_name["pt"].mrr_10.value == 1.0
    assert (done.coverage.total, done.coverage.read) == (4, 3)
    assert (done.refused_unanswerable, done.false_refusals, done.refusal_auc) == (1.0, 0.0, 1.0)
    assert done.citations == done.citations_verified > 0
    assert done.method == "words"
    assert [score.id for score in done.questions] == ["1", "2", "3"]
    shares = [(point.false_refusals, point.refused_unanswerable) for point in done.refusal_curve]
    assert shares == sorted(shares)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line 1: is no question"),
        ("[]", "is no question"),
        ('{"id": "x"}', "has no 'question'"),
        ('{"question": "x", "sources": []}', "names no source"),
        ('{"question": "x", "sources": [{"line": 2}]}', "has no 'file'"),
    ],
)
def test_wrong_questions_are_told_with_their_line(tmp_path: Path, line: str, reason: str) -> None:
    file = tmp_path / "q.jsonl"
    file.write_text(line)

    with pytest.raises(InputError, match=reason):
        read_questions(file)


def test_set_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileRejectedError, match="does not exist"):
        read_questions(tmp_path / "none.jsonl")


def test_evaluation_without_documents_is_refused(tmp_path: Path) -> None:
    questions = _set(tmp_path / "q.jsonl", {"question": "x", "sources": [{"file": "a", "line": 1}]})

    with pytest.raises(InputError, match="nothing is indexed"):
        rag.evaluate(questions)
