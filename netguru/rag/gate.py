"""Saying "not in the documents": how well the best passages must cover a question."""

from __future__ import annotations

from typing import Literal

from netguru import resources

Status = Literal["grounded", "partial", "not_found"]


def judge(language: str, likely: float, cosine: float | None = None) -> Status:
    """Judge by the share of the question's subject that the best passages hold, and by meaning where it was asked.

    >>> judge("en", 1.0), judge("en", 0.0)
    ('grounded', 'not_found')
    """
    gates = resources.table("rag", "retrieval.toml")["gate"]
    gate = gates.get(language, gates["en"])
    near = cosine is not None and cosine >= gate.get("cosine", 2.0)
    if likely >= gate["grounded"]:
        return "grounded"
    return "partial" if likely >= gate["partial"] or near else "not_found"
