"""Requests and their replies: which packet answers which, and after how long."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

Row = dict[str, Any]


def pair(
    rows: list[Row],
    *,
    key: Callable[[Row], Hashable | None],
    is_reply: Callable[[Row], bool],
    within_s: float = 60.0,
    repeats: bool = False,
) -> None:
    """Fill `request`, `reply` and `delay_ms` in rows that belong together.

    A reply belongs to the oldest open request of the same key with the ends exchanged: its time is
    what the client waited. `request` holds the number of the packet that is answered, `reply` the
    number of the answer. With `repeats` one reply answers all open requests of the key, because the
    client asked again. Copies (the same message seen at another interface) are left out.
    """
    waiting: dict[Hashable, deque[Row]] = {}
    for row in rows:
        mark = key(row)
        if mark is None or row.get("copy_of") is not None:
            continue
        if not is_reply(row):
            waiting.setdefault((mark, _ends(row)), deque()).append(row)
            continue
        queue = waiting.get((mark, _ends(row, turned=True)))
        while queue and row["time_ns"] - queue[0]["time_ns"] > within_s * 1e9:
            queue.popleft()
        if queue:
            request = queue.popleft()
            row["request"] = request["number"]
            row["delay_ms"] = (row["time_ns"] - request["time_ns"]) / 1e6
            request["reply"] = row["number"]
            while repeats and queue:
                queue.popleft()["reply"] = row["number"]


def _ends(row: Row, *, turned: bool = False) -> Hashable:
    ends = ((row["src"], row.get("src_port")), (row["dst"], row.get("dst_port")))
    return (ends[1], ends[0]) if turned else ends
