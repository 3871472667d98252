"""Opening a path: every file recognised by content, read once, and listed if it could not be."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from netguru.errors import FileRejectedError, NetGuruError
from netguru.logs import logger
from netguru.model.config import DeviceConfig
from netguru.model.network import Network, Unread
from netguru.model.state import DeviceState
from netguru.operations.context import context
from netguru.workspace.captures import is_capture, read_capture
from netguru.workspace.files import admit_below, decode, files_below
from netguru.workspace.naming import name_device
from netguru.workspace.readers import recognised, surest, text_readers
from netguru.workspace.transcript import split_transcript

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from netguru.model.capture import Capture
    from netguru.model.source import Piece, SourceFile
    from netguru.workspace.readers import Reading, TextReader

NOT_RECOGNISED = "not recognised as a capture, a configuration or the output of a device"


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
    names, root, skipped = files_below(path)
    alone = root != path
    opened = _Opened(root=root, unread=skipped)
    texts: list[tuple[SourceFile, list[Piece]]] = []
    current = context()
    for position, name in enumerate(names):
        current.cancel.check()
        current.progress(position, len(names), name)
        try:
            file, head = admit_below(root, name, alone=alone, spared=is_capture)
            capture = read_capture(file, head)
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


def open_pieces(path: Path) -> list[Piece]:
    """Give the pieces of text below a path with their devices named; captures and binaries are left out."""
    names, root, _ = files_below(path)
    alone = root != path
    pieces: list[Piece] = []
    for name in names:
        try:
            file, head = admit_below(root, name, alone=alone)
            pieces += [_named(piece, ()) for piece in split_transcript(file, decode(file, head))]
        except NetGuruError:
            if alone:
                raise
    return pieces


def _read_texts(opened: _Opened, texts: list[tuple[SourceFile, list[Piece]]]) -> None:
    """Read the pieces of all text files: configurations first, since they name the devices."""
    chosen: dict[str, list[tuple[Piece, TextReader | None]]] = {}
    for file, pieces in texts:
        chosen[file.name] = [
            (piece, surest((reader, recognised(reader, piece)) for reader in text_readers.values())) for piece in pieces
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
