"""Filling in vectors behind the words: only passages without one, in batches, a new embedder beside the old."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from netguru.rag import vectors
from netguru.rag.database import get_meta, set_meta
from netguru.rag.writing import BATCH, Writer, embedded_text

if TYPE_CHECKING:
    from netguru.operations.context import CancelToken, Progress
    from netguru.rag.embedders import Embedder

_MISSING = "key NOT IN (SELECT key FROM vectors WHERE embedder = ?)"


def embed_missing(writer: Writer, name: str, embedder: Embedder, progress: Progress, cancel: CancelToken) -> int:
    """Embed all passages that have no vector of this embedder and give their number.

    Another embedder's vectors serve until all of this one's are there; then they are removed.
    """
    store = vectors.writer(writer.base, writer.folder, embedder.id, embedder.dimensions)
    sql = f"SELECT min(id) FROM chunks WHERE {_MISSING} GROUP BY key ORDER BY min(id)"  # noqa: S608 - a constant
    missing = [row[0] for row in writer.base.execute(sql, (embedder.id,))]
    # An embedder that takes long for a passage states a smaller batch, so that stopping does not wait for many.
    step = max(1, min(int(getattr(embedder, "batch", BATCH)), BATCH))
    for first in range(0, len(missing), step):
        cancel.check()
        progress(first, len(missing), "vectors")
        batch = _batch(writer, missing[first : first + step])
        texts = list(batch.values())
        store.write(list(batch), texts, embedder.embed_documents(texts))
    progress(len(missing), len(missing), "vectors")
    _swap(writer, name, embedder)
    return len(missing)


def _batch(writer: Writer, numbers: list[int]) -> dict[str, str]:
    """Give the keys of passages with what is embedded for them."""
    sql = (
        "SELECT chunks.key, chunks.path, documents.title, substr(documents.text, start + 1, stop - start) "
        "FROM chunks JOIN documents ON documents.id = chunks.document WHERE chunks.id = ?"
    )
    rows = [writer.base.execute(sql, (number,)).fetchone() for number in numbers]
    return {key: embedded_text(title, json.loads(path), text) for key, path, title, text in rows}


def _swap(writer: Writer, name: str, embedder: Embedder) -> None:
    before, width = get_meta(writer.base, "embedder"), get_meta(writer.base, "dimensions")
    set_meta(writer.base, "embedder", embedder.id)
    set_meta(writer.base, "embedder_name", name)
    set_meta(writer.base, "dimensions", str(embedder.dimensions))
    if before and before != embedder.id:
        vectors.writer(writer.base, writer.folder, before, int(width or 1)).drop()
