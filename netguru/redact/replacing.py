"""Replacing secrets in their place: one pseudonym a secret, as many lines as before."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from functools import cache

from netguru.redact.finding import PSEUDONYM, Found, find

_DIGITS = 8
_ELSEWHERE = 8
"""Characters that a secret has at least to be looked for in the rest of the text."""
_MOST = 200


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Give each secret its pseudonym: the same for the same secret, under a key that is kept nowhere.

    >>> names = Pseudonyms()
    >>> names.of("s3cret") == names.of("s3cret") != names.of("other")
    True
    """

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def of(self, secret: str) -> str:
        """Give the pseudonym of a secret."""
        made = hmac.new(self.key, secret.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        return f"REDACTED-{made[:_DIGITS]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """One replaced secret: what it is, where it was in the text given, what stands for it; never itself."""

    kind: str
    line: int
    start: int
    end: int
    pseudonym: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """A text without secrets, and what was replaced."""

    text: str
    secrets: tuple[Secret, ...]


@cache
def _of_this_process() -> Pseudonyms:
    return Pseudonyms()


def redact(text: str, *, pseudonyms: Pseudonyms | None = None) -> Redaction:
    r"""Replace the secrets of a text; without pseudonyms those of this process are used.

    A secret that is found once is replaced wherever else it stands as a word of its own. What is replaced once stays as
    it is the second time.

    >>> redact("neighbor 10.0.0.1 password hunter2\nend").text.splitlines()[1]
    'end'
    """
    names = pseudonyms or _of_this_process()
    found = find(text)
    if not found:
        return Redaction(text=text, secrets=())
    found = _with_repeated(text, found)
    made: list[str] = []
    replaced: list[Secret] = []
    at = 0
    for item in found:
        name = names.of(text[item.start : item.end])
        replaced.append(Secret(kind=item.kind, line=item.line, start=item.start, end=item.end, pseudonym=name))
        made += [text[at : item.start], name]
        at = item.end
    return Redaction(text="".join([*made, text[at:]]), secrets=tuple(replaced))


def _with_repeated(text: str, found: tuple[Found, ...]) -> tuple[Found, ...]:
    """Add the places where a found secret stands without the words that told it."""
    known = {text[item.start : item.end]: item.kind for item in found}
    telling = [value for value in known if len(value) >= _ELSEWHERE and _is_telling(value)][:_MOST]
    if not telling:
        return found
    pattern = re.compile("|".join(re.escape(value) for value in sorted(telling, key=len, reverse=True)))
    taken = [(item.start, item.end) for item in found]
    more, at, line, counted = [], 0, 1, 0
    for match in pattern.finditer(text):
        start, end = match.span()
        while at < len(taken) and taken[at][1] <= start:
            at += 1
        if at < len(taken) and taken[at][0] < end:
            continue
        if _is_part(text, start, end):
            continue
        line += text.count("\n", counted, start)
        counted = start
        more.append(Found(kind=known[match[0]], line=line, start=start, end=end))
    return tuple(sorted([*found, *more], key=lambda item: item.start))


def _is_telling(value: str) -> bool:
    """Say whether a secret is odd enough to be known for one without the words around it."""
    return bool(re.search(r"\d", value) and re.search(r"[A-Za-z]", value)) and not PSEUDONYM.search(value)


def _is_part(text: str, start: int, end: int) -> bool:
    before, behind = text[start - 1 : start], text[end : end + 1]
    return before.isalnum() or behind.isalnum()
