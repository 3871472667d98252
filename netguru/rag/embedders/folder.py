"""An embedder of one's own: a folder with `model.onnx` and `tokenizer.json`, as sentence-transformers exports them.

What the folder says of pooling, length and words in front is followed: `1_Pooling/config.json`,
`sentence_bert_config.json`, `config_sentence_transformers.json`.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from netguru.errors import DamagedFileError, InputError, MissingExtraError
from netguru.rag.embedders import embedders
from netguru.rag.embedders.graph import AHEAD, BATCH, Graph, digest, each
from netguru.settings import settings

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from tokenizers import Encoding

_LENGTH = 512
_VECTORS = 2
"""Dimensions of an output that has one vector a piece; one that is pooled has one less."""


class Pieces:
    """The tokenizer of a folder."""

    def __init__(self, file: Path, longest: int) -> None:
        try:
            from tokenizers import Tokenizer
        except ImportError:
            raise MissingExtraError("a model of one's own", "pip install 'netguru[onnx]'") from None
        try:
            self._tokenizer = Tokenizer.from_file(str(file))
        except Exception as error:  # noqa: BLE001 - the library raises plain Exception
            raise DamagedFileError(f"is no tokenizer: {error}", place=str(file)) from None
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(longest)

    def __call__(self, text: str, second: str | None = None) -> Encoding:
        """Cut a text, or a pair of texts, into pieces."""
        return self._tokenizer.encode(text, second)


def files_of(folder: Path | None, setting: str) -> tuple[Path, Path]:
    """Give model and tokenizer of the folder that a setting names; raises InputError."""
    if folder is None:
        raise InputError("no folder is set", hint=f"set NETGURU_{setting.upper()} to a folder with model.onnx")
    found = [next((file for file in (folder / name, folder / "onnx" / name) if file.is_file()), None)
             for name in ("model.onnx", "tokenizer.json")]  # fmt: skip
    model, tokenizer = found
    if model is None or tokenizer is None:
        missing = "model.onnx" if model is None else "tokenizer.json"
        raise InputError(f"holds no {missing}", place=str(folder), hint="export the model to ONNX with its tokenizer")
    return model, tokenizer


def stated(folder: Path, *names: str) -> dict[str, Any]:
    """Read a JSON file of the folder, empty when there is none; raises DamagedFileError."""
    file = folder.joinpath(*names)
    if not file.is_file():
        return {}
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DamagedFileError(f"cannot be read: {error}", place=str(file)) from None
    if not isinstance(found, dict):
        raise DamagedFileError("is no JSON object", place=str(file))
    return found


def longest(folder: Path) -> int:
    """Give how many pieces the model of a folder takes."""
    length = stated(folder, "sentence_bert_config.json").get("max_seq_length", _LENGTH)
    return min(length, _LENGTH) if isinstance(length, int) and length > 1 else _LENGTH


class Folder:
    """Embed with the model of a folder."""

    batch = BATCH
    ahead = AHEAD

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or settings().embedder_folder
        model, tokenizer = files_of(folder, "embedder_folder")
        home = folder or model.parent
        prompts = stated(home, "config_sentence_transformers.json").get("prompts") or {}
        self._query = str(prompts.get("query", ""))
        self._passage = str(prompts.get("passage", prompts.get("document", "")))
        self._first = bool(stated(home, "1_Pooling", "config.json").get("pooling_mode_cls_token", False))
        length = longest(home)
        self._cut = Pieces(tokenizer, length)
        self._graph = Graph(model)
        # Whatever changes a vector is part of the name: other vectors cannot be compared with it.
        parts = (digest(model), digest(tokenizer), self._query, self._passage, self._first, length)
        self.id = f"folder/{hashlib.sha256(repr(parts).encode()).hexdigest()[:16]}"
        self.dimensions = len(self._vector("a"))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed passages."""
        return each(lambda text: self._vector(self._passage + text), texts)

    def embed_query(self, text: str) -> list[float]:
        """Embed a question."""
        return self._vector(self._query + text)

    def _vector(self, text: str) -> list[float]:
        from netguru.rag.vectors import unit

        pooled = self._pooled(self._graph.run(self._cut(text).ids))
        return [float(value) for value in unit(pooled)]

    def _pooled(self, found: np.ndarray) -> np.ndarray:
        if found.ndim < _VECTORS:
            return found
        pooled: np.ndarray = found[0] if self._first else found.mean(axis=0)
        return pooled


embedders.register("folder", Folder)
