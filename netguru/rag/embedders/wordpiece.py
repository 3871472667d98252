"""Cutting texts into word pieces as BERT does: lower case without accents, words, then the longest pieces that fit.

Devlin et al. 2018, "BERT", section 3; Wu et al. 2016, section 4.1. The pieces come with the model.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FIRST, _LAST, _UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
_INSIDE = "##"
"""Stands in front of a piece that goes on a word."""

_LONGEST_WORD = 100
_WORDS_KEPT = 100_000
_SPACES = "\t\n\r"
_ASCII = 128
# Blocks of the Unicode standard with the unified ideographs, each of which is a word of its own.
_IDEOGRAPHS = (
    (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2A6DF), (0x2A700, 0x2B73F), (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF), (0x2F800, 0x2FA1F),
)  # fmt: skip


@lru_cache(4096)
def _as_written(char: str) -> str:
    """Give what a character stands for: a space, nothing, a word of its own, or itself."""
    if char in _SPACES or unicodedata.category(char) == "Zs":
        return " "
    if char in "\0\ufffd" or unicodedata.category(char) in ("Cc", "Cf", "Co"):
        return ""
    code = ord(char)
    if any(first <= code <= last for first, last in _IDEOGRAPHS):
        return f" {char} "
    return char


@lru_cache(4096)
def _parts_words(char: str) -> bool:
    """Say whether a character is a word of its own: punctuation, and all signs of ASCII."""
    if ord(char) < _ASCII:
        return not char.isalnum() and not char.isspace() and char.isprintable()
    return unicodedata.category(char).startswith("P")


def words(text: str) -> Iterator[str]:
    r"""Give the words of a text.

    >>> list(words("Área 0.0.0.1\tof  OSPF"))
    ['area', '0', '.', '0', '.', '0', '.', '1', 'of', 'ospf']
    """
    clean = "".join(_as_written(char) for char in text).lower()
    plain = "".join(char for char in unicodedata.normalize("NFD", clean) if unicodedata.category(char) != "Mn")
    for run in plain.split():
        start = 0
        for at, char in enumerate(run):
            if _parts_words(char):
                if start < at:
                    yield run[start:at]
                yield char
                start = at + 1
        if start < len(run):
            yield run[start:]


class WordPiece:
    """Cut texts into the numbers of pieces; the pieces are given in the order of their numbers.

    >>> cut = WordPiece(["[UNK]", "[CLS]", "[SEP]", "net", "##work", "##s"])
    >>> cut("Networks net x")
    [1, 3, 4, 5, 3, 0, 2]
    """

    def __init__(self, pieces: Iterable[str], *, longest: int = 512) -> None:
        self._pieces = {piece: number for number, piece in enumerate(pieces)}
        self._first, self._last, self._unknown = (self._pieces[mark] for mark in (_FIRST, _LAST, _UNKNOWN))
        self._longest = longest
        self._word = lru_cache(_WORDS_KEPT)(self._cut)

    @classmethod
    def read(cls, content: bytes, longest: int) -> WordPiece:
        """Read pieces, one a line."""
        return cls(content.decode().rstrip("\n").split("\n"), longest=longest)

    def __call__(self, text: str) -> list[int]:
        """Give the numbers of the pieces between the marks of beginning and end, cut at what the model takes."""
        found: list[int] = [self._first]
        for word in words(text):
            found += self._word(word)
            if len(found) >= self._longest:
                break
        return [*found[: self._longest - 1], self._last]

    def _cut(self, word: str) -> tuple[int, ...]:
        """Take the longest piece that fits, again and again; a word with a gap is unknown as a whole."""
        cut: list[int] = []
        start = 0
        while start < len(word) <= _LONGEST_WORD:
            mark = _INSIDE if start else ""
            fitting = (end for end in range(len(word), start, -1) if mark + word[start:end] in self._pieces)
            end = next(fitting, 0)
            if not end:
                return (self._unknown,)
            cut.append(self._pieces[mark + word[start:end]])
            start = end
        return tuple(cut) or (self._unknown,)
