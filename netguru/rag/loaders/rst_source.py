"""Takes the include directives of reStructuredText in before it is parsed, each line with the line it came from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netguru.rag.loaders.source import limits, lines_of
from netguru.rag.loaders.writer import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.rag.loaders.source import Source

_DIRECTIVE = re.compile(r"(\s*)\.\. (include|cmdinclude|literalinclude)::\s+(\S.*?)\s*")
_OPTION = re.compile(r"\s+:([\w-]+):\s*(.*?)\s*")
_VARIABLE = re.compile(r" ?\{\{\s*(\w+)\s*\}\}")


def expanded(source: Source, text: str) -> list[Line]:
    """Give the lines with all that they include; an included line has the number of the line that asks for it."""
    lines = [
        Line(line.replace("\f", "").replace("\v", "").expandtabs(8), number)
        for number, line in enumerate(lines_of(text), 1)
    ]
    return list(_expand(source, lines, source.uri, 0))


def _expand(source: Source, lines: list[Line], base: str, depth: int) -> Iterator[Line]:
    index = 0
    while index < len(lines):
        line = lines[index]
        index += 1
        # Most lines hold no directive: the cheap look comes first.
        match = _DIRECTIVE.fullmatch(line.text) if "include::" in line.text else None
        if match is None:
            yield line
            continue
        options: dict[str, str] = {}
        while index < len(lines) and (option := _OPTION.fullmatch(lines[index].text)):
            options[option[1]] = option[2]
            index += 1
        if depth >= limits()["include_depth"]:
            source.damaged(f"include left out: {match[3]}: includes are nested more than {depth} deep")
            continue
        yield from _taken(source, line, match, options, base, depth)


def _taken(
    source: Source, line: Line, match: re.Match[str], options: dict[str, str], base: str, depth: int
) -> Iterator[Line]:
    indent, kind, target = match[1], match[2], match[3]
    # Standard definitions of docutils (`<isonum.txt>`) hold no text.
    taken = None if target.startswith("<") else source.include(target, base)
    if taken is None:
        return
    name, text = taken
    texts = _selected(lines_of(text), options)
    if kind == "cmdinclude":
        texts = [_filled(row, options) for row in texts]
    if kind == "literalinclude" or "literal" in options or "code" in options:
        yield Line(f"{indent}.. code-block::", line.number)
        yield Line("", line.number)
        yield from (Line(f"{indent}   {row}".rstrip(), line.number) for row in texts)
    else:
        inner = [Line(f"{indent}{row.expandtabs(8)}".rstrip(), line.number) for row in texts]
        yield from _expand(source, inner, name, depth + 1)
    yield Line("", line.number)


def _filled(row: str, options: dict[str, str]) -> str:
    """Put the variables of an include in; one that is not given is empty, and its blank goes with it."""
    return _VARIABLE.sub(lambda found: _value(found, options), row) if "{{" in row else row


def _value(found: re.Match[str], options: dict[str, str]) -> str:
    value = options.get(found[1], "")
    return (" " if found[0].startswith(" ") and value else "") + value


def _selected(lines: list[str], options: dict[str, str]) -> list[str]:
    """Apply the options that choose a part of a file."""
    lines = lines[_number(options.get("start-line"), 0) : _number(options.get("end-line"), len(lines))]
    for key, after in (("start-after", True), ("end-before", False)):
        mark = options.get(key)
        if not mark:
            continue
        at = next((index for index, row in enumerate(lines) if mark in row), None)
        if at is not None:
            lines = lines[at + 1 :] if after else lines[:at]
    return lines


def _number(text: str | None, default: int) -> int:
    try:
        return int(text) if text else default
    except ValueError:
        return default
