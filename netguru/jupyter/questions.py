"""Questions in the magic: their words need no quotation marks, and a question mark at their end is not for IPython."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from netguru.operations.operation import operations

if TYPE_CHECKING:
    from netguru.operations import Operation

_CALL = re.compile(r"(\s*)((?:[\w.]+[ \t]*=[ \t]*)?)%netguru[ \t]+(\S+)([ \t]+\S.*?)?[ \t]*\n?")
_COMMON = ("--workspace",)
_TYPING_ERROR = 0.85


def asks(name: str) -> Operation | None:
    """Give the operation of this name when all that it is told is a question."""
    item = operations.get(name) or next((each for each in operations.values() if each.alias == name), None)
    if item is None:
        return None
    return item if [p.name for p in item.parameters if p.positional] == ["question"] else None


def words_of_question(item: Operation, text: str) -> list[str]:
    r"""Part the options of a question from its words, which are taken as they stand.

    >>> words_of_question(operations["rag.ask"], "What's the MTU? --collection local")
    ['--collection', 'local', '--', "What's the MTU?"]
    """
    known = {p.option: p.type is bool for p in item.parameters if not p.positional} | dict.fromkeys(_COMMON, False)
    stated: list[str] = []
    said: list[str] = []
    waiting = list(re.findall(r"--[\w-]+=?\"[^\"]*\"|--[\w-]+=?'[^']*'|\S+|\n", text))
    while waiting:
        word = waiting.pop(0)
        name, given, value = word.partition("=")
        if name == "--help":
            return ["--help"]
        if name in known:
            stated += [f"{name}={_bare(value)}"] if given else [name]
            stated += _value(waiting) if not given and not known[name] else []
        elif name.startswith("--") and difflib.get_close_matches(name, known, 1, _TYPING_ERROR):
            stated.append(word)
        else:
            said.append(word)
    # Lines stay lines: what a configuration means, and what in it is secret, is told by where its lines begin.
    question = _bare(re.sub(r" ?\n ?", "\n", " ".join(said)).strip())
    return [*stated, "--", question] if question else stated


def _value(waiting: list[str]) -> list[str]:
    """Take the value of an option off the words, to its closing quotation mark where it has one."""
    while waiting and waiting[0] == "\n":
        waiting.pop(0)
    if not waiting:
        return []
    word = waiting.pop(0)
    mark = word[0]
    while mark in "'\"" and waiting and not (len(word) > 1 and word.endswith(mark)):
        word = f"{word} {waiting.pop(0)}"
    return [_bare(word)]


def _bare(text: str) -> str:
    """Take off the quotation marks around all of a text."""
    around = len(text) > 1 and text[0] in "'\"" and text[-1] == text[0] and text[0] not in text[1:-1]
    return text[1:-1] if around else text


def keep_question_marks(lines: list[str]) -> list[str]:
    """Write lines that ask a question as calls: IPython takes a question mark at the end for a call for help."""
    if not lines or lines[0].lstrip().startswith("%%"):
        return lines
    return [_called(line) for line in lines]


def _called(line: str) -> str:
    found = _CALL.fullmatch(line)
    if found is None or asks(found[3]) is None:
        return line
    words = f"{found[3]}{found[4] or ''}"
    return f"{found[1]}{found[2]}get_ipython().run_line_magic('netguru', {words!r})\n"
