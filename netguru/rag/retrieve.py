"""Finding passages: by words, by meaning where there is an embedder, and by both together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.errors import InputError, NetGuruError
from netguru.rag import embedders, lexical, vectors
from netguru.rag.about import unless_named
from netguru.rag.chunks import tokens
from netguru.rag.gate import Signals, Status, judge, likely
from netguru.rag.index import Filters, open_all
from netguru.rag.language import detect
from netguru.rag.named import devices_named, weights
from netguru.rag.query import parse
from netguru.rag.reordering import order
from netguru.rag.translating import asked_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netguru.rag.about import About
    from netguru.rag.index import Index, Stored
    from netguru.rag.query import Query

# Passages looked at for each one given: some are joined with their neighbours.
_POOL = 2
_WIDER = 2

Place = tuple[str, int]
"""A passage among all collections: the collection and the passage's number in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to search: where, for whom, and what to leave out (for measuring)."""

    collection: str = ""
    filters: Filters = field(default_factory=Filters)
    thesaurus: float = 1.0
    words: bool = True
    meaning: bool = True
    server: bool = False
    """Let a Qdrant server fuse its dense and sparse vectors, without our own words."""
    about: About | None = None
    """The systems that the question is asked about: documents about others count less."""
    budget: int = 0
    """Tokens of text that all passages may take together; 0 takes any number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One passage with its score; `coverage` is the share of the question's subject that it holds."""

    passage: Stored
    score: float
    coverage: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrieval:
    """What was found for a question, best first, how, and how likely the question is answered."""

    query: Query
    found: tuple[Found, ...]
    likely: float
    signals: Signals
    status: Status
    method: str
    notes: tuple[str, ...]
    searched: int


def retrieve(question: str, limit: int = 10, options: Options | None = None) -> Retrieval:
    """Find the passages for a question; what is missing on the way is told in the notes."""
    options = options or Options()
    query = parse(question, detect(question), factor=options.thesaurus)
    indexes = open_all(options.collection)
    notes: list[str] = []
    about = _meant(options.about, question, indexes, notes)
    # Documents about others are looked at and put behind: there have to be enough of them.
    named = devices_named(question, indexes)
    top = max(int(_fusion()["top"]), limit) * (_WIDER if about or named else 1)
    by_words = _by_words(indexes, query, options, top, notes) if options.words else {}
    by_meaning = _by_meaning(indexes, query, options, top, notes) if options.meaning else {}
    scores = _fused(query, by_words, by_meaning) if by_meaning else {key: hit.score for key, hit in by_words.items()}
    scores = _weighed(indexes, scores, about) if about else scores
    scores = _of_named(indexes, scores, named) if named else scores
    scores = _each_once(indexes, scores) if len(indexes) > 1 else scores
    pool = sorted(scores, key=lambda place: (-scores[place], place))[: limit * _POOL]
    stored = _stored(indexes, pool, scores, {key: hit.coverage for key, hit in by_words.items()})
    stored = _reordered(question, stored, int(_fusion()["rerank"]), notes)
    found = within(with_section(stored, int(_fusion()["section"]))[:limit], options.budget)
    searched = sum(index.count() for index in indexes)
    signals = Signals(
        coverage=max((item.coverage for item in found[: int(_gate_passages())]), default=0.0),
        concepts=sum(concept.stated for concept in query.concepts),
        passages=searched,
        cosine=max(by_meaning.values(), default=None),
        embedder=_embedder(indexes),
    )
    return Retrieval(
        query=query,
        found=found,
        likely=likely(signals) if found else 0.0,
        signals=signals,
        status=judge(signals) if found else "not_found",
        method=_method(by_meaning, options),
        notes=tuple(dict.fromkeys(notes)),
        searched=searched,
    )


def _meant(about: About | None, question: str, indexes: Sequence[Index], notes: list[str]) -> About | None:
    """Give what a question is about, None when it says so itself; a product without documents is told."""
    if about is None:
        return None
    there = {subject for index in indexes for subject in index.subjects()}
    found = unless_named(about, question, there)
    if found is None:
        notes.append("the question names another product than the configuration: it is about that one")
        return None
    missing = [title for title in found.titles if title.lower() not in {product.lower() for _, product in there}]
    if missing:
        notes.append(f"no document about {', '.join(missing)} is indexed: passages are about other systems")
    return found


def _weighed(indexes: Iterable[Index], scores: dict[Place, float], about: About) -> dict[Place, float]:
    """Let documents about other systems count less."""
    weighed: dict[Place, float] = {}
    for index in indexes:
        numbers = [number for collection, number in scores if collection == index.collection]
        for number, subject in index.subjects_of(numbers).items():
            place = index.collection, number
            weighed[place] = scores[place] * about.weight(*subject)
    return weighed


def _of_named(indexes: Iterable[Index], scores: dict[Place, float], named: frozenset[str]) -> dict[Place, float]:
    """Let what a device says that the question names count more than documents and other devices."""
    weighed: dict[Place, float] = {}
    for index in indexes:
        numbers = [number for collection, number in scores if collection == index.collection]
        for number, weight in weights(index, numbers, named).items():
            place = index.collection, number
            weighed[place] = scores[place] * weight
    return weighed


def _each_once(indexes: Sequence[Index], scores: dict[Place, float]) -> dict[Place, float]:
    """Give a text that several collections hold once, from the workspace's own, with its best score."""
    held: dict[tuple[str, int, int], Place] = {}
    kept: dict[Place, float] = {}
    for index in sorted(indexes, key=lambda item: item.collection == "global"):
        numbers = [number for collection, number in scores if collection == index.collection]
        for number, text in index.texts_of(numbers).items():
            place = index.collection, number
            first = held.setdefault(text, place)
            kept[first] = max(kept.get(first, 0.0), scores[place])
    return kept


def within(found: tuple[Found, ...], budget: int) -> tuple[Found, ...]:
    """Keep the passages that fit into a number of tokens together, best first; one that is too long is passed over.

    The best one is always kept. A budget of 0 keeps all.
    """
    if not budget:
        return found
    kept: list[Found] = []
    left = budget
    for item in found:
        size = tokens(item.passage.text)
        if size <= left or not kept:
            kept.append(item)
            left -= size
    return tuple(kept)


def _fusion() -> dict[str, Any]:
    table: dict[str, Any] = resources.table("rag", "retrieval.toml")["fusion"]
    return table


def _embedder(indexes: Iterable[Index]) -> str:
    """Name the embedder of all collections; empty when there are several, whose cosines do not compare."""
    names = {index.meta("embedder") for index in indexes}
    return names.pop() if len(names) == 1 else ""


def _gate_passages() -> int:
    return int(resources.table("rag", "retrieval.toml")["answer"]["passages"])


def _method(by_meaning: dict[Place, float], options: Options) -> str:
    if not by_meaning:
        return "words"
    return "words and meaning" if options.words else "meaning"


def _by_words(
    indexes: Iterable[Index], query: Query, options: Options, top: int, notes: list[str]
) -> dict[Place, lexical.Hit]:
    hits: dict[Place, lexical.Hit] = {}
    for index in indexes:
        if not index.current:
            notes.append(f"the {index.collection} collection was indexed by another version: ingest its folder again")
        for hit in lexical.rank(index, query, options.filters, top):
            hits[index.collection, hit.id] = hit
    return dict(sorted(hits.items(), key=lambda item: -item[1].score)[:top])


def _by_meaning(
    indexes: Iterable[Index], query: Query, options: Options, top: int, notes: list[str]
) -> dict[Place, float]:
    hits: dict[Place, float] = {}
    for index in indexes:
        identity, name = index.meta("embedder"), index.meta("embedder_name")
        if not identity:
            notes.append(f"the {index.collection} collection has no vectors: passages are searched by words alone")
            continue
        try:
            embedder = embedders.load(name)
            if embedder.id != identity:
                notes.append(f"the vectors of the {index.collection} collection are of {identity}, which is not here")
                continue
            reader = vectors.reader(index.file.parent, identity, embedder.dimensions)
            asked = embedder.embed_query(asked_of(embedder, query))
            for number, score in _nearest(reader, index, query.question, asked, options, top):
                hits[index.collection, number] = score
        except NetGuruError as error:
            notes.append(f"searched by words alone: {error}")
    return dict(sorted(hits.items(), key=lambda item: -item[1])[:top])


def _nearest(
    reader: vectors.VectorReader, index: Index, question: str, vector: list[float], options: Options, top: int
) -> list[tuple[int, float]]:
    if not options.server:
        return reader.search(index, vector, top, options.filters)
    from netguru.rag.qdrant import QdrantVectors

    if not isinstance(reader, QdrantVectors):
        raise InputError("no Qdrant server is set", hint="set NETGURU_QDRANT_URL")
    return reader.fused(index, vector, question, top, options.filters, int(_fusion()["k"]))


def _fused(query: Query, by_words: dict[Place, lexical.Hit], by_meaning: dict[Place, float]) -> dict[Place, float]:
    """Fuse two rankings as the table says; a command trusts its words more."""
    table = _fusion()
    dense = table["dense"] / (table["command"] if query.command else 1.0)
    if table["by"] == "rank":
        return reciprocal([(list(by_words), 1.0), (list(by_meaning), dense)], int(table["k"]))
    return blended([({place: hit.score for place, hit in by_words.items()}, 1.0), (by_meaning, dense)])


def blended(rankings: Sequence[tuple[dict[Place, float], float]]) -> dict[Place, float]:
    """Add up scores, each ranking's brought to 1 for its best and 0 for its last; what it does not hold adds nothing.

    >>> blended([({("a", 1): 9.0, ("a", 2): 6.0, ("a", 3): 3.0}, 1.0), ({("a", 2): 0.7}, 0.5)])
    {('a', 1): 1.0, ('a', 2): 1.0, ('a', 3): 0.0}
    """
    scores: dict[Place, float] = {}
    for ranking, weight in rankings:
        best, last = max(ranking.values(), default=0.0), min(ranking.values(), default=0.0)
        for place, score in ranking.items():
            share = (score - last) / (best - last) if best > last else 1.0
            scores[place] = scores.get(place, 0.0) + weight * share
    return scores


def reciprocal(rankings: Sequence[tuple[Sequence[Place], float]], k: int) -> dict[Place, float]:
    """Fuse rankings: each gives weight / (k + rank) to what it ranks, from 1.

    >>> reciprocal([([("a", 1)], 1.0), ([("a", 2), ("a", 1)], 1.0)], 1)
    {('a', 1): 0.8333333333333333, ('a', 2): 0.5}
    """
    scores: dict[Place, float] = {}
    for ranking, weight in rankings:
        for position, place in enumerate(ranking, 1):
            scores[place] = scores.get(place, 0.0) + weight / (k + position)
    return scores


def _stored(
    indexes: Iterable[Index], ordered: Sequence[Place], scores: dict[Place, float], coverage: dict[Place, float]
) -> tuple[Found, ...]:
    passages: dict[Place, Stored] = {}
    for index in indexes:
        numbers = [number for collection, number in ordered if collection == index.collection]
        passages |= {(index.collection, item.id): item for item in index.passages(numbers)}
    return tuple(
        Found(passage=passages[place], score=scores[place], coverage=coverage.get(place, 0.0))
        for place in ordered
        if place in passages
    )


def _reordered(question: str, found: tuple[Found, ...], count: int, notes: list[str]) -> tuple[Found, ...]:
    """Put the first passages in the order of the reranker; each place keeps its score, so that scores fall."""
    first = found[:count]
    new = order(question, [item.passage for item in first], notes)
    moved = (replace(first[place], score=first[at].score) for at, place in enumerate(new))
    return (*moved, *found[count:])


def with_section(found: Sequence[Found], limit: int) -> tuple[Found, ...]:
    """Join passages of one section that stand side by side, so that what belongs together is read together.

    The joined passage stands at the better one's rank; `limit` bounds its length in characters.
    """
    groups: list[list[Found]] = []
    for item in found:
        group = next((group for group in groups if _side_by_side(group, item.passage, limit)), None)
        if group is None:
            groups.append([item])
        else:
            group.append(item)
    return tuple(_joined(group) for group in groups)


def _side_by_side(group: Sequence[Found], passage: Stored, limit: int) -> bool:
    """Say whether a passage stands right before or behind those of a group, in their section."""
    one = group[0].passage
    if (one.collection, one.document, one.path) != (passage.collection, passage.document, passage.path):
        return False
    positions = [item.passage.position for item in group]
    start = min(passage.start, *(item.passage.start for item in group))
    end = max(passage.end, *(item.passage.end for item in group))
    return passage.position in (min(positions) - 1, max(positions) + 1) and end - start <= limit


def _joined(group: Sequence[Found]) -> Found:
    if len(group) == 1:
        return group[0]
    first, *_, last = sorted((item.passage for item in group), key=lambda passage: passage.position)
    index = next(index for index in open_all(first.collection))
    text = index.slice(first.document, first.start, last.end)
    whole = replace(first, end=last.end, line_end=last.line_end, text=text)
    return replace(group[0], passage=whole, coverage=max(item.coverage for item in group))
