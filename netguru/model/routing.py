"""Routes: what a device's routing table holds, computed from configurations or as recorded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from netguru.model.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Hop:
    """Where packets go next: an address and the port that leads there; connected routes have no address."""

    address: str = ""
    port: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.address, self.port) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One selected route of one device. No hop: packets are discarded.

    `via` is the next hop before it was resolved (of BGP and of static routes), empty where it is
    the hop itself. `source` tells a computed route from one that the device printed.
    """

    device: str
    vrf: str
    prefix: str
    protocol: str
    distance: int
    metric: int
    hops: tuple[Hop, ...]
    via: tuple[str, ...] = ()
    source: Literal["computed", "recorded"] = "computed"
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterVerdict:
    """What a filter does with packets: all, none or part of them pass; not `sure` where a condition is unknown."""

    action: Literal["permit", "deny", "partly"]
    sure: bool
    says: str
    evidence: tuple[Evidence, ...]
