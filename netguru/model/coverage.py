"""Coverage: what was read, what was not, and why; the counts add up."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Count things that were not read or not understood, with the reason and the first places."""

    reason: str
    count: int
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """State how much of the input an operation understood.

    `total` counts things of one `unit` (files, packets, lines, neighbours); `read` of them were
    understood, the `gaps` explain all others: `total == read + sum(gap.count)`. `notes` qualify
    what was read (a damage, a limit), `missing` says what to collect next, `parts` break the
    whole down by file.

    >>> Coverage(unit="files", total=3, read=2, gaps=(Gap(reason="not recognised", count=1),)).unread
    1
    """

    unit: str
    total: int
    read: int
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    source: str = ""
    parts: tuple[Coverage, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.total != self.read + self.unread:
            msg = f"coverage of {self.unit} does not add up: {self.total} != {self.read} + {self.unread}"
            raise ValueError(msg)

    @property
    def unread(self) -> int:
        """Count what was not understood."""
        return sum(gap.count for gap in self.gaps)
