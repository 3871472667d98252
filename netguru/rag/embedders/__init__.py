"""Embedders: what turns texts into vectors. Any object with LangChain's two methods, a name and a size fits.

A plug-in's entry point in the group `netguru.embedders` is a module that registers factories here; a factory is
called when its embedder is first needed, so that nothing heavy is imported before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Protocol, runtime_checkable

from netguru.registry import Registry
from netguru.settings import settings


@runtime_checkable
class Embedder(Protocol):
    """Turn texts into vectors of unit length, so that their dot product is the cosine."""

    @property
    def id(self) -> str:
        """Name the weights and what is done with them: vectors of one id can be compared with each other."""

    @property
    def dimensions(self) -> int:
        """Give the length of the vectors."""

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages."""

    def embed_query(self, text: str) -> list[float]:
        """Embed a question."""


Factory = Callable[[], Embedder]

embedders: Registry[Factory] = Registry("embedder", group="netguru.embedders")

NONE = "none"
"""The setting that asks for words alone."""

DEFAULT = "minilm"
"""The embedder that comes with NetGuru and serves when the settings name none."""


def chosen_name() -> str:
    """Give the name of the embedder in force; empty when there is none.

    The setting names one; without it ours serves. Raises UnknownNameError.
    """
    stated = settings().embedder
    if stated == NONE:
        return ""
    if stated:
        embedders[stated]  # a wrong name is told here
        return stated
    return DEFAULT if DEFAULT in embedders else ""


@cache
def load(name: str) -> Embedder:
    """Make an embedder, once in a process; raises UnknownNameError and what its factory raises."""
    return embedders[name]()


def chosen() -> tuple[str, Embedder | None]:
    """Give the embedder in force with its name, None when words alone are to be used."""
    name = chosen_name()
    return (name, load(name)) if name else ("", None)
