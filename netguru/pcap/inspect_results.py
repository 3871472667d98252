"""What the operations that look into chosen packets return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from netguru.model.result import Result

if TYPE_CHECKING:
    from netguru.model.coverage import Coverage

Side = Literal["client", "server"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of a dissected packet with its fields in order.

    A field that occurs again has its count behind its name: `dns.resp.name`, `dns.resp.name#2`.
    """

    name: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dissection(Result):
    """One packet in full: its layers from the outside in, and its bytes.

    `engine` names the program that took it apart; `notes` say where another one was asked for, and
    what the engine was shown of the capture.
    """

    schema: ClassVar[str] = "netguru.pcap.dissect/1"
    primary: ClassVar[str] = "layers"

    source: str
    number: int
    time: str | None
    description: str
    engine: str
    layers: tuple[Layer, ...]
    hex: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Dissections(Result):
    """Several packets in full, in the order of the file; `text` is all of them to read, a line for each field."""

    schema: ClassVar[str] = "netguru.pcap.dissections/1"
    primary: ClassVar[str] = "packets"
    quiet: ClassVar[tuple[str, ...]] = ("packets",)

    source: str
    engine: str
    text: str
    packets: tuple[Dissection, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Export(Result):
    """Packets of a capture written as a capture: how many, and how many bytes of them."""

    schema: ClassVar[str] = "netguru.pcap.export/1"

    source: str
    out: str
    format: str
    packets: int
    bytes: int
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one side said before the other one spoke.

    `start` counts the bytes that the side had sent before; a `hole` are bytes that were not captured,
    its `bytes` are their number. `text` holds the shown bytes in the asked format.
    """

    side: Side
    first_packet: int
    last_packet: int
    time: str | None
    start: int
    bytes: int
    hole: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed(Result):
    """A conversation's bytes in the order in which they were sent.

    `client_bytes` and `server_bytes` count what was captured, holes excluded. `complete` says that
    the start and the end of both directions were captured (for TCP), with no hole between. `text`
    holds the shown bytes of all turns.
    """

    schema: ClassVar[str] = "netguru.pcap.follow/1"
    primary: ClassVar[str] = "turns"

    source: str
    protocol: str
    stream: int
    client: str
    server: str
    packets: int
    client_bytes: int
    server_bytes: int
    holes: int
    hole_bytes: int
    complete: bool
    text: str
    turns: tuple[Turn, ...]
    out: str | None
    written: int
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryRows(Result):
    """The rows that a query gives; `columns` names them with their types, `tables` those that were read."""

    schema: ClassVar[str] = "netguru.pcap.query/1"
    primary: ClassVar[str] = "rows"

    source: str
    tables: tuple[str, ...]
    columns: dict[str, str]
    rows: tuple[dict[str, Any], ...]
    coverage: Coverage
