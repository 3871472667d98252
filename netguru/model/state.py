"""DeviceState: what a device reports about itself, as tables whose rows know their lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from netguru.model.coverage import Coverage
    from netguru.model.evidence import Evidence
    from netguru.model.source import Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceState:
    """Hold the tables of one piece of output (one command, one log).

    `tables` maps a kind ("interfaces", "addresses", "routes", "arp", "ospf_neighbors", "bgp_peers",
    "vrrp", "events", ...; `state.schema` declares their columns) to a frame. Every row has the
    columns `line` and `end_line`: the numbers, in the file, of the lines that it was read from.
    """

    device: str
    platform: str
    piece: Piece
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    coverage: Coverage

    def evidence(self, row: Mapping[str, object]) -> Evidence:
        """Quote the lines of one row."""
        return self.piece.evidence(int(str(row["line"])), int(str(row["end_line"])))
