"""Vectors that were made before, by embedder and text: what was embedded once is not embedded again.

One file for all collections of a user, so that documents taken out and brought in again, another workspace with the
same manual, or an index that was removed cost no embedding. It can be removed at any time.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from typing import TYPE_CHECKING, Any

from netguru.logs import logger
from netguru.settings import data_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import numpy as np

KEPT = 60_000
"""Vectors that are kept, those used last: 100 MB at 384 dimensions."""

_WAIT_S = 5.0
_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS made (
  id INTEGER PRIMARY KEY, embedder TEXT NOT NULL, text BLOB NOT NULL, used INTEGER NOT NULL, vector BLOB NOT NULL);
CREATE UNIQUE INDEX IF NOT EXISTS made_text ON made (embedder, text);
CREATE INDEX IF NOT EXISTS made_used ON made (used);
"""


def file_of_user() -> Path:
    """Give the file; it need not exist."""
    return data_folder() / "rag" / "embeddings.db"


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


class Remembered:
    """Look up and keep the vectors of one embedder; a file that cannot be used costs time and nothing else."""

    def __init__(self, embedder: str, dimensions: int, *, kept: int = KEPT) -> None:
        self._embedder = embedder
        self._bytes = dimensions * 4
        self._kept = kept
        self._base: sqlite3.Connection | None = None
        self._renewed = False
        self._attempt(self._open)

    def _open(self) -> None:
        file = file_of_user()
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Vectors tell of the texts that they were made of: they are their owner's alone.
        file.touch(mode=0o600)
        self._base = sqlite3.connect(file, isolation_level=None, timeout=_WAIT_S)
        self._base.executescript(_TABLES)

    def of(self, texts: Iterable[str]) -> dict[str, np.ndarray]:
        """Give the vectors that are known, by text."""
        found: dict[str, np.ndarray] = {}
        self._attempt(self._look_up, texts, found)
        return found

    def _look_up(self, texts: Iterable[str], found: dict[str, np.ndarray]) -> None:
        import numpy as np

        assert self._base is not None  # noqa: S101 - _attempt says so
        known = []
        for text in texts:
            sql = "SELECT id, vector FROM made WHERE embedder = ? AND text = ?"
            row = self._base.execute(sql, (self._embedder, _digest(text))).fetchone()
            if row and len(row[1]) == self._bytes:
                found[text] = np.frombuffer(row[1], dtype=np.float32)
                known.append((int(time.time()), row[0]))
        if not known:
            return
        self._base.execute("BEGIN IMMEDIATE")
        self._base.executemany("UPDATE made SET used = ? WHERE id = ?", known)
        self._base.execute("COMMIT")

    def keep(self, texts: Sequence[str], vectors: Sequence[Sequence[float]]) -> None:
        """Keep the vectors of one batch."""
        self._attempt(self._write, texts, vectors)

    def _write(self, texts: Sequence[str], vectors: Sequence[Sequence[float]]) -> None:
        import numpy as np

        assert self._base is not None  # noqa: S101 - _attempt says so
        now = int(time.time())
        rows = [
            (self._embedder, _digest(text), now, np.asarray(vector, dtype=np.float32).tobytes())
            for text, vector in zip(texts, vectors, strict=True)
        ]
        self._base.execute("BEGIN IMMEDIATE")
        self._base.executemany("INSERT OR REPLACE INTO made (embedder, text, used, vector) VALUES (?, ?, ?, ?)", rows)
        self._base.execute("COMMIT")

    def close(self) -> None:
        """Forget the vectors that were not used for longest when there are too many."""
        self._attempt(self._trim)
        if self._base is not None:
            self._base.close()
            self._base = None

    def _trim(self) -> None:
        assert self._base is not None  # noqa: S101 - _attempt says so
        extra = self._base.execute("SELECT count(*) FROM made").fetchone()[0] - self._kept
        if extra > 0:
            sql = "DELETE FROM made WHERE id IN (SELECT id FROM made ORDER BY used, id LIMIT ?)"
            self._base.execute(sql, (extra,))

    def _attempt(self, work: Callable[..., None], *arguments: Any) -> None:
        if self._base is None and work != self._open:
            return
        try:
            work(*arguments)
        except (sqlite3.Error, OSError) as error:
            logger(__name__).warning("embeddings.not_remembered", reason=str(error))
            if self._base is not None:
                self._base.close()
            self._base = None
            # A damaged file makes room for a new one, once; one that is merely in use by others is left alone.
            if not self._renewed and type(error) is sqlite3.DatabaseError:
                self._renewed = True
                for end in ("", "-wal", "-shm"):
                    file_of_user().with_name(file_of_user().name + end).unlink(missing_ok=True)
                self._attempt(self._open)
