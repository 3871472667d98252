"""Listing the neighbours of a network as rows, with what was not understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.model.coverage import Coverage, Gap
from netguru.topology.claims import complete
from netguru.topology.results import NeighborRows

if TYPE_CHECKING:
    from netguru.model.network import Network


def list_neighbors(network: Network) -> NeighborRows:
    """Give the rows of all tables in the order of the files, then what captures show."""
    rows = complete(row for table in network.neighbors for row in table.rows)
    heard = tuple(row for capture in network.captures for row in capture.neighbors())
    return NeighborRows(neighbors=(*rows, *heard), coverage=_coverage(network, len(rows) + len(heard)))


def _coverage(network: Network, read: int) -> Coverage:
    parts = tuple(table.coverage for table in network.neighbors if table.coverage is not None)
    places: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for gap in (gap for part in parts for gap in part.gaps):
        counts[gap.reason] = counts.get(gap.reason, 0) + gap.count
        places.setdefault(gap.reason, []).extend(gap.places)
    notes = [note for part in parts for note in part.notes]
    notes += [f"{item.name}: {item.reason}" for item in network.unread]
    missing = () if network.neighbors or read else ("no CDP or LLDP output was recognised",)
    return Coverage(
        unit="neighbours",
        total=read + sum(counts.values()),
        read=read,
        gaps=tuple(Gap(reason=name, count=counts[name], places=tuple(places[name][:5])) for name in sorted(counts)),
        notes=tuple(notes),
        missing=missing,
        parts=parts,
    )
