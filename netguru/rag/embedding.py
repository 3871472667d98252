"""Filling in vectors behind the words: only passages without one, in batches, a new embedder beside the old."""

from __future__ import annotations

import json
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from netguru.rag import tidying
from netguru.rag.database import get_meta, set_meta
from netguru.rag.remembered import Remembered
from netguru.rag.vectors import MatrixWriter
from netguru.rag.writing import BATCH, Writer, embedded_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from concurrent.futures import Future

    import numpy as np

    from netguru.operations.context import CancelToken, Progress
    from netguru.rag.embedders import Embedder

_MISSING = "key NOT IN (SELECT key FROM vectors WHERE embedder = ?)"
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class _Batch:
    """Passages on their way: their keys and texts, and the vectors that are being made."""

    keys: list[str]
    texts: list[str]
    made: Future[list[list[float]]]


def embed_missing(writer: Writer, name: str, embedder: Embedder, progress: Progress, cancel: CancelToken) -> int:
    """Give all passages a vector of this embedder, and give how many had to be embedded.

    Another embedder's vectors serve until all of this one's are there; then they are removed.
    """
    store = MatrixWriter(writer.base, writer.folder, embedder.id, embedder.dimensions)
    store.mend()
    with closing(Remembered(embedder.id, embedder.dimensions)) as remembered:
        _recall(writer, embedder, store, remembered, cancel)
        done = _embed(writer, embedder, store, remembered, progress, cancel)
    _swap(writer, name, embedder)
    tidying.publish(writer.base, writer.folder, embedder.id, embedder.dimensions, progress, cancel)
    return done


def _recall(
    writer: Writer, embedder: Embedder, store: MatrixWriter, remembered: Remembered, cancel: CancelToken
) -> None:
    """Write the vectors that were made before."""
    missing = _missing(writer, embedder)
    for first in range(0, len(missing), BATCH):
        cancel.check()
        batch = texts_of(writer.base, missing[first : first + BATCH])
        known = remembered.of(batch.values())
        keys = [key for key, text in batch.items() if text in known]
        if keys:
            store.write(keys, _stack([known[batch[key]] for key in keys]))


def _stack(vectors: list[np.ndarray]) -> np.ndarray:
    import numpy as np

    return np.stack(vectors)


def _embed(
    writer: Writer,
    embedder: Embedder,
    store: MatrixWriter,
    remembered: Remembered,
    progress: Progress,
    cancel: CancelToken,
) -> int:
    """Embed in batches; the next ones are under way while one is written."""
    missing = _missing(writer, embedder)
    # An embedder that takes long for a passage states a smaller batch, so that stopping does not wait for many.
    step = max(1, min(int(getattr(embedder, "batch", BATCH)), BATCH))
    ahead = max(1, min(int(getattr(embedder, "ahead", 1)), BATCH // step))
    done, start = 0, time.monotonic()
    with ThreadPoolExecutor(ahead, thread_name_prefix="batch") as pool:
        waiting: deque[_Batch] = deque()
        parts = _parts(missing, step)
        while True:
            cancel.check()
            progress(done, len(missing), _told(done, len(missing), time.monotonic() - start))
            while len(waiting) < ahead and (part := next(parts, None)):
                texts = texts_of(writer.base, part)
                waiting.append(
                    _Batch([*texts], [*texts.values()], pool.submit(embedder.embed_documents, [*texts.values()]))
                )
            if not waiting:
                return done
            batch = waiting.popleft()
            vectors = batch.made.result()
            store.write(batch.keys, vectors)
            remembered.keep(batch.texts, vectors)
            done += len(batch.keys)


def _parts(numbers: list[int], step: int) -> Iterator[list[int]]:
    for first in range(0, len(numbers), step):
        yield numbers[first : first + step]


def _told(done: int, total: int, seconds: float) -> str:
    """Say what is being done, and how long it will take once that can be told.

    >>> _told(0, 900, 0.1), _told(100, 900, 30.0), _told(890, 900, 300.0)
    ('vectors', 'vectors, about 4 min left', 'vectors, about 3 s left')
    """
    if not done or done == total:
        return "vectors"
    left = seconds / done * (total - done)
    return f"vectors, about {f'{left / _MINUTE:.0f} min' if left >= _MINUTE else f'{left:.0f} s'} left"


def _missing(writer: Writer, embedder: Embedder) -> list[int]:
    """Give a passage for each key without a vector."""
    sql = f"SELECT min(id) FROM chunks WHERE {_MISSING} GROUP BY key ORDER BY min(id)"  # noqa: S608 - a constant
    return [row[0] for row in writer.base.execute(sql, (embedder.id,))]


def texts_of(base: sqlite3.Connection, numbers: list[int]) -> dict[str, str]:
    """Give the keys of passages with what is embedded for them."""
    sql = (
        "SELECT chunks.key, chunks.path, documents.title, substr(documents.text, start + 1, stop - start) "
        "FROM chunks JOIN documents ON documents.id = chunks.document WHERE chunks.id = ?"
    )
    rows = [base.execute(sql, (number,)).fetchone() for number in numbers]
    return {key: embedded_text(title, json.loads(path), text) for key, path, title, text in rows}


def _swap(writer: Writer, name: str, embedder: Embedder) -> None:
    before, width = get_meta(writer.base, "embedder"), get_meta(writer.base, "dimensions")
    set_meta(writer.base, "embedder", embedder.id)
    set_meta(writer.base, "embedder_name", name)
    set_meta(writer.base, "dimensions", str(embedder.dimensions))
    if before and before != embedder.id:
        tidying.drop(writer.base, writer.folder, before, int(width or 1))
