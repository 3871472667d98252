"""Ranking passages by words: candidates from the full-text index, scored by concept.

A concept counts once, by the best of its names in a passage; so five synonyms do not outweigh one exact word.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from netguru import resources

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.rag.index import Filters, Index, Words
    from netguru.rag.query import Concept, Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The numbers of the ranking, from the table."""

    body: float
    heading: float
    place: float
    k1: float
    b: float
    common: float
    adjacency: float
    scope: float
    names: float
    candidates: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One passage with its score and what share of the question's subject it holds (0 to 1)."""

    id: int
    score: float
    coverage: float


@cache
def weights() -> Weights:
    """Give the numbers of the ranking."""
    return Weights(**resources.table("rag", "retrieval.toml")["lexical"])


def rank(index: Index, query: Query, filters: Filters, limit: int, by: Weights | None = None) -> list[Hit]:
    """Give the passages that fit a question's words best, best first."""
    by = by or weights()
    postings = index.postings()
    wanted = query.words()
    if not postings.total or not wanted:
        return []
    held = index.frequencies(wanted)
    numbers = index.numbers(filters)
    allowed = None if numbers is None else postings.mask(numbers)
    known = {word: count for word, count in held.items() if count}
    rare = {word: count for word, count in known.items() if count <= postings.total * by.common}
    # Common words choose candidates only where the rare ones give too few.
    found = postings.choose(query.concepts, rare, by.candidates, allowed)
    if len(found) < limit:
        found = postings.choose(query.concepts, known, by.candidates, allowed)
    scorer = _Scorer(query, held, postings.total, postings.mean, by)
    hits = [scorer.hit(number, words) for number, words in index.words_of(found).items()]
    return sorted(hits, key=lambda item: (-item.score, item.id))[:limit]


class _Scorer:
    """Score passages for one question."""

    def __init__(self, query: Query, held: dict[str, int], total: int, mean: float, by: Weights) -> None:
        self._query = query
        self._by = by
        self._mean = mean or 1.0
        self._rarity = {word: math.log(1 + (total - count + 0.5) / (count + 0.5)) for word, count in held.items()}
        self._wanted = frozenset(held)
        self._worth = [self._worth_of(concept, held) for concept in query.concepts]
        self._whole = sum(worth for worth, concept in zip(self._worth, query.concepts, strict=True) if concept.stated)

        self._names = {
            concept.alternatives[0].words[0]: self._rarity[concept.alternatives[0].words[0]]
            for concept in query.concepts
            if concept.name
        }

    def _worth_of(self, concept: Concept, held: dict[str, int]) -> float:
        """Weigh a concept in the coverage: by its best known name, or as a word that no passage holds."""
        known = [
            item.weight * self._mean_rarity(item.words)
            for item in concept.alternatives
            if all(held[word] for word in item.words)
        ]
        return max(known) if known else max(self._rarity[word] for word in concept.words())

    def _mean_rarity(self, words: tuple[str, ...]) -> float:
        return sum(self._rarity[word] for word in words) / len(words)

    def hit(self, number: int, words: Words) -> Hit:
        """Score one passage."""
        gains = self._gains(words)
        scope = frozenset(words.place)
        score = covered = 0.0
        for concept, worth in zip(self._query.concepts, self._worth, strict=True):
            best = 0.0
            for item in concept.alternatives:
                gain = _gain(item.words, gains)
                if gain:
                    best = max(best, item.weight * gain)
            if best:
                score += best + self._by.scope * _names_scope(concept, scope)
                covered += worth if concept.stated else 0.0
        if self._by.adjacency:
            score += self._by.adjacency * self._adjacent(words)
        return Hit(id=number, score=score, coverage=self._share(covered, gains))

    def _share(self, covered: float, gains: dict[str, float]) -> float:
        """Give the share of the question that a passage holds; names count on their own, and by themselves alone.

        A passage that fits all but the name of the product asked about answers another question.
        """
        share = covered / self._whole if self._whole else 0.0
        if not self._names:
            return share
        held = sum(worth for word, worth in self._names.items() if word in gains) / sum(self._names.values())
        return (1 - self._by.names) * share + self._by.names * held

    def _gains(self, words: Words) -> dict[str, float]:
        """Give what each word of the question that stands in the passage adds (BM25, columns weighed before)."""
        counts: dict[str, float] = {}
        columns = ((words.body, self._by.body), (words.heading, self._by.heading), (words.place, self._by.place))
        for column, weight in columns:
            for word in self._wanted.intersection(column):
                counts[word] = counts.get(word, 0.0) + weight * column.count(word)
        k1 = self._by.k1
        flat = k1 * (1 - self._by.b + self._by.b * len(words.body) / self._mean)
        return {word: self._rarity[word] * count * (k1 + 1) / (count + flat) for word, count in counts.items() if count}

    def _adjacent(self, words: Words) -> float:
        """Add the rarity of the question's neighbours that stand side by side in the passage."""
        together = {pair for column in (words.body, words.heading) for pair in _neighbours(column, self._wanted)}
        return sum(
            max((min(self._rarity[a], self._rarity[b]) for a, b in together if a in one and b in other), default=0.0)
            for one, other in self._query.pairs
        )


def _names_scope(concept: Concept, scope: frozenset[str]) -> float:
    """Say how surely a concept is what the document or its folder is named after."""
    return max((item.weight for item in concept.alternatives if scope.issuperset(item.words)), default=0.0)


def _gain(words: tuple[str, ...], gains: dict[str, float]) -> float:
    """Give what one name of a concept adds; all its words must stand in the passage."""
    if len(words) == 1:
        return gains.get(words[0], 0.0)
    parts = [gains.get(word, 0.0) for word in words]
    return sum(parts) / math.sqrt(len(parts)) if all(parts) else 0.0


def _neighbours(column: list[str], wanted: frozenset[str]) -> Iterable[tuple[str, str]]:
    return ((a, b) for a, b in pairwise(column) if a in wanted and b in wanted)
