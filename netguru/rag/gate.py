"""Saying "not in the documents": an estimate from what the best passages hold of a question and how near they are.

A long question tells more of its circumstances than any passage repeats, so less of it has to be held; below a number
of things a shorter one is not asked for more. Many passages hold the words of a question by chance, few do not, and in
a few an ordinary word is often missing. Numbers are fitted (logistic regression) on the tuning half of the questions,
asked of collections of all sizes; how near a passage is compares only within one embedder, so that each has its own
row, and one that is not known is judged by words alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from netguru import resources

Status = Literal["grounded", "partial", "not_found"]

_EVEN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """What is known when it is judged: the share of the question's subject that the best passages hold, and more."""

    coverage: float
    concepts: int
    """How many things the question names."""

    passages: int
    """How many were searched."""

    cosine: float | None = None
    embedder: str = ""
    """Whose cosine it is."""


def likely(signals: Signals) -> float:
    """Estimate how likely the documents answer (0 to 1); below one half they are said not to.

    >>> [likely(Signals(coverage=share, concepts=4, passages=50)) > 0.5 for share in (1.0, 0.1)]
    [True, False]
    """
    table = _table()
    row = table.get(signals.embedder.partition("/")[0])
    cosine = signals.cosine
    if row is None or cosine is None:
        row, cosine = table["words"], 0.0
    sum_ = (
        row["bias"]
        + row["coverage"] * signals.coverage
        + row["concepts"] * math.log1p(max(signals.concepts, table["short"]))
        + row["passages"] * math.log(max(signals.passages, 1))
        + row.get("cosine", 0.0) * cosine
    )
    estimate = 1 / (1 + math.exp(-sum_))
    # Passages that hold the whole question are shown, however short it is: a command is two words.
    return max(estimate, _EVEN) if signals.coverage >= table["grounded"] else estimate


def judge(signals: Signals) -> Status:
    """Judge whether the best passages answer all of a question, some of it, or it is not in the documents.

    >>> judge(Signals(coverage=1.0, concepts=4, passages=50)), judge(Signals(coverage=0.0, concepts=4, passages=50))
    ('grounded', 'not_found')
    """
    if likely(signals) < _EVEN:
        return "not_found"
    return "grounded" if signals.coverage >= _table()["grounded"] else "partial"


def _table() -> dict[str, Any]:
    table: dict[str, Any] = resources.table("rag", "retrieval.toml")["gate"]
    return table
