"""Tells the language of a question or a text, from function words and letters: small, offline, the same every time."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

from netguru import resources

UNKNOWN = "und"
_WORD = re.compile(r"[^\W\d_]+")
# Names of files, addresses, options and code hold no words of a language.
_TECHNICAL = re.compile(r"[/\\_<>{}\[\]=:@|\d.-]")
_AROUND = ".,;:!?()\"'«»“”*`…"
_LONGEST = 40


@cache
def _table() -> tuple[dict[str, tuple[tuple[str, float], ...]], tuple[tuple[str, str], ...]]:
    table = resources.table("rag", "language.toml")
    languages: dict[str, list[str]] = {}
    for language, words in table["words"].items():
        for word in dict.fromkeys(words.split()):
            languages.setdefault(word, []).append(language)
    weights = {word: tuple((name, 1 / len(names)) for name in names) for word, names in languages.items()}
    marks = tuple((mark, language) for language, row in table["marks"].items() for mark in row)
    return weights, marks


def _words(text: str) -> list[str]:
    pieces = (piece.strip(_AROUND) for piece in text.lower().split())
    plain = (piece for piece in pieces if len(piece) <= _LONGEST and not _TECHNICAL.search(piece))
    return [word for piece in plain for word in _WORD.findall(piece)]


def scores(text: str) -> dict[str, float]:
    """Give the score of each language, best first; empty when nothing speaks for any."""
    weights, marks = _table()
    judgement = resources.table("rag", "language.toml")["judgement"]
    words = _words(text)[: judgement["words"]]
    found: dict[str, float] = {}
    for word, count in Counter(words).items():
        for language, weight in weights.get(word, ()):
            found[language] = found.get(language, 0.0) + weight * count
        for language in {language for mark, language in marks if mark in word}:
            found[language] = found.get(language, 0.0) + judgement["mark"] * count
    for language, factor in judgement["preferred"].items():
        if language in found:
            found[language] *= factor
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def detect(text: str, *, default: str = UNKNOWN) -> str:
    """Give the ISO 639-1 code of a text's language, or the default where too little speaks for one.

    >>> detect("How do I set the MTU of an interface?"), detect("Como vejo os vizinhos OSPF?"), detect("mtu 1500")
    ('en', 'pt', 'und')
    """
    judgement = resources.table("rag", "language.toml")["judgement"]
    found = list(scores(text).items())
    if not found or found[0][1] < judgement["least"]:
        return default
    if len(found) > 1 and found[0][1] < found[1][1] * judgement["lead"]:
        return default
    return found[0][0]


def of_passage(text: str, document: str) -> str:
    """Give the language of a passage: its own when it clearly is another one, else that of its document."""
    judgement = resources.table("rag", "language.toml")["judgement"]
    found = scores(text)
    words = min(len(_WORD.findall(text)), judgement["words"])
    best = next(iter(found), document)
    clear = (
        words >= judgement["passage"]
        and found.get(best, 0.0) >= words * judgement["passage_share"]
        and found.get(best, 0.0) >= judgement["passage_lead"] * found.get(document, 0.0)
    )
    return best if clear else document
