"""Names under a key: as long as before, letters for letters, so that columns and sorts of names stay."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from netguru import resources
from netguru.redact.permutation import Permutation

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHORTEST = 2
_LETTERS = 26


@cache
def common() -> frozenset[str]:
    """Give the names that are never replaced."""
    return frozenset(resources.table("redact", "classes.toml")["names"]["common"].split())


class Names:
    """Replace known names wherever they stand as words, in any case of letters.

    >>> names = Names(b"k" * 32, ["Leaf1"])
    >>> new = names.of("leaf1")
    >>> names.of("LEAF1") == new.upper(), new[-1], names.of("mtu") == "mtu"
    (True, '1', True)
    """

    def __init__(self, key: bytes, known: Iterable[str]) -> None:
        self._permutation = Permutation(key, "name")
        self.known = tuple(sorted({name.lower() for name in known if _telling(name)}))

    @property
    def pattern(self) -> str:
        """Give what finds the known names in lower case, the longest first; nothing when there is none."""
        names = "|".join(re.escape(name) for name in sorted(self.known, key=len, reverse=True))
        return rf"(?<![A-Za-z0-9])(?:{names})(?![A-Za-z0-9])" if names else ""

    def of(self, name: str) -> str:
        """Give what stands for a known name; another one stays."""
        return self.made(name) if name.lower() in self.known else name

    def made(self, text: str) -> str:
        """Permute the letters of a text, all together; without letters its digits."""
        letters = [char for char in text.lower() if "a" <= char <= "z"]
        size, first = _LETTERS, ord("a")
        if not letters:
            letters, size, first = [char for char in text if "0" <= char <= "9"], 10, ord("0")
        number = 0
        for char in letters:
            number = number * size + ord(char) - first
        number = self._permutation.below(size ** len(letters), number)
        new: list[str] = []
        for _ in letters:
            number, digit = divmod(number, size)
            new.append(chr(first + digit))
        given = set(range(first, first + size))
        return "".join(
            (new.pop().upper() if char.isupper() else new.pop()) if ord(char.lower()[0]) in given else char
            for char in text
        )


def _telling(name: str) -> bool:
    return len(name) >= _SHORTEST and name.lower() not in common() and any(char.isalnum() for char in name)
