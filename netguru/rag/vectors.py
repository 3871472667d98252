"""Vectors of passages behind one interface; by default a plain matrix beside the index, mapped into memory.

Measured against the embedded engines (docs/rag.md): exact, as fast as they are up to 100,000 passages, no lock
between processes, nothing to install. A Qdrant server serves when the settings name one (`qdrant.py`).
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Protocol

from netguru.settings import settings

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np

    from netguru.rag.index import Filters, Index

_NUMBER_BYTES = 4
_LOOK = 200


class VectorWriter(Protocol):
    """Take the vectors of passages by their keys; what was written is kept when the process is killed."""

    def write(self, keys: Sequence[str], texts: Sequence[str], vectors: Sequence[Sequence[float]]) -> None:
        """Write one batch."""

    def drop(self) -> None:
        """Remove all vectors of this embedder."""


class VectorReader(Protocol):
    """Find the passages whose vectors are nearest to a question's."""

    def search(self, index: Index, vector: Sequence[float], limit: int, filters: Filters) -> list[tuple[int, float]]:
        """Give passages with their cosine, nearest first."""


def writer(base: sqlite3.Connection, folder: Path, embedder: str, dimensions: int) -> VectorWriter:
    """Give what writes vectors: the server of the settings, else the matrix in the collection's folder."""
    if settings().qdrant_url:
        from netguru.rag.qdrant import QdrantVectors, client

        return QdrantVectors(client(), folder, embedder, dimensions, base)
    return MatrixWriter(base, folder, embedder, dimensions)


def reader(folder: Path, embedder: str, dimensions: int) -> VectorReader:
    """Give what searches vectors: the server of the settings, else the matrix in the collection's folder."""
    if settings().qdrant_url:
        from netguru.rag.qdrant import QdrantVectors, client

        return QdrantVectors(client(), folder, embedder, dimensions)
    return Matrix(folder, embedder, dimensions)


def matrix_file(folder: Path, embedder: str) -> Path:
    """Give the file of an embedder's vectors."""
    return folder / f"vectors-{hashlib.sha256(embedder.encode()).hexdigest()[:16]}.f32"


def unit(vectors: Sequence[Sequence[float]] | np.ndarray) -> np.ndarray:
    """Bring vectors to length one, so that their dot product is the cosine; a vector of zeros stays."""
    import numpy as np

    made = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(made, axis=-1, keepdims=True)
    scaled: np.ndarray = made / np.where(lengths == 0, 1, lengths)
    return scaled


class MatrixWriter:
    """Append vectors to the matrix: first the numbers, then the rows that lead to them.

    What a kill leaves behind the last known row is written over by the next batch.
    """

    def __init__(self, base: sqlite3.Connection, folder: Path, embedder: str, dimensions: int) -> None:
        self._base = base
        self._embedder = embedder
        self._width = dimensions * _NUMBER_BYTES
        self.file = matrix_file(folder, embedder)

    def write(self, keys: Sequence[str], texts: Sequence[str], vectors: Sequence[Sequence[float]]) -> None:
        """Write one batch."""
        from netguru.rag.database import transaction

        del texts
        sql = "SELECT coalesce(max(row) + 1, 0) FROM vectors WHERE embedder = ?"
        first = self._base.execute(sql, (self._embedder,)).fetchone()[0]
        with self.file.open("r+b" if self.file.exists() else "w+b") as stream:
            stream.seek(first * self._width)
            stream.write(unit(vectors).tobytes())
            stream.truncate()
            stream.flush()
            os.fsync(stream.fileno())
        with transaction(self._base):
            rows = [(self._embedder, key, first + position) for position, key in enumerate(keys)]
            self._base.executemany("INSERT INTO vectors VALUES (?, ?, ?)", rows)

    def drop(self) -> None:
        """Remove all vectors of this embedder; a reader that has the file open keeps it until it is done."""
        self._base.execute("DELETE FROM vectors WHERE embedder = ?", (self._embedder,))
        self.file.unlink(missing_ok=True)


class Matrix:
    """Search the matrix exactly: one product over all rows."""

    def __init__(self, folder: Path, embedder: str, dimensions: int) -> None:
        self._file = matrix_file(folder, embedder)
        self._embedder = embedder
        self._dimensions = dimensions

    def search(self, index: Index, vector: Sequence[float], limit: int, filters: Filters) -> list[tuple[int, float]]:
        """Give passages with their cosine, nearest first."""
        import numpy as np

        # Whole rows alone: a writer may be in the middle of its next batch.
        rows = self._file.stat().st_size // (self._dimensions * _NUMBER_BYTES) if self._file.exists() else 0
        if not rows:
            return []
        matrix = np.memmap(self._file, dtype=np.float32, mode="r", shape=(rows, self._dimensions))
        scores = matrix @ unit([vector])[0]
        found: list[tuple[int, float]] = []
        look = min(_LOOK, rows)
        while True:
            # Rows of removed passages lead nowhere, and filters leave some out: look further until there are enough.
            best = np.argpartition(-scores, look - 1)[:look] if look < rows else np.arange(rows)
            ordered = best[np.argsort(-scores[best], kind="stable")]
            places = [int(row) for row in ordered]
            found = [(chunk, float(scores[row])) for row, chunk in index.chunks_at(self._embedder, places, filters)]
            if len(found) >= limit or look >= rows:
                return sorted(found, key=lambda item: (-item[1], item[0]))[:limit]
            look = min(look * 8, rows)
