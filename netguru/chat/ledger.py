"""The ledger of a turn: what tools returned, shortened for a model, every piece of evidence under one number."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from netguru.chat.shortening import evidence_of, holds_places, shortened
from netguru.model.evidence import QUOTATION_LIMIT, Evidence
from netguru.model.result import to_plain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


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
        text = shortened(plain, limit, self._number_of, str(getattr(result, "primary", "")))
        if not holds_places(plain):
            name = " ".join([operation, *(str(value) for value in arguments.values() if value not in (None, ""))])
            number = self._number(_whole(name, plain, text), text)
            text = f"[{number}] {text}"
        self._tools.append(text)
        return text

    def _number_of(self, plain: Mapping[str, Any], said: str) -> int:
        return self._number(evidence_of(plain), said)

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
    digest = hashlib.sha256(json.dumps(plain, ensure_ascii=False).encode()).hexdigest()
    return Evidence(source=name, sha256=digest, kind="cell", start=1, end=1, text=text[:QUOTATION_LIMIT])
