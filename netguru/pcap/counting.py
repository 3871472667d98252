"""Different values and how often each comes, by sorting; which values are one of a few.

`np.unique` loads numpy's masked arrays, and so does `np.isin` for empty arrays; polars would be loaded for
a count alone. Either takes longer than to count a small capture.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray


def counted(values: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Give the different values in order, and how often each comes.

    >>> counted(np.array([3, 1, 3]))
    (array([1, 3]), array([1, 2]))
    """
    ordered = np.sort(values)
    starts = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    starts = np.concatenate((np.zeros(min(ordered.size, 1), np.int64), starts))
    return ordered[starts], np.concatenate((starts[1:], np.full(min(starts.size, 1), ordered.size))) - starts


def distinct(values: NDArray[Any]) -> NDArray[Any]:
    """Give the different values in order.

    >>> distinct(np.array([3, 1, 3]))
    array([1, 3])
    """
    return counted(values)[0]


def one_of(values: NDArray[Any], few: Iterable[int]) -> NDArray[np.bool_]:
    """Say which values are one of a few.

    >>> one_of(np.array([3, 1, 2]), (1, 3))
    array([ True,  True, False])
    """
    found = np.zeros(values.shape, np.bool_)
    for each in few:
        found |= values == each
    return found
