"""Completion of `%netguru`: operations, options, choices and files."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.core.completer import SimpleCompletion, SimpleMatcherResult, context_matcher

from netguru.jupyter.questions import asks
from netguru.operations.operation import operations

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext

    from netguru.operations import Operation, Parameter

_LINE = re.compile(r"%%?netguru[ \t]+([^\n]*)$")
_CELL = re.compile(r"^%%netguru[ \t]+([^\n]*)\n([\s\S]*)$")
_MOST = 200


def complete(words: list[str], start: str) -> list[str]:
    """Give what may stand for `start` after the words typed before it.

    >>> complete([], "pcap.sum")
    ['pcap.summary']
    >>> complete(["diagnose"], "--sev")
    ['--severity']
    """
    if not words:
        names = {
            name for item in operations.values() if "magic" not in item.without for name in (item.alias, item.name)
        }
        return sorted(name for name in names if name and name.startswith(start))
    item = operations.get(words[0]) or next((each for each in operations.values() if each.alias == words[0]), None)
    if item is None:
        return []
    if start.startswith("-"):
        return _options(item, words, start)
    expected = _expected(item, words[1:])
    if expected is not None and expected.choices:
        return [choice for choice in expected.choices if choice.startswith(start)]
    if expected is None or expected.type is Path:
        return _files(start)
    return []


def _options(item: Operation, words: list[str], start: str) -> list[str]:
    known = [p.option for p in item.parameters if not p.positional and (p.multiple or p.option not in words)]
    return [option for option in [*known, "--workspace", "--help"] if option.startswith(start)]


def _expected(item: Operation, words: list[str]) -> Parameter | None:
    """Find the parameter that the next word belongs to."""
    options = {p.option: p for p in item.parameters if not p.positional}
    last = options.get(words[-1]) if words else None
    if last is not None and last.type is not bool:
        return last
    places = [p for p in item.parameters if p.positional]
    taken = sum(
        not word.startswith("-") and not _takes_value(options, words[position - 1] if position else "")
        for position, word in enumerate(words)
    )
    return places[min(taken, len(places) - 1)] if places else None


def _takes_value(options: dict[str, Parameter], word: str) -> bool:
    parameter = options.get(word)
    return parameter is not None and parameter.type is not bool


def _files(start: str) -> list[str]:
    folder, name = os.path.split(start)
    found = []
    try:
        with os.scandir(Path(folder or ".").expanduser()) as entries:
            for entry in entries:
                hidden = entry.name.startswith(".") and not name.startswith(".")
                if entry.name.startswith(name) and not hidden:
                    found.append(os.path.join(folder, entry.name) + ("/" if entry.is_dir() else ""))  # noqa: PTH118 - keeps `~`
    except OSError:
        return []
    return sorted(found)[:_MOST]


@context_matcher()  # type: ignore[untyped-decorator]  # IPython's decorator has no types
def matcher(typed: CompletionContext) -> SimpleMatcherResult:
    """Complete inside a line or cell magic of ours; leave everything else to IPython."""
    before = typed.full_text[: _offset(typed)]
    line, cell = _LINE.search(before), _CELL.match(before)
    if line is None and cell is None:
        return {"completions": []}
    text = line[1] if line is not None else f"{cell[1]} {cell[2]}" if cell is not None else ""
    words = text.split()
    start = "" if not text or text[-1].isspace() else words.pop()
    names = complete(words, start)
    return {
        "completions": [SimpleCompletion(text=_quoted(name), type="netguru") for name in names],
        "matched_fragment": start,
        # Inside a question, names of Python help nobody.
        "suppress": bool(names) or bool(words and asks(words[0])),
        "ordered": True,
    }


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


def _offset(typed: CompletionContext) -> int:
    lines = typed.full_text.split("\n")
    return sum(len(line) + 1 for line in lines[: typed.cursor_line]) + typed.cursor_position
