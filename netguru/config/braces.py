"""The grammars of Junos: braces, and the set commands that spell the same paths."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netguru.config.tree import MAX_DEPTH, Grown, Node, raw_lines, without_pager

if TYPE_CHECKING:
    from netguru.config.platforms import Platform

_MARK = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\])*"|[{};]|\[|\]|#[^\n]*|[^\s{};\[\]"]+', re.DOTALL)
_PREFIXES = ("inactive:", "protect:", "replace:", "active:", "unprotect:", "delete:")
_SET = re.compile(r'"(?:\\.|[^"\\])*"|\S+')


def is_set_form(text: str, platform: Platform) -> bool:
    """Say whether most statements of a text begin with a set word."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    starts = sum(line.split(None, 1)[0] in platform.set_words for line in lines)
    return starts * 2 > len(lines)


def grow_set(text: str, platform: Platform, first_line: int = 1) -> Grown:
    """Build the tree of set commands: one line a statement, its text the whole path."""
    nodes: list[Node] = []
    structure: set[int] = set()
    odd: list[int] = []
    inactive: set[tuple[str, ...]] = set()
    for number, raw in enumerate(raw_lines(text), first_line):
        bare = without_pager(raw).strip()
        words = _SET.findall(bare)
        if not words or bare.startswith(platform.comments) or re.fullmatch(r"\{\w+(?::\w+)?\}", bare):
            structure.add(number)
        elif words[0] == "set" and len(words) > 1:
            nodes += [Node(text=path, number=number, end=number) for path in _spread(words[1:])]
        elif words[0] == "deactivate" and len(words) > 1:
            inactive.add(tuple(words[1:]))
            structure.add(number)
        elif words[0] in platform.set_words:
            structure.add(number)
        else:
            nodes.append(Node(text=bare, number=number, end=number))
            odd.append(number)
    return Grown(
        tree=tuple(node.freeze() for node in nodes),
        structure=frozenset(structure),
        odd=tuple(odd),
        inactive=frozenset(inactive),
    )


def _spread(words: list[str]) -> list[str]:
    """Give one path for each member of a list in brackets at the end.

    >>> _spread(["export", "[", "A", "B", "]"])
    ['export A', 'export B']
    """
    if "[" in words and words[-1] == "]":
        start = words.index("[")
        head = " ".join(words[:start])
        return [f"{head} {word}" for word in words[start + 1 : -1]] or [head]
    return [" ".join(words)]


def grow_braces(text: str, platform: Platform, first_line: int = 1) -> Grown:
    """Build the tree of a configuration in braces; inactive statements are kept and marked."""
    del platform  # braces, comments and quotes are Junos's own
    return _Braces(text, first_line).grow()


class _Braces:
    """One pass over the marks of a text."""

    def __init__(self, text: str, first_line: int) -> None:
        lines = [without_pager(line) for line in raw_lines(text)]
        self.text = "\n".join(lines)
        self.count = len(lines)
        self.first = first_line
        self.roots: list[Node] = []
        self.stack: list[Node] = []
        self.words: list[str] = []
        self.members: list[str] | None = None
        self.start = 0
        self.used: set[int] = set()
        self.odd: list[int] = []
        self.inactive: set[tuple[str, ...]] = set()

    def grow(self) -> Grown:
        line, place = self.first, 0
        for match in _MARK.finditer(self.text):
            line += self.text.count("\n", place, match.start())
            place = match.start()
            mark = match[0]
            end = line + mark.count("\n")
            if mark.startswith(("/*", "#")) and not mark.startswith("#include"):
                continue
            self._take(mark, line, end)
        if self.words:
            self._finish(self.start)
        structure = frozenset(range(self.first, self.first + self.count)) - self.used
        return Grown(
            tree=tuple(node.freeze() for node in self.roots),
            structure=structure,
            odd=tuple(self.odd),
            inactive=frozenset(self.inactive),
        )

    def _take(self, mark: str, line: int, end: int) -> None:
        if mark == "[" and self.words:
            self.members = []
        elif mark == "]" and self.members is not None:
            pass
        elif mark == ";":
            self._finish(line)
        elif mark == "{":
            nodes = self._finish(line)
            if nodes:
                # Below the last level every block lies side by side; its closing brace still counts.
                self.stack.append(nodes[-1] if len(self.stack) < MAX_DEPTH else self.stack[-1])
            else:
                self.odd.append(line)
        elif mark == "}":
            if self.words:
                self._finish(line)
            if self.stack:
                self.stack.pop()
            else:
                self.odd.append(line)
        else:
            if not self.words and self.members is None:
                self.start = line
            (self.words if self.members is None else self.members).append(mark)
            self.used.update(range(line, end + 1))

    def _finish(self, line: int) -> list[Node]:
        """Make the statement of the words gathered so far: one for each member of a list."""
        words, members = self.words, self.members
        self.words, self.members = [], None
        off = False
        while words and words[0] in _PREFIXES:
            off = off or words[0] == "inactive:"
            words = words[1:]
        if not words:
            return []
        head = " ".join(words)
        nodes = [
            Node(text=text, number=self.start, end=max(line, self.start))
            for text in ([f"{head} {member}" for member in members] if members else [head])
        ]
        (self.stack[-1].children if self.stack else self.roots).extend(nodes)
        if off:
            above = " ".join(node.text for node in self.stack)
            self.inactive.add(tuple(f"{above} {head}".split()))
        return nodes
