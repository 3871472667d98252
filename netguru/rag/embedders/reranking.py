"""Rerankers: what puts the best passages in a new order, having read question and passage together.

A plug-in's entry point in the group `netguru.rerankers` is a module that registers factories here. None comes with
NetGuru: no weights that could travel with it were found.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Protocol, runtime_checkable

from netguru.registry import Registry
from netguru.settings import settings


@runtime_checkable
class Reranker(Protocol):
    """Say how well each passage answers a question."""

    @property
    def id(self) -> str:
        """Name the weights and what is done with them."""

    def scores(self, question: str, passages: list[str]) -> list[float]:
        """Give a score for each passage, the higher the better; scores of one question compare with each other."""


Factory = Callable[[], Reranker]

rerankers: Registry[Factory] = Registry("reranker", group="netguru.rerankers")


@cache
def load(name: str) -> Reranker:
    """Make a reranker, once in a process; raises UnknownNameError and what its factory raises."""
    return rerankers[name]()


def chosen() -> Reranker | None:
    """Give the reranker that the settings name, None when they name none."""
    name = settings().reranker
    return load(name) if name else None
