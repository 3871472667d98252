"""Memory: what a large capture no longer needs is given back to the machine before the next work begins."""

from __future__ import annotations

import mmap
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_PLACE = re.compile(r"([0-9a-f]+)-([0-9a-f]+) \S+ \S+ \S+ \S+ *(.*)")
_MAPS = Path("/proc/self/smaps")


def give_back() -> None:
    """Give freed memory back, where the C library can: glibc keeps it for itself otherwise."""
    import ctypes

    # Other C libraries do not know the function, and not every platform has one that is found without a name.
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def set_aside(library: str) -> int:
    """Let go of the pages of a loaded library that are as its file has them; gives their bytes.

    Whatever is called of it later is read from the file again. Only Linux tells which pages these
    are: `Anonymous` and `Swap` of proc(5) `smaps` are zero where nothing was written.
    """
    import ctypes

    if not _MAPS.exists():
        return 0
    done = 0
    with suppress(AttributeError, OSError, TypeError):
        advise = ctypes.CDLL(None).madvise
        for start, end, resident in list(_unwritten(_MAPS.read_text(encoding="utf-8").splitlines(), library)):
            if not advise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), mmap.MADV_DONTNEED):
                done += resident
    return done


def _unwritten(lines: Iterable[str], library: str) -> Iterator[tuple[int, int, int]]:
    """Give start, end and resident bytes of the stretches of a library that were never written."""
    stretch, told = None, dict[str, int]()
    for line in lines:
        if place := _PLACE.match(line):
            ours = place[3].rpartition("/")[2].startswith(library)
            stretch, told = (int(place[1], 16), int(place[2], 16)) if ours else None, {}
        elif stretch:
            name, _, value = line.partition(":")
            if name in {"Rss", "Anonymous", "Swap"}:
                told[name] = int(value.split()[0]) << 10
            elif name == "VmFlags" and told.get("Rss") and told.get("Anonymous") == told.get("Swap") == 0:
                yield *stretch, told["Rss"]
