"""How many pairs of IP addresses conversations have: each pair is one number of 64 bits, numbers are counted.

The numbers of two IPv4 addresses are these addresses, so their count is exact. Those of IPv6 are a
hash, and two pairs with equal hashes count once. Among n pairs that are not made to collide this is
expected n * (n - 1) / 2**65 times: 4e-7 times among four million, 0.03 times among a billion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Rows = NDArray[np.int64]
    Codes = NDArray[np.uint64]

_IPV4 = 4
# The finalizer of SplitMix64: every bit of the result depends on every bit of what goes in.
_SHIFTS, _FACTORS = (np.uint64(30), np.uint64(27), np.uint64(31)), (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
_STEP = np.uint64(0x9E3779B97F4A7C15)


def count_pairs(parts: Iterable[tuple[Rows, Rows]]) -> int:
    """Count the different pairs in parts: IP versions, and rows of the halves of both addresses (`ends`).

    Both directions of a pair are given in the same order. The memory it takes are eight bytes a row.
    """
    short, long = [np.zeros(0, np.uint64)], [np.zeros(0, np.uint64)]
    for versions, ends in parts:
        # The addresses of other versions take more than 32 bits.
        is_short = versions == _IPV4
        short.append(_joined(ends[is_short]))
        long.append(_mixed(ends[~is_short]))
    return _different(short) + _different(long)


def _joined(ends: Rows) -> Codes:
    _, a, _, b = ends.T.view(np.uint64)
    codes: Codes = a << np.uint64(32) | b
    return codes


def _mixed(ends: Rows) -> Codes:
    codes = np.zeros(ends.shape[0], np.uint64)
    for half in ends.T.view(np.uint64):
        codes ^= half
        codes += _STEP
        for shift, factor in zip(_SHIFTS, _FACTORS, strict=False):
            codes ^= codes >> shift
            codes *= np.uint64(factor)
        codes ^= codes >> _SHIFTS[-1]
    return codes


def _different(parts: list[Codes]) -> int:
    codes = np.concatenate(parts)
    parts.clear()
    codes.sort()
    return int(np.count_nonzero(codes[1:] != codes[:-1])) + min(codes.size, 1)
