"""Putting the best passages in a new order, where the settings name a reranker."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.errors import NetGuruError
from netguru.rag.embedders import reranking

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netguru.rag.index import Stored


def order(question: str, passages: Sequence[Stored], notes: list[str]) -> list[int]:
    """Give the places of passages in their new order; in the old one when there is no reranker or it fails."""
    old = list(range(len(passages)))
    try:
        reranker = reranking.chosen()
        if reranker is None or not passages:
            return old
        scores = reranker.scores(question, [f"{item.heading}\n{item.text}" for item in passages])
    except NetGuruError as error:
        notes.append(f"passages are in their first order: {error}")
        return old
    return sorted(old, key=lambda place: (-scores[place], place))
