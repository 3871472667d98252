"""Which passages hold a word: lists of passage numbers out of the full-text index, kept while nothing is written.

Choosing candidates by these lists costs a tenth of what the full-text index's own ranking of a long question does;
the few candidates are then scored in full (`lexical.py`).
"""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from netguru.rag.query import Alternative, Concept

# Passage numbers kept in memory: 16 MB.
_KEPT = 4_000_000
_HEADING = "heading : "
# What a word in a heading adds, of what it adds anywhere, when candidates are chosen.
_IN_HEADING = 0.3


class Postings:
    """The lists of one collection."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base
        self._lists: OrderedDict[str, np.ndarray] = OrderedDict()
        self._version = -1
        self._kept = 0
        self.total = 0
        self.mean = 0.0
        self._last = 0

    def refresh(self) -> bool:
        """Forget the lists when another process wrote since, and say whether one did."""
        version = self._base.execute("PRAGMA data_version").fetchone()[0]
        if version == self._version:
            return False
        self._version = version
        self._lists.clear()
        self._kept = 0
        sql = "SELECT count(*), total(length), coalesce(max(id), 0) FROM chunks"
        self.total, length, self._last = self._base.execute(sql).fetchone()
        self.mean = length / self.total if self.total else 0.0
        return True

    def of(self, word: str, column: str = "") -> np.ndarray:
        """Give the passages that hold a word, or hold it in a column."""
        match = f'{column}"{word}"'
        found = self._lists.get(match)
        if found is None:
            rows = self._base.execute("SELECT rowid FROM words WHERE words MATCH ?", (match,))
            # What was written since the last look is found from the next question on.
            found = np.fromiter((row[0] for row in rows if row[0] <= self._last), dtype=np.int32)
            self._lists[match] = found
            self._kept += len(found)
            while self._kept > _KEPT and len(self._lists) > 1:
                self._kept -= len(self._lists.popitem(last=False)[1])
        return found

    def rarity(self, count: int) -> float:
        """Weigh a word by how few passages hold it (the inverse document frequency of BM25)."""
        return math.log(1 + (self.total - count + 0.5) / (count + 0.5))

    def choose(
        self, concepts: Iterable[Concept], known: Mapping[str, int], limit: int, allowed: np.ndarray | None
    ) -> list[int]:
        """Give the passages that hold most of the concepts, by rarity; a concept in the headings counts more.

        `known` counts the passages of the words that may choose; what only other words name is passed over.
        """
        scores = np.zeros(self._last + 1, dtype=np.float32)
        scratch = np.zeros_like(scores)
        for concept in concepts:
            names = [item for item in concept.alternatives if all(word in known for word in item.words)]
            for column, weight in (("", 1.0), (_HEADING, _IN_HEADING)):
                self._add(names, known, column, weight, scores, scratch)
        if allowed is not None:
            scores[~allowed] = 0
        held = np.flatnonzero(scores)
        if len(held) > limit:
            held = held[np.argpartition(-scores[held], limit)[:limit]]
        return [int(number) for number in held]

    def _add(
        self,
        names: Iterable[Alternative],
        known: Mapping[str, int],
        column: str,
        weight: float,
        scores: np.ndarray,
        scratch: np.ndarray,
    ) -> None:
        """Add a concept by the best of its names in each passage."""
        found = []
        for item in names:
            held = _all([self.of(word, column) for word in item.words])
            if len(held):
                worth = sum(self.rarity(known[word]) for word in item.words) / math.sqrt(len(item.words))
                found.append((weight * item.weight * worth, held))
        # The best name is written last.
        for worth, held in sorted(found, key=lambda pair: pair[0]):
            scratch[held] = worth
        for _, held in found:
            scores[held] += scratch[held]
            scratch[held] = 0

    def mask(self, numbers: Iterable[int]) -> np.ndarray:
        """Give which passages are among the stated ones."""
        made = np.zeros(self._last + 1, dtype=np.bool_)
        made[[number for number in numbers if number <= self._last]] = True
        return made


def _all(lists: list[np.ndarray]) -> np.ndarray:
    """Give the passages that stand in every list."""
    ordered = sorted(lists, key=len)
    held = ordered[0]
    for other in ordered[1:]:
        held = np.intersect1d(held, other, assume_unique=True)
    return held
