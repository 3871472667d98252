"""Readers: who recognises a file or a piece of text by its content, and what they make of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from netguru.registry import Registry

if TYPE_CHECKING:
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
