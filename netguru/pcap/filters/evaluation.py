"""Carrying a plan out, chunk by chunk: what columns decide comes first, and narrows what must be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from netguru.pcap.filters import fields
from netguru.pcap.filters.compiler import Combined, Hit, Plan, compile_filter
from netguru.pcap.filters.derived import TRACKERS
from netguru.pcap.filters.parser import parse
from netguru.pcap.filters.rows import row_frames
from netguru.pcap.filters.sources import PACKET, Rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.filters.sources import Mask


def prepare(text: str) -> Plan:
    """Parse and compile a filter; raises InputError."""
    return compile_filter(parse(text, fields.names()))


def numbers(capture: CaptureFile, text: str) -> list[int]:
    """Give the numbers of the packets that a filter selects, in order."""
    plan = prepare(text)
    columns = _columns(plan)
    trackers = [kind(capture) for kind in TRACKERS if columns & set(kind.makes)]
    needed = columns | {name for tracker in trackers for name in tracker.needs}
    found: list[NDArray[np.int64]] = []
    for frame in row_frames(capture, needed):
        for tracker in trackers:
            frame = tracker.add(frame)  # noqa: PLW2901 - the same rows with more columns
        rows = Rows.of(capture, frame)
        chosen = evaluate(plan, rows, np.ones(rows.numbers.size, np.bool_))
        found.append(rows.numbers[chosen])
    return np.concatenate(found).tolist() if found else []


def _columns(plan: Plan) -> frozenset[str]:
    if isinstance(plan, Hit):
        own = {name for item in plan.expressions for name in item.meta.root_names()} if plan.cost == 0 else set()
        return plan.source.columns | own
    return frozenset().union(*(_columns(part) for part in plan.parts))


def evaluate(plan: Plan, rows: Rows, mask: Mask) -> Mask:
    """Say which packets of a mask a plan selects."""
    if isinstance(plan, Combined):
        return _combined(plan, rows, mask)
    if not mask.any():
        return np.zeros(mask.size, np.bool_)
    return _hit(plan, rows, mask) & mask


def _combined(plan: Combined, rows: Rows, mask: Mask) -> Mask:
    if plan.operator == "!":
        return mask & ~evaluate(plan.parts[0], rows, mask)
    if plan.operator == "&&":
        for part in plan.parts:
            mask = evaluate(part, rows, mask)
        return mask
    chosen = np.zeros(mask.size, np.bool_)
    for part in plan.parts:
        if plan.operator == "||":
            chosen |= evaluate(part, rows, mask & ~chosen)
        else:
            chosen ^= evaluate(part, rows, mask)
    return chosen


def _hit(plan: Hit, rows: Rows, mask: Mask) -> Mask:
    table = plan.source.table(rows, mask)
    chosen = np.zeros(mask.size, np.bool_)
    if not table.height:
        return chosen
    packets = table[PACKET].to_numpy()
    hits = table.select(item.alias(str(place)) for place, item in enumerate(plan.expressions))
    differ = np.zeros(mask.size, np.bool_)
    for hit in hits.iter_columns():
        if hit.len() == 1 and table.height > 1:
            hit = pl.repeat(hit[0], table.height, eager=True)  # noqa: PLW2901 - a constant stands for every row
        chosen[packets[hit.fill_null(value=False).to_numpy()]] = True
        if plan.every:
            differ[packets[(~hit).fill_null(value=False).to_numpy()]] = True
    return chosen & ~differ
