"""What stands around a line: the headings of the blocks that it is in, and the line behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ABOVE = 400
"""Lines above one that are searched for headings."""
_WIDEST = 400
"""Characters of a line that are given."""


def around(text: str, starts: Sequence[int], line: int) -> Iterator[str]:
    r"""Give a line (from 0) and the one behind it, then the headings above it by their indentation, nearest first.

    >>> list(around("a {\n  b {\n  }\n  c;\n", [0, 4, 10, 14, 19], 3))
    ['  c;', '', 'a {']
    """
    yield _line(text, starts, line)
    yield _line(text, starts, line + 1)
    depth = _indent(_line(text, starts, line))
    for above in range(line - 1, max(-1, line - _ABOVE), -1):
        if not depth:
            return
        heading = _line(text, starts, above)
        if heading.strip() and _indent(heading) < depth:
            depth = _indent(heading)
            yield heading


def _line(text: str, starts: Sequence[int], line: int) -> str:
    if line >= len(starts):
        return ""
    end = starts[line + 1] - 1 if line + 1 < len(starts) else len(text)
    return text[starts[line] : min(end, starts[line] + _WIDEST)]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
