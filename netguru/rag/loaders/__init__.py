"""Loaders: who reads a source by its content and name, and what comes out of it as a document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from netguru.errors import FileRejectedError
from netguru.rag.loaders.source import Source
from netguru.registry import Registry
from netguru.settings import settings

if TYPE_CHECKING:
    from netguru.rag.documents import Document

__all__ = ["HEAD_BYTES", "Loader", "load", "loaders"]

HEAD_BYTES = 8192


class Loader(Protocol):
    """Read the sources of one format. Plug-ins register theirs in the group `netguru.loaders`.

    A loader may have a `version` (text; "1" without one) that grows when what it gives changes: its documents are
    read again then.
    """

    name: str

    def recognise(self, head: bytes, uri: str) -> float:
        """Judge from the first bytes and the name how sure it is that a source is this loader's (0 to 1)."""
        ...

    def load(self, source: Source) -> Document:
        """Read the source; damage is told in the document, and FileRejectedError raised when nothing can be read."""
        ...


loaders: Registry[Loader] = Registry("document loader", group="netguru.loaders")


def load(what: Path | bytes, uri: str = "", *, root: Path | None = None) -> Document:
    """Read one source into a document, in this process.

    What comes from others goes through `netguru.rag.hostile.Reader` instead, which reads in a process with limits.

    Args:
        what: A file, or its bytes.
        uri: Its name in the collection; by default the path below the root, or the file's name.
        root: The folder that include directives may read from; without one they are left out.
    """
    if isinstance(what, Path):
        uri = uri or name_below(what, root)
        if root is not None and not what.resolve().is_relative_to(root.resolve()):
            raise FileRejectedError("leads out of the folder of the documents", place=uri)
        data = admitted(what, uri)
    else:
        data = what
    return choose(data, uri).load(Source(uri=uri, data=data, root=root))


def choose(data: bytes, uri: str) -> Loader:
    """Give the loader that is surest of a source."""
    head = data[:HEAD_BYTES]
    sure, _, loader = max(
        ((item.recognise(head, uri), name, item) for name, item in loaders.items()), default=(0.0, "", None)
    )
    if loader is None or sure <= 0:
        raise FileRejectedError("is of no known document format", place=uri, hint=f"known: {', '.join(loaders)}")
    return loader


def name_below(path: Path, root: Path | None) -> str:
    """Give the path below the root with `/` between its parts, or the file's name."""
    try:
        return path.relative_to(root).as_posix() if root else path.name
    except ValueError:
        return path.name


def admitted(path: Path, place: str) -> bytes:
    """Read a regular file under the cap; raises FileRejectedError with the reason."""
    cap = settings().max_file_bytes
    try:
        if not path.is_file():
            raise FileRejectedError("is not a regular file" if path.exists() else "does not exist", place=place)
        with path.open("rb") as stream:
            # The cap holds for what is read, not for what the size said a moment ago.
            data = stream.read(cap + 1)
    except OSError as error:
        raise FileRejectedError(f"cannot be read: {error.strerror or error}", place=place) from None
    if len(data) > cap:
        raise FileRejectedError(
            f"is over the cap of {cap / 1e6:.0f} MB", place=place, hint="set NETGURU_MAX_FILE_MB to raise it"
        )
    if not data.strip():
        raise FileRejectedError("is empty", place=place)
    return data
