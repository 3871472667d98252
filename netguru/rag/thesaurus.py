"""The networking thesaurus: what else the words of a question are called, in English, by vendors, in other tongues.

The tables lie in `data/thesaurus`; its README says what they hold and how they are written.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from math import log
from typing import TYPE_CHECKING

from netguru import resources
from netguru.rag.thesaurus_tables import (
    Entry,
    Kind,
    Word,
    entries,
    fold,
    pairs,
    stem,
    stop_terms,
    targets,
    variants,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Expansion", "Kind", "expand", "filler", "fold", "stop_words"]

_ENGLISH = "en"
_ROUNDING = 1e-9
# Kinds of small words that may stand within a term: "tabela (de a) roteamento".
_LINKING = ("article", "preposition", "conjunction", "pronoun", "name", "filler")
_STRAIGHT: tuple[Kind, ...] = ("abbreviation", "vendor")
_LOOSE: tuple[Kind, ...] = ("symptom", "synonym")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """What a term of a question also is called.

    `words` are English words and phrases, the best first; `weight` is 1 for the same thing and small for a hint;
    `spans` are the places of the term's words in the question, as character offsets.
    """

    term: str
    words: tuple[str, ...]
    weight: float
    kind: Kind
    spans: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Unit:
    """One word to look up: where in the question it comes from, and how surely it says the same.

    One that is `empty` says nothing by itself; when it `parts`, no term goes across it (`roteador como cliente`).
    """

    text: str
    spans: tuple[tuple[int, int], ...]
    weight: float = 1.0
    empty: bool = False
    joined: bool = False
    parts: bool = False


@dataclass(frozen=True, slots=True)
class _Index:
    """Entries by their words as written and by their stems."""

    exact: dict[tuple[str, ...], list[Entry]]
    nouns: dict[tuple[str, ...], list[Entry]]
    stems: dict[tuple[str, ...], list[Entry]]
    longest: int


@dataclass(frozen=True, slots=True)
class _Match:
    entry: Entry
    places: tuple[int, ...]
    share: float = 1.0


def expand(question: str, language: str) -> tuple[Expansion, ...]:
    """Give what the words of a question also are called, longest phrases first within each kind.

    A Portuguese question is translated term by term, and the translation is then looked up like English.

    >>> [(item.term, item.words[0]) for item in expand("Qual é a rota padrão?", "pt")][0]
    ('rota padrão', 'default route')
    >>> [item.kind for item in expand("neighbor is stuck in ExStart", "en") if "mtu-ignore" in item.words]
    ['symptom']
    """
    units = _units(question, language)
    found: list[Expansion] = []
    if language == "pt":
        matches = _straight(units, _index("translation"), "pt")
        found = [_expansion(match, units) for match in matches]
        units = _translated(units, matches)
    for kind in _STRAIGHT:
        found += [_expansion(match, units) for match in _straight(units, _index(kind), _ENGLISH)]
    for kind in _LOOSE:
        found += [_expansion(match, units) for match in _loose(units, kind)]
    return tuple(item for item in found if item.words)


def stop_words(language: str) -> frozenset[str]:
    """Give the single words of a language that carry no subject, folded.

    >>> "the" in stop_words("en"), "para" in stop_words("pt"), "no" in stop_words("en")
    (True, True, False)
    """
    return frozenset(words[0] for words in _phrases(language) if len(words) == 1)


def filler(question: str, language: str) -> tuple[tuple[int, int], ...]:
    """Give the places of words that carry no subject ("como faço para"), as character offsets.

    >>> text = "Como faço para ver as rotas?"
    >>> [text[start:end] for start, end in filler(text, "pt")]
    ['Como', 'faço', 'para', 'as']
    """
    words = words_of(question)
    empty = _empty(words, language)
    return tuple((word.start, word.end) for place, word in enumerate(words) if place in empty)


def _phrases(language: str) -> frozenset[tuple[str, ...]]:
    """Give what is left out of a question; English particles stay, for `log in` is not `log`."""
    return stop_terms(language, "filler", "name") if language == _ENGLISH else stop_terms(language)


def _empty(words: Sequence[Word], language: str) -> set[int]:
    """Find the words to leave out; `AS` in a text that is not all in capitals is a name and no article."""
    sizes, phrases, names = _sizes(language), _phrases(language), stop_terms(language, "name")
    shouted = all(word.capitals or len(word.text) == 1 for word in words)
    empty: set[int] = set()
    for place, word in enumerate(words):
        if word.joined or (word.capitals and not shouted and (word.text,) in names):
            continue
        for size in sizes.get(word.written, ()):
            if tuple(item.written for item in words[place : place + size]) in phrases:
                empty |= set(range(place, place + size))
                break
    return empty


@cache
def _sizes(language: str) -> dict[str, list[int]]:
    """Give, for each word that begins a phrase without a subject, how long such phrases are, the longest first."""
    found: dict[str, set[int]] = {}
    for phrase in _phrases(language):
        found.setdefault(phrase[0], set()).add(len(phrase))
    return {first: sorted(sizes, reverse=True) for first, sizes in found.items()}


def _units(text: str, language: str) -> list[_Unit]:
    words = words_of(text)
    empty = _empty(words, language)
    linking = stop_terms(language, *_LINKING)
    return [
        _Unit(
            word.text,
            ((word.start, word.end),),
            empty=place in empty,
            joined=word.joined,
            parts=place in empty and (word.written,) not in linking,
        )
        for place, word in enumerate(words)
    ]


@cache
def _rules() -> dict[str, float]:
    return resources.table("rag", "thesaurus.toml")


@cache
def _index(kind: Kind) -> _Index:
    language = "pt" if kind == "translation" else _ENGLISH
    index = _Index({}, {}, {}, 1 + max((item.term.count(" ") + item.term.count("-") for item in _all(kind)), default=0))
    for entry in _all(kind):
        whole, short = _units(entry.term, language), _key(entry.term, language)
        keys = {tuple(unit.text for unit in short)}
        if any(unit.parts for unit in whole):
            keys.add(tuple(unit.text for unit in whole))
        for key in keys:
            _enter(index, key, entry, language)
    return index


def _enter(index: _Index, key: tuple[str, ...], entry: Entry, language: str) -> None:
    index.exact.setdefault(key, []).append(entry)
    if len(key) == 2 and "-" in entry.term:  # noqa: PLR2004 - two parts of one word
        index.exact.setdefault(("".join(key),), []).append(entry)
    noun = len(key) == 1 and entry.part != "v"
    stems = tuple(stem(word, language, "noun" if noun else "verb") for word in key)
    (index.nouns if noun else index.stems).setdefault(stems, []).append(entry)


def _key(term: str, language: str) -> tuple[_Unit, ...]:
    """Give the words by which a term is found: without small words, unless one word or none would be left."""
    units = _units(term, language)
    names = stop_terms(language, "name")
    units = [replace(unit, empty=False) if (unit.text,) in names else unit for unit in units]
    kept = tuple(unit for unit in units if not unit.empty)
    return kept if len(kept) > 1 else tuple(units)


@cache
def _all(kind: Kind) -> tuple[Entry, ...]:
    return tuple(turned for entry in entries(kind) for turned in pairs(entry))


def _straight(units: Sequence[_Unit], index: _Index, language: str) -> list[_Match]:
    """Match terms whose words stand together, the longest first, none over another."""
    nouns = [stem(unit.text, language, "noun") for unit in units]
    stems = [stem(unit.text, language) for unit in units]
    found: list[_Match] = []
    taken: set[int] = set()
    for places in _windows(units, index.longest):
        if not taken.isdisjoint(places):
            continue
        hits = (
            index.exact.get(tuple(units[place].text for place in places))
            or index.nouns.get(tuple(nouns[place] for place in places))
            or index.stems.get(tuple(stems[place] for place in places))
        )
        found += [_Match(entry, places) for entry in hits or ()]
        taken |= set(places) if hits else set()
    return found


def _windows(units: Sequence[_Unit], longest: int) -> Iterator[tuple[int, ...]]:
    """Give the runs of words, the longest first: those without the small words between, and those with them.

    A short part of a joined word (the `as` of `remote-as`) means nothing by itself.
    """
    full, shortest = [place for place, unit in enumerate(units) if not unit.empty], _rules()["shortest_part"]
    for size in range(min(longest, len(units)), 0, -1):
        for start in range(len(full) - size + 1):
            first, run = units[full[start]], range(full[start], full[start + size - 1])
            alone = size == 1 and first.joined and len(first.text) < shortest
            if not alone and not any(units[place].parts for place in run):
                yield tuple(full[start : start + size])
        for start in range(len(units) - size + 1 if size > 1 else 0):
            run = range(start, start + size)
            if any(units[place].empty for place in run):
                yield tuple(run)


def _translated(units: Sequence[_Unit], matches: Iterable[_Match]) -> list[_Unit]:
    """Put the first equivalent of each matched term in its place."""
    first = {match.places[0]: match for match in reversed(list(matches))}
    covered = {place for match in first.values() for place in match.places}
    made: list[_Unit] = []
    for place, unit in enumerate(units):
        if place in first:
            match = first[place]
            spans = tuple(span for item in match.places for span in units[item].spans)
            english = _units(targets(match.entry)[0], _ENGLISH)
            made += [_Unit(word.text, spans, match.entry.weight, word.empty) for word in english]
        elif place not in covered and not unit.empty:
            made.append(unit)
    return made


@dataclass(frozen=True, slots=True)
class _Bags:
    """The words of each term, where each word occurs, and how rare it is among the terms."""

    terms: list[tuple[frozenset[str], Entry, float]]
    postings: dict[str, list[int]]
    rarity: dict[str, float]


@cache
def _bags(kind: Kind) -> _Bags:
    made = [
        (frozenset(_bag_stem(unit, kind) for unit in _key(item.term, _ENGLISH)) - {""}, item) for item in _all(kind)
    ]
    often = Counter(word for bag, _ in made for word in bag)
    rarity = {word: log(1 + len(made) / count) for word, count in often.items()}
    postings: dict[str, list[int]] = {}
    for number, (bag, _) in enumerate(made):
        for word in bag:
            postings.setdefault(word, []).append(number)
    return _Bags([(bag, entry, sum(rarity[word] for word in sorted(bag))) for bag, entry in made], postings, rarity)


def _bag_stem(unit: _Unit, kind: Kind) -> str:
    """Give the stem of a word; in symptoms that of the word which the table uses for all like it.

    Particles of symptoms have none, and a small word that a term keeps is never taken for another.
    """
    if unit.empty:
        return f"{unit.text} "
    if kind != "symptom":
        return stem(unit.text, _ENGLISH)
    word = stem(unit.text, _ENGLISH)
    return "" if unit.text in _particles() else variants().get(word, word)


@cache
def _particles() -> frozenset[str]:
    return frozenset(words[0] for words in stop_terms(_ENGLISH, "particle"))


def _loose(units: Sequence[_Unit], kind: Kind) -> list[_Match]:
    """Match terms by their words in any order; a term whose words another match has too is left out.

    A symptom need not be there with all its words: how much of it is, the rare words counting most, scales its weight.
    """
    where: dict[str, list[int]] = {}
    for place, unit in enumerate(units):
        if word := _bag_stem(unit, kind):
            where.setdefault(word, []).append(place)
    whole: list[tuple[frozenset[str], _Match]] = []
    partial: list[tuple[frozenset[str], _Match]] = []
    for bag, entry, share in _held(where, kind):
        common = bag & where.keys()
        match = _Match(entry, _nearest(common, where), share)
        if common == bag and (kind == "symptom" or _near(match.places)):
            whole.append((bag, match))
        elif common != bag and kind == "symptom" and len(common) > 1:
            partial.append((common, match))
    # Half a symptom is a guess, made only where no description of more than one word is there in full.
    found = whole if any(len(bag) > 1 for bag, _ in whole) else [*whole, *partial]
    kept = [match for words, match in found if not any(words < other for other, _ in found)]
    kept.sort(key=lambda match: (-match.share * len(match.places), -match.entry.weight, match.places))
    return kept if kind != "symptom" else kept[: int(_rules()["most"])]


def _held(where: dict[str, list[int]], kind: Kind) -> Iterator[tuple[frozenset[str], Entry, float]]:
    """Give the terms of which enough is there, and the share that is, the rare words counting most."""
    bags, enough = _bags(kind), _rules()["enough"]
    held: dict[int, float] = {}
    for word in where:
        for number in bags.postings.get(word, ()):
            held[number] = held.get(number, 0.0) + bags.rarity[word]
    for number, weight in held.items():
        bag, entry, most = bags.terms[number]
        if weight + _ROUNDING >= enough * most:
            yield bag, entry, 1.0 if bag <= where.keys() else weight / most


def _nearest(bag: frozenset[str], where: dict[str, list[int]]) -> tuple[int, ...]:
    """Choose the places of a term's words that stand closest to the rarest of them."""
    anchor = min((where[word] for word in bag), key=lambda places: (len(places), places))[0]
    return tuple(sorted({min(where[word], key=lambda place: abs(place - anchor)) for word in bag}))


def _near(places: tuple[int, ...]) -> bool:
    return places[-1] - places[0] < len(places) + int(_rules()["reach"])


def _expansion(match: _Match, units: Sequence[_Unit]) -> Expansion:
    chosen = [units[place] for place in match.places]
    spans = tuple(sorted({span for unit in chosen for span in unit.spans}))
    weight = match.entry.weight * match.share**2 * sum(unit.weight for unit in chosen) / len(chosen)
    words = targets(match.entry)
    return Expansion(term=match.entry.term, words=words, weight=round(weight, 4), kind=match.entry.kind, spans=spans)
