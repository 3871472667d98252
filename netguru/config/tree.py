"""The tree of a configuration: raw lines, nodes that are built up, and rendering back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netguru.model.config import ConfigLine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.model.config import DeviceConfig

MAX_DEPTH = 64
"""Levels of nesting that are told apart; real configurations have less than twenty."""
_WITH_END = re.compile("[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$")
# What a pager leaves in front of a line: its prompt, then backspaces or a carriage return that wipe it out.
_PAGER = re.compile(
    r"^(?:\s*(?:<?-+ ?\(?[Mm]ore(?: ?\d+%)?\)? ?-+>?)(?:\[[\dKm;]*|\x1b\[[\d;]*[A-Za-z])?[ \t]*)?"
    r"(?:[\x08]+[ \t]*)*[\x08]*"
)


@dataclass(slots=True)
class Node:
    """A statement while the tree is built."""

    text: str
    number: int
    end: int
    indent: int = 0
    children: list[Node] = field(default_factory=list)

    def freeze(self, parents: tuple[str, ...] = ()) -> ConfigLine:
        """Turn the node and all below it into ConfigLines."""
        below = (*parents, self.text)
        return ConfigLine(
            text=self.text,
            number=self.number,
            end=self.end,
            parents=parents,
            children=tuple(child.freeze(below) for child in self.children),
        )


@dataclass(frozen=True, slots=True)
class Grown:
    """A tree, the numbers of the lines that only structure it, and those that the grammar could not place."""

    tree: tuple[ConfigLine, ...]
    structure: frozenset[int]
    odd: tuple[int, ...] = ()
    inactive: frozenset[tuple[str, ...]] = frozenset()


def raw_lines(text: str) -> list[str]:
    r"""Split a text into lines that keep their ends: LF, CRLF or CR.

    >>> raw_lines("a\r\nb\nc")
    ['a\r\n', 'b\n', 'c']
    """
    return _WITH_END.findall(text)


def without_pager(line: str) -> str:
    r"""Drop what a pager left at the start of a line; the line end goes too.

    >>> without_pager(" --More-- \x08\x08\x08\x08\x08\x08\x08\x08\x08 ip route")
    ' ip route'
    """
    bare = line.rstrip("\r\n")
    if "\x08" not in bare and "ore" not in bare[:40]:
        return bare
    match = _PAGER.match(bare)
    if match is None or not match[0].strip(" \t"):
        return bare
    rest = bare[match.end() :]
    # The blanks that wiped the prompt belong to it; those of an indented line follow the last backspace.
    blanks = match[0][len(match[0].rstrip(" \t")) :]
    return (blanks if "\x08" in match[0] else "") + rest


def walk(tree: Iterable[ConfigLine]) -> Iterable[ConfigLine]:
    """Give all lines of a tree in the order of the file."""
    for line in tree:
        yield from line.walk()


def path_of(line: ConfigLine) -> str:
    """Give the whole path of a statement: in braces and in set form the same text.

    >>> path_of(ConfigLine(text="mtu 9000", number=2, end=2, parents=("interfaces", "xe-0/0/0")))
    'interfaces xe-0/0/0 mtu 9000'
    """
    return " ".join((*line.parents, line.text))


def render(config: DeviceConfig) -> str:
    """Give back the text of a configuration from its tree.

    Every statement contributes its own lines of the piece, and the lines between two statements
    (blank, comments, closing marks) come along in their places. Equal to `piece.text` for every input.
    """
    return render_tree(config.tree, config.piece.text, config.piece.first_line)


def render_tree(tree: Iterable[ConfigLine], text: str, first_line: int = 1) -> str:
    """Render a tree over the text that it was made from (see `render`)."""
    lines = raw_lines(text)
    made: list[str] = []
    done = 0
    for statement in walk(tree):
        start, end = statement.number - first_line, statement.end - first_line + 1
        if end <= done:
            continue
        made += lines[done : max(start, done)]
        made += lines[max(start, done) : end]
        done = end
    made += lines[done:]
    return "".join(made)
