"""Measures of a ranking: recall, reciprocal rank, discounted gain, intervals by resampling, refusal."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def recall_at(relevant: Sequence[bool], count: int) -> float:
    """Say (1 or 0) whether a relevant passage is among the first `count`.

    >>> recall_at([False, True], 1), recall_at([False, True], 2)
    (0.0, 1.0)
    """
    return float(any(relevant[:count]))


def recall_within(relevant: Sequence[bool], lengths: Sequence[int], budget: int) -> float:
    """Say whether a relevant passage fits whole into the first `budget` tokens of the ranking.

    >>> recall_within([False, True], [300, 300], 500), recall_within([False, True], [300, 200], 500)
    (0.0, 1.0)
    """
    used = 0
    for hit, length in zip(relevant, lengths, strict=True):
        used += length
        if used > budget:
            return 0.0
        if hit:
            return 1.0
    return 0.0


def reciprocal_rank(relevant: Sequence[bool], count: int = 10) -> float:
    """Give one over the place of the first relevant passage; 0 when it is not among the first `count`.

    >>> reciprocal_rank([False, True, True])
    0.5
    """
    return next((1 / place for place, hit in enumerate(relevant[:count], 1) if hit), 0.0)


def gain_at(relevant: Sequence[bool], total: int, count: int = 10) -> float:
    """Give the normalised discounted cumulative gain; the ideal has all `total` relevant passages on top.

    >>> gain_at([True, False], 1), round(gain_at([False, True], 1), 3)
    (1.0, 0.631)
    """
    found = sum(1 / math.log2(place + 1) for place, hit in enumerate(relevant[:count], 1) if hit)
    ideal = sum(1 / math.log2(place + 1) for place in range(1, min(total, count) + 1))
    return found / ideal if ideal else 0.0


def mean(values: Sequence[float]) -> float:
    """Give the mean; 0 for no values."""
    return sum(values) / len(values) if values else 0.0


def interval(values: Sequence[float], *, rounds: int = 1000, seed: int = 20) -> tuple[float, float]:
    """Give the 95 % interval of the mean by resampling the questions; the same values give the same interval.

    >>> interval([1.0, 1.0, 1.0])
    (1.0, 1.0)
    """
    if not values:
        return 0.0, 0.0
    draw = random.Random(seed)  # noqa: S311 - resampling, no secret
    means = sorted(mean(draw.choices(values, k=len(values))) for _ in range(rounds))
    return means[int(0.025 * rounds)], means[min(int(0.975 * rounds), rounds - 1)]


def percentile(values: Sequence[float], share: float) -> float:
    """Give the value below which a share of the values lies.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5)
    2.0
    """
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)] if ordered else 0.0


def separation(answerable: Sequence[float], unanswerable: Sequence[float]) -> float:
    """Give how often an answerable question scores above an unanswerable one (the area under the curve).

    >>> separation([0.9, 0.4], [0.5, 0.1])
    0.75
    """
    pairs = [1.0 if a > u else 0.5 if a == u else 0.0 for a in answerable for u in unanswerable]
    return mean(pairs)
