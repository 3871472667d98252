"""The result of `pcap.tcp`: packets by TCP analysis flag, gathered in one pass."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from netguru.pcap.kernels import strict
from netguru.pcap.results import Marked, Strict, TcpAnalysis
from netguru.pcap.tcp_wireshark import Mark

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.chunks import Chunk

# Wireshark raises the plain retransmission beside the two special kinds.
_ANY_RETRANSMISSION = Mark.RETRANSMISSION | Mark.FAST_RETRANSMISSION | Mark.SPURIOUS_RETRANSMISSION
FLAGS = {
    "retransmission": _ANY_RETRANSMISSION,
    "fast_retransmission": Mark.FAST_RETRANSMISSION,
    "spurious_retransmission": Mark.SPURIOUS_RETRANSMISSION,
    "out_of_order": Mark.OUT_OF_ORDER,
    "duplicate_ack": Mark.DUPLICATE_ACK,
    "lost_segment": Mark.LOST_SEGMENT,
    "ack_lost_segment": Mark.ACK_LOST_SEGMENT,
    "zero_window": Mark.ZERO_WINDOW,
    "zero_window_probe": Mark.ZERO_WINDOW_PROBE,
    "window_full": Mark.WINDOW_FULL,
    "window_update": Mark.WINDOW_UPDATE,
    "keep_alive": Mark.KEEP_ALIVE,
    "keep_alive_ack": Mark.KEEP_ALIVE_ACK,
    "reused_ports": Mark.REUSED_PORTS,
}
_KINDS = {
    "resends": strict.RESEND,
    "needless": strict.NEEDLESS,
    "copies": strict.COPY,
    "reordered": strict.LATE,
    "recovered": strict.RECOVERED,
    "reported_twice": strict.TWICE,
}


COLUMNS = ("number", "tcp_marks", "tcp_kinds")


class Flagged:
    """Gather the segments of which anything is said: how many of each flag, and the numbers of the first `most`."""

    losses = True

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        masks = [int(bits) for bits in FLAGS.values()] + [bits << 16 for bits in _KINDS.values()]
        self._counts = dict.fromkeys(masks, 0)
        self._listed = dict.fromkeys(masks, 0)
        self._parts: dict[int, list[NDArray[np.uint32]]] = {bits: [] for bits in masks}

    def take(self, chunk: Chunk) -> None:
        """Take a chunk."""
        there = np.flatnonzero(chunk.has("marks"))
        self.add(*(chunk.values(name)[there] for name in COLUMNS))

    def add(self, numbers: NDArray[np.uint32], marks: NDArray[np.uint16], kinds: NDArray[np.uint8]) -> None:
        """Add judged segments; all those of one packet come at once."""
        said = marks.astype(np.uint32) | kinds.astype(np.uint32) << 16
        rows = np.flatnonzero(said)
        numbers, said = numbers[rows], said[rows]
        every = int(np.bitwise_or.reduce(said)) if said.size else 0
        for bits in self._counts:
            if not every & bits:
                continue
            found = np.unique(numbers[said & np.uint32(bits) != 0])
            self._counts[bits] += found.size
            if self._most is not None:
                found = found[: max(self._most - self._listed[bits], 0)]
            if found.size:
                self._listed[bits] += found.size
                self._parts[bits].append(found)

    def with_bits(self, bits: int) -> Marked:
        """Give the packets of a flag (of `FLAGS`, or of the kinds above them)."""
        numbers = np.concatenate([*self._parts[bits], np.zeros(0, np.uint32)])
        return Marked(count=self._counts[bits], packets=tuple(numbers.tolist()))


def marked(numbers: NDArray[np.integer], most: int | None = None) -> Marked:
    """List packets, each once, in order, of too many the first."""
    found = np.unique(numbers)
    return Marked(count=found.size, packets=tuple(found[:most].tolist()))


def tcp_report(capture: CaptureFile, top: int = 0) -> TcpAnalysis:
    """List the packets of each flag, at most the first `top` (0: all); all are counted."""
    most = top if top > 0 else None
    flagged = Flagged(most)
    if capture.indexed:
        for frame in capture.rows(COLUMNS):
            flagged.add(*(frame.drop_nulls()[name].to_numpy() for name in COLUMNS))
    else:
        capture.run(flagged)
    flags = {name: flagged.with_bits(int(bits)) for name, bits in FLAGS.items()}
    kinds = {name: flagged.with_bits(bits << 16) for name, bits in _KINDS.items()}
    kinds["gaps"] = marked(capture.gaps, most)
    coverage = capture.coverage
    cut = [name for name, each in (flags | kinds).items() if len(each.packets) < each.count]
    if cut:
        note = f"of {', '.join(cut)} only the first {top:,} packets are listed (--top 0 lists all)"
        coverage = replace(coverage, notes=(*coverage.notes, note))
    return TcpAnalysis(**flags, strict=Strict(**kinds), coverage=coverage)
