"""Memory: what a pass over a large capture freed is given back to the machine before the next work begins."""

from __future__ import annotations

from contextlib import suppress


def give_back() -> None:
    """Give freed memory back, where the C library can: glibc keeps it for itself otherwise."""
    import ctypes

    # Other C libraries do not know the function, and not every platform has one that is found without a name.
    with suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
