"""The operations `files.*`: uploads kept in the workspace."""

from __future__ import annotations

from pathlib import Path

from netguru.operations import operation
from netguru.store.results import StoredFile, StoredFiles

_NO_SECTION = "a report shows findings, it does not change what is stored"


@operation("files.add", effect="write", without={"report": _NO_SECTION})
def add(path: Path) -> StoredFile:
    """Keep a copy of a file in the workspace.

    The content is stored once, whatever names it comes with; adding it again changes nothing. The
    kind (pcap, json, text, ...) is read from the content, not from the name.

    Args:
        path: The file, of any kind, up to the cap of NETGURU_MAX_FILE_MB.
    """
    from netguru.store import files

    return files.add(path)


@operation("files.list")
def list_files() -> StoredFiles:
    """List the files that are kept in the workspace."""
    from netguru.store import files

    return files.list()


@operation("files.remove", effect="write", without={"report": _NO_SECTION})
def remove(number: int) -> StoredFile:
    """Remove a kept file from the workspace.

    The content goes when no other name refers to it.

    Args:
        number: The file's number, as `files.list` shows it.
    """
    from netguru.store import files

    return files.remove(number)
