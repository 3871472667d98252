"""Results cut to what a model may see: the main list first and as whole as it goes, what is cut is counted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netguru.model.evidence import Evidence
from netguru.render.clean import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_EVIDENCE = frozenset({"source", "sha256", "kind", "start", "end", "text"})
_NOISE = frozenset({"schema", "sha256", "size_bytes", "filter"})
# What a list's later items do without: the longer words around their title.
_WORDY = frozenset({"why", "remedy", "symptoms"})
_MAIN_PERCENT = 90
_USEFUL = 5
_NAMES = 6
_WIDEST = 9999
"""The number that places count as while lengths are tried."""


@dataclass(frozen=True, slots=True)
class _Level:
    """How much is shown: items of a list, characters of a text, further items of the main list in brief."""

    items: int
    characters: int
    brief: int


_LEVELS = (
    _Level(200, 2000, 0),
    _Level(60, 600, 140),
    _Level(25, 400, 100),
    _Level(12, 300, 100),
    _Level(8, 240, 60),
    _Level(5, 200, 60),
    _Level(5, 160, 30),
    _Level(3, 120, 15),
    _Level(1, 80, 5),
    _Level(1, 80, 0),
)


def shortened(plain: Any, limit: int, number: Callable[[Mapping[str, Any], str], int], primary: str = "") -> str:
    """Write a result in JSON form with at most about `limit` characters.

    `number` gives the number of a place, told with the statement around it; it is called for shown places alone,
    those of the main list first: the findings, else `primary`, else the longest.
    """
    main = _main(plain, primary)
    if main is None:
        level = _fitting(lambda tried: _dump(_Shortener(tried, _dry).of(plain)), limit)
        return _cut(_dump(_Shortener(level, number).of(plain)), limit)
    rest = {name: value for name, value in plain.items() if name != main}
    level = _fitting(
        lambda tried: _dump({main: _Shortener(tried, _dry).main(plain[main])}), limit * _MAIN_PERCENT // 100
    )
    made = {main: _Shortener(level, number).main(plain[main])}
    left = limit - len(_dump(made))
    made |= _rest(rest, left, number)
    return _cut(_dump(made), limit)


def holds_places(plain: Any) -> bool:
    """Say whether anything inside names a place."""
    if isinstance(plain, dict):
        return plain.keys() >= _EVIDENCE or any(holds_places(value) for value in plain.values())
    return isinstance(plain, list) and any(holds_places(value) for value in plain)


def evidence_of(plain: Mapping[str, Any]) -> Evidence:
    """Read a place from its JSON form."""
    return Evidence(**{name: plain[name] for name in _EVIDENCE})


def _dry(_plain: Mapping[str, Any], _said: str) -> int:
    return _WIDEST


def _main(plain: Any, primary: str) -> str | None:
    """Name the list that the result is about."""
    if not isinstance(plain, dict):
        return None
    lists = {
        name: value
        for name, value in plain.items()
        if isinstance(value, list) and value and isinstance(value[0], dict) and not _are_places(value)
    }
    if known := next((name for name in ("findings", primary) if name in lists), ""):
        return known
    return max(lists, key=lambda name: len(lists[name]), default=None)


def _rest(rest: dict[str, Any], limit: int, number: Callable[[Mapping[str, Any], str], int]) -> dict[str, Any]:
    """Give the members beside the main list; the largest are left out, and named, until the others fit."""
    left_out: list[str] = []
    while rest:
        told = {"left out": left_out} if left_out else {}
        level = _level_of(rest, limit - len(_dump(told)))
        if level is not None:
            return {**_Shortener(level, number).of(rest), **told}
        largest = max(rest, key=lambda name: len(_dump(_Shortener(_LEVELS[-1], _dry).of(rest[name]))))
        left_out.append(largest)
        rest = {name: value for name, value in rest.items() if name != largest}
    return {"left out": left_out} if left_out else {}


def _level_of(rest: dict[str, Any], limit: int) -> _Level | None:
    """Give the level at which members fit and still tell something, None when there is none."""
    useful = (level for level in _LEVELS if level.items >= _USEFUL)
    return next((level for level in useful if len(_dump(_Shortener(level, _dry).of(rest))) <= limit), None)


def _fitting(written: Callable[[_Level], str], limit: int) -> _Level:
    return next((level for level in _LEVELS if len(written(level)) <= limit), _LEVELS[-1])


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[:limit]} (cut)"


def _dump(value: Any) -> str:
    return clean(json.dumps(value, ensure_ascii=False, separators=(", ", ": ")))


class _Shortener:
    """Cut lists and texts; write places as `[number] where: quotation`, the statement around them remembered."""

    def __init__(self, level: _Level, number: Callable[[Mapping[str, Any], str], int]) -> None:
        self._level = level
        self._number = number

    def main(self, rows: list[Any]) -> list[Any]:
        """Show the first items whole and further ones in brief."""
        whole, brief = self._level.items, self._level.brief
        shown = [self.of(row) for row in rows[:whole]] + [self._brief(row) for row in rows[whole : whole + brief]]
        more = len(rows) - len(shown)
        return [*shown, f"{more} more"] if more else shown

    def _brief(self, row: Any) -> Any:
        if not isinstance(row, dict):
            return self.of(row)
        kept = {name: value for name, value in row.items() if name not in _WORDY}
        return _Shortener(_Level(1, 80, 0), self._number).of(kept, _statement(row))

    def of(self, value: Any, said: str = "") -> Any:
        """Show a value."""
        if isinstance(value, dict):
            if value.keys() >= _EVIDENCE:
                return self._place(value, said)
            said = said or _statement(value)
            return {key: self.of(item, _statement(value) or said) for key, item in value.items() if _shown(key, item)}
        if isinstance(value, list) and value:
            limit = self._limit(value)
            value = _spread(value) if _are_places(value) else value
            shown = [self.of(item, said) for item in value[:limit]]
            return [*shown, f"{len(value) - limit} more"] if len(value) > limit else shown
        if isinstance(value, str) and len(value) > self._level.characters:
            return f"{value[: self._level.characters]}… ({len(value)} characters)"
        return value

    def _limit(self, value: list[Any]) -> int:
        if _are_places(value):
            return max(min(3, self._level.items + 1), self._level.items // 10)
        # Names are short and what a question asks for.
        return max(self._level.items, _NAMES) if not isinstance(value[0], (dict, list)) else self._level.items

    def _place(self, plain: dict[str, Any], said: str) -> str:
        where = evidence_of(plain).where
        return f"[{self._number(plain, said)}] {where}: {plain['text'][: self._level.characters]}"


def _statement(plain: dict[str, Any]) -> str:
    """Give the texts that stand beside the evidence in one object: a finding's title, why and remedy."""
    if not any(_are_places(value) for value in plain.values()):
        return ""
    return "\n".join(f"{value}" for value in plain.values() if isinstance(value, (str, int, float)))


def _are_places(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value) and isinstance(value[0], dict) and value[0].keys() >= _EVIDENCE
    return isinstance(value, dict) and value.keys() >= _EVIDENCE


def _spread(places: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the first place of every source first: a joined finding rests on a configuration and on packets."""
    turn: dict[str, int] = {}
    order = []
    for place in places:
        turn[place["source"]] = turn.get(place["source"], -1) + 1
        order.append(turn[place["source"]])
    return [place for _, place in sorted(zip(order, places, strict=True), key=lambda pair: pair[0])]


def _shown(key: str, value: Any) -> bool:
    return key not in _NOISE and value is not None and value not in ("", [], {})
