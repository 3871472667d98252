"""Secrets in a question: commands in the middle of a sentence, and words that are none."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netguru.redact import redact_typed

CASES = Path(__file__).parents[1] / "cases" / "redact" / "planted.txt"
MARKED = re.compile("⟦(.*?)⟧")
ROWS = [row for row in CASES.read_text("utf-8").splitlines() if "⟦" in row]
SECRETS = sorted({secret for row in ROWS for secret in MARKED.findall(row) if len(secret) >= 6})
# Not found: a remark in words, told by where its line begins.
MISSED = {"consolepw"}


@pytest.mark.parametrize(("before", "behind"), [("what is ", ""), ("is ", ", right?"), ("Por que ", "?")])
def test_a_planted_line_inside_of_a_sentence(before, behind):
    left = {
        secret
        for row in ROWS
        for secret in SECRETS
        if secret in redact_typed(before + MARKED.sub(lambda found: found[1], row).strip() + behind)
    }
    assert left <= MISSED


@pytest.mark.parametrize(
    "question",
    [
        "why is the bgp password wrong on leaf1?",
        "how do I set the enable password on Cisco?",
        "does the key chain match between a and b?",
        "must a password be 8 characters long?",
        "is neighbor 10.0.0.1 up?",
        "por que a senha do usuário falha?",
    ],
)
def test_a_question_without_a_secret_stays(question):
    assert redact_typed(question) == question
