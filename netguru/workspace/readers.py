"""Readers: who recognises a file or a piece of text by its content, and what they make of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from netguru.logs import logger
from netguru.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.model.capture import Capture
    from netguru.model.config import DeviceConfig
    from netguru.model.source import Piece, SourceFile
    from netguru.model.state import DeviceState
    from netguru.model.topology import Neighbors

    Reading: TypeAlias = DeviceConfig | DeviceState | Neighbors


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """How sure a reader is that a content is its own (0 to 1), what it takes it for, and why."""

    confidence: float
    kind: str
    reason: str = ""


class FileReader(Protocol):
    """Read a whole binary file."""

    name: str

    def recognise(self, head: bytes, file: SourceFile) -> Match | None:
        """Judge a file by its first 64 KiB."""
        ...

    def read(self, file: SourceFile) -> Capture:
        """Read the file; damage is recorded in the result, not raised."""
        ...


class TextReader(Protocol):
    """Read a piece of text. `role` tells what comes out; configurations are read first, since they name devices."""

    name: str
    role: Literal["config", "state", "neighbors"]

    def recognise(self, piece: Piece) -> Match | None:
        """Judge a piece by its text; `piece.command` is a hint."""
        ...

    def read(self, piece: Piece) -> Reading:
        """Read the piece; lines not understood are recorded in the coverage, not raised."""
        ...


file_readers: Registry[FileReader] = Registry("file reader", group="netguru.readers")
text_readers: Registry[TextReader] = Registry("text reader", group="netguru.readers")


def recognised(reader: FileReader | TextReader, *content: Any) -> Match | None:
    """Give what a reader says of a content; one that fails says nothing."""
    try:
        return reader.recognise(*content)
    except Exception as error:  # noqa: BLE001 - one reader's mistake must not hide what another one reads
        logger(__name__).debug("reader.failed", reader=reader.name, exc_info=error)
        return None


def surest(matches: Iterable[tuple[Any, Match | None]]) -> Any:
    """Give the reader that is surest, None where none matches."""
    found = [(match.confidence, reader.name, reader) for reader, match in matches if match is not None]
    return max(found, key=lambda row: row[:2])[2] if found else None
