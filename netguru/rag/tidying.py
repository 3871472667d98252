"""What follows when passages come and go: the copy on a server is brought up to date, a matrix is made smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.errors import NetGuruError
from netguru.logs import logger
from netguru.rag.database import get_meta
from netguru.rag.vectors import MatrixWriter
from netguru.settings import settings

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from pathlib import Path

    from netguru.operations.context import CancelToken, Progress
    from netguru.rag.qdrant import QdrantVectors


def publish(
    base: sqlite3.Connection, folder: Path, embedder: str, dimensions: int, progress: Progress, cancel: CancelToken
) -> int:
    """Bring the server of the settings up to date, if there is one, and give how many vectors it was given.

    Raises ServiceDownError; the vectors beside the index serve until the next run.
    """
    if not settings().qdrant_url:
        return 0
    from netguru.rag.serving import Served

    return Served(_server(folder, embedder, dimensions), base, folder).publish(progress, cancel)


def drop(base: sqlite3.Connection, folder: Path, embedder: str, dimensions: int) -> None:
    """Remove all vectors of an embedder, here and on the server of the settings."""
    MatrixWriter(base, folder, embedder, dimensions).drop()
    if settings().qdrant_url:
        from netguru.rag.serving import Served

        _attempt(Served(_server(folder, embedder, dimensions), base, folder).drop)


def tidy(base: sqlite3.Connection, folder: Path) -> None:
    """Take removed passages off the server and, when they are many, out of the matrix."""
    embedder, dimensions = get_meta(base, "embedder"), int(get_meta(base, "dimensions") or 0)
    if not embedder or not dimensions:
        return
    matrix = MatrixWriter(base, folder, embedder, dimensions)
    if not settings().qdrant_url:
        matrix.compact()
    else:
        from netguru.rag.serving import Served, is_served, mark

        served = is_served(base, embedder)
        if matrix.compact() and served:
            mark(base, embedder)
        _attempt(Served(_server(folder, embedder, dimensions), base, folder).remove_gone)


def _server(folder: Path, embedder: str, dimensions: int) -> QdrantVectors:
    from netguru.rag.qdrant import QdrantVectors, client

    return QdrantVectors(client(), folder, embedder, dimensions)


def _attempt(work: Callable[[], object]) -> None:
    """Do what the next run does as well when the server is away now."""
    try:
        work()
    except NetGuruError as error:
        logger(__name__).warning("vectors.server_not_tidied", reason=str(error))
