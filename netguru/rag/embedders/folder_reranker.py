"""A reranker of one's own: a folder with `model.onnx` and `tokenizer.json`.

A model that gives one number for a pair is a cross-encoder. One that gives a vector for every piece of a text is
asked for question and passage apart, and each piece of the question counts by its nearest of the passage (late
interaction; Khattab and Zaharia 2020, "ColBERT", section 3.3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.rag.embedders.folder import Pieces, files_of, longest, stated
from netguru.rag.embedders.graph import Graph, digest, each
from netguru.rag.embedders.reranking import rerankers
from netguru.settings import settings

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

_VECTORS = 2


class FolderReranker:
    """Rerank with the model of a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or settings().reranker_folder
        model, tokenizer = files_of(folder, "reranker_folder")
        home = folder or model.parent
        prompts = stated(home, "config_sentence_transformers.json").get("prompts") or {}
        self._query = str(prompts.get("query", ""))
        self._passage = str(prompts.get("passage", prompts.get("document", "")))
        self._cut = Pieces(tokenizer, longest(home))
        self._graph = Graph(model)
        self.id = f"folder/{digest(model)[:16]}"
        self.late = self._graph.run(self._cut("a").ids).ndim == _VECTORS

    def scores(self, question: str, passages: list[str]) -> list[float]:
        """Give a score for each passage."""
        if not self.late:
            return [row[0] for row in each(lambda text: [self._pair(question, text)], passages)]
        asked = self._vectors(self._query + question)
        return [row[0] for row in each(lambda text: [self._nearest(asked, text)], passages)]

    def _pair(self, question: str, text: str) -> float:
        cut = self._cut(question, text)
        found = self._graph.run(cut.ids, cut.type_ids).reshape(-1)
        # Of two numbers the second speaks for relevance, as classifiers order them.
        return float(found[-1])

    def _nearest(self, asked: np.ndarray, text: str) -> float:
        return float((asked @ self._vectors(self._passage + text).T).max(axis=1).sum())

    def _vectors(self, text: str) -> np.ndarray:
        from netguru.rag.vectors import unit

        return unit(self._graph.run(self._cut(text).ids))


rerankers.register("folder", FolderReranker)
