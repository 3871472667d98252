"""What the operation that lists packets returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from netguru.model.result import Result

if TYPE_CHECKING:
    from netguru.model.coverage import Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One packet in a line; `time` is text of seconds since the epoch."""

    number: int
    time: str | None
    source: str
    destination: str
    length: int
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Packets(Result):
    """Packets of a capture in file order.

    `total` counts all that were selected by number and by `filter`, which is empty for all packets;
    `packets` may hold fewer.
    """

    schema: ClassVar[str] = "netguru.pcap.packets/1"
    primary: ClassVar[str] = "packets"

    filter: str
    total: int
    packets: tuple[Packet, ...]
    coverage: Coverage
