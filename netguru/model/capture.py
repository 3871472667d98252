"""Capture: the handle of one packet capture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from netguru.model.coverage import Coverage
    from netguru.model.evidence import Evidence
    from netguru.model.source import SourceFile
    from netguru.model.topology import Neighbor


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """Say where a capture breaks off or is inconsistent: byte `offset` in the file and what is wrong."""

    offset: int
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureInterface:
    """Describe one capture interface: `link_type` is the LINKTYPE number (tcpdump.org/linktypes)."""

    index: int
    link_type: int
    name: str = ""
    description: str = ""
    snaplen: int = 0
    dropped: int | None = None


@runtime_checkable
class Capture(Protocol):
    """One packet capture as columns; `pcap.schema` declares every column of every table.

    `packets()` has one row per packet in file order, `number` counted from 1 as Wireshark's
    frame.number. `flows()` has one row per conversation. `protocol(name)` has one row per message
    of a protocol with its packet `number`; an unknown name raises UnknownNameError. Tables are
    computed once per handle.
    """

    @property
    def source(self) -> SourceFile: ...  # noqa: D102 - a field
    @property
    def format(self) -> str: ...  # noqa: D102 - a field: "pcap", "pcapng", ...
    @property
    def interfaces(self) -> tuple[CaptureInterface, ...]: ...  # noqa: D102 - a field
    @property
    def damage(self) -> tuple[Damage, ...]: ...  # noqa: D102 - a field
    @property
    def coverage(self) -> Coverage: ...  # noqa: D102 - a field

    def packets(self) -> pl.LazyFrame:
        """Give the packet table."""
        ...

    def flows(self) -> pl.LazyFrame:
        """Give the flow table."""
        ...

    def protocol(self, name: str) -> pl.DataFrame:
        """Give the messages of one protocol."""
        ...

    def neighbors(self) -> tuple[Neighbor, ...]:
        """Give the CDP and LLDP neighbours that the capture shows."""
        ...

    def frames(self, numbers: Sequence[int]) -> list[bytes]:
        """Read the captured bytes of chosen packets, in the order asked for."""
        ...

    def describe(self, number: int) -> str:
        """Give the canonical one-line description of a packet, the text that evidence quotes."""
        ...

    def evidence(self, numbers: Sequence[int], *, limit: int = 8) -> tuple[Evidence, ...]:
        """Quote packets, each by its own evidence, at most `limit` of them spread over the whole."""
        ...

    def absence(self, first: int, last: int, what: str) -> Evidence:
        """Prove by a range of packets that something does not occur in it."""
        ...
