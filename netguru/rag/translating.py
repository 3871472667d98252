"""Putting a question into English words for an embedder that knows no other language.

Word by word from the thesaurus: no sentence that one would say, but what is asked about is named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.rag.thesaurus import filler

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.rag.embedders import Embedder
    from netguru.rag.query import Query
    from netguru.rag.thesaurus import Expansion

_TRANSLATION = "translation"


def asked_of(embedder: Embedder, query: Query) -> str:
    """Give the question as an embedder is asked it: in English words when it says that it knows no other language."""
    known: tuple[str, ...] = getattr(embedder, "languages", ())
    if not known or query.language in (*known, "und"):
        return query.question
    return in_english(query)


def in_english(query: Query) -> str:
    """Put English words in the places of those that the thesaurus translates, longer phrases first, and drop fillers.

    >>> from netguru.rag.query import parse
    >>> in_english(parse("Como vejo os vizinhos OSPF?", "pt"))
    'show neighbor OSPF?'
    """
    taken: list[tuple[int, int, str]] = []
    for item in sorted(_translations(query), key=lambda item: (-_length(item), -item.weight, item.spans)):
        parts = sorted(item.spans)
        if _meets(parts, taken):
            continue
        # A phrase stands at its first word; the places of the others become empty.
        taken += [(start, end, "" if at else item.words[0]) for at, (start, end) in enumerate(parts)]
    fillers = filler(query.question, query.language)
    taken += [(start, end, "") for start, end in fillers if not _meets([(start, end)], taken)]
    made, at = "", 0
    for start, end, words in sorted(taken):
        made += query.question[at:start] + words
        at = end
    return " ".join((made + query.question[at:]).split())


def _meets(parts: Iterable[tuple[int, int]], taken: Iterable[tuple[int, int, str]]) -> bool:
    return any(start < last and end > first for start, end in parts for first, last, _ in taken)


def _translations(query: Query) -> list[Expansion]:
    return [item for item in query.expansions if item.kind == _TRANSLATION and item.spans and item.words]


def _length(item: Expansion) -> int:
    return sum(end - start for start, end in item.spans)
