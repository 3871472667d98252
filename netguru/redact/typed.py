"""Secrets in what a person types: commands stand inside of sentences there."""

from __future__ import annotations

import re
from functools import cache

from netguru import resources
from netguru.redact.replacing import redact

_CLAUSE = re.compile(r"[^,?!]+(?=[,?!])")
_STORED = re.compile(
    r"(?P<words>\b(?:password|passwd|secret|key|community|psk)\s{1,4}(?P<kind>\d|8a|encrypted|cipher)\s{1,4})"
    r"(?P<value>(?!REDACTED-)[^\s,?!]{4,512})",
    re.IGNORECASE,
)
_LONGEST = 2000
_MOST = 40
"""Places of one line that are looked at; a line with more is no sentence."""


def redact_typed(text: str) -> str:
    """Replace the secrets of a question, also those of commands that begin in the middle of a line.

    >>> redact_typed("what is enable secret 0 Zebra-9?").startswith("what is enable secret 0 REDACTED-")
    True
    """
    return "\n".join(_line(line) for line in redact(text).text.split("\n"))


def _line(line: str) -> str:
    if len(line) > _LONGEST:
        return line
    # From the last on, so that the places before stay where they are.
    for start in [found.start() for found in _begins().finditer(line)][:_MOST][::-1]:
        whole = redact(line[start:]).text if start else line
        # A sentence goes on behind a command, or ends: what stands before its mark is looked at by itself.
        clause = _CLAUSE.match(whole)
        rest = "" if clause is None else whole[clause.end() :]
        line = line[:start] + (whole if clause is None else redact(clause[0]).text + rest)
    return _STORED.sub(_replaced, line)


def _replaced(found: re.Match[str]) -> str:
    """Replace a value behind its kind of storage; a word of a language behind another number than 0 is none."""
    if found["kind"] != "0" and found["value"].isalpha():
        return found[0]
    telling = f"password {found['value']}"
    return found["words"] + redact(telling).text.removeprefix("password ")


@cache
def _begins() -> re.Pattern[str]:
    words = resources.table("redact", "typed.toml")["words"].split()
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, words))})(?=[\s:=])", re.IGNORECASE)
