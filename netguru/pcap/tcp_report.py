"""The result of `pcap.tcp`: packets by TCP analysis flag, gathered in one pass."""

from __future__ import annotations

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
    """Gather the segments of which anything is said: number, marks and kinds."""

    losses = True

    def __init__(self) -> None:
        self._parts: list[NDArray[np.uint32]] = []

    def take(self, chunk: Chunk) -> None:
        """Take a chunk."""
        there = np.flatnonzero(chunk.has("marks"))
        self.add(*(chunk.values(name)[there] for name in COLUMNS))

    def add(self, numbers: NDArray[np.uint32], marks: NDArray[np.uint16], kinds: NDArray[np.uint8]) -> None:
        """Add judged segments."""
        said = marks.astype(np.uint32) | kinds.astype(np.uint32) << 16
        rows = np.flatnonzero(said)
        self._parts.append(np.stack([numbers[rows], said[rows]]))

    def with_bits(self, bits: int) -> Marked:
        """Give the packets with one of some bits: those of the marks, above them those of the kinds."""
        if not self._parts:
            return Marked(count=0, packets=())
        numbers, said = np.concatenate(self._parts, axis=1)
        return marked(numbers[(said & np.uint32(bits)) != 0])


def marked(numbers: NDArray[np.integer]) -> Marked:
    """List packets, each once, in order."""
    packets = tuple(np.unique(numbers).tolist())
    return Marked(count=len(packets), packets=packets)


def tcp_report(capture: CaptureFile) -> TcpAnalysis:
    """List the packets of each flag."""
    flagged = Flagged()
    if capture.indexed:
        for frame in capture.rows(COLUMNS):
            flagged.add(*(frame.drop_nulls()[name].to_numpy() for name in COLUMNS))
    else:
        capture.run(flagged)
    return TcpAnalysis(
        **{name: flagged.with_bits(int(bits)) for name, bits in FLAGS.items()},
        strict=Strict(
            **{name: flagged.with_bits(bits << 16) for name, bits in _KINDS.items()}, gaps=marked(capture.gaps)
        ),
        coverage=capture.coverage,
    )
