"""What repairing a capture returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from netguru.model.result import Result

if TYPE_CHECKING:
    from netguru.model.coverage import Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A stretch of the (unpacked) capture that was kept; `first_packet` is a number in the new file."""

    start: int
    end: int
    first_packet: int
    packets: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A stretch of the (unpacked) capture that was left out, and why."""

    start: int
    end: int
    bytes: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired(Result):
    """A capture written anew without its damaged parts.

    `packets` are in the new file, `regained` of them lie behind a damage, where other programs do not
    get to. Byte ranges count from 0, `end` is the byte after the last.
    """

    schema: ClassVar[str] = "netguru.pcap.repair/1"
    primary: ClassVar[str] = "lost"

    source: str
    out: str
    format: str
    packets: int
    regained: int
    lost_bytes: int
    kept: tuple[Kept, ...]
    lost: tuple[Lost, ...]
    coverage: Coverage
