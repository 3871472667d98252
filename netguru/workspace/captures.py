"""Opening one capture: nothing of what reads texts is needed for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.errors import FileRejectedError
from netguru.model.source import SourceFile
from netguru.workspace.files import HEAD_BYTES, admit_below, files_below, keep_stdin, read_bytes
from netguru.workspace.readers import file_readers, recognised, surest

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.model.capture import Capture

_STDIN = "-"


def open_capture(path: Path, *, name: str = "") -> Capture:
    """Open one capture, of any size; raises FileRejectedError for anything else.

    "-" is standard input, which is copied to a temporary file first: packets are read from it again. `name` is
    what evidence calls the file, where its own name would not tell it from another one.
    """
    names, root, _ = files_below(keep_stdin() if str(path) == _STDIN else path)
    if root == path:
        raise FileRejectedError("is a folder, a capture file is needed", place=str(path))
    file, head = admit_below(root, names[0], alone=True, spared=is_capture)
    capture = read_capture(SourceFile.of(file.path, name=name) if name else file, head)
    if capture is None:
        raise FileRejectedError(
            "is not a capture", place=str(path), hint="pcap, pcapng and snoop files are read, also compressed"
        )
    return capture


def is_capture(file: SourceFile) -> bool:
    """Say whether a file is a capture of any kind that is read."""
    return read_capture(file, read_bytes(file, HEAD_BYTES)) is not None


def read_capture(file: SourceFile, head: bytes) -> Capture | None:
    """Give the handle of a capture, None for another file."""
    best = surest((reader, recognised(reader, head, file)) for reader in file_readers.values())
    return None if best is None else best.read(file)
