"""Keyed permutations: of whole numbers below a bound, and of bit strings so that common beginnings stay common."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_ROUNDS = 8


class Permutation:
    """Permute numbers under a key and a purpose: the same key and purpose give the same permutation everywhere.

    >>> made = Permutation(b"k" * 32, "example")
    >>> sorted(made.below(26, number) for number in range(26)) == list(range(26))
    True
    """

    def __init__(self, key: bytes, purpose: str) -> None:
        self._key = hashlib.blake2b(key, digest_size=32, person=purpose.encode()[:16]).digest()

    def number(self, data: bytes) -> int:
        """Give a number of 64 bits that follows from the key and the data."""
        return int.from_bytes(hashlib.blake2b(data, key=self._key, digest_size=8).digest(), "big")

    def below(self, bound: int, number: int) -> int:
        """Give the place of a number among those below a bound: a Feistel network, walked until it is inside."""
        if bound <= 1:
            return number
        half = max(1, ((bound - 1).bit_length() + 1) // 2)
        made = self._feistel(half, bound, number)
        while made >= bound:
            made = self._feistel(half, bound, made)
        return made

    def _feistel(self, half: int, bound: int, number: int) -> int:
        mask = (1 << half) - 1
        left, right = number >> half, number & mask
        for turn in range(_ROUNDS):
            data = b"%d/%d/%d" % (bound, turn, right)
            left, right = right, left ^ (self.number(data) & mask)
        return left << half | right

    def prefixes(self, value: int, bits: int, fixed: Callable[[int, int], bool]) -> int:
        """Permute a bit string so that two of them share exactly as many leading bits as before.

        `fixed(place, beginning)` says that the bit at a place (0 is the first) stays behind a beginning.
        """
        made = 0
        for place in range(bits):
            beginning = value >> (bits - place)
            bit = value >> (bits - 1 - place) & 1
            if not fixed(place, beginning):
                bit ^= self.number(b"%d:%x" % (place, beginning)) & 1
            made = made << 1 | bit
        return made
