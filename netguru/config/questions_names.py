"""Questions about files and named things: what is read, what is defined, used, missing and unused."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from netguru.config.checks.references import is_whole, undefined_names, unused_structures

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from netguru.model.config import DeviceConfig, Lines
    from netguru.model.network import Network

Row = dict[str, Any]


def place(config: DeviceConfig, lines: Lines, **values: Any) -> Row:
    """Make a row: the device, what is told, and where it stands."""
    return {"device": config.hostname, **values, "file": config.piece.file.name, "lines": list(lines)}


def undefined_references(configs: Iterable[DeviceConfig]) -> list[Row]:
    """List names that are used and not defined, a row for each place of use."""
    return [
        place(config, row.lines, kind=" or ".join(kinds), name=name, context=row.context)
        for config in configs
        if is_whole(config)
        for (kinds, name), rows in undefined_names(config).items()
        for row in rows
    ]


def unused(configs: Iterable[DeviceConfig]) -> list[Row]:
    """List named things that are defined and mentioned nowhere else."""
    return [
        place(config, row.lines, kind=row.kind, name=row.name)
        for config in configs
        if is_whole(config)
        for row in unused_structures(config)
    ]


def named_structures(configs: Iterable[DeviceConfig]) -> list[Row]:
    """List every named thing with the number of its uses."""
    rows: list[Row] = []
    for config in configs:
        uses: dict[tuple[str, str], int] = defaultdict(int)
        for reference in config.references:
            for kind in reference.kinds:
                uses[kind, reference.name] += 1
        rows += [
            place(config, row.lines, kind=row.kind, name=row.name, uses=uses[row.kind, row.name])
            for row in config.structures
        ]
    return rows


def file_parse_status(network: Network) -> list[Row]:
    """List every file: read in full, in part or not at all, with the reason.

    PASSED is a configuration without a line that no table knows, PARTIALLY_UNRECOGNIZED one with such
    lines (counted, and numbered in `lines`), UNKNOWN a file that is no configuration.
    """
    rows = [
        place(
            config,
            config.unmodelled,
            status="PARTIALLY_UNRECOGNIZED" if config.unmodelled else "PASSED",
            platform=config.platform,
            total=config.coverage.total,
            reason=config.platform_reason,
        )
        for config in network.configs
    ]
    known = {row["file"] for row in rows}
    rows += [_other(item.name, "read as other data") for item in network.files if item.name not in known]
    rows += [_other(item.name, item.reason) for item in network.unread if item.name not in known]
    return sorted(rows, key=lambda row: (row["file"], row["lines"]))


def _other(name: str, reason: str) -> Row:
    return {
        "device": "", "status": "UNKNOWN", "platform": "", "total": 0, "reason": reason, "file": name, "lines": []
    }  # fmt: skip


QUESTIONS: dict[str, Callable[[Sequence[DeviceConfig]], list[Row]]] = {
    "undefinedReferences": undefined_references,
    "unusedStructures": unused,
    "namedStructures": named_structures,
}
