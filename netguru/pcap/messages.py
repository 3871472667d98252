"""Messages: the packets of many protocols, chosen in one pass and kept until they are decoded.

Of a large capture the first packets of each protocol are kept, up to a limit; all are counted.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import polars as pl

from netguru import resources
from netguru.pcap.protocols.base import find, protocols
from netguru.pcap.protocols.table import NEEDED, chosen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netguru.pcap.chunks import Chunk


@cache
def limit(group: str, name: str) -> int:
    """Look up how much is held of a large capture."""
    return int(resources.table("pcap-limits.toml")[group][name])


class Messages:
    """Collect the packets of some protocols, of all when none is named.

    `counts` are all of them; `packets(name)` at most `most` (None: all). Of too many, those are kept
    whose first bytes make a message likely, where the protocol knows that.
    """

    def __init__(self, most: int | None, names: Iterable[str] = ()) -> None:
        self._known = {name: find(name) for name in names or protocols()}
        self._most = most
        self.counts = dict.fromkeys(self._known, 0)
        self._kept: dict[tuple[str, bool], list[pl.DataFrame]] = {}
        self._sizes: dict[tuple[str, bool], int] = {}
        self._conditions = {name: chosen(each).fill_null(value=False) for name, each in self._known.items()}
        likely = {name: each.likely() for name, each in self._known.items() if each.likely is not None}
        self._likely = {name: condition.fill_null(value=False) for name, condition in likely.items()}
        every = [*self._conditions.values(), *self._likely.values()]
        self._columns = {"tunnel", *(name for each in every for name in each.meta.root_names())}

    def take(self, chunk: Chunk) -> None:
        """Take a chunk."""
        # What an ICMP error quotes was not received.
        received = pl.col("tunnel") != "icmp"
        fits = chunk.frame(self._columns).select(
            *((received & each).alias(name) for name, each in self._conditions.items()),
            *(each.alias(f"likely_{name}") for name, each in self._likely.items()),
        )
        for name in self._conditions:
            here = fits[name]
            count = int(here.sum())
            if not count:
                continue
            self.counts[name] += count
            if name in self._likely:
                probable = fits[f"likely_{name}"]
                self._keep(chunk, name, here & probable, probable=True)
                self._keep(chunk, name, here & ~probable, probable=False)
            else:
                self._keep(chunk, name, here, probable=True)

    def _keep(self, chunk: Chunk, name: str, here: pl.Series, *, probable: bool) -> None:
        size = self._sizes.get((name, probable), 0)
        rows = here.arg_true().to_numpy()
        if self._most is not None:
            rows = rows[: max(self._most - size, 0)]
        if rows.size:
            self._sizes[name, probable] = size + rows.size
            frame = chunk.frame(NEEDED, rows.astype("int64"))
            self._kept.setdefault((name, probable), []).append(frame)

    def packets(self, name: str) -> pl.DataFrame:
        """Give the rows of a protocol's packets that were kept, in the order of the file."""
        likely, others = self._kept.get((name, True), []), self._kept.get((name, False), [])
        if self._most is not None and self.counts[name] > self._most:
            others = []
        if not likely and not others:
            return _nothing()
        return pl.concat([*likely, *others]).select(NEEDED).sort("number", maintain_order=True)

    def notes(self) -> tuple[str, ...]:
        """Say of which protocols not all packets were kept."""
        return tuple(
            f"{name}: {'the first ' if name not in self._likely else ''}{looked:,} of {count:,} packets were looked at"
            for name, count in self.counts.items()
            if (looked := self.packets(name).height) < count
        )


def _nothing() -> pl.DataFrame:
    from netguru.pcap.schema import inner_types

    types = inner_types()
    return pl.DataFrame(schema={name: types[name] for name in NEEDED})
