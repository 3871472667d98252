"""Where the secrets of a text are: rules of a table, line by line, in time that grows with the text alone."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.redact.surroundings import around

if TYPE_CHECKING:
    from collections.abc import Iterator

PSEUDONYM = re.compile(r"REDACTED-[0-9a-f]{8}")
_PLACEHOLDER = re.compile(r"[<\[{(|].*|\*+|\.\.\.|…|[xX]{3,}|%\w+%|\$\{.*|\$\w+$|--?[a-z].*")
_SMALL_NUMBER = re.compile(r"\d{1,3}")
_TOKEN_END = re.compile(r"[^\s;\"',]*")
_PEM_BEGIN = re.compile(
    r"-----BEGIN ([A-Z0-9 ]{0,40}(?:PRIVATE KEY|OpenVPN Static key V1)[A-Z0-9 ]{0,20})-----", re.IGNORECASE
)
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,60}-----", re.IGNORECASE)
_PEM_BODY = re.compile(
    r"[\s>|#!+]{0,40}(?:[A-Za-z0-9+/=]{1,256}|REDACTED-[0-9a-f]{8}|(?:Proc-Type|DEK-Info|Version|Comment):.{0,200})?\s{0,200}"
)
_LINE_END = re.compile("\n")
_ODD_LENGTH = 6
_LONGEST = 512
"""Characters of a value that a rule reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A secret from `start` to `end` of the text, in a line counted from 1; its text is not kept."""

    kind: str
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Rule:
    kind: str
    words: tuple[str, ...]
    pattern: re.Pattern[str]
    odd: bool
    notdigits: bool
    stop: frozenset[str]
    outside: re.Pattern[str] | None


@cache
def _table() -> dict[str, Any]:
    return resources.table("redact", "rules.toml")


@cache
def _never() -> frozenset[str]:
    return frozenset(_table()["never"]["values"])


@cache
def _forms() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{form})" for form in _table()["never"]["forms"]))


@cache
def _about() -> re.Pattern[str]:
    return re.compile(_table()["never"]["names"], re.IGNORECASE)


@cache
def _rules() -> tuple[_Rule, ...]:
    pieces = _table()["pieces"]
    made = []
    for row in _table()["rules"]:
        text = row["pattern"]
        for name, piece in pieces.items():
            text = text.replace(f"{{{name}}}", piece)
        made.append(
            _Rule(
                kind=row["kind"],
                words=tuple(word.lower() for word in row["words"]),
                pattern=re.compile(text, 0 if row.get("case") else re.IGNORECASE),
                odd=bool(row.get("odd")),
                notdigits=bool(row.get("notdigits")),
                stop=frozenset(row.get("stop", ())),
                outside=re.compile(row["outside"]) if "outside" in row else None,
            )
        )
    return tuple(made)


@cache
def _words() -> dict[str, tuple[int, ...]]:
    """Give for each word the rules that look at a line with it."""
    made: dict[str, list[int]] = {}
    for place, rule in enumerate(_rules()):
        for word in rule.words:
            made.setdefault(word, []).append(place)
    return {word: tuple(places) for word, places in made.items()}


def find(text: str) -> tuple[Found, ...]:
    r"""Find the secrets of a text in their order; none overlaps another.

    >>> [item.kind for item in find("hostname r1\nenable secret 5 $1$abcd$efgh")]
    ['password']
    """
    starts = [0, *(found.end() for found in _LINE_END.finditer(text))]
    found: list[Found] = []
    keys = _keys(text, starts)
    looked = _looked_at(text, starts)
    for line in sorted(looked.keys() - keys.keys()):
        start = starts[line]
        body = text[start : starts[line + 1] if line + 1 < len(starts) else len(text)].rstrip("\r\n")
        for a, b, rule in _line(body, sorted(looked[line])):
            if rule.outside is None or not any(map(rule.outside.search, around(text, starts, line))):
                found.append(Found(kind=rule.kind, line=line + 1, start=start + a, end=start + b))
    for line, spans in keys.items():
        found += [Found(kind="private-key", line=line + 1, start=a, end=b) for a, b in spans]
    return tuple(_apart(found))


def _looked_at(text: str, starts: list[int]) -> dict[int, set[int]]:
    """Give the lines that hold a word of a rule, with these rules: most lines hold none, and cost nothing more."""
    low = text.lower()
    if len(low) != len(text):
        # Some letters become two.
        low = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    looked: dict[int, set[int]] = {}
    for word, rules in _words().items():
        at = low.find(word)
        while at >= 0:
            line = bisect_right(starts, at) - 1
            looked.setdefault(line, set()).update(rules)
            if line + 1 >= len(starts):
                break
            at = low.find(word, starts[line + 1])
    return looked


def _keys(text: str, starts: list[int]) -> dict[int, list[tuple[int, int]]]:
    """Give the spans of private keys by their lines; the frames of the keys stay."""
    found: dict[int, list[tuple[int, int]]] = {}
    at = 0
    for begun in _PEM_BEGIN.finditer(text):
        if begun.start() < at:
            continue
        ended = _PEM_END.search(text, begun.end())
        stop = ended.start() if ended else _end_of_body(text, begun.end())
        line = bisect_right(starts, begun.end()) - 1
        at = begun.end()
        while at < stop:
            end = min(starts[line + 1] if line + 1 < len(starts) else len(text), stop)
            content = text[at:end]
            bare = content.strip()
            spans = found.setdefault(line, [])
            if bare and not PSEUDONYM.fullmatch(bare):
                start = at + len(content) - len(content.lstrip())
                spans.append((start, start + len(bare)))
            at, line = end, line + 1
    return found


def _end_of_body(text: str, start: int) -> int:
    """Give where a key that was cut off ends: at the first line that is none of its own."""
    at = text.find("\n", start) + 1
    if not at:
        return len(text)
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        if not _PEM_BODY.fullmatch(text, at, end):
            return at
        at = end
    return at


def _line(body: str, rules: list[int]) -> Iterator[tuple[int, int, _Rule]]:
    for rule in (_rules()[place] for place in rules):
        # Found one by one: behind a value that goes on further than its rule reads, the search goes on behind it.
        match, behind = rule.pattern.search(body), 0
        while match is not None:
            behind = max(match.end(), match.start() + 1)
            for start, end in _values(body, match):
                behind = max(behind, end)
                start, end = _trimmed(body, start, end)  # noqa: PLW2901 - the same value without its marks
                if _is_secret(body[start : min(end, start + _LONGEST)], rule):
                    yield start, end, rule
            match = rule.pattern.search(body, behind)


def _values(body: str, match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """Give where the values of a match stand; one that is longer than a rule reads goes to its end."""
    groups = match.groupdict()
    if _about().search(groups.get("name") or ""):
        return
    for name, value in groups.items():
        if value is not None and name.startswith("secret"):
            start, end = match.span(name)
            yield start, (_token_end(body, end) if end - start >= _LONGEST else end)


def _token_end(body: str, place: int) -> int:
    rest = _TOKEN_END.match(body, place)
    return rest.end() if rest else place


def _trimmed(body: str, start: int, end: int) -> tuple[int, int]:
    """Leave the marks of the sentence or the list around a value where they are."""
    while end > start + 1 and body[end - 1] in ",;)]}>.:" and body[start] != "$":
        end -= 1
    return start, end


def _is_secret(value: str, rule: _Rule) -> bool:
    low = value.lower().strip("`*_")
    if (
        low in _never()
        or low in rule.stop
        or PSEUDONYM.search(value)
        or _PLACEHOLDER.fullmatch(value)
        or _forms().fullmatch(value)
    ):
        return False
    if rule.notdigits and value.isdigit():
        return False
    if rule.odd:
        return _is_odd(value)
    return not (rule.kind in ("assigned", "described") and _SMALL_NUMBER.fullmatch(value))


def _is_odd(value: str) -> bool:
    """Say whether a value looks like no word, number, address or name of an interface."""
    kinds = sum(bool(re.search(pattern, value)) for pattern in (r"[a-z]", r"[A-Z]", r"\d", r"[^\w\s./:,()-]"))
    if len(value) < _ODD_LENGTH or not re.search(r"[A-Za-z]", value):
        return False
    if re.fullmatch(
        r"[A-Za-z]+[-/ ]?\d{0,4}(?:[/.:]\d+)*|\d[\d.:/a-fA-F]*|[A-Z]{2,}[-_ ]?\d+|\d{1,4}[A-Za-z]{1,3}", value
    ):
        # Words, ports, addresses, standards; mixed case inside of a word is none of them.
        return bool(re.search(r"[a-z][A-Z].*\d|[A-Z].*[a-z].*\d{2,}|\d.*[a-z].*[A-Z]", value)) and kinds > 2  # noqa: PLR2004 - three kinds
    return kinds > 2 or (kinds > 1 and bool(re.search(r"\d", value)))  # noqa: PLR2004 - three kinds


def _apart(found: list[Found]) -> Iterator[Found]:
    """Join what overlaps."""
    last: Found | None = None
    for item in sorted(found, key=lambda each: (each.start, -each.end)):
        if last is not None and item.start < last.end:
            if item.end > last.end:
                last = Found(kind=last.kind, line=last.line, start=last.start, end=item.end)
            continue
        if last is not None:
            yield last
        last = item
    if last is not None:
        yield last
