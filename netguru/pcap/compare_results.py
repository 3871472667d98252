"""What the comparison of two captures returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from netguru.model.result import Result

if TYPE_CHECKING:
    from netguru.model.coverage import Coverage
    from netguru.model.finding import Finding

Mode = Literal["path", "change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRelation:
    """How the clock of B stands to that of A: how far it is ahead, what it gains, and what that rests on.

    With packets in both directions the least time there and back is exact, whatever the clocks say; the offset is
    the middle, right when both ways take the same least time. With one direction alone only differences are known.
    """

    method: str
    ahead_ms: float | None
    drift_ppm: float
    there_and_back_ms: float | None
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The packets that went one way between the points: how many arrived, how long they took, how many routers.

    `missed` arrived as well, as acknowledgments prove, and the other recorder left them out; `overtaken` ones arrived
    behind a packet of their conversation that was sent later (RFC 4737).
    """

    way: str
    sent: int
    lost: int
    least_ms: float
    median_ms: float
    p95_ms: float
    longest_ms: float
    routers: int
    doubled: int
    missed: int
    overtaken: int
    arrived: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Losing:
    """A conversation of which packets were lost between the points; `packets` are their first numbers."""

    way: str
    client: str
    server: str
    protocol: str
    sent: int
    lost: int
    packets: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewritten:
    """A field that differs between the points: in how many packets of how many conversations, with an example each."""

    field: str
    way: str
    at_a: str
    at_b: str
    packets: int
    conversations: int
    example_a: int
    example_b: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Alone:
    """A conversation that one point saw while the other recorded and did not."""

    point: str
    client: str
    server: str
    protocol: str
    packets: int
    first_packet: int
    both_hosts_known: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service before and after: conversations, bytes, handshake and resends of each; None where it was not there."""

    server: str
    protocol: str
    conversations_before: int
    conversations_after: int
    bytes_before: int
    bytes_after: int
    handshake_ms_before: float | None
    handshake_ms_after: float | None
    resent_share_before: float | None
    resent_share_after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureComparison(Result):
    """Two captures of one thing held against each other.

    In the mode `path` the two were taken at two points of one path: `clock`, `ways`, `losses`, `rewritten` and `alone`
    say what happened between them. In the mode `change` they show one place at two times: `services` and the findings
    that `came`, `went` and `stayed`. `because` says why the mode was chosen.
    """

    schema: ClassVar[str] = "netguru.pcap.compare/1"
    primary: ClassVar[str] = "ways"

    a: str
    b: str
    mode: Mode
    because: str
    findings: tuple[Finding, ...] = ()
    clock: ClockRelation | None = None
    ways: tuple[Way, ...] = ()
    rewritten: tuple[Rewritten, ...] = ()
    losses: tuple[Losing, ...] = ()
    alone: tuple[Alone, ...] = ()
    services: tuple[Service, ...] = ()
    came: tuple[Finding, ...] = ()
    went: tuple[Finding, ...] = ()
    stayed: tuple[Finding, ...] = ()
    coverage: Coverage
