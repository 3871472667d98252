"""A copy of the vectors on a Qdrant server: dense and sparse side by side, fused there by reciprocal rank.

The client's in-process mode has the same interface and serves the tests; it is slow for sparse search and locks its
folder for one process, so it is no back end of its own (docs/rag.md has the measurements).
"""

from __future__ import annotations

import hashlib
import zlib
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

from netguru.errors import InputError, ServiceDownError
from netguru.logs import logger
from netguru.rag import tokens
from netguru.rag.serving import is_served
from netguru.rag.vectors import Matrix, further, unit
from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from qdrant_client import QdrantClient
    from qdrant_client.models import SparseVector

    from netguru.rag.index import Filters, Index

_DENSE = "dense"
_SPARSE = "words"
_KEY = "key"
_UUID_DIGITS = 32
_PAGE = 1000
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
    """The vectors of one collection and embedder on a server; a point has the number that its passage's key gives."""

    def __init__(self, client: QdrantClient, folder: Path, embedder: str, dimensions: int) -> None:
        digest = hashlib.sha256(f"{folder.resolve()}\0{embedder}".encode("utf-8", "surrogateescape")).hexdigest()
        self.name = f"netguru-{folder.name}-{digest[:16]}"
        self.embedder = embedder
        self.dimensions = dimensions
        self._client = client
        self._folder = folder

    @staticmethod
    def point(key: str) -> str:
        """Give the number of a key's point; writing it twice is writing it once.

        >>> QdrantVectors.point("0123456789abcdef" * 4)
        '01234567-89ab-cdef-0123-456789abcdef'
        """
        return str(UUID(hex=key[:_UUID_DIGITS]))

    def make(self) -> int:
        """Make the collection when there is none, and count its points; raises ServiceDownError."""
        self._ask(self._make)
        return int(self._ask(self._client.count, self.name, exact=True).count)

    def _make(self) -> None:
        from qdrant_client import models

        if not self._client.collection_exists(self.name):
            self._client.create_collection(
                self.name,
                vectors_config={
                    _DENSE: models.VectorParams(size=self.dimensions, distance=models.Distance.COSINE, on_disk=True)
                },
                sparse_vectors_config={_SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
            )

    def put(self, keys: Sequence[str], texts: Sequence[str], vectors: Sequence[np.ndarray]) -> None:
        """Write one batch; raises ServiceDownError."""
        from qdrant_client import models

        points = [
            models.PointStruct(
                id=self.point(key), vector={_DENSE: vector.tolist(), _SPARSE: sparse(text)}, payload={_KEY: key}
            )
            for key, text, vector in zip(keys, texts, vectors, strict=True)
        ]
        if points:
            self._ask(self._client.upsert, self.name, points=points, wait=True)

    def points(self) -> Iterator[str]:
        """Give the numbers of all points; raises ServiceDownError."""
        offset: Any = None
        while True:
            page, offset = self._ask(
                self._client.scroll,
                self.name,
                limit=_PAGE,
                offset=offset,
                with_payload=False,
                with_vectors=False,
            )
            yield from (str(point.id) for point in page)
            if offset is None:
                return

    def remove(self, points: Sequence[str]) -> None:
        """Take points off; raises ServiceDownError."""
        from qdrant_client import models

        # Numbers that are whole ones are those of a former version.
        numbers: list[Any] = [int(point) if point.isdigit() else point for point in points]
        self._ask(self._client.delete, self.name, points_selector=models.PointIdsList(points=numbers), wait=True)

    def drop(self) -> None:
        """Remove the collection; raises ServiceDownError."""
        self._ask(self._client.delete_collection, self.name)

    def search(self, index: Index, vector: Sequence[float], limit: int, filters: Filters) -> list[tuple[int, float]]:
        """Give passages with their cosine, nearest first.

        The matrix beside the index answers while the server has not all of it, and when it does not answer.
        """
        if is_served(index.base, self.embedder):
            try:
                asked = {"query": unit([vector])[0].tolist(), "using": _DENSE}
                return self._look(index, limit, filters, lambda look: {**asked, "limit": look})
            except ServiceDownError as error:
                logger(__name__).warning("vectors.server_away", reason=str(error))
        return Matrix(self._folder, self.embedder, self.dimensions).search(index, vector, limit, filters)

    def fused(
        self, index: Index, vector: Sequence[float], question: str, limit: int, filters: Filters, k: int
    ) -> list[tuple[int, float]]:
        """Give passages by dense and sparse vectors, fused by the server with the stated k.

        Raises ServiceDownError, and InputError when the server has not all vectors.
        """
        from qdrant_client import models

        if not is_served(index.base, self.embedder):
            raise InputError(
                f"the vectors of the {index.collection} collection are not on this server",
                hint="ingest its folder again: none is embedded anew",
            )
        dense, words = unit([vector])[0].tolist(), sparse(question, counted=False)

        def stated(look: int) -> dict[str, Any]:
            prefetch = [
                models.Prefetch(query=dense, using=_DENSE, limit=look),
                models.Prefetch(query=words, using=_SPARSE, limit=look),
            ]
            return {"prefetch": prefetch, "query": models.RrfQuery(rrf=models.Rrf(k=k)), "limit": look}

        return self._look(index, limit, filters, stated)

    def _look(
        self, index: Index, limit: int, filters: Filters, stated: Callable[[int], dict[str, Any]]
    ) -> list[tuple[int, float]]:
        """Ask for more until enough are passages that the filters let through."""
        look = limit * _LOOK
        while True:
            points = self._ask(self._client.query_points, self.name, with_payload=[_KEY], **stated(look)).points
            scores = {str(point.payload[_KEY]): float(point.score) for point in points}
            found = [(chunk, scores[key]) for key, chunk in index.chunks_of(list(scores), filters)]
            if len(found) >= limit or len(points) < look:
                return sorted(found, key=lambda item: (-item[1], item[0]))[:limit]
            look = further(look)

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
