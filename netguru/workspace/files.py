"""Files below a path, and admitting one: it exists, is a readable regular file, not empty and not over the cap."""

from __future__ import annotations

import atexit
import codecs
import hashlib
import os
import shutil
import stat
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from netguru.errors import FileRejectedError
from netguru.model.network import Unread
from netguru.model.source import SourceFile
from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

HEAD_BYTES = 65536
_MARKS = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16", codecs.BOM_UTF8: "utf-8-sig"}
# Control characters that texts of devices really hold: tab, line ends, bell, backspace, form feed,
# escape, ETX (which ends a banner). All others do not belong into a text.
_NOT_TEXT = frozenset(range(0x20)) - frozenset(b"\t\n\r\x03\x07\x08\x0c\x1b")

_LINKED_FOLDER = "is a link to a folder, which is not followed"
_TRUTH = "ground truth of a sample network, never read"


def files_below(path: Path) -> tuple[list[str], Path, list[Unread]]:
    """Give the names of the files below a path, the folder that they are relative to, and what was passed over."""
    try:
        if not stat.S_ISDIR(path.stat().st_mode):
            return [path.name], path.parent, []
        skipped: list[Unread] = []
        return sorted(_walk(path, skipped)), path, skipped
    except FileNotFoundError:
        raise FileRejectedError("does not exist", place=str(path)) from None
    except PermissionError:
        raise FileRejectedError("may not be read: permission denied", place=str(path)) from None
    except OSError as error:
        raise FileRejectedError(f"cannot be opened: {error.strerror}", place=str(path)) from None
    except ValueError as error:
        # A NUL inside a name: no file system has such a file.
        raise FileRejectedError(f"cannot be opened: {error}", place=repr(str(path))) from None


def _walk(root: Path, skipped: list[Unread]) -> Iterable[str]:
    """Give the files below a folder; what cannot or must not be entered is added to `skipped`."""

    def refuse(error: OSError) -> None:
        folder = Path(error.filename)
        if folder == root:
            raise error
        reason = f"is a folder that cannot be read: {error.strerror}"
        skipped.append(Unread(name=folder.relative_to(root).as_posix(), reason=reason))

    for place, folders, files in os.walk(root, onerror=refuse):
        here = Path(place)
        folders[:] = [name for name in folders if not name.startswith(".")]
        linked = [here / name for name in folders if (here / name).is_symlink()]
        skipped += [Unread(name=link.relative_to(root).as_posix(), reason=_LINKED_FOLDER) for link in linked]
        yield from ((here / name).relative_to(root).as_posix() for name in files if not name.startswith("."))


def admit_below(
    root: Path, name: str, *, alone: bool = False, spared: Callable[[SourceFile], bool] | None = None
) -> tuple[SourceFile, bytes]:
    """Take a file of a folder, or one that the user named; a link may lead out of a folder only when named."""
    path = root / name
    if path.name.startswith("truth") and path.suffix == ".json":
        raise FileRejectedError(_TRUTH, place=name)
    if not alone and _leads_out(path, root):
        raise FileRejectedError("is a link out of the folder", place=name)
    file = admit(path, name=name, spared=spared)
    return file, read_bytes(file, HEAD_BYTES)


def _leads_out(path: Path, root: Path) -> bool:
    # realpath ends at a loop of links, where Path.resolve raises; opening the file then says so.
    return path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def admit(path: Path, *, name: str = "", spared: Callable[[SourceFile], bool] | None = None) -> SourceFile:
    """Take a file for analysis; raises FileRejectedError with the reason and what to do.

    `spared` is asked about a file over the cap: what is worked through in fixed memory may have any size.
    """
    place = str(path) if not name or name == path.name else name
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise FileRejectedError("is a folder, a file is needed", place=place)
        if not stat.S_ISREG(status.st_mode):
            raise FileRejectedError("is not a regular file", place=place)
        if status.st_size == 0:
            raise FileRejectedError("is empty", place=place)
        file = SourceFile.of(path, name=name)
        cap = settings().max_file_bytes
        if file.size > cap and not (spared and spared(file)):
            raise FileRejectedError(
                f"is {file.size / 1e6:.0f} MB, over the cap of {cap / 1e6:.0f} MB",
                place=place,
                hint="set NETGURU_MAX_FILE_MB to raise it",
            )
        return file  # noqa: TRY300 - the errors below are those of looking at it
    except FileNotFoundError:
        raise FileRejectedError("does not exist", place=place) from None
    except PermissionError:
        raise FileRejectedError("may not be read: permission denied", place=place) from None
    except OSError as error:
        raise FileRejectedError(f"cannot be read: {error.strerror or error}", place=place) from None


def keep_stdin() -> Path:
    """Copy standard input to a temporary file, in fixed memory; it is removed when the program ends.

    Raises FileRejectedError when nothing is piped in.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise FileRejectedError("is a terminal: pipe a capture into it", place="standard input")
    folder = tempfile.TemporaryDirectory(prefix="netguru-")
    atexit.register(folder.cleanup)
    path = Path(folder.name) / "stdin"
    with path.open("wb") as stream:
        shutil.copyfileobj(sys.stdin.buffer, stream, 1 << 20)
    return path


def read_bytes(file: SourceFile, count: int = -1) -> bytes:
    """Read the first bytes of an admitted file, by default all; raises FileRejectedError."""
    try:
        with file.path.open("rb") as stream:
            return stream.read(count)
    except OSError as error:
        raise FileRejectedError(f"cannot be read: {error.strerror or error}", place=file.name) from None


def decode(file: SourceFile, head: bytes) -> str:
    """Read a text file; raises FileRejectedError for binary data.

    UTF-8 and UTF-16 with a mark are decoded as such; other bytes as Latin-1, which keeps every
    byte and so every line number.
    """
    encoding = next((name for mark, name in _MARKS.items() if head.startswith(mark)), "")
    if not encoding:
        controls = sum(byte in _NOT_TEXT for byte in head)
        if b"\0" in head or controls > len(head) // 50:
            raise FileRejectedError("is binary data of no known kind", place=file.name)
        encoding = "utf-8"
    data = read_bytes(file)
    if hashlib.sha256(data).hexdigest() != file.sha256:
        # Its evidence would quote what the recorded digest does not vouch for.
        raise FileRejectedError("changed while it was read", place=file.name, hint="run it again")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return data.decode("latin-1")
