"""Display filters: Wireshark's language for choosing packets, over the columns and the protocol tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile


def select(capture: CaptureFile, text: str) -> list[int]:
    """Give the numbers of the packets that a display filter selects, in order.

    The language is that of Wireshark 4.0 (wireshark-filter(4)) with the fields of
    `docs/display-filters.md`. Raises InputError that points at the token which is wrong.
    """
    from netguru.pcap.filters.evaluation import numbers

    return numbers(capture, text)
