"""Quoting packets: the evidence of findings, whose texts are made for many packets at once.

A check of a large capture may find more than is shown. While evidence is put off, it holds packet
numbers alone, and the texts are made of those findings that are shown.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from netguru.model.evidence import QUOTATION_LIMIT, Evidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from netguru.model.finding import Finding
    from netguru.pcap.capture import CaptureFile

_AT_ONCE = 1 << 12
_KEPT = 1 << 15


class Quotes:
    """Describe and quote the packets of one capture; what was described is remembered for a while."""

    def __init__(self, capture: CaptureFile) -> None:
        self._capture = capture
        self._texts: dict[int, str] = {}
        self._postponed = 0

    def texts(self, numbers: Sequence[int]) -> dict[int, str]:
        """Give the one-line descriptions of packets by number."""
        from netguru.pcap.describe import describe

        fresh = sorted({number for number in numbers if number not in self._texts})
        for first in range(0, len(fresh), _AT_ONCE):
            self._texts.update(describe(self._capture, fresh[first : first + _AT_ONCE]))
        found = {number: self._texts[number] for number in numbers}
        if len(self._texts) > _KEPT:
            self._texts.clear()
        return found

    def packets(self, numbers: Sequence[int], limit: int) -> tuple[Evidence, ...]:
        """Quote packets; of more than `limit` the first, the last and evenly spread ones between."""
        chosen = sorted(set(numbers))
        if len(chosen) > limit:
            last = len(chosen) - 1
            chosen = sorted({chosen[round(step * last / max(limit - 1, 1))] for step in range(limit)})
        # What is known is said even then: a packet that is quoted twice has the same words both times.
        texts = self._texts if self._postponed else self.texts(chosen)
        return tuple(self.quote(number, number, texts.get(number, "")) for number in chosen)

    @contextmanager
    def put_off(self) -> Iterator[None]:
        """Leave the texts of packets empty for a while, those that are not known yet."""
        self._postponed += 1
        try:
            yield
        finally:
            self._postponed -= 1

    def completed(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Fill the texts that were left empty, of all findings together."""
        every = tuple(findings)
        texts = self.texts([item.start for each in every for item in each.evidence if self._lacks(item)])
        return tuple(
            replace(each, evidence=tuple(self._filled(item, texts) for item in each.evidence)) for each in every
        )

    def _lacks(self, item: Evidence) -> bool:
        source = self._capture.source
        return not item.text and item.kind == "packet" and (item.source, item.sha256) == (source.name, source.sha256)

    def _filled(self, item: Evidence, texts: dict[int, str]) -> Evidence:
        return replace(item, text=texts[item.start][:QUOTATION_LIMIT]) if self._lacks(item) else item

    def quote(self, first: int, last: int, text: str) -> Evidence:
        """Quote a range of packets."""
        source = self._capture.source
        return Evidence(
            source=source.name,
            sha256=source.sha256,
            kind="packet",
            start=first,
            end=last,
            text=text[:QUOTATION_LIMIT],
        )
