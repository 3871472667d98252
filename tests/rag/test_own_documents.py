"""A user's own few files: plain questions that one of them answers are answered, others are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from netguru.rag.answer import answer
from netguru.rag.retrieve import retrieve

if TYPE_CHECKING:
    from collections.abc import Callable

    from netguru.model.answer import Answer

CASES = Path(__file__).resolve().parents[1] / "cases" / "rag-own"
SETS = sorted(item for item in CASES.iterdir() if item.is_dir())
# Questions in which hardly a word is that of the documents ("How long are logs kept?", of messages) are refused.
_MISSED = 2


def _asked(folder: Path, bring: Callable[..., Any]) -> list[tuple[dict[str, str], Answer]]:
    bring(folder)
    rows = [json.loads(line) for line in folder.with_suffix(".jsonl").read_text("utf-8").splitlines()]
    return [(row, answer(retrieve(row["q"], 10))) for row in rows]


@pytest.mark.parametrize("folder", SETS, ids=lambda item: item.name)
def test_plain_questions_about_three_files(folder: Path, bring: Callable[..., Any]) -> None:
    asked = _asked(folder, bring)
    answered = [(row, given) for row, given in asked if "file" in row]
    refused = [row["q"] for row, given in answered if given.status == "not_found"]
    wrong = [row["q"] for row, given in asked if "file" not in row and given.status != "not_found"]
    elsewhere = [
        row["q"]
        for row, given in answered
        if given.citations and not any(row["holds"] in item.text for item in given.citations)
    ]

    assert len(refused) <= _MISSED, refused
    assert len(wrong) <= _MISSED, wrong
    assert len(elsewhere) <= 1, elsewhere


def test_a_portuguese_document_is_found_by_its_own_words(bring: Callable[..., Any]) -> None:
    bring(CASES / "isp")
    given = answer(retrieve("O que fazer em um ataque de negação de serviço?", 10))

    assert given.status == "grounded"
    assert "65535:666" in given.citations[0].text
