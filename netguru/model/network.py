"""Network: what one path holds, each file exactly once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from netguru.model.coverage import Coverage, Gap

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.model.capture import Capture
    from netguru.model.config import DeviceConfig
    from netguru.model.source import SourceFile
    from netguru.model.state import DeviceState
    from netguru.model.topology import Neighbor, Neighbors


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A file, or a part of one, that was not read: the reason in words a user can act on."""

    name: str
    reason: str
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What was read from one file or folder.

    `root` is the folder that evidence sources are relative to. `files` are all that were read,
    `unread` all that were not (`unread_parts`: pieces of files that were read otherwise).
    """

    root: Path
    files: tuple[SourceFile, ...]
    captures: tuple[Capture, ...] = ()
    configs: tuple[DeviceConfig, ...] = ()
    states: tuple[DeviceState, ...] = ()
    neighbors: tuple[Neighbors, ...] = ()
    unread: tuple[Unread, ...] = ()
    unread_parts: tuple[Unread, ...] = ()

    @property
    def coverage(self) -> Coverage:
        """Count the files read and list those not read, by reason."""
        reasons: dict[str, list[str]] = {}
        for item in self.unread:
            reasons.setdefault(item.reason, []).append(item.name)
        return Coverage(
            unit="files",
            total=len(self.files) + len(self.unread),
            read=len(self.files),
            gaps=tuple(
                Gap(reason=reason, count=len(names), places=tuple(names)) for reason, names in sorted(reasons.items())
            ),
            notes=tuple(f"{item.name} {item.place}: {item.reason}" for item in self.unread_parts)
            + tuple(f"{capture.source.name}: {note.message}" for capture in self.captures for note in capture.damage),
        )

    @property
    def devices(self) -> tuple[str, ...]:
        """Name every device that reports about itself, sorted."""
        names = {config.hostname for config in self.configs} | {state.device for state in self.states}
        names |= {table.device for table in self.neighbors}
        return tuple(sorted(names - {""}))

    def all_neighbors(self) -> tuple[Neighbor, ...]:
        """Give the neighbour rows of all files, captures included."""
        rows = [row for table in self.neighbors for row in table.rows]
        for capture in self.captures:
            rows += capture.neighbors()
        return tuple(rows)
