"""Vectors on a Qdrant server: dense and sparse side by side, fused there by reciprocal rank.

The client's in-process mode has the same interface and serves the tests; it is slow for sparse search and locks its
folder for one process, so it is no back end of its own (docs/rag.md has the measurements).
"""

from __future__ import annotations

import hashlib
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any

from netguru.errors import ServiceDownError
from netguru.rag import tokens
from netguru.rag.vectors import unit
from netguru.settings import settings

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    from qdrant_client import QdrantClient
    from qdrant_client.models import SparseVector

    from netguru.rag.index import Filters, Index

_DENSE = "dense"
_SPARSE = "words"
_TIMEOUT_S = 20
_LOOK = 4
# BM25's saturation of a word's count, without the length: the server adds the rarity (its IDF modifier).
_K1 = 1.2


@cache
def client() -> QdrantClient:
    """Connect to the server of the settings."""
    from qdrant_client import QdrantClient

    key = settings().qdrant_key.get_secret_value()
    return QdrantClient(url=settings().qdrant_url, api_key=key or None, timeout=_TIMEOUT_S, check_compatibility=False)


class QdrantVectors:
    """Write and search the vectors of one collection and embedder; rows of the index are the points' numbers."""

    def __init__(
        self,
        client: QdrantClient,
        folder: Path,
        embedder: str,
        dimensions: int,
        base: sqlite3.Connection | None = None,
    ) -> None:
        digest = hashlib.sha256(f"{folder.resolve()}\0{embedder}".encode("utf-8", "surrogateescape")).hexdigest()
        self.name = f"netguru-{folder.name}-{digest[:16]}"
        self._client = client
        self._embedder = embedder
        self._dimensions = dimensions
        self._base = base

    def write(self, keys: Sequence[str], texts: Sequence[str], vectors: Sequence[Sequence[float]]) -> None:
        """Write one batch; raises ServiceDownError."""
        from qdrant_client import models

        from netguru.rag.database import transaction

        assert self._base is not None  # noqa: S101 - a writer is made with the index
        sql = "SELECT coalesce(max(row) + 1, 0) FROM vectors WHERE embedder = ?"
        first = self._base.execute(sql, (self._embedder,)).fetchone()[0]
        points = [
            models.PointStruct(
                id=first + position,
                vector={_DENSE: vector.tolist(), _SPARSE: sparse(text)},
                payload={"key": key},
            )
            for position, (key, text, vector) in enumerate(zip(keys, texts, unit(vectors), strict=True))
        ]
        self._ask(self._make)
        self._ask(self._client.upsert, self.name, points=points, wait=True)
        with transaction(self._base):
            rows = [(self._embedder, key, first + position) for position, key in enumerate(keys)]
            self._base.executemany("INSERT INTO vectors VALUES (?, ?, ?)", rows)

    def _make(self) -> None:
        from qdrant_client import models

        if not self._client.collection_exists(self.name):
            self._client.create_collection(
                self.name,
                vectors_config={
                    _DENSE: models.VectorParams(size=self._dimensions, distance=models.Distance.COSINE, on_disk=True)
                },
                sparse_vectors_config={_SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
            )

    def drop(self) -> None:
        """Remove all vectors of this embedder."""
        assert self._base is not None  # noqa: S101 - a writer is made with the index
        self._base.execute("DELETE FROM vectors WHERE embedder = ?", (self._embedder,))
        self._ask(self._client.delete_collection, self.name)

    def search(self, index: Index, vector: Sequence[float], limit: int, filters: Filters) -> list[tuple[int, float]]:
        """Give passages with their cosine, nearest first; raises ServiceDownError."""
        found = self._ask(
            self._client.query_points,
            self.name,
            query=unit([vector])[0].tolist(),
            using=_DENSE,
            limit=limit * _LOOK,
            with_payload=False,
        )
        return self._passages(index, found, limit, filters)

    def fused(
        self, index: Index, vector: Sequence[float], question: str, limit: int, filters: Filters, k: int
    ) -> list[tuple[int, float]]:
        """Give passages by dense and sparse vectors, fused by the server with the stated k."""
        from qdrant_client import models

        found = self._ask(
            self._client.query_points,
            self.name,
            prefetch=[
                models.Prefetch(query=unit([vector])[0].tolist(), using=_DENSE, limit=limit),
                models.Prefetch(query=sparse(question, counted=False), using=_SPARSE, limit=limit),
            ],
            query=models.RrfQuery(rrf=models.Rrf(k=k)),
            limit=limit * _LOOK,
            with_payload=False,
        )
        return self._passages(index, found, limit, filters)

    def _passages(self, index: Index, found: Any, limit: int, filters: Filters) -> list[tuple[int, float]]:
        scores = {int(point.id): float(point.score) for point in found.points}
        passages = [(chunk, scores[row]) for row, chunk in index.chunks_at(self._embedder, list(scores), filters)]
        return sorted(passages, key=lambda item: (-item[1], item[0]))[:limit]

    def _ask(self, call: Any, *arguments: Any, **stated: Any) -> Any:
        from qdrant_client.http.exceptions import ApiException

        try:
            return call(*arguments, **stated)
        except (ApiException, OSError) as error:
            reason = str(error).strip().splitlines()
            raise ServiceDownError(
                f"the Qdrant server failed: {reason[0] if reason else type(error).__name__}",
                place=settings().qdrant_url,
                hint="unset NETGURU_QDRANT_URL to keep vectors beside the index",
            ) from None


def sparse(text: str, *, counted: bool = True) -> SparseVector:
    """Make the sparse vector of a text: one dimension a word, weighed by how often it stands there."""
    from qdrant_client import models

    counts: dict[int, float] = {}
    for word in tokens.words(text):
        number = zlib.crc32(word.encode()) & 0x7FFFFFFF
        counts[number] = counts.get(number, 0.0) + 1.0
    weighed = {number: count * (_K1 + 1) / (count + _K1) if counted else 1.0 for number, count in counts.items()}
    return models.SparseVector(indices=list(weighed), values=list(weighed.values()))
