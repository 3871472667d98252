"""Reading for the index: files of a network by its readers, documents in a process with limits; cut into passages."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

from netguru.rag import own
from netguru.rag.chunks import CHUNKER_VERSION, chunked
from netguru.rag.hostile import Reader
from netguru.rag.loaders import load, loaders
from netguru.workspace.describers import describers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from netguru.rag.documents import Chunk, Document


class Reading:
    """Read one file after the other in the same process of limited means."""

    def __init__(self, reader: Reader, root: Path) -> None:
        self._reader = reader
        self._root = root

    def read(self, file: Path, uri: str) -> tuple[Document, tuple[Chunk, ...]]:
        """Give a document with its passages; raises FileRejectedError."""
        document = own.read(self._root, uri) or self._reader.read(file, uri)
        return document, cut(document)


def again(file: Path, uri: str) -> Document:
    """Read one file as it would be read into a collection, in this process; raises FileRejectedError."""
    return own.read(file.parent, file.name) or load(file, uri)


def cut(document: Document) -> tuple[Chunk, ...]:
    """Cut a document into passages; what the families put together is cut as they did it."""
    return chunked(document, 1) if document.format in own.OWN and document.format != "state" else chunked(document)


def maker(form: str) -> str:
    """Tell what makes the passages of a format: the rules of cutting, the loader, and which loaders there are.

    A document is read again when this changes: a new loader may be surer of it. A loader without a `version` has "1".
    """
    names = hashlib.sha256("\n".join([*loaders, *describers]).encode()).hexdigest()[:8]
    return f"{CHUNKER_VERSION} {form}/{_version(form)} of {names}"


def _version(form: str) -> str:
    if form == "state":
        return f"{own.STATE_VERSION} {own.HIDING}"
    made_by = describers.get(form) if form in own.OWN else loaders.get(form)
    version = str(getattr(made_by, "version", "1")) if made_by else "-"
    return f"{version} {own.HIDING}" if form in own.OWN else version


@contextmanager
def reading(root: Path) -> Iterator[Reading]:
    """Keep the reading process for a block; includes are read from below `root` alone."""
    with Reader(root=root) as reader:
        yield Reading(reader, root)
