"""Opening a path: every file recognised by content, read once, and listed if it could not be."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netguru.errors import FileRejectedError, NetGuruError
from netguru.logs import logger
from netguru.model.config import DeviceConfig
from netguru.model.network import Network, Unread
from netguru.model.state import DeviceState
from netguru.operations.context import context
from netguru.workspace.files import HEAD_BYTES, admit, decode, keep_stdin, read_bytes
from netguru.workspace.naming import name_device
from netguru.workspace.readers import file_readers, text_readers
from netguru.workspace.transcript import split_transcript

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from netguru.model.capture import Capture
    from netguru.model.source import Piece, SourceFile
    from netguru.workspace.readers import FileReader, Match, Reading, TextReader

NOT_RECOGNISED = "not recognised as a capture, a configuration or the output of a device"
_STDIN = "-"
_LINKED_FOLDER = "is a link to a folder, which is not followed"
_TRUTH = "ground truth of a sample network, never read"


@dataclass(slots=True)
class _Opened:
    """What has been read so far."""

    root: Path
    files: list[SourceFile] = field(default_factory=list)
    captures: list[Capture] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    parts: list[Unread] = field(default_factory=list)


def open_network(path: Path) -> Network:
    """Read a file or a folder into a Network.

    A single file that cannot be read raises FileRejectedError; in a folder it is listed in
    `unread` with the reason, and the rest is read. Hidden files and folders are passed over.
    """
    names, root, skipped = _names(path)
    alone = root != path
    opened = _Opened(root=root, unread=skipped)
    texts: list[tuple[SourceFile, list[Piece]]] = []
    current = context()
    for position, name in enumerate(names):
        current.cancel.check()
        current.progress(position, len(names), name)
        try:
            file, head = _admit(root, name, alone=alone, spared=_is_capture)
            capture = _read_capture(file, head)
            if capture is not None:
                opened.captures.append(capture)
                opened.files.append(file)
            else:
                texts.append((file, split_transcript(file, decode(file, head))))
        except NetGuruError as error:
            if alone:
                raise
            opened.unread.append(Unread(name=name, reason=error.message))
    _read_texts(opened, texts)
    current.progress(len(names), len(names))
    if alone and not opened.files:
        raise FileRejectedError(opened.unread[0].reason, place=str(path))
    return _network(opened)


def open_capture(path: Path) -> Capture:
    """Open one capture, of any size; raises FileRejectedError for anything else.

    "-" is standard input, which is copied to a temporary file first: packets are read from it again.
    """
    names, root, _ = _names(keep_stdin() if str(path) == _STDIN else path)
    if root == path:
        raise FileRejectedError("is a folder, a capture file is needed", place=str(path))
    file, head = _admit(root, names[0], alone=True, spared=_is_capture)
    capture = _read_capture(file, head)
    if capture is None:
        raise FileRejectedError(
            "is not a capture", place=str(path), hint="pcap, pcapng and snoop files are read, also compressed"
        )
    return capture


def open_pieces(path: Path) -> list[Piece]:
    """Give the pieces of text below a path with their devices named; captures and binaries are left out."""
    names, root, _ = _names(path)
    alone = root != path
    pieces: list[Piece] = []
    for name in names:
        try:
            file, head = _admit(root, name, alone=alone)
            pieces += [_named(piece, ()) for piece in split_transcript(file, decode(file, head))]
        except NetGuruError:
            if alone:
                raise
    return pieces


def _names(path: Path) -> tuple[list[str], Path, list[Unread]]:
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


def _admit(
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


def _is_capture(file: SourceFile) -> bool:
    return _read_capture(file, read_bytes(file, HEAD_BYTES)) is not None


def _leads_out(path: Path, root: Path) -> bool:
    # realpath ends at a loop of links, where Path.resolve raises; opening the file then says so.
    return path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(root))


def _read_capture(file: SourceFile, head: bytes) -> Capture | None:
    best = _best((reader, _recognise(reader, head, file)) for reader in file_readers.values())
    return None if best is None else best.read(file)


def _recognise(reader: FileReader | TextReader, *content: Any) -> Match | None:
    try:
        return reader.recognise(*content)
    except Exception as error:  # noqa: BLE001 - one reader's mistake must not hide what another one reads
        logger(__name__).debug("reader.failed", reader=reader.name, exc_info=error)
        return None


def _best(matches: Iterable[tuple[Any, Match | None]]) -> Any:
    found = [(match.confidence, reader.name, reader) for reader, match in matches if match is not None]
    return max(found, key=lambda row: row[:2])[2] if found else None


def _read_texts(opened: _Opened, texts: list[tuple[SourceFile, list[Piece]]]) -> None:
    """Read the pieces of all text files: configurations first, since they name the devices."""
    chosen: dict[str, list[tuple[Piece, TextReader | None]]] = {}
    for file, pieces in texts:
        chosen[file.name] = [
            (piece, _best((reader, _recognise(reader, piece)) for reader in text_readers.values())) for piece in pieces
        ]
    known: set[str] = {piece.device for rows in chosen.values() for piece, _ in rows if piece.device_is_certain}
    done: dict[str, bool] = dict.fromkeys(chosen, False)
    failed: dict[str, list[Unread]] = {name: [] for name in chosen}
    for configs in (True, False):
        for name, rows in chosen.items():
            for piece, reader in rows:
                if reader is None:
                    if not configs:
                        failed[name].append(Unread(name=name, reason=NOT_RECOGNISED, place=_place(piece)))
                elif (reader.role == "config") is configs:
                    reading = _read(reader, _named(piece, known), failed[name])
                    if reading is not None:
                        opened.readings.append(reading)
                        done[name] = True
                        if isinstance(reading, DeviceConfig):
                            known.add(reading.hostname)
    for file, _ in texts:
        if done[file.name]:
            opened.files.append(file)
            opened.parts += failed[file.name]
        else:
            opened.unread.append(Unread(name=file.name, reason=failed[file.name][0].reason))


def _place(piece: Piece) -> str:
    last = piece.first_line + max(len(piece.lines), 1) - 1
    command = f" ({piece.command})" if piece.command else ""
    return f"lines {piece.first_line}-{last}{command}"


def _named(piece: Piece, known: Iterable[str]) -> Piece:
    return piece if piece.device else replace(piece, device=name_device(piece.file.name, known))


def _read(reader: TextReader, piece: Piece, failed: list[Unread]) -> Reading | None:
    try:
        return reader.read(piece)
    except NetGuruError as error:
        failed.append(Unread(name=piece.file.name, reason=error.message, place=_place(piece)))
    except Exception as error:  # noqa: BLE001 - one reader's mistake must not hide the rest of a folder
        # The coverage tells it; where in the program it happened helps only its developers.
        logger(__name__).debug("reader.failed", reader=reader.name, file=piece.file.name, exc_info=error)
        reason = f"the reader {reader.name!r} failed on it ({type(error).__name__}: {error})"
        failed.append(Unread(name=piece.file.name, reason=reason, place=_place(piece)))
    return None


def _network(opened: _Opened) -> Network:
    order = {file.name: position for position, file in enumerate(sorted(opened.files, key=lambda f: f.name))}
    readings = sorted(opened.readings, key=_reading_place)
    return Network(
        root=opened.root,
        files=tuple(sorted(opened.files, key=lambda file: order[file.name])),
        captures=tuple(sorted(opened.captures, key=lambda capture: capture.source.name)),
        configs=tuple(item for item in readings if isinstance(item, DeviceConfig)),
        states=tuple(item for item in readings if isinstance(item, DeviceState)),
        neighbors=tuple(item for item in readings if not isinstance(item, (DeviceConfig, DeviceState))),
        unread=tuple(sorted(opened.unread, key=lambda item: item.name)),
        unread_parts=tuple(opened.parts),
    )


def _reading_place(reading: Reading) -> tuple[str, int]:
    if isinstance(reading, (DeviceConfig, DeviceState)):
        return reading.piece.file.name, reading.piece.first_line
    first = reading.rows[0].evidence[0] if reading.rows else None
    return (first.source, first.start) if first else ("", 0)
