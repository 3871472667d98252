"""Operations on what is understood of configurations: every line's class, and views as tables over a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from netguru.errors import FileRejectedError, UnknownNameError
from netguru.model.result import Result
from netguru.operations import operation

if TYPE_CHECKING:
    import polars as pl

    from netguru.model.coverage import Coverage
    from netguru.model.network import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCoverage:
    """Count the lines of one configuration by class; they add up to `lines`."""

    file: str
    device: str
    platform: str
    lines: int
    modelled: int
    known: int
    unknown: int
    unknown_lines: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRow:
    """One line with its class: "modelled", "known" or "unknown"; secrets are cut off."""

    file: str
    line: int
    status: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigCoverage(Result):
    """What is understood of each configuration, counted and listed."""

    schema: ClassVar[str] = "netguru.config.coverage/1"
    primary: ClassVar[str] = "files"

    files: tuple[FileCoverage, ...]
    listing: tuple[LineRow, ...]
    coverage: Coverage


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewTable(Result):
    """One view over all devices of a folder; every row has its device, file and lines."""

    schema: ClassVar[str] = "netguru.config.table/1"
    primary: ClassVar[str] = "table"

    view: str
    table: pl.DataFrame
    coverage: Coverage


@operation("config.coverage")
def coverage(path: Path, *, every_line: bool = False) -> ConfigCoverage:
    """List which lines of configurations are modelled, which are known but not modelled, and which are unknown.

    A modelled line is read into a view, defines or uses a named thing, or only structures the text. A
    known one begins as statements of the system do, and no view is read from it. All others are unknown.

    Args:
        path: A configuration, or a folder that holds some among other files.
        every_line: List the modelled lines too: the whole text, annotated.
    """
    from netguru.config.coverage_lines import classes, shown

    network = _network(path)
    files, listing = [], []
    for config in network.configs:
        by_line = classes(config)
        counts = {name: sum(kind == name for kind in by_line.values()) for name in ("modelled", "known", "unknown")}
        name = config.piece.file.name
        unknown = tuple(number for number, kind in by_line.items() if kind == "unknown")
        files.append(
            FileCoverage(
                file=name,
                device=config.hostname,
                platform=config.platform,
                lines=len(by_line),
                unknown_lines=unknown,
                **counts,
            )
        )
        listing += [
            LineRow(file=name, line=number, status=kind, text=shown(config, number))
            for number, kind in by_line.items()
            if every_line or kind != "modelled"
        ]
    return ConfigCoverage(files=tuple(files), listing=tuple(listing), coverage=network.coverage)


@operation("config.table")
def table(view: str, folder: Path) -> ViewTable:
    """Give one view of all configurations of a folder as a table.

    Views are interfaces, vlans, ospf, bgp, bgp_neighbors, bgp_groups, eigrp, isis, static_routes, gateways, users,
    logins, vrfs, acls, prefix_lists, route_maps, community_lists, as_path_lists, nat, dhcp, qos, stp,
    lacp, aaa, ntp, syslog, snmp, ssh, banners, system, structures and references. Secrets are no part of them.

    Args:
        view: The name of a view.
        folder: A folder with configurations, or one configuration.
    """
    from netguru.config.coverage_tables import frame, names

    if view not in names():
        raise UnknownNameError("view", view, names())
    network = _network(folder)
    return ViewTable(view=view, table=frame(view, network.configs), coverage=network.coverage)


def _network(path: Path) -> Network:
    from netguru.workspace.opening import open_network

    network = open_network(path)
    if not network.configs:
        raise FileRejectedError("holds no configuration", place=str(path))
    return network
