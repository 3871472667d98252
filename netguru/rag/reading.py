"""Reading documents for the index: parsed in a process with limits, cut into passages, with what made them."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from netguru.rag.chunks import CHUNKER_VERSION, chunked
from netguru.rag.hostile import Reader
from netguru.rag.loaders import loaders

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


def maker(form: str) -> str:
    """Tell what makes the passages of a format: the rules of cutting, the loader, and which loaders there are.

    A document is read again when this changes: a new loader may be surer of it. A loader without a `version` has "1".
    """
    loader = loaders.get(form)
    names = hashlib.sha256("\n".join(loaders).encode()).hexdigest()[:8]
    return f"{CHUNKER_VERSION} {form}/{getattr(loader, 'version', '1') if loader else '-'} of {names}"


@contextmanager
def reading(root: Path) -> Iterator[Reading]:
    """Keep the reading process for a block; includes are read from below `root` alone."""
    with Reader(root=root) as reader:
        yield Reading(reader)
