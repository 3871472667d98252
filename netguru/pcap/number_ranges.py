"""Lists of packet numbers and ranges as people write them: 1-10,15,200-."""

from __future__ import annotations

import re

from netguru.errors import InputError

_PART = re.compile(r"(\d{1,10})(?:(-)(\d{1,10})?)?")
# One number, also as programs write it.
_ONE = re.compile(r"([+-]?\d{1,10})(?:\.0)?")


def number_ranges(text: str, option: str) -> list[tuple[int, int | None]]:
    """Read ranges with both ends, None for an open end; raises InputError that names the option and the part.

    >>> number_ranges("1-10, 15,200-", "--packets")
    [(1, 10), (15, 15), (200, None)]
    """
    return [_range(part.strip(), option) for part in text.split(",")]


def _range(part: str, option: str) -> tuple[int, int | None]:
    found = _PART.fullmatch(part)
    first = int(found[1]) if found else 0
    last = first if found and not found[2] else (int(found[3]) if found and found[3] else None)
    if not first or (last is not None and last < first):
        raise InputError(f"{option}: {part!r} is no packet number and no range", hint="as in 1-10,15,200-")
    return first, last


def one_number(text: str) -> int | None:
    """Read a text that is a single number; None for a list or a range.

    >>> one_number("12"), one_number("12-13")
    (12, None)
    """
    found = _ONE.fullmatch(text.strip())
    return int(found[1]) if found else None


def chosen_numbers(text: str, option: str, *, packets: int, most: int) -> list[int]:
    """Give the numbers of a list, each once and in order; an open range ends with the capture.

    Raises InputError for a number beyond the `packets` of the capture, and for more numbers than `most`.
    """
    numbers: set[int] = set()
    for first, last in number_ranges(text, option):
        end = packets if last is None else last
        if not first <= packets or end > packets:
            raise InputError(f"{option}: there is no packet {max(first, end)}, the capture has {packets}")
        # Before a range of millions is made.
        if end - first < most:
            numbers.update(range(first, end + 1))
        if end - first >= most or len(numbers) > most:
            message = f"{option}: {text} are more than {most} packets"
            raise InputError(message, hint="take fewer at once, or write them as a capture with pcap.export")
    return sorted(numbers)
