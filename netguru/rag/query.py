"""Reading a question: its concepts with what else they are called, its neighbouring words, whether it is a command."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from netguru import resources
from netguru.rag import tokens
from netguru.rag.thesaurus import expand, filler

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from netguru.rag.thesaurus import Expansion

# Kinds of the thesaurus that say what may be meant, not what is said.
_HINTS = frozenset({"symptom", "synonym"})
_TRANSLATION = "translation"
# Languages of the documents; "und" is a question of commands and names alone.
_DOCUMENTS = frozenset({"en", "und"})
_QUOTED = re.compile(r"`([^`]+)`|\"([^\"]+)\"")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One way to say a concept: words that stand together in the index, and how sure it is the same thing."""

    words: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """One thing that a question is about; it is found when any of its alternatives is.

    `stated` says that the question names it; others are hints of the thesaurus, which a passage need not hold.
    """

    text: str
    alternatives: tuple[Alternative, ...]
    stated: bool = True
    name: bool = False
    """Written as a name is: with a capital inside a sentence, or with digits."""

    def words(self) -> tuple[str, ...]:
        """Give all words of all alternatives, each once."""
        return tuple(dict.fromkeys(word for item in self.alternatives for word in item.words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question as retrieval sees it."""

    question: str
    language: str
    concepts: tuple[Concept, ...]
    pairs: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()
    """What stands side by side in the question: the words that each of two neighbours is known by."""
    command: bool = False
    expansions: tuple[Expansion, ...] = field(default=())

    def words(self) -> tuple[str, ...]:
        """Give all words that are looked for, each once."""
        return tuple(dict.fromkeys(word for concept in self.concepts for word in concept.words()))


@cache
def _command_words() -> tuple[frozenset[str], int]:
    table = resources.table("rag", "retrieval.toml")["command"]
    return frozenset(table["verbs"].split()), int(table["longest"])


def reads_as_command(question: str) -> bool:
    """Say whether a text is a command line rather than a sentence.

    >>> reads_as_command("ip ospf mtu-ignore"), reads_as_command("How do I clear a BGP session?")
    (True, False)
    """
    verbs, longest = _command_words()
    found = question.strip().strip("`").split()
    if not found or len(found) > longest or question.rstrip().endswith("?"):
        return False
    return found[0].lower() in verbs and not {"i", "the", "a", "o", "um"} & {word.lower() for word in found}


def parse(question: str, language: str, *, factor: float = 1.0) -> Query:
    """Take a question apart into concepts; `factor` scales what the thesaurus adds (0 leaves it out)."""
    found = list(tokens.spans(question))
    left_out = _places(filler(question, language), found)
    expansions = expand(question, language) if factor else ()
    own: dict[int, list[Alternative]] = {}
    phrases: dict[tuple[int, ...], list[Alternative]] = {}
    hints: list[Concept] = []
    for item in expansions:
        alternatives = _alternatives(item, factor)
        places = tuple(sorted(_places(item.spans, found)))
        if item.kind in _HINTS:
            hints.append(Concept(text=item.term, alternatives=alternatives, stated=False))
        elif len(places) == 1:
            own.setdefault(places[0], []).extend(alternatives)
        elif item.kind == _TRANSLATION or language in _DOCUMENTS:
            phrases.setdefault(places, []).extend(alternatives)
        else:
            hints.append(Concept(text=item.term, alternatives=alternatives, stated=False))
    # A phrase of another language stands for its words; one of the documents' language adds to them.
    foreign = language not in _DOCUMENTS
    replaced = {place for places in phrases for place in places} if foreign else set()
    concepts = [
        (place, concept)
        for place, (token, _, _) in enumerate(found)
        if place not in replaced and (place not in left_out or place in own)
        for concept in _concepts(token, own.get(place, []), dropped=place in left_out, name=_is_name(token, place))
    ]
    named = [
        (places[0], _phrase([found[place][0] for place in places], made, foreign)) for places, made in phrases.items()
    ]
    stated = [concept for _, concept in sorted([*concepts, *named], key=lambda item: item[0]) if concept.alternatives]
    return Query(
        question=question,
        language=language,
        concepts=_merged([*stated, *(item for item in hints if item.alternatives)]),
        pairs=_pairs(stated),
        command=reads_as_command(question) or bool(_QUOTED.search(question)),
        expansions=expansions,
    )


def _phrase(said: list[str], names: list[Alternative], foreign: bool) -> Concept:
    """Make the concept of several words; what is said in another language may stand so in one's own documents."""
    text = " ".join(said)
    own = tuple(word for token in said for word in tokens.forms(token)[:1]) if foreign else ()
    stated = (Alternative(words=own, weight=1.0),) if own else ()
    return Concept(text=text, alternatives=(*stated, *names), stated=foreign)


def _alternatives(item: Expansion, factor: float) -> tuple[Alternative, ...]:
    trust = float(resources.table("rag", "retrieval.toml")["thesaurus"][item.kind]) * factor
    made = [(tuple(tokens.words(text)), min(item.weight * trust, 1.0)) for text in item.words]
    return tuple(Alternative(words=words, weight=weight) for words, weight in made if words)


def _places(spans: Iterable[tuple[int, int]], found: Sequence[tuple[str, int, int]]) -> set[int]:
    """Find the tokens that stand at places of a question."""
    return {
        place for start, end in spans for place, (_, first, last) in enumerate(found) if first < end and start < last
    }


def _is_name(token: str, place: int) -> bool:
    """Say whether a token is written as a name; the first word of a sentence has its capital anyway."""
    return any(char.isupper() for char in token[1 if place == 0 else 0 :]) or any(char.isdigit() for char in token)


def _concepts(token: str, extra: list[Alternative], *, dropped: bool, name: bool) -> list[Concept]:
    """Make the concepts of one token: a joined one is looked for whole and by its parts."""
    made = tokens.forms(token)
    if dropped or not made:
        return [Concept(text=token, alternatives=tuple(extra))] if extra else []
    first = Concept(text=token, alternatives=(Alternative(words=(made[0],), weight=1.0), *extra), name=name)
    return [first, *(Concept(text=part, alternatives=(Alternative(words=(part,), weight=1.0),)) for part in made[1:])]


def _merged(concepts: list[Concept]) -> tuple[Concept, ...]:
    """Leave out a concept that says the same as one before."""
    seen: dict[tuple[tuple[str, ...], ...], Concept] = {}
    for item in concepts:
        key = tuple(alternative.words for alternative in item.alternatives)
        before = seen.get(key)
        seen[key] = replace(item, stated=item.stated or before.stated) if before else item
    return tuple(seen.values())


def _pairs(concepts: list[Concept]) -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    """Give the neighbours of a question, by their names of one word."""
    names = [frozenset(item.words[0] for item in concept.alternatives if len(item.words) == 1) for concept in concepts]
    return tuple((one, other) for one, other in pairwise(names) if one and other and one != other)
