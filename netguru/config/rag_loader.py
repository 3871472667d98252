"""A configuration by stanza, for questions about it: its lines as they stand, under device and stanza."""

from __future__ import annotations

from bisect import bisect_right
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from netguru.model.description import Description, Passage
from netguru.workspace.describers import Subject, describers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netguru.model.config import ConfigLine, DeviceConfig

_LONG = 40
"""Lines from which a stanza is told by what stands below it."""
_DEEP = 4
_WORDS = 2
_FEW = 3
"""Lines that begin alike from which they are a stanza of their own."""

Path = tuple[str, ...]


class ConfigDescriber:
    """Describe a configuration."""

    subject: Subject = "config"
    version = "2"

    def describe(self, subject: DeviceConfig) -> Description | None:
        """Give the stanzas in their order; every line of the file is in exactly one of them."""
        device = subject.hostname or subject.piece.file.name
        owners = dict(_owners(subject.tree, (device,)))
        if not owners:
            return None
        numbers = sorted(owners)
        first = subject.piece.first_line
        # A closing mark or a remark belongs to what stands above it.
        rows = (
            (owners[numbers[max(bisect_right(numbers, number) - 1, 0)]], (number, text))
            for number, text in enumerate(subject.piece.lines, first)
        )
        return Description(
            title=f"Configuration of {device}",
            device=subject.hostname,
            platform=subject.platform,
            passages=tuple(
                Passage(path=path, lines=tuple(line for _, line in part))
                for path, part in groupby(rows, key=itemgetter(0))
            ),
        )


def _owners(tree: Sequence[ConfigLine], path: Path) -> Iterator[tuple[int, Path]]:
    """Give the path of the stanza that each statement belongs to, by the statement's line."""
    for lead, group in groupby(tree, key=_lead):
        statements = list(group)
        # `ip route ...` over many lines is one stanza, named by what the lines begin with; a few lines are none.
        named = (*path, lead) if len(statements) >= _FEW else path
        for statement in statements:
            yield from _owned(statement, named if lead else (*path, statement.text))


def _lead(statement: ConfigLine) -> str:
    """Give the first words of a statement of one line, empty for one with others below it."""
    return "" if statement.children else " ".join(statement.text.split()[:_WORDS])


def _owned(statement: ConfigLine, path: Path) -> Iterator[tuple[int, Path]]:
    below = list(statement.walk())
    parted = len(below) > _LONG and len(path) < _DEEP
    for line in (statement,) if parted else below:
        for number in range(line.number, line.number + 1 if line.children else line.end + 1):
            yield number, path
    if parted:
        yield from _owners(statement.children, path)


describers.register("config", ConfigDescriber())
