"""Which vectors a Qdrant server has: each is recorded once the server said that it is kept.

The record is by server: another one gets all of them, and the first one's are still known when it is set again.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from netguru.rag.database import get_meta, set_meta, transaction
from netguru.rag.vectors import MatrixWriter, state
from netguru.settings import settings

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from netguru.operations.context import CancelToken, Progress
    from netguru.rag.qdrant import QdrantVectors

_BATCH = 256
_SERVED = "served:"


def place() -> str:
    """Name the server of the settings, without what its address may hold of a password."""
    return hashlib.sha256(settings().qdrant_url.rstrip("/").encode()).hexdigest()[:16]


def is_served(base: sqlite3.Connection, embedder: str) -> bool:
    """Say whether the server of the settings has every vector that the matrix has."""
    return get_meta(base, _SERVED + embedder) == f"{place()} {state(base, embedder)}"


def mark(base: sqlite3.Connection, embedder: str) -> None:
    """Remember that it has."""
    set_meta(base, _SERVED + embedder, f"{place()} {state(base, embedder)}")


class Served:
    """The copy of one collection and embedder on a server."""

    def __init__(self, server: QdrantVectors, base: sqlite3.Connection, folder: Path) -> None:
        self._server = server
        self._base = base
        self._which = (place(), server.embedder)
        self._matrix = MatrixWriter(base, folder, server.embedder, server.dimensions)

    def publish(self, progress: Progress, cancel: CancelToken) -> int:
        """Give the server what it does not have, take from it what is gone; raises ServiceDownError."""
        held = self._server.make()
        if held < self._count():
            # The server lost points, or is another one under the old address.
            self._base.execute("DELETE FROM served WHERE place = ? AND embedder = ?", self._which)
        self.remove_gone()
        done = self._fill(progress, cancel)
        if self._server.make() > self._count():
            self._remove_strays()
        mark(self._base, self._which[1])
        return done

    def _fill(self, progress: Progress, cancel: CancelToken) -> int:
        from netguru.rag.embedding import texts_of

        sql = (
            "SELECT min(chunks.id) FROM chunks JOIN vectors ON vectors.key = chunks.key AND vectors.embedder = ? "
            "WHERE chunks.key NOT IN (SELECT key FROM served WHERE place = ? AND embedder = ?) "
            "GROUP BY chunks.key ORDER BY min(chunks.id)"
        )
        missing = [row[0] for row in self._base.execute(sql, (self._which[1], *self._which))]
        for first in range(0, len(missing), _BATCH):
            cancel.check()
            progress(first, len(missing), "vectors to the server")
            texts = texts_of(self._base, missing[first : first + _BATCH])
            vectors = self._matrix.read(list(texts))
            keys = [key for key in texts if key in vectors]
            self._server.put(keys, [texts[key] for key in keys], [vectors[key] for key in keys])
            with transaction(self._base):
                self._base.executemany("INSERT INTO served VALUES (?, ?, ?)", [(*self._which, key) for key in keys])
        return len(missing)

    def remove_gone(self) -> None:
        """Take the points of passages that are no longer here off the server; raises ServiceDownError."""
        sql = "SELECT key FROM served WHERE place = ? AND embedder = ? AND key NOT IN (SELECT key FROM chunks)"
        gone = [row[0] for row in self._base.execute(sql, self._which)]
        for keys in _batches(gone):
            self._server.remove([self._server.point(key) for key in keys])
            with transaction(self._base):
                self._base.executemany(
                    "DELETE FROM served WHERE place = ? AND embedder = ? AND key = ?",
                    [(*self._which, key) for key in keys],
                )

    def _remove_strays(self) -> None:
        """Take off points that nothing here knows: those of a run that was killed before it recorded them."""
        sql = "SELECT key FROM served WHERE place = ? AND embedder = ?"
        known = {self._server.point(row[0]) for row in self._base.execute(sql, self._which)}
        for points in _batches([point for point in self._server.points() if point not in known]):
            self._server.remove(points)

    def drop(self) -> None:
        """Remove the copy; raises ServiceDownError."""
        self._server.drop()
        self._base.execute("DELETE FROM served WHERE place = ? AND embedder = ?", self._which)

    def _count(self) -> int:
        sql = "SELECT count(*) FROM served WHERE place = ? AND embedder = ?"
        return int(self._base.execute(sql, self._which).fetchone()[0])


def _batches(items: Sequence[str]) -> Iterator[Sequence[str]]:
    for first in range(0, len(items), _BATCH):
        yield items[first : first + _BATCH]
