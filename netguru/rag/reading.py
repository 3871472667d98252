"""Reading documents for the index: parsed in a process with limits, cut into passages."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from netguru.rag.chunks import chunked
from netguru.rag.hostile import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netguru.rag.documents import Chunk, Document


class Reading:
    """Read one file after the other in the same process of limited means."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def read(self, file: Path, uri: str) -> tuple[Document, tuple[Chunk, ...]]:
        """Give a document with its passages; raises FileRejectedError."""
        document = self._reader.read(file, uri)
        return document, chunked(document)


@contextmanager
def reading(root: Path) -> Iterator[Reading]:
    """Keep the reading process for a block; includes are read from below `root` alone."""
    with Reader(root=root) as reader:
        yield Reading(reader)
