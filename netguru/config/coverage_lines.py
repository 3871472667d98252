"""The class of every line of a configuration: modelled, known but not modelled, unknown."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal

from netguru import resources
from netguru.config.platforms import platform
from netguru.config.secrets import without_secret
from netguru.config.tree import path_of, walk
from netguru.config.views import lines_of, rows_of

if TYPE_CHECKING:
    from netguru.model.config import ConfigLine, DeviceConfig

Kind = Literal["modelled", "known", "unknown"]


@cache
def _known(style: str, context: str) -> frozenset[str]:
    return frozenset(resources.table("platforms", "_known.toml")[style][context])


def classes(config: DeviceConfig) -> dict[int, Kind]:
    """Give the class of each line by its number, in the order of the file."""
    modelled = set(config.modelled)
    for rows in rows_of(config).values():
        modelled |= lines_of(rows)
    known: set[int] = set()
    style = "braces" if platform(config.platform).style == "braces" else "indent"
    for line in walk(config.tree):
        if _is_known(line, style):
            known.update(range(line.number, line.end + 1))
    kinds: dict[int, Kind] = {}
    first = config.piece.first_line
    for number in range(first, first + len(config.piece.lines)):
        kinds[number] = "modelled" if number in modelled else "known" if number in known else "unknown"
    return kinds


def _is_known(line: ConfigLine, style: str) -> bool:
    """Say whether a statement begins as the system's do; below an interface by its own words, else with its block."""
    words = (path_of(line) if style == "braces" else line.text).split()
    if not words:
        return False
    if style == "braces" or not line.parents:
        return words[0].split("-", 1)[0] in _heads(style) or words[0] in _known(style, "top")
    if line.parents[0].startswith("interface "):
        return words[0] in _known(style, "interface")
    # The heading of the block stands before its lines: it was judged already.
    return line.parents[0].split(None, 1)[0] in _known(style, "top")


@cache
def _heads(style: str) -> frozenset[str]:
    """Give the first words that also begin longer ones: "exit-address-family", "end-policy"."""
    return frozenset({"exit", "end"}) if style == "indent" else frozenset()


def shown(config: DeviceConfig, number: int) -> str:
    """Give the text of a line without its secrets."""
    return without_secret(config.piece.lines[number - config.piece.first_line])
