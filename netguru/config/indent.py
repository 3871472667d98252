"""The grammar of indentation: Cisco IOS, NX-OS, IOS-XR, ASA, Arista EOS, FRRouting."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netguru.config.tree import MAX_DEPTH, Grown, Node, raw_lines, without_pager

if TYPE_CHECKING:
    from netguru.config.platforms import Platform

# Lines that the device or the terminal prints around a configuration.
_HEADER = re.compile(
    r"Building configuration\.\.\.|Current configuration\s*:.*|Using \d+ out of \d+ bytes.*"
    r"|: (?:Saved|Written by|end).*|Cryptochecksum:.*|\[OK\]|NVRAM config last updated.*|Last configuration change.*"
    r"|% ?Warning.*"
)


def grow(text: str, platform: Platform, first_line: int = 1) -> Grown:
    """Build the tree of an indented configuration; line numbers count from `first_line`."""
    return _Grower(text, platform, first_line).grow()


class _Grower:
    """One pass over the lines of a text."""

    def __init__(self, text: str, platform: Platform, first_line: int) -> None:
        self.lines = [without_pager(line) for line in raw_lines(text)]
        self.platform = platform
        self.first = first_line
        self.roots: list[Node] = []
        self.stack: list[Node] = []
        self.structure: set[int] = set()
        self.sections: list[tuple[Node, re.Pattern[str]]] = []

    def grow(self) -> Grown:
        position = 0
        while position < len(self.lines):
            position = self._take(position)
        tree = tuple(root.freeze() for root in self.roots)
        return Grown(tree=tree, structure=frozenset(self.structure))

    def _take(self, position: int) -> int:
        """Read the statement that begins at a line; give the position after it."""
        line = self.lines[position]
        bare = line.strip()
        number = position + self.first
        if not bare or bare.startswith(self.platform.comments) or _HEADER.fullmatch(bare):
            self.structure.add(number)
            return position + 1
        indent = len(line.expandtabs(8)) - len(line.expandtabs(8).lstrip())
        last = self._last(position, bare)
        node = Node(text=bare, number=number, end=last + self.first, indent=indent)
        if self._closes(node):
            self.structure.add(number)
            return position + 1
        self._place(node)
        self._open_section(node, position)
        return last + 1

    def _closes(self, node: Node) -> bool:
        """Say whether a statement only closes a section; a section of the same indentation ends here."""
        if self.sections and self.sections[-1][1].fullmatch(node.text):
            self.sections.pop()
            return True
        return bool(self.platform.closings.fullmatch(node.text))

    def _place(self, node: Node) -> None:
        while self.sections and node.indent < self.sections[-1][0].indent:
            self.sections.pop()
        inside = self.sections[-1][0] if self.sections else None
        while (
            self.stack
            and self.stack[-1] is not inside
            and (self.stack[-1].indent >= node.indent or len(self.stack) >= MAX_DEPTH)
        ):
            self.stack.pop()
        (self.stack[-1].children if self.stack else self.roots).append(node)
        self.stack.append(node)

    def _open_section(self, node: Node, position: int) -> None:
        """Open a section whose lines follow at the indentation of its heading."""
        for section in self.platform.sections:
            if not section.open.fullmatch(node.text):
                continue
            for line in self.lines[position + 1 :]:
                bare = line.strip()
                if not bare or bare.startswith(self.platform.comments):
                    continue
                indent = len(line) - len(line.lstrip())
                if indent != node.indent or section.open.fullmatch(bare):
                    return
                if section.close.fullmatch(bare):
                    self.sections.append((node, section.close))
                    return
                # The first line at the same depth decides whether a closing line follows it.
                if self._closed_below(position, node.indent, section.close):
                    self.sections.append((node, section.close))
                return

    def _closed_below(self, position: int, indent: int, close: re.Pattern[str]) -> bool:
        for line in self.lines[position + 1 :]:
            bare = line.strip()
            if not bare or bare.startswith(self.platform.comments):
                continue
            if len(line) - len(line.lstrip()) < indent:
                return False
            if close.fullmatch(bare):
                return True
        return False

    def _last(self, position: int, bare: str) -> int:
        """Give the position of the last line of a statement."""
        for item in self.platform.multiline:
            match = item.open.fullmatch(bare)
            if match is None:
                continue
            mark = match.groupdict().get("mark") or ""
            if mark and mark in (match.groupdict().get("rest") or ""):
                return position
            for offset in range(position + 1, len(self.lines)):
                found = self.lines[offset]
                if (mark and mark in found) or (item.close and found.strip() == item.close):
                    return offset
            # Without an end the value is this line alone: the rest is read as statements.
            return position
        return position
