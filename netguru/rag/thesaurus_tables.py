"""The tables of the networking thesaurus as they lie in `data/thesaurus`, and the rules that make word forms equal."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from netguru import resources
from netguru.errors import ParseError

Kind = Literal["translation", "abbreviation", "vendor", "symptom", "synonym"]

FILES: dict[Kind, str] = {
    "translation": "pt_terms.tsv",
    "abbreviation": "abbreviations.tsv",
    "vendor": "vendor_terms.tsv",
    "symptom": "symptoms.tsv",
    "synonym": "synonyms.tsv",
}

# A word with what an apostrophe ties to it; a prefix length keeps its slash, because `/31` is a subject and 31 is none.
_WORD = re.compile(r"(?:(?<=\w)|(?<!\S))/\d{1,3}\b|[^\W_](?:[^\W_]|[\u0300-\u036f])*(?:['\u2019][^\W_]+)*")
_JOINTS = "-_./:+"
_ONE_WAY = ">"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One term of a table: what it stands for, and how near that is (1 is the same thing)."""

    term: str
    words: tuple[str, ...]
    weight: float
    kind: Kind
    part: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word of a text: folded, as written but for its case, its place, and what tells a name from a small word.

    `AS` stands in capitals, the `as` of `neighbor-as` is joined to another word: neither is the word `as`.
    """

    text: str
    written: str
    start: int
    end: int
    capitals: bool = False
    joined: bool = False


def fold(text: str) -> str:
    """Bring a text to lower case without diacritics; what is folded already stays as it is.

    >>> fold("Configuração"), fold(fold("Ações"))
    ('configuracao', 'acoes')
    """
    if text.isascii():
        return text.lower()
    before = ""
    while text != before:
        before = text
        apart = unicodedata.normalize("NFKD", text.casefold())
        text = "".join(char for char in apart if not unicodedata.combining(char))
    return text


def words_of(text: str) -> list[Word]:
    """Take a text apart into words; hyphens and other signs part them, and `doesn't` is `not`.

    >>> [word.text for word in words_of("Why doesn't the route-map match 10.0.0.0/31?")]
    ['why', 'not', 'the', 'route', 'map', 'match', '10', '0', '0', '0', '/31']
    """
    found = []
    for match in _WORD.finditer(text):
        written = match.group()
        first, *tied = re.split(r"['\u2019]", written)
        plain = "not" if tied == ["t"] and first[-1:] in "nN" else fold(first)
        found.append(
            Word(
                text=plain,
                written=unicodedata.normalize("NFC", first.casefold()),
                start=match.start(),
                end=match.end(),
                capitals=len(first) > 1 and first.isupper(),
                joined=_joined(text, match.start(), match.end()),
            )
        )
    return found


def _joined(text: str, start: int, end: int) -> bool:
    """Say whether a sign ties the word to one before or after it."""
    before, after = text[max(start - 2, 0) : start], text[end : end + 2]
    return (before[-1:] in _JOINTS and before[:-1].isalnum()) or (after[:1] in _JOINTS and after[1:].isalnum())


@cache
def entries(kind: Kind) -> tuple[Entry, ...]:
    """Read the table of one kind.

    Raises ParseError for a row that is not whole.
    """
    return tuple(entry_of(row, kind) for row in _rows(FILES[kind]))


def entry_of(row: dict[str, str], kind: Kind) -> Entry:
    """Make an entry of a row.

    Raises ParseError for one that is not whole.
    """
    expansions = tuple(text.strip() for text in row["expansions"].split(";"))
    try:
        weight = float(row["weight"])
    except ValueError:
        weight = 0.0
    if not row["term"] or not all(expansions) or not 0 < weight <= 1:
        raise ParseError(f"{FILES[kind]}: not a row of the thesaurus: {row}")
    part = row.get("pos") or row.get("direction") or ""
    return Entry(term=row["term"], words=expansions, weight=weight, kind=kind, part=part, note=row.get("note", ""))


def _rows(name: str) -> list[dict[str, str]]:
    lines = resources.path("data", "thesaurus", name).read_text("utf-8").splitlines()
    head, *rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    for row in rows:
        if len(row) > len(head):
            raise ParseError(f"{name}: more cells than columns: {row}")
    return [dict(zip(head, [*row, *[""] * (len(head) - len(row))], strict=True)) for row in rows]


def targets(entry: Entry) -> tuple[str, ...]:
    """Give what an entry stands for, without the sign of the words that do not lead back."""
    return tuple(text.removeprefix(_ONE_WAY) for text in entry.words)


def pairs(entry: Entry) -> list[Entry]:
    """Give an entry in all directions that it is meant for.

    A name of a vendor leads to all other names of the thing, a spelled-out name back to its abbreviation.
    """
    plain = targets(entry)
    forward = Entry(term=entry.term, words=plain, weight=entry.weight, kind=entry.kind, part=entry.part)
    back = [text for text in entry.words if not text.startswith(_ONE_WAY)]
    if entry.kind == "abbreviation" and entry.part == "both":
        return [forward, *(_turned(entry, text, (entry.term,)) for text in back)]
    if entry.kind == "vendor":
        names = (entry.term, *plain)
        return [forward, *(_turned(entry, text, tuple(name for name in names if name != text)) for text in back)]
    return [forward]


def _turned(entry: Entry, term: str, words: tuple[str, ...]) -> Entry:
    return Entry(term=term, words=words, weight=entry.weight, kind=entry.kind, part=entry.part)


@cache
def stop_terms(language: str, *kinds: str) -> frozenset[tuple[str, ...]]:
    """Give words and phrases of a language that carry no subject, of all kinds, or of those named.

    Each is there as it is written and folded: who writes `nó` does not mean `no`, who writes `e` may mean `é`.
    """
    name = f"{language}_stopwords.tsv"
    if language not in ("en", "pt"):
        return frozenset()
    chosen = [row for row in _rows(name) if not kinds or row["kind"] in kinds]
    phrases = [words_of(row["term"]) for row in chosen]
    folded = {tuple(word.text for word in phrase) for phrase in phrases}
    return frozenset(folded | {tuple(word.written for word in phrase) for phrase in phrases})


@cache
def variants() -> dict[str, str]:
    """Give, for stems of words that name a symptom, the stem of the word that the tables use for it."""
    return {
        stem(word.text, "en"): stem(fold(row["canonical"]), "en")
        for row in _rows("variants.tsv")
        for word in words_of(row["term"])
    }


@cache
def _endings(language: str, part: str) -> tuple[tuple[str, str, int], ...]:
    rows = [row for row in _rows("endings.tsv") if (row["language"], row["part"]) == (language, part)]
    found = [(row["ending"], row["replacement"], int(row["shortest"])) for row in rows]
    return tuple(found if part == "spelling" else sorted(found, key=lambda item: -len(item[0])))


def _cut(word: str, language: str, part: str) -> str:
    for ending, instead, shortest in _endings(language, part):
        left = word.removesuffix(ending) + instead
        if word.endswith(ending) and len(left) >= shortest:
            return left
    return word


@lru_cache(50_000)
def stem(word: str, language: str, part: str = "verb") -> str:
    """Give what the forms of a folded word have in common: `part` is "verb" (and phrases) or "noun".

    >>> {stem(word, "pt") for word in ("bloquear", "bloqueia", "bloqueado", "bloqueio")}
    {'bloc'}
    >>> {stem(word, "pt", "noun") for word in ("tunel", "tuneis")}, {stem(word, "en") for word in ("route", "routing")}
    ({'tunel'}, {'rout'})
    """
    if not word.isalpha():
        return word
    word = _cut(word, language, "plural")
    if part == "noun":
        return _cut(word, language, "gender")
    word = _cut(word, language, "verb")
    for ending, instead, shortest in _endings(language, "spelling"):
        left = word.removesuffix(ending) + instead
        if word.endswith(ending) and len(left) >= shortest:
            word = left
    return word
