"""The embedder that comes with NetGuru: all-MiniLM-L6-v2, offline.

A text's vector is the mean over its pieces, of length one. Weights of 8 bits; `data/models/README.md` tells where they
come from. The model knows English: a question in another language is put into English words by the thesaurus before.
"""

from __future__ import annotations

import gzip
import hashlib
import tomllib
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.errors import DamagedFileError
from netguru.rag.embedders import DEFAULT, embedders
from netguru.rag.embedders.graph import AHEAD, BATCH, Graph, each
from netguru.rag.embedders.wordpiece import WordPiece

if TYPE_CHECKING:
    from pathlib import Path

_MODEL = "minilm-l6-int8"
_HINT = "install it again"


@cache
def manifest() -> dict[str, Any]:
    """Give what is known of the shipped model: its files with their digests, sizes, licence and source."""
    with resources.path("data", "models", "manifest.toml").open("rb") as stream:
        models: dict[str, Any] = tomllib.load(stream)
    found: dict[str, Any] = models[_MODEL]
    return found


def shipped(name: str, folder: Path) -> bytes:
    """Put a thing of the model together from the files it is stored as.

    Raises DamagedFileError when a file is missing, or the whole is not what was shipped.
    """
    stated = manifest()
    try:
        whole = b"".join(_unpacked(folder / part) for part in stated["files"][name])
    except (OSError, EOFError, zlib.error) as error:
        raise DamagedFileError(f"cannot be read: {error}", place=str(folder / name), hint=_HINT) from None
    if hashlib.sha256(whole).hexdigest() != stated["sha256"][name]:
        raise DamagedFileError("is not what came with this version", place=str(folder / name), hint=_HINT)
    return whole


def _unpacked(file: Path) -> bytes:
    content = file.read_bytes()
    return gzip.decompress(content) if file.suffix == ".gz" else content


class MiniLM:
    """Embed with the shipped model."""

    batch = BATCH
    ahead = AHEAD
    languages = ("en",)

    def __init__(self) -> None:
        stated = manifest()
        folder = resources.path("data", "models", _MODEL)
        self.id = f"{_MODEL}/{stated['sha256']['model.onnx'][:12]}"
        self.dimensions = int(stated["dimensions"])
        self._cut = WordPiece.read(shipped("vocab.txt", folder), int(stated["pieces"]))
        self._graph = Graph(folder / "model.onnx", shipped("model.onnx", folder))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages."""
        return each(self.embed_query, texts)

    def embed_query(self, text: str) -> list[float]:
        """Embed a question; questions and passages are treated alike."""
        return [float(value) for value in self._graph.run(self._cut(text))]


embedders.register(DEFAULT, MiniLM)
