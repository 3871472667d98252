"""The embedder that comes with NetGuru: all-MiniLM-L6-v2, offline.

A text's vector is the mean over its pieces, of length one. Weights of 8 bits; `data/models/README.md` tells where they
come from. The model knows English: a question in another language is put into English words by the thesaurus before.
"""

from __future__ import annotations

import tomllib
from functools import cache
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.errors import DamagedFileError
from netguru.rag.embedders import DEFAULT, embedders
from netguru.rag.embedders.graph import BATCH, Graph, digest, each
from netguru.rag.embedders.wordpiece import WordPiece

if TYPE_CHECKING:
    from pathlib import Path

_MODEL = "minilm-l6-int8"


@cache
def manifest() -> dict[str, Any]:
    """Give what is known of the shipped model: its files with their digests, sizes, licence and source."""
    with resources.path("data", "models", "manifest.toml").open("rb") as stream:
        models: dict[str, Any] = tomllib.load(stream)
    found: dict[str, Any] = models[_MODEL]
    return found


def verified(file: Path) -> Path:
    """Give a file of the model back; raises DamagedFileError when it is not the one that was shipped."""
    if digest(file) != manifest()["sha256"][file.name]:
        raise DamagedFileError("is not the file that came with this version", place=str(file), hint="install it again")
    return file


class MiniLM:
    """Embed with the shipped model."""

    batch = BATCH
    languages = ("en",)

    def __init__(self) -> None:
        stated = manifest()
        folder = resources.path("data", "models", _MODEL)
        self.id = f"{_MODEL}/{stated['sha256']['model.onnx'][:12]}"
        self.dimensions = int(stated["dimensions"])
        self._cut = WordPiece.read(verified(folder / "vocab.txt"), int(stated["pieces"]))
        self._graph = Graph(verified(folder / "model.onnx"))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages."""
        return each(self.embed_query, texts)

    def embed_query(self, text: str) -> list[float]:
        """Embed a question; questions and passages are treated alike."""
        return [float(value) for value in self._graph.run(self._cut(text))]


embedders.register(DEFAULT, MiniLM)
