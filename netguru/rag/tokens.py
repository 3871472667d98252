"""Words of networking texts: kept whole and in their parts, lightly stemmed, without diacritics.

`ebgp-multihop`, `layer3+4` and `2001:db8::/64` are found whole and by their parts; `routing`, `routes` and `route`
are one word. The same rules make the words of the index and those of a question.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from netguru import resources

VERSION = "2"
"""Changes with every change of the rules: an index made by other rules has its words made anew."""

_TOKEN = re.compile(r"\w+(?:[-.:/+@]{1,3}\w+)*")
_JOINTS = re.compile(r"[-_.:/+@]+")
_CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")
_VOWEL = re.compile(r"[aeiouy]")
_SHORTEST_STEM = 3
_SHORTEST_WORD = 4
_SHORTEST_CAMEL = 3
_SHORTEST_SPELLING = 6
_SPELLINGS = (("our", "or"), ("is", "iz"))

# Endings from the longest: what replaces them, and how many letters must be left.
_ENDINGS: tuple[tuple[str, str, int], ...] = (
    ("ational", "", 4),
    ("ations", "", 4),
    ("ation", "", 4),
    ("ments", "", 5),
    ("ment", "", 5),
    ("ions", "", 5),
    ("ion", "", 5),
    ("ings", "", 3),
    ("ing", "", 3),
    ("ied", "y", 2),
    ("ed", "", 3),
    ("ally", "al", 3),
    ("ly", "", 4),
)


@cache
def stop_words() -> frozenset[str]:
    """Give the words that carry no subject."""
    return frozenset(resources.table("rag", "retrieval.toml")["tokens"]["stop_words"].split())


@cache
def _longest() -> int:
    return int(resources.table("rag", "retrieval.toml")["tokens"]["longest"])


def fold(text: str) -> str:
    """Bring a text to lower case without diacritics.

    >>> fold("Configuração")
    'configuracao'
    """
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in apart if not unicodedata.combining(char))


def stem(word: str) -> str:
    """Cut the English endings off a folded word of letters.

    >>> [stem(word) for word in ("routes", "routing", "policies", "redistribution", "bgp", "neighbours")]
    ['rout', 'rout', 'policy', 'redistribut', 'bgp', 'neighbor']
    """
    if len(word) < _SHORTEST_WORD or not word.isalpha():
        return word
    word = _singular(word)
    for ending, instead, least in _ENDINGS:
        left = word.removesuffix(ending)
        if left != word and len(left) >= least and _VOWEL.search(left):
            return _plain(left + instead)
    return _plain(word)


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > _SHORTEST_WORD:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _plain(word: str) -> str:
    """Undo what an ending did to the letters before it (dropped, drop; route, rout), and spell as Americans do."""
    if len(word) > _SHORTEST_STEM and word[-1] == word[-2] and word[-1] not in "lsz":
        return word[:-1]
    word = word[:-1] if word.endswith("e") and len(word) > _SHORTEST_STEM else word
    for british, american in _SPELLINGS:
        if word.endswith(british) and len(word) >= _SHORTEST_SPELLING:
            return word.removesuffix(british) + american
    return word


@lru_cache(200_000)
def forms(token: str) -> tuple[str, ...]:
    """Give the words under which one token of a text is found, the whole one first.

    >>> forms("ebgp-multihop"), forms("PortChannel"), forms("the")
    (('ebgp-multihop', 'ebgp', 'multihop'), ('portchannel', 'port', 'channel'), ())
    """
    whole = fold(token).strip("_")
    parts = [part for part in _JOINTS.split(token) if part]
    if len(parts) == 1:
        if whole in stop_words():
            return ()
        pieces = _CAMEL.findall(token) if not token.islower() and not token.isupper() else []
        inner = [fold(piece) for piece in pieces if len(piece) >= _SHORTEST_CAMEL] if len(pieces) > 1 else []
        return (stem(whole), *(stem(piece) for piece in inner if piece != whole))
    found = [word for part in parts for word in forms(part)]
    return tuple(dict.fromkeys([whole, *found] if len(whole) <= _longest() else found))


def words(text: str) -> list[str]:
    """Give the words of a text in their order.

    >>> words("Set the `ip ospf cost` of eth0")
    ['set', 'ip', 'ospf', 'cost', 'eth0']
    """
    return [word for token in tokens(text) for word in forms(token)]


def tokens(text: str) -> list[str]:
    """Give the tokens of a text as they stand: runs of letters and digits with the signs that join them."""
    return _TOKEN.findall(text)


def spans(text: str) -> list[tuple[str, int, int]]:
    """Give the tokens of a text with where they start and end.

    >>> spans("ip mtu")
    [('ip', 0, 2), ('mtu', 3, 6)]
    """
    return [(found[0], found.start(), found.end()) for found in _TOKEN.finditer(text)]
