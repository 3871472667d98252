"""The documents that travel with the package: brought into the global collection with vectors that were made before.

That happens when `rag.ingest --shipped` says so, or by itself at the first question of a user who has ingested
nothing. Words take some seconds; vectors are read from `data/corpus`, and only what they do not cover is embedded.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from netguru import resources
from netguru.errors import UnknownNameError
from netguru.rag import corpus, embedders
from netguru.rag.database import get_meta, set_meta
from netguru.rag.embedding import embed_missing
from netguru.rag.ingesting import ingest
from netguru.rag.vectors import MatrixWriter
from netguru.rag.writing import BATCH, writing

if TYPE_CHECKING:
    import numpy as np

    from netguru.operations.context import CancelToken, Progress
    from netguru.rag.embedders import Embedder
    from netguru.rag.results import Ingested
    from netguru.rag.writing import Writer

VECTORS = "vectors.npz"
"""Keys of passages (SHA-256), vectors in 8 bits with the length of a step each, and the embedder they are of."""


def bring(progress: Progress, cancel: CancelToken, *, embed: bool = True) -> Ingested:
    """Bring the documents of the package into the global collection, or up to date."""
    runs = [ingest(root, "global", progress, cancel, embed=False) for root in corpus.shipped_roots()]
    with writing("global") as writer:
        gone = _elsewhere(writer)
        name, embedder = embedders.chosen()
        made = _ready_made(writer, name, embedder) if embedder else 0
        if embed and embedder:
            made += embed_missing(writer, name, embedder, progress, cancel)
    first = runs[0]
    return replace(
        first,
        root=", ".join(run.root for run in runs),
        added=sum(run.added for run in runs),
        changed=sum(run.changed for run in runs),
        unchanged=sum(run.unchanged for run in runs),
        removed=sum(run.removed for run in runs) + gone,
        passages=sum(run.passages for run in runs),
        embedded=made,
        embedder=embedder.id if embedder else "",
        damaged=tuple(line for run in runs for line in run.damaged),
        coverage=replace(
            first.coverage,
            total=sum(run.coverage.total for run in runs),
            read=sum(run.coverage.read for run in runs),
            gaps=tuple(gap for run in runs for gap in run.coverage.gaps),
            notes=tuple(dict.fromkeys(note for run in runs for note in run.coverage.notes)),
        ),
    )


def _elsewhere(writer: Writer) -> int:
    """Take out the documents of an installation that lay elsewhere; passages that are the same keep their vectors."""
    roots = [str(root) for root in corpus.shipped_roots()]
    rows = writer.base.execute("SELECT id, root FROM documents WHERE trust = 'shipped'").fetchall()
    old = [number for number, root in rows if root not in roots]
    writer.remove(old)
    return len(old)


def _ready_made(writer: Writer, name: str, embedder: Embedder) -> int:
    """Write the vectors that travel with the package for passages that have none yet."""
    before = get_meta(writer.base, "embedder")
    # Another embedder's vectors serve until all are made anew.
    if before not in ("", embedder.id):
        return 0
    known = _stored(embedder.id)
    sql = "SELECT DISTINCT key FROM chunks WHERE key NOT IN (SELECT key FROM vectors WHERE embedder = ?)"
    keys = [row[0] for row in writer.base.execute(sql, (embedder.id,)) if row[0] in known]
    store = MatrixWriter(writer.base, writer.folder, embedder.id, embedder.dimensions)
    store.mend()
    for first in range(0, len(keys), BATCH * 16):
        batch = keys[first : first + BATCH * 16]
        store.write(batch, [known[key].tolist() for key in batch])
    if keys:
        set_meta(writer.base, "embedder", embedder.id)
        set_meta(writer.base, "embedder_name", name)
        set_meta(writer.base, "dimensions", str(embedder.dimensions))
    return len(keys)


def _stored(embedder: str) -> dict[str, np.ndarray]:
    """Read the vectors that travel with the package; none for another embedder."""
    import numpy as np

    try:
        file = resources.path("data", "corpus", VECTORS)
    except UnknownNameError:
        return {}
    with np.load(file, allow_pickle=False) as held:
        if str(held["embedder"]) != embedder:
            return {}
        keys = [bytes(row).hex() for row in held["keys"]]
        made = held["vectors"].astype(np.float32) * held["steps"][:, None]
    return dict(zip(keys, made, strict=True))
