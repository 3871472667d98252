"""Repairing a capture: its readable stretches are copied byte by byte, what lies between them is left out."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import IO, TYPE_CHECKING

import numpy as np

from netguru import resources
from netguru.errors import FileRejectedError
from netguru.model.coverage import Coverage
from netguru.pcap.framing import Found
from netguru.pcap.places import prefix_of, record_start
from netguru.pcap.repair_results import Kept, Lost, Repaired
from netguru.pcap.runs import MOST_RUNS, Bounds, Entry, find_runs
from netguru.pcap.slices import whole_file
from netguru.pcap.streams import open_seekable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from netguru.model.source import SourceFile
    from netguru.operations.context import CancelToken, Progress
    from netguru.pcap.runs import Run, Runs

_PART = 1 << 20
# The field of a section header that states its length, which no longer holds: -1 says that none is stated.
_SECTION_LENGTH, _NO_LENGTH = 16, b"\xff" * 8
_REACH, _MOST_BEHIND, _MOST_AGAIN, _FEW_RUNS, _HEAD = 16 << 20, 64 << 20, 64 << 20, 20, 1 << 16


def repair_capture(
    source: SourceFile, out: Path, *, compiled: bool, progress: Progress, cancel: CancelToken
) -> Repaired:
    """Write the readable packets of a capture to a new file of the same format, unpacked.

    Raises InputError when `out` is the capture itself, FileRejectedError when it cannot be written.
    """

    def tick(done: int, total: int) -> None:
        cancel.check()
        progress(done, total, "bytes looked through")

    unpacking = Found()
    with open_seekable(source.path, unpacking) as stream, whole_file(out, source=source.path) as target:
        made = find_runs(stream, compiled=compiled, tick=tick)
        if made.lost and not any(run.packets for run in made.runs):
            raise FileRejectedError("holds no packet that can be read, nothing was written", place=source.name)
        for run in made.runs:
            _copy(stream, target, run, made, cancel.check)
    numbers = accumulate((run.packets for run in made.runs), initial=1)
    lost = tuple(Lost(start=gap.start, end=gap.end, bytes=gap.end - gap.start, reason=gap.reason) for gap in made.lost)
    packets = sum(run.packets for run in made.runs)
    notes = [f"at byte {damage.offset}: {damage.message}" for damage in unpacking.damage]
    notes += [] if lost or notes else ["the capture is not damaged, it was copied"]
    if made.bounded:
        notes.append(f"there are {MOST_RUNS:,} damages or more; the rest was given up")
    return Repaired(
        source=source.name,
        out=str(out),
        format=made.found.format,
        packets=packets,
        regained=packets - made.runs[0].packets,
        lost_bytes=sum(gap.bytes for gap in lost),
        kept=tuple(
            Kept(start=run.start, end=run.end, first_packet=first, packets=run.packets)
            for run, first in zip(made.runs, numbers, strict=False)
        ),
        lost=lost,
        coverage=Coverage(unit="packets", total=packets, read=packets, notes=tuple(notes)),
    )


def _copy(stream: IO[bytes], target: IO[bytes], run: Run, made: Runs, check: Callable[[], None]) -> None:
    stream.seek(run.start)
    place, left = target.tell() - run.start, run.end - run.start
    while left and (part := stream.read(min(left, _PART))):
        check()
        target.write(part)
        left -= len(part)
    end = target.tell()
    sized = made.sized[bisect_left(made.sized, run.start) : bisect_left(made.sized, run.end)]
    for section in sized if made.lost else ():
        target.seek(place + section + _SECTION_LENGTH)
        target.write(_NO_LENGTH)
    target.seek(end)


def behind_damage(
    stream: IO[bytes], found: Found, offsets: NDArray[np.uint64], *, compiled: bool = False
) -> tuple[int, bool] | None:
    """Count the packets that can be read behind the first damage of a capture, and say whether a bound ended it.

    `found` is what the pass over the file found, `offsets` those that `places.Places` noted. Little is
    read: a few hundred packets before the damage, and at most 64 MB behind it, over at most 20 damages.
    None where the file cannot be entered near the damage and is too large to be read again.
    """
    damage = found.damage[0].offset
    # So many packets before the damage are looked at anyhow, whether the way was lost before.
    place = int(np.searchsorted(offsets, damage)) - 3
    entry = None
    if place > 0:
        prefix = prefix_of(stream, found, int(offsets[0]))
        if prefix is not None and found.format != "pcapng":
            # The first records tell the variant.
            stream.seek(0)
            prefix = stream.read(_HEAD)
        start = None if prefix is None else record_start(stream, found, int(offsets[place]))
        entry = None if prefix is None or start is None else Entry(prefix, start)
    if entry is None and damage > _MOST_AGAIN:
        return None
    made = find_runs(stream, compiled=compiled, bounds=Bounds(_REACH, damage + _MOST_BEHIND, _FEW_RUNS), entry=entry)
    return sum(run.packets for run in made.runs[1:]), made.bounded


def behind_text(counted: tuple[int, bool] | None) -> str:
    """Say what `behind_damage` found."""
    packets, bounded = counted or (0, True)
    name = "some" if packets else "none_near"
    if not bounded:
        name = "all" if packets else "none"
    texts: dict[str, str] = resources.table("pcap.toml")["behind_damage"]
    text = texts["unknown" if counted is None else name]
    return text.format(packets=packets, megabytes=_MOST_BEHIND >> 20, damages=_FEW_RUNS, reach=_REACH >> 20)
