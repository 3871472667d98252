"""Topology: neighbours as devices report them, and the graph that they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from netguru.model.names import device_key, port_key
from netguru.model.result import Result

if TYPE_CHECKING:
    from netguru.model.coverage import Coverage
    from netguru.model.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbor:
    """One row of a neighbour table: what `device` hears on its `port`.

    Unknown texts are empty, unknown numbers None. `device` is empty for a neighbour heard in a
    capture: the capture does not say where it was taken.
    """

    device: str
    port: str
    remote_device: str
    remote_port: str
    protocol: Literal["cdp", "lldp"]
    platform: str = ""
    address: str = ""
    addresses: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    chassis_id: str = ""
    port_description: str = ""
    native_vlan: int | None = None
    duplex: str = ""
    mtu: int | None = None
    ttl: int | None = None
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbors:
    """The neighbours that one piece of a file reports; `coverage` counts them and what was not understood."""

    device: str
    rows: tuple[Neighbor, ...]
    coverage: Coverage | None = None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Endpoint:
    """One end of a link."""

    device: str
    port: str

    @property
    def key(self) -> tuple[str, str]:
        """Give the spelling in which two names of this end are equal."""
        return device_key(self.device), port_key(self.port)


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """One device of the graph. `reported` is False for one that is known from its neighbours only."""

    name: str
    platform: str = ""
    addresses: tuple[str, ...] = ()
    reported: bool = True
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One cable: two ends in order, with what each side says about it.

    `seen_from` tells which ends reported it; `confidence` runs from 0 to 1. A link that rests on
    a shared subnet alone has protocol "subnet".
    """

    a: Endpoint
    b: Endpoint
    protocols: tuple[str, ...]
    seen_from: Literal["both", "a", "b", "neither"]
    confidence: float
    evidence: tuple[Evidence, ...]

    def __post_init__(self) -> None:
        if not self.evidence:
            msg = f"link {self.a}-{self.b} has no evidence"
            raise ValueError(msg)
        if self.b.key < self.a.key:
            msg = f"link ends are out of order: {self.a}, {self.b}"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresolved:
    """A neighbour that could not be placed in the graph, with the reason."""

    neighbor: Neighbor
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology(Result):
    """The graph of a network's cables: devices, links, and neighbours not placed."""

    schema: ClassVar[str] = "netguru.topology.build/1"
    primary: ClassVar[str] = "links"

    devices: tuple[Device, ...]
    links: tuple[Link, ...]
    unresolved: tuple[Unresolved, ...]
    coverage: Coverage
