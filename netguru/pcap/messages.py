"""Messages: the packets of many protocols, chosen in one pass and kept until they are decoded.

Of a large capture the first packets of each protocol are kept, up to a limit; all are counted.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from netguru import resources
from netguru.pcap.chunks import TUNNELS
from netguru.pcap.kept_rows import KeptRows
from netguru.pcap.protocols.base import find, protocols
from netguru.pcap.protocols.table import NEEDED, chosen

if TYPE_CHECKING:
    from collections.abc import Iterable

    import polars as pl
    from numpy.typing import NDArray

    from netguru.pcap.chunks import Chunk

_QUOTED = TUNNELS.index("icmp")


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
        known = {name: find(name) for name in names or protocols()}
        self._most = most
        self.counts = dict.fromkeys(known, 0)
        self._rows = KeptRows(NEEDED)
        self._sizes: dict[int, int] = {}
        self._bits = {name: 1 << place for place, name in enumerate(known)}
        likely = {name: each.likely() for name, each in known.items() if each.likely is not None}
        # Above the bits of the protocols: those of packets that are no likely messages of them.
        self._unlikely = {name: 1 << place for place, name in enumerate(likely, len(known))}
        self._conditions = [
            *(chosen(each).fill_null(value=False).alias(name) for name, each in known.items()),
            *(each.fill_null(value=False).alias(f"likely_{name}") for name, each in likely.items()),
        ]
        self._columns = {name for each in self._conditions for name in each.meta.root_names()}

    def take(self, chunk: Chunk) -> None:
        """Take a chunk."""
        fits = chunk.frame(self._columns).select(self._conditions)
        # What an ICMP error quotes was not received.
        received = chunk.values("tunnel") != _QUOTED
        bits = np.zeros(chunk.count, np.uint64)
        for name, bit in self._bits.items():
            here = fits[name].to_numpy() & received
            count = int(np.count_nonzero(here))
            if not count:
                continue
            self.counts[name] += count
            if name in self._unlikely:
                probable = fits[f"likely_{name}"].to_numpy()
                self._keep(bits, bit, here & probable)
                self._keep(bits, self._unlikely[name], here & ~probable)
            else:
                self._keep(bits, bit, here)
        self._rows.add(chunk, bits)

    def _keep(self, bits: NDArray[np.uint64], bit: int, here: NDArray[np.bool_]) -> None:
        size = self._sizes.get(bit, 0)
        if self._most is not None and size >= self._most:
            return
        rows = np.flatnonzero(here)
        if self._most is not None:
            rows = rows[: self._most - size]
        self._sizes[bit] = size + rows.size
        bits[rows] |= np.uint64(bit)

    def packets(self, name: str) -> pl.DataFrame:
        """Give the rows of a protocol's packets that were kept, in the order of the file."""
        return self._rows.rows(self._wanted(name))

    def _wanted(self, name: str) -> int:
        """Give the bits of the packets that count as kept: of too many, the unlikely ones do not."""
        whole = self._most is None or self.counts[name] <= self._most
        return self._bits[name] | (self._unlikely.get(name, 0) if whole else 0)

    def kept(self, name: str) -> int:
        """Count the packets of a protocol that were kept."""
        return sum(size for bit, size in self._sizes.items() if bit & self._wanted(name))

    def notes(self) -> tuple[str, ...]:
        """Say of which protocols not all packets were kept."""
        return tuple(
            f"{name}: {'' if name in self._unlikely else 'the first '}{looked:,} of {count:,} packets were looked at"
            for name, count in self.counts.items()
            if (looked := self.kept(name)) < count
        )
