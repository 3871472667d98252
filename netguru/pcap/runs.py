"""Runs: the stretches of a damaged capture whose packets can be read, one after another.

The first run ends where reading stops, as everyone's does; after it the way is found again (`resync`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import numpy as np

from netguru.pcap.framing import MAX_PACKET_BYTES, NO_TIME, Found, batches_at, scanner_for
from netguru.pcap.framing_pcap import PcapScanner
from netguru.pcap.framing_pcapng import PcapngScanner
from netguru.pcap.resync import NEAR_SECONDS, Patience, PcapngRules, PcapRules, resynchronise

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from netguru.pcap.framing import Batch, Scanner
    from netguru.pcap.pcap_variants import Variant

MOST_RUNS = 1000
"""Damages after which the rest of a file is given up."""
_SECOND = 1_000_000_000
_TAIL = 256
# Packets before a damage that are too few to be trusted for their times.
_DOUBTFUL = 3


@dataclass(frozen=True, slots=True)
class Run:
    """Packets in a row, from the byte `start` to the byte before `end`; `reason` says why no more follow."""

    start: int
    end: int
    packets: int
    reason: str = ""


@dataclass(slots=True)
class Runs:
    """What can be read of a capture: `found` is what the scan found, `sized` where sections state a length."""

    found: Found
    runs: list[Run]
    size: int
    sized: list[int]
    bounded: bool = False
    """Whether a bound ended it before the end of the file."""

    @property
    def lost(self) -> list[Run]:
        """Give the stretches between the runs and after the last, with the packets counted as none."""
        gaps: list[Run] = []
        for run, following in zip(self.runs, [*(run.start for run in self.runs[1:]), self.size], strict=True):
            if run.end < following:
                gaps.append(Run(run.end, following, 0, run.reason))
        return gaps


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far runs are looked for: bytes behind a damage (0: all), byte of the file (0: its end), damages."""

    reach: int = 0
    until: int = 0
    runs: int = MOST_RUNS


@dataclass(frozen=True, slots=True)
class Entry:
    """Where to begin instead of the start: a record at `offset`, understood after the `prefix` of the file."""

    prefix: bytes
    offset: int


def find_runs(
    stream: IO[bytes],
    *,
    compiled: bool = False,
    bounds: Bounds = Bounds(),
    entry: Entry | None = None,
    tick: Callable[[int, int], None] = lambda _, __: None,
) -> Runs:
    """Read a seekable stream to its end over all damages; `tick` hears how many bytes of how many are done.

    Raises FileRejectedError when the stream does not begin as a capture.
    """
    size = stream.seek(0, 2)
    stream.seek(0)
    found = Found()
    head = stream.read(64)
    scanner = scanner_for(head, found, compiled=compiled)
    made = Runs(found, [], size, [])
    start: int | None = 0
    if entry is not None:
        start = entry.offset
        prefix = np.frombuffer(entry.prefix, np.uint8) if compiled else entry.prefix
        # The prefix is all there is to tell the variant of a pcap file by.
        for _ in scanner.scan(prefix, 0, final=not isinstance(scanner, PcapngScanner)):
            pass
    patience = Patience.for_size(size)
    while start is not None and not made.bounded:
        walk = _Walk(
            stream, found, scanner, start, compiled=compiled, until=bounds.until, tick=lambda at: tick(at, size)
        )
        run, start = _end_of(walk, size, bounds.reach, patience)
        made.runs.append(run)
        # Where the way is not found within reach, it may go on behind.
        beyond = start is None and walk.end >= 0 and bool(bounds.reach) and walk.end + bounds.reach < size
        made.bounded = walk.stopped or beyond or (start is not None and len(made.runs) >= bounds.runs)
    if isinstance(scanner, PcapngScanner):
        made.sized = scanner.sized_sections
    return made


class _Walk:
    """One walk from a place to the next damage: where it ended, and the last packets before."""

    def __init__(
        self,
        stream: IO[bytes],
        found: Found,
        scanner: Scanner,
        start: int,
        *,
        compiled: bool,
        until: int,
        tick: Callable[[int], None],
    ) -> None:
        self.stopped = False
        self.stream, self.scanner, self.start = stream, scanner, start
        self.packets = 0
        before = len(found.damage)
        self.tail = np.empty((4, 0), np.int64)
        stream.seek(start)
        for batch in batches_at(stream, found, scanner, start, compiled=compiled):
            self.packets += batch.start.size
            self.tail = np.concatenate((self.tail, _last(batch)), axis=1)[:, -_TAIL:]
            tick(batch.base)
            self.stopped = bool(until) and batch.base > until
            if self.stopped:
                break
        damage = found.damage[before:]
        self.end = damage[-1].offset if damage else -1
        self.reason = damage[-1].message.removesuffix("; reading stops") if damage else ""

    def odd_tail(self) -> int:
        """Count the packets at the end that make no sense: read past a wrong length, as everyone does."""
        _, captured, length, time = self.tail
        odd = (captured > length) | (length > MAX_PACKET_BYTES) | (captured == 0)
        timed = time != NO_TIME
        previous = np.concatenate((time[:1], time[:-1]))
        odd |= timed & (np.abs(time // _SECOND - previous // _SECOND) > NEAR_SECONDS)
        sensible = np.flatnonzero(~odd)
        return int(odd.size - 1 - sensible[-1]) if sensible.size else 0


def _last(batch: Batch) -> NDArray[np.int64]:
    rows = slice(-_TAIL, None)
    return np.stack(
        (batch.start[rows] + batch.base, batch.captured[rows], batch.length[rows], batch.time_ns[rows]),
    )


def _end_of(walk: _Walk, size: int, reach: int, patience: Patience) -> tuple[Run, int | None]:
    """Say where a run really ends, and where the next one begins."""
    if walk.end < 0:
        return Run(walk.start, size, walk.packets), None
    plain = Run(walk.start, walk.end, walk.packets, walk.reason)
    scanner = walk.scanner
    if isinstance(scanner, PcapngScanner):
        rules = PcapngRules(scanner.order, scanner.interfaces)
        until = walk.end + reach if reach else 0
        return plain, resynchronise(walk.stream, walk.end + 1, rules, patience, until=until)
    if isinstance(scanner, PcapScanner) and scanner.variant is not None:
        until = walk.end + reach if reach else 0
        return _end_of_pcap(walk, plain, scanner.variant, size, until, patience)
    return plain, None


def _end_of_pcap(
    walk: _Walk, plain: Run, variant: Variant, size: int, until: int, patience: Patience
) -> tuple[Run, int | None]:
    odd = walk.odd_tail()
    sound = walk.tail[:, : walk.tail.shape[1] - odd]
    if not sound.shape[1]:
        return _from_the_first(walk, plain, variant, until, patience)
    begin, captured, _, time = (int(value) for value in sound[:, -1])
    rules = PcapRules(variant, time // _SECOND)
    following = resynchronise(walk.stream, begin + captured, rules, patience, until=until)
    if following is None and walk.packets <= odd + _DOUBTFUL:
        return _from_the_first(walk, plain, variant, until, patience)
    # The last sensible packet may have too great a length, and then holds packets that lead to where the way goes on.
    inner = resynchronise(walk.stream, begin, rules, patience, until=begin + captured, through=following or size)
    if inner is not None:
        kept = Run(walk.start, begin - variant.record, walk.packets - odd - 1, walk.reason)
        return kept, inner
    if following is None:
        return plain, None
    return Run(walk.start, begin + captured, walk.packets - odd, walk.reason), following


def _from_the_first(
    walk: _Walk, plain: Run, variant: Variant, until: int, patience: Patience
) -> tuple[Run, int | None]:
    """Find the way again where the packets before may have been read from damaged bytes: their times tell nothing."""
    base = walk.start or variant.header
    few = walk.packets <= walk.tail.shape[1]
    following = resynchronise(walk.stream, (base if few else walk.end) + 1, PcapRules(variant), patience, until=until)
    if following is None or not few:
        return plain, following
    ends = walk.tail[0] + walk.tail[1]
    kept = ends[ends <= following]
    return Run(walk.start, int(kept[-1]) if kept.size else base, int(kept.size), walk.reason), following
