"""From the words of a question to operations: phrases of a table, weighed by rarity, and meaning where words fail."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from math import log
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.chat.inventory import rules
from netguru.rag.tokens import fold, stem

if TYPE_CHECKING:
    from netguru.chat.entities import Entities

_WORD = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_SHORTEST = 2
_LANGUAGES = ("en", "pt")
Tables = tuple[str, ...]
ROUTED: Tables = ("operations.toml",)
"""The table of what the offline router runs; others name what an agent may run besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation that may answer, and how well it fits."""

    operation: str
    score: float

    @property
    def row(self) -> dict[str, Any]:
        """Give what the table says about the operation."""
        found: dict[str, Any] = resources.table("chat", "operations.toml")[self.operation]
        return found


def routes(question: str, named: Entities, *, meaning: bool = True, tables: Tables = ROUTED) -> tuple[Route, ...]:
    """Give all operations of tables with their scores, best first; by meaning too where no words fit well."""
    limits = rules("route")
    asked = words_of(question) - words_of(
        " ".join((*named.devices, *named.addresses, *(path.name for path in named.files)))
    )
    scores = {name: _by_words(asked, name, tables) for name in _phrases(tables)}
    if meaning and max(scores.values()) < limits["enough"]:
        likeness = _by_meaning(question, tables)
        for name, score in likeness.items():
            if score >= limits["likeness"]:
                scores[name] = max(
                    scores[name], limits["by_meaning"] * score + (1 - limits["by_meaning"]) * scores[name]
                )
    for name, score in scores.items():
        scores[name] = score + limits["with_entity"] * _has_what_it_needs(name, named, tables) if score else 0.0
        if _rows(tables)[name]["needs"] == "places":
            # Two places are a narrower question than one about the network; without two it cannot be asked.
            scores[name] *= limits["places"] if has_places(named) else 0.0
    found = [Route(operation=name, score=round(score, 4)) for name, score in scores.items()]
    return tuple(sorted(found, key=lambda route: (-route.score, route.operation)))


def _has_what_it_needs(name: str, named: Entities, tables: Tables) -> bool:
    needs = _rows(tables)[name]["needs"]
    captures = any(path.suffix.startswith((".pcap", ".cap")) for path in named.files)
    if needs in ("capture", "captures"):
        # One capture is not two to compare, two are seldom one.
        return captures and (len(named.files) > 1) == (needs == "captures")
    if needs in ("config", "configs"):
        return bool(named.devices) and not captures and (len(named.devices) > 1) == (needs == "configs")
    return (
        needs in ("network", "places")
        and bool(named.devices or named.addresses or named.interfaces or named.unknown)
        and not captures
    )


def has_places(named: Entities) -> bool:
    """Say whether a question names two places of a network: devices or addresses."""
    captures = any(path.suffix.startswith((".pcap", ".cap")) for path in named.files)
    return len(named.devices) + len(named.addresses) > 1 and not captures


@cache
def _rows(tables: Tables) -> dict[str, dict[str, Any]]:
    return {name: row for table in tables for name, row in resources.table("chat", table).items()}


@cache
def _phrases(tables: Tables) -> dict[str, tuple[frozenset[str], ...]]:
    return {
        name: tuple(words_of(phrase) for language in _LANGUAGES for phrase in row.get(language, ()))
        for name, row in _rows(tables).items()
    }


def words_of(text: str) -> frozenset[str]:
    """Give the stems of a text's words of two letters or more.

    >>> sorted(words_of("Why is a down?"))
    ['down', 'is', 'why']
    """
    return frozenset(stem(fold(word)) for word in _WORD.findall(text) if len(word) >= _SHORTEST)


@cache
def _rarity(tables: Tables) -> dict[str, float]:
    every = [phrase for phrases in _phrases(tables).values() for phrase in phrases]
    words = {word for phrase in every for word in phrase}
    return {word: log(1 + len(every) / sum(word in phrase for phrase in every)) for word in words}


def _by_words(asked: frozenset[str], name: str, tables: Tables) -> float:
    """Give how much of the best phrase the question holds, and how much of the question that phrase."""
    rarity = _rarity(tables)
    other = rules("route")["unknown"] * max(rarity.values())
    known = sum(rarity.get(word, other) for word in sorted(asked))
    best = 0.0
    for phrase in _phrases(tables)[name]:
        common = sum(rarity[word] for word in sorted(asked & phrase))
        if common:
            best = max(best, 0.6 * common / sum(rarity[word] for word in sorted(phrase)) + 0.4 * common / known)
    return best


def _by_meaning(question: str, tables: Tables) -> dict[str, float]:
    """Give the cosine of the nearest English phrase of each operation; nothing without an embedder."""
    from netguru.errors import NetGuruError
    from netguru.rag.embedders import chosen
    from netguru.rag.language import detect
    from netguru.rag.query import parse
    from netguru.rag.translating import asked_of

    try:
        name, embedder = chosen()
        if embedder is None:
            return {}
        asked = embedder.embed_query(asked_of(embedder, parse(question, detect(question))))
        return {key: max(_cosine(asked, vector) for vector in rows) for key, rows in _vectors(name, tables).items()}
    except NetGuruError:
        # An embedder that is not at hand: words alone decide.
        return {}


@cache
def _vectors(embedder: str, tables: Tables) -> dict[str, list[list[float]]]:
    from netguru.rag.embedders import load

    return {name: load(embedder).embed_documents([*row["en"]]) for name, row in _rows(tables).items()}


def _cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
