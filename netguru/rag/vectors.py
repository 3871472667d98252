"""Vectors of passages: a plain matrix beside the index, mapped into memory, is where they are kept.

Measured against the embedded engines (docs/rag.md): exact, as fast as they are up to 100,000 passages, no lock
between processes, nothing to install. A Qdrant server that the settings name gets a copy (`qdrant.py`), so that
setting it, changing it or leaving it out costs no vector.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING, Protocol

from netguru.rag.database import get_meta, set_meta, transaction
from netguru.settings import settings

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np

    from netguru.rag.index import Filters, Index

_NUMBER_BYTES = 4
_LOOK = 200
_FURTHER = 8
# Rows copied at once when a matrix is made smaller: 6 MB at 384 dimensions.
_COPIED = 4096
# A matrix is made smaller when more than one row in so many leads nowhere.
_STALE = 4
_GENERATION = "matrix:"
_STALE_ROWS = "embedder = ? AND key NOT IN (SELECT key FROM chunks)"


class VectorReader(Protocol):
    """Find the passages whose vectors are nearest to a question's."""

    def search(self, index: Index, vector: Sequence[float], limit: int, filters: Filters) -> list[tuple[int, float]]:
        """Give passages with their cosine, nearest first."""


def reader(folder: Path, embedder: str, dimensions: int) -> VectorReader:
    """Give what searches vectors: the server of the settings, else the matrix in the collection's folder."""
    if settings().qdrant_url:
        from netguru.rag.qdrant import QdrantVectors, client

        return QdrantVectors(client(), folder, embedder, dimensions)
    return Matrix(folder, embedder, dimensions)


def matrix_file(folder: Path, embedder: str, generation: str = "") -> Path:
    """Give the file of an embedder's vectors; one that was made smaller is another file."""
    return folder / f"{_stem(embedder)}{f'-{generation}' if generation else ''}.f32"


def _stem(embedder: str) -> str:
    return f"vectors-{hashlib.sha256(embedder.encode()).hexdigest()[:16]}"


def unit(vectors: Sequence[Sequence[float]] | np.ndarray) -> np.ndarray:
    """Bring vectors to length one, so that their dot product is the cosine; a vector of zeros stays."""
    import numpy as np

    made = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(made, axis=-1, keepdims=True)
    scaled: np.ndarray = made / np.where(lengths == 0, 1, lengths)
    return scaled


def further(look: int) -> int:
    """Give how many of the nearest to look at next when the first ones were too few."""
    return look * _FURTHER


def state(base: sqlite3.Connection, embedder: str) -> str:
    """Tell matrices apart: another state has other rows."""
    return f"{get_meta(base, _GENERATION + embedder) or 0}/{_rows(base, embedder)}"


class MatrixWriter:
    """Append vectors to the matrix: first the numbers, then the rows that lead to them.

    What a kill leaves behind the last known row is written over by the next batch.
    """

    def __init__(self, base: sqlite3.Connection, folder: Path, embedder: str, dimensions: int) -> None:
        self._base = base
        self._folder = folder
        self._embedder = embedder
        self._dimensions = dimensions
        self._width = dimensions * _NUMBER_BYTES

    @property
    def file(self) -> Path:
        """Give the file that holds the numbers now."""
        return matrix_file(self._folder, self._embedder, get_meta(self._base, _GENERATION + self._embedder))

    def mend(self) -> int:
        """Forget rows without numbers, remove what a kill left behind, and give how many rows were forgotten.

        Numbers are missing where the file was removed, or a former version kept them on a server alone.
        """
        file = self.file
        for other in self._files():
            if other != file:
                other.unlink(missing_ok=True)
        held = file.stat().st_size // self._width if file.exists() else 0
        sql = "DELETE FROM vectors WHERE embedder = ? AND row >= ?"
        return self._base.execute(sql, (self._embedder, held)).rowcount

    def write(self, keys: Sequence[str], vectors: Sequence[Sequence[float]] | np.ndarray) -> None:
        """Write one batch."""
        first = _rows(self._base, self._embedder)
        file = self.file
        with file.open("r+b" if file.exists() else "w+b") as stream:
            stream.seek(first * self._width)
            stream.write(unit(vectors).tobytes())
            stream.truncate()
            stream.flush()
            os.fsync(stream.fileno())
        with transaction(self._base):
            rows = [(self._embedder, key, first + position) for position, key in enumerate(keys)]
            self._base.executemany("INSERT INTO vectors VALUES (?, ?, ?)", rows)

    def read(self, keys: Sequence[str]) -> dict[str, np.ndarray]:
        """Give the vectors of keys, of those that have one."""
        matrix = _mapped(self.file, _rows(self._base, self._embedder), self._dimensions)
        if matrix is None:
            return {}
        sql = "SELECT row FROM vectors WHERE embedder = ? AND key = ?"
        rows = {key: self._base.execute(sql, (self._embedder, key)).fetchone() for key in keys}
        return {key: matrix[row[0]] for key, row in rows.items() if row and row[0] < len(matrix)}

    def compact(self) -> int:
        """Leave out the rows of removed passages when they are many, and give their number.

        The smaller matrix is a new file; it comes into force together with its rows, or not at all.
        """
        held = self._base.execute("SELECT count(*) FROM vectors WHERE embedder = ?", (self._embedder,)).fetchone()[0]
        sql = f"SELECT count(*) FROM vectors WHERE {_STALE_ROWS}"  # noqa: S608 - a constant
        stale = int(self._base.execute(sql, (self._embedder,)).fetchone()[0])
        if stale * _STALE <= held or stale == 0:
            return 0
        old, generation = self.file, self._next()
        sql = "SELECT key, row FROM vectors WHERE embedder = ? AND key IN (SELECT key FROM chunks) ORDER BY row"
        kept = self._base.execute(sql, (self._embedder,)).fetchall()
        self._copy(old, matrix_file(self._folder, self._embedder, generation), [row for _, row in kept])
        with transaction(self._base):
            self._base.execute("DELETE FROM vectors WHERE embedder = ?", (self._embedder,))
            rows = [(self._embedder, key, position) for position, (key, _) in enumerate(kept)]
            self._base.executemany("INSERT INTO vectors VALUES (?, ?, ?)", rows)
            set_meta(self._base, _GENERATION + self._embedder, generation)
        old.unlink(missing_ok=True)
        return stale

    def _copy(self, old: Path, new: Path, rows: Sequence[int]) -> None:
        matrix = _mapped(old, max(rows, default=-1) + 1, self._dimensions)
        with new.open("wb") as stream:
            for first in range(0, len(rows) if matrix is not None else 0, _COPIED):
                stream.write(matrix[list(rows[first : first + _COPIED])].tobytes())  # type: ignore[index]
            stream.flush()
            os.fsync(stream.fileno())

    def drop(self) -> None:
        """Remove all vectors of this embedder; a reader that has the file open keeps it until it is done."""
        with transaction(self._base):
            self._base.execute("DELETE FROM vectors WHERE embedder = ?", (self._embedder,))
            # A reader in the middle of a search sees that its rows are no longer those of the file it reads.
            set_meta(self._base, _GENERATION + self._embedder, self._next())
        for file in self._files():
            file.unlink(missing_ok=True)

    def _next(self) -> str:
        return str(int(get_meta(self._base, _GENERATION + self._embedder) or 0) + 1)

    def _files(self) -> Iterator[Path]:
        yield from list(self._folder.glob(f"{_stem(self._embedder)}*.f32"))


class Matrix:
    """Search the matrix exactly: one product over all rows."""

    def __init__(self, folder: Path, embedder: str, dimensions: int) -> None:
        self._folder = folder
        self._embedder = embedder
        self._dimensions = dimensions

    def search(self, index: Index, vector: Sequence[float], limit: int, filters: Filters) -> list[tuple[int, float]]:
        """Give passages with their cosine, nearest first."""
        while True:
            generation = index.meta(_GENERATION + self._embedder)
            # A file that is gone was replaced a moment ago.
            with contextlib.suppress(FileNotFoundError):
                found = self._search(index, generation, vector, limit, filters)
                if index.meta(_GENERATION + self._embedder) == generation:
                    return found
            if index.meta(_GENERATION + self._embedder) == generation:
                return []

    def _search(
        self, index: Index, generation: str, vector: Sequence[float], limit: int, filters: Filters
    ) -> list[tuple[int, float]]:
        import numpy as np

        file = matrix_file(self._folder, self._embedder, generation)
        matrix = _mapped(file, _rows(index.base, self._embedder), self._dimensions)
        if matrix is None:
            return []
        rows = len(matrix)
        scores = matrix @ unit([vector])[0]
        look = min(_LOOK, rows)
        while True:
            # Rows of removed passages lead nowhere, and filters leave some out: look further until there are enough.
            best = np.argpartition(-scores, look - 1)[:look] if look < rows else np.arange(rows)
            ordered = best[np.argsort(-scores[best], kind="stable")]
            places = [int(row) for row in ordered]
            found = [(chunk, float(scores[row])) for row, chunk in index.chunks_at(self._embedder, places, filters)]
            if len(found) >= limit or look >= rows:
                return sorted(found, key=lambda item: (-item[1], item[0]))[:limit]
            look = min(further(look), rows)


def _rows(base: sqlite3.Connection, embedder: str) -> int:
    """Count the rows whose numbers are whole: the writer may be in the middle of a batch behind them."""
    sql = "SELECT coalesce(max(row) + 1, 0) FROM vectors WHERE embedder = ?"
    return int(base.execute(sql, (embedder,)).fetchone()[0])


def _mapped(file: Path, rows: int, dimensions: int) -> np.ndarray | None:
    """Map rows of a file into memory, as many as it holds; None when there are none. Raises FileNotFoundError."""
    import numpy as np

    if rows:
        rows = min(rows, file.stat().st_size // (dimensions * _NUMBER_BYTES))
    return np.memmap(file, dtype=np.float32, mode="r", shape=(rows, dimensions)) if rows else None
