"""The place of a device in its network, as its name says it: core above distribution above access."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from netguru import resources

if TYPE_CHECKING:
    from collections.abc import Iterable

_LETTERS = re.compile(r"[a-z]+")
_NUMBER = re.compile(r"\d+")


@cache
def _words() -> dict[str, tuple[str, int]]:
    rows = resources.table("topology", "roles.toml")["role"]
    return {word: (row["name"], row["rank"]) for row in reversed(rows) for word in row["words"]}


def role(name: str) -> tuple[str, int | None]:
    """Give role and rank that a device's name states, an empty role and None where it states none.

    >>> role("dc1-spine-02"), role("acc3.example.net"), role("zurich")
    (('spine', 2), ('access', 5), ('', None))
    """
    host = name.lower().partition(".")[0]
    known = _words()
    return next((known[word] for word in _LETTERS.findall(host) if word in known), ("", None))


def ranks(names: Iterable[str], pairs: Iterable[tuple[str, str]]) -> dict[str, int] | None:
    """Give each device's rank, or None where fewer than half of the names state one.

    A device without a role of its own stands one row below the highest of its neighbours.
    """
    stated = {name: role(name)[1] for name in names}
    known = {name: rank for name, rank in stated.items() if rank is not None}
    if not known or 2 * len(known) < len(stated):
        return None
    near: dict[str, list[int]] = {}
    for a, b in pairs:
        for mine, other in ((a, b), (b, a)):
            if other in known:
                near.setdefault(mine, []).append(known[other])
    lowest = max(known.values())
    return {name: known.get(name, min(near.get(name, [lowest])) + 1) for name in stated}


def site(name: str) -> str:
    """Give the part of a name that devices of one place share: what stands before its first number or mark.

    >>> site("zrh1-core-1"), site("access12"), site("10.0.0.1")
    ('zrh1', 'access', '')
    """
    host = name.lower().partition(".")[0]
    parts = [part for part in re.split(r"[-_]", host) if part]
    if len(parts) > 1:
        return parts[0]
    return _NUMBER.split(host)[0]
