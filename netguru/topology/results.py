"""What the topology operations return."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from netguru.model.result import Result
from netguru.model.topology import Endpoint, Neighbor, Topology

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.model.coverage import Coverage
    from netguru.model.evidence import Evidence


Form = Literal["auto", "page", "svg", "graphml", "drawio", "mermaid", "pyvis"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NeighborRows(Result):
    """The neighbours that a file or folder shows."""

    schema: ClassVar[str] = "netguru.topology.neighbors/1"
    primary: ClassVar[str] = "neighbors"

    neighbors: tuple[Neighbor, ...]
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnTopology(Topology):
    """The graph of a network, which shows itself as a drawing in a notebook."""

    def svg(self) -> str:
        """Draw the graph as SVG."""
        from netguru.topology.svg import draw_svg

        return draw_svg(self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """Show the drawing above the tables."""
        bundle = dict(Topology._repr_mimebundle_(self, include, exclude))
        bundle["text/html"] = self.svg() + bundle.get("text/html", "")
        return bundle


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing(Result):
    """A drawing that was written: where it lies and what it shows."""

    schema: ClassVar[str] = "netguru.topology.draw/1"

    path: Path
    form: str
    devices: int
    links: int
    unresolved: int
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayLink:
    """Two ends that are configured for one VLAN, subnet, OSPF area or BGP session.

    `layer` is "vlan", "subnet", "ospf", "ospfv3" or "bgp"; `name` is the VLAN's number, the prefix, the area. In a
    subnet of more than two devices each has a link to the subnet, which then stands as device of end `a`.
    """

    layer: str
    name: str
    a: Endpoint
    b: Endpoint
    detail: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layers(Result):
    """What runs over the cables of a network, as configured."""

    schema: ClassVar[str] = "netguru.topology.layers/1"
    primary: ClassVar[str] = "layers"

    layers: tuple[OverlayLink, ...]
    coverage: Coverage
