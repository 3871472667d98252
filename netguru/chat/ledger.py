"""The ledger of a turn: what tools returned, shortened for a model, every piece of evidence under one number."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from netguru.model.evidence import QUOTATION_LIMIT, Evidence
from netguru.model.result import to_plain
from netguru.render.clean import clean

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_EVIDENCE = frozenset({"source", "sha256", "kind", "start", "end", "text"})
_NOISE = frozenset({"schema", "sha256", "size_bytes", "filter"})
_CEILINGS = ((200, 2000), (60, 600), (25, 400), (10, 300), (5, 200), (3, 120), (1, 80))
"""Items of a list and characters of a text that are shown; the first pair whose whole fits the limit is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One numbered place.

    `said` is what the tool stated where it named the place, `root` the folder that its source is relative to.
    """

    number: int
    evidence: Evidence
    said: str
    root: Path | None = None


class Ledger:
    """Number the evidence of one turn and keep all that was said.

    The same place has the same number in the whole turn. A result without evidence of its own (a table, a
    count) gets one number for the whole, of kind `cell`: the rows as the tool gave them.
    """

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str, str, int, int, str], int] = {}
        self._entries: list[Entry] = []
        self._root: Path | None = None
        self._tools: list[str] = []

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Give all numbered places, number 1 first."""
        return tuple(self._entries)

    @property
    def shown(self) -> str:
        """Give everything that tools showed in this turn."""
        return "\n".join(self._tools)

    def entry(self, number: int) -> Entry | None:
        """Give the place of a number, None when there is none."""
        return self._entries[number - 1] if 0 < number <= len(self) else None

    def keep(self, evidence: Evidence, said: str) -> int:
        """Number a place that an earlier answer cited."""
        self._root = None
        self._tools.append(said)
        return self._number(evidence, said)

    def take(
        self, operation: str, arguments: Mapping[str, Any], result: Any, limit: int, root: Path | None = None
    ) -> str:
        """Number the evidence of a result and write it as JSON of at most `limit` characters for a model.

        What is cut is counted in its place. `root` is the folder or file that sources are relative to.
        """
        self._root = root
        plain = to_plain(result)
        text = self._shortened(plain, limit)
        if not self._mentioned(plain):
            name = " ".join([operation, *(str(value) for value in arguments.values() if value not in (None, ""))])
            number = self._number(_whole(name, plain, text), text)
            text = f"[{number}] {text}"
        self._tools.append(text)
        return text

    def _shortened(self, plain: Any, limit: int) -> str:
        for items, characters in _CEILINGS:
            text = _dump(_Shortener(items, characters, None).of(plain))
            if len(text) <= limit:
                return _dump(_Shortener(items, characters, self).of(plain))
        items, characters = _CEILINGS[-1]
        return _dump(_Shortener(items, characters, self).of(plain))[:limit] + " (cut)"

    def _mentioned(self, plain: Any) -> bool:
        if isinstance(plain, dict):
            return plain.keys() >= _EVIDENCE or any(self._mentioned(value) for value in plain.values())
        return isinstance(plain, list) and any(self._mentioned(value) for value in plain)

    def number_of(self, plain: Mapping[str, Any], said: str) -> int:
        """Give the number of a place in JSON form, a new one for a new place."""
        evidence = Evidence(**{name: plain[name] for name in _EVIDENCE})
        return self._number(evidence, said)

    def _number(self, evidence: Evidence, said: str) -> int:
        key = (evidence.source, evidence.sha256, evidence.kind, evidence.start, evidence.end, evidence.text)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self) + 1
            self._entries.append(Entry(number=number, evidence=evidence, said=said, root=self._root))
        elif said not in (entry := self._entries[number - 1]).said:
            self._entries[number - 1] = replace(entry, said=f"{entry.said}\n{said}")
        return number


def _whole(name: str, plain: Any, text: str) -> Evidence:
    digest = hashlib.sha256(_dump(plain).encode()).hexdigest()
    return Evidence(source=name, sha256=digest, kind="cell", start=1, end=1, text=text[:QUOTATION_LIMIT])


def _dump(value: Any) -> str:
    return clean(json.dumps(value, ensure_ascii=False, separators=(", ", ": ")))


class _Shortener:
    """Cut lists and texts; write places as `[number] where: quotation`, the statement around them remembered."""

    def __init__(self, items: int, characters: int, ledger: Ledger | None) -> None:
        self._items = items
        self._characters = characters
        self._ledger = ledger

    def of(self, value: Any, said: str = "") -> Any:
        if isinstance(value, dict):
            if value.keys() >= _EVIDENCE:
                return self._place(value, said)
            said = _statement(value) or said
            return {key: self.of(item, said) for key, item in value.items() if key not in _NOISE and not _empty(item)}
        if isinstance(value, list):
            value = _spread(value) if _holds_places(value) else value
            limit = max(3, self._items // 10) if _holds_places(value) else self._items
            shown = [self.of(item, said) for item in value[:limit]]
            return [*shown, f"{len(value) - limit} more"] if len(value) > limit else shown
        if isinstance(value, str) and len(value) > self._characters:
            return f"{value[: self._characters]}… ({len(value)} characters)"
        return value

    def _place(self, plain: dict[str, Any], said: str) -> str:
        number = 0 if self._ledger is None else self._ledger.number_of(plain, said)
        where = Evidence(**{name: plain[name] for name in _EVIDENCE}).where
        return f"[{number}] {where}: {plain['text'][: self._characters]}"


def _statement(plain: dict[str, Any]) -> str:
    """Give the texts that stand beside the evidence in one object: a finding's title, why and remedy."""
    if not any(_holds_places(value) for value in plain.values()):
        return ""
    return "\n".join(f"{value}" for value in plain.values() if isinstance(value, (str, int, float)))


def _holds_places(value: Any) -> bool:
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


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})
