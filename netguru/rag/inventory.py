"""What collections hold, and taking documents out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.errors import UnknownNameError
from netguru.rag import corpus, embedders
from netguru.rag.database import COLLECTIONS, file_of
from netguru.rag.index import Index
from netguru.rag.results import CollectionStatus, IndexStatus, Removed
from netguru.rag.writing import writing
from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.rag.database import CollectionName

_BESIDE = "a matrix beside the index"


def status() -> IndexStatus:
    """Tell what the collections hold."""
    name = embedders.chosen_name()
    collections = tuple(_collection(index) for each in COLLECTIONS if (index := Index.open(each)) is not None)
    vectors = any(item.vectors for item in collections)
    return IndexStatus(
        collections=collections,
        embedder=name,
        embedders=tuple(embedders.embedders),
        elsewhere=tuple(_elsewhere({name for item in collections for name in item.sets})),
        vectors=settings().qdrant_url or _BESIDE,
        method="words and meaning" if vectors else "words alone: no vectors are here",
    )


def _elsewhere(here: set[str]) -> Iterator[str]:
    """Tell how to get the curated documents that are not here."""
    for item in corpus.sets():
        if item.name not in here:
            yield f"{item.title} ({item.licence}): {corpus.recipe(item)}"


def _collection(index: Index) -> CollectionStatus:
    base, identity = index.base, index.meta("embedder")
    one = "SELECT count(*) FROM documents"
    missing = "SELECT count(DISTINCT key) FROM chunks WHERE key NOT IN (SELECT key FROM vectors WHERE embedder = ?)"
    vectors = "SELECT count(*) FROM vectors WHERE embedder = ?"
    sets = "SELECT corpus, count(*) FROM documents WHERE corpus IS NOT NULL GROUP BY 1 ORDER BY 1"
    notes = [] if index.current else ["indexed by another version: ingest its folders again"]
    partial = base.execute(f"{one} WHERE complete = 0").fetchone()[0]
    if partial:
        notes.append(f"{partial} documents are not complete: an ingest was stopped, the next goes on with it")
    count = base.execute(missing, (identity,)).fetchone()[0] if identity else 0
    if count:
        notes.append(f"{count} passages have no vector yet and are found by their words: ingest their folder again")
    folder = index.file.parent
    return CollectionStatus(
        collection=index.collection,
        folder=str(folder),
        documents=base.execute(one).fetchone()[0],
        passages=index.count(),
        bytes=sum(file.stat().st_size for file in folder.iterdir() if file.is_file()),
        roots=tuple(row[0] for row in base.execute("SELECT DISTINCT root FROM documents ORDER BY root")),
        formats=dict(base.execute("SELECT format, count(*) FROM documents GROUP BY format ORDER BY format")),
        languages=dict(base.execute("SELECT language, count(*) FROM documents GROUP BY language ORDER BY language")),
        embedder=identity,
        vectors=base.execute(vectors, (identity,)).fetchone()[0],
        missing=base.execute(missing, (identity,)).fetchone()[0],
        sets=dict(base.execute(sets)),
        notes=tuple(notes),
    )


def remove(source: str, collection: CollectionName) -> Removed:
    """Take documents out of a collection; raises UnknownNameError when none is meant."""
    if not file_of(collection).is_file():
        raise UnknownNameError(f"document in the {collection} collection", source, [])
    with writing(collection) as writer:
        rows = writer.base.execute("SELECT id, root, uri FROM documents").fetchall()
        inside = source.rstrip("/") + "/"
        meant = [
            number
            for number, root, uri in rows
            if source == "*"
            or source.rstrip("/") in (uri, root)
            or f"{root}/{uri}".startswith(inside)
            or uri.startswith(inside)
        ]
        if not meant:
            raise UnknownNameError(f"document in the {collection} collection", source, [row[2] for row in rows])
        before = writer.base.execute("SELECT count(*) FROM chunks").fetchone()[0]
        writer.remove(meant)
        after = writer.base.execute("SELECT count(*) FROM chunks").fetchone()[0]
    return Removed(collection=collection, documents=len(meant), passages=before - after)
