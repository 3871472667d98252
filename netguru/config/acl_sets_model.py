"""Filters as sets: the lines of an access list, a firewall filter or a prefix list, in the order they are tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from netguru.config.acl_sets import Space
    from netguru.config.acl_sets_headers import Condition, Family
    from netguru.model.config import DeviceConfig, Lines

Action = Literal["permit", "deny", "next"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterLine:
    """One line: what matches and what then happens; "next" goes on to the lines below."""

    text: str
    lines: Lines
    action: Action
    condition: Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One filter; what no line matches is denied."""

    config: DeviceConfig
    name: str
    kind: str
    family: Family
    space: Space
    lines: tuple[FilterLine, ...]

    @property
    def deciding(self) -> tuple[FilterLine, ...]:
        """Give the lines that end the search when they match."""
        return tuple(line for line in self.lines if line.action != "next")
