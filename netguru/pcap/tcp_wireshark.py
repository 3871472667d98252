"""TCP analysis flags as tshark 4.0 computes them (packet-tcp.c, tcp_analyze_sequence_number; default preferences).

State is kept per direction; the names follow Wireshark's documentation of tcp.analysis.*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntFlag


class Mark(IntFlag):
    """What is said of one segment."""

    RETRANSMISSION = 1
    FAST_RETRANSMISSION = 2
    SPURIOUS_RETRANSMISSION = 4
    OUT_OF_ORDER = 8
    DUPLICATE_ACK = 16
    LOST_SEGMENT = 32
    ACK_LOST_SEGMENT = 64
    ZERO_WINDOW = 128
    ZERO_WINDOW_PROBE = 256
    WINDOW_FULL = 512
    WINDOW_UPDATE = 1024
    KEEP_ALIVE = 2048
    KEEP_ALIVE_ACK = 4096
    ZERO_WINDOW_PROBE_ACK = 8192


FIN, SYN, RST, ACK = 1, 2, 4, 16
_LIMITING = SYN | FIN | RST
_MASK, _HALF = 0xFFFFFFFF, 0x80000000
_OUT_OF_ORDER_NS = 3_000_000
_FAST_NS = 20_000_000
_FAST_DUPLICATES = 2
_MAX_UNACKED = 10_000
_UNKNOWN_SCALE, _NO_SCALE = -1, -2

# number, time in ns, sequence, acknowledgment, flags, window, payload length, window scale option (None without)
Segment = tuple[int, int, int, int, int, int, int, "int | None"]

_LOST, _PROBE, _ALIVE, _ALIVE_ACK, _PROBE_ACK, _UPDATE, _ACK_LOST = (
    int(Mark.LOST_SEGMENT),
    int(Mark.ZERO_WINDOW_PROBE),
    int(Mark.KEEP_ALIVE),
    int(Mark.KEEP_ALIVE_ACK),
    int(Mark.ZERO_WINDOW_PROBE_ACK),
    int(Mark.WINDOW_UPDATE),
    int(Mark.ACK_LOST_SEGMENT),
)


@dataclass(slots=True)
class Side:
    """What is known of one direction; 0 stands for unknown, as in the original."""

    nextseq: int = 0
    nextseq_time: int = 0
    lastack: int = 0
    lastack_time: int = 0
    window: int = _HALF
    scale: int = _UNKNOWN_SCALE
    duplicates: int = 0
    highest: int = 0
    last_marks: int = 0
    base: int | None = None
    unacked: list[list[int]] = field(default_factory=list)


@dataclass(slots=True)
class Connection:
    """Both directions of one connection and its handshake."""

    sides: tuple[Side, Side] = field(default_factory=lambda: (Side(), Side()))
    syn_time: int | None = None
    first_rtt: int = 0

    def mark(self, segment: Segment, direction: int) -> int:
        """Judge the next segment; `direction` is 0 or 1. Gives the bits of `Mark`."""
        forward, reverse = self.sides[direction], self.sides[1 - direction]
        self._handshake(segment, forward, reverse)
        marks = _forward_marks(segment, forward, reverse)
        _, _, _, ack, flags, _, length, _ = segment
        if ack != forward.lastack:
            forward.duplicates = 0
        if flags & ACK and reverse.highest and _after(ack, reverse.highest):
            marks |= _acknowledged_unseen(segment, forward, reverse)
        if (length or flags & (SYN | FIN)) and not marks & _ALIVE:
            marks |= self._repeated(segment, forward, reverse)
        _advance(segment, forward, reverse, marks)
        return marks

    def _handshake(self, segment: Segment, forward: Side, reverse: Side) -> None:
        _, time, seq, ack, flags, _, length, scale = segment
        if forward.base is None:
            forward.base = seq if flags & SYN else (seq - 1) & _MASK
        if reverse.base is None and flags & ACK:
            reverse.base = (ack - 1) & _MASK
        if flags & SYN:
            forward.scale = _NO_SCALE if scale is None else min(scale, 14)
            if not flags & ACK:
                self.syn_time = time
        elif (
            flags & ACK
            and not self.first_rtt
            and self.syn_time is not None
            and length == 0
            and seq == (forward.base + 1) & _MASK
            and ack == ((reverse.base or 0) + 1) & _MASK
        ):
            self.first_rtt = max(time - self.syn_time, 0)

    def _repeated(self, segment: Segment, forward: Side, reverse: Side) -> int:
        """Tell the kinds of segments that do not advance the sequence number."""
        _, time, seq, _, flags, _, length, _ = segment
        behind = bool(forward.nextseq) and _after(forward.nextseq, seq)
        if length > 1 and seq == (forward.nextseq - 1) & _MASK:
            behind = False
        end = (seq + length) & _MASK
        if length and reverse.lastack and not _after(end, reverse.lastack):
            return int(Mark.SPURIOUS_RETRANSMISSION)
        if not behind:
            return 0
        # Wireshark's differences are unsigned: a time before the other counts as far after it.
        recent = 0 <= time - reverse.lastack_time < _FAST_NS
        if reverse.duplicates >= _FAST_DUPLICATES and reverse.lastack == seq and recent:
            return int(Mark.FAST_RETRANSMISSION)
        threshold = self.first_rtt or _OUT_OF_ORDER_NS
        # A repetition of the newest segment is no reordering; SYN and FIN count as one byte.
        newest = (end + (1 if flags & (SYN | FIN) else 0)) & _MASK
        if 0 <= time - forward.nextseq_time < threshold and forward.nextseq != newest:
            return int(Mark.OUT_OF_ORDER)
        return int(Mark.RETRANSMISSION)


def _after(a: int, b: int) -> bool:
    """Say whether sequence number `a` is beyond `b` (RFC 9293, section 3.4)."""
    return 0 < (a - b) & _MASK < _HALF


def _forward_marks(segment: Segment, forward: Side, reverse: Side) -> int:
    _, _, seq, ack, flags, window, length, _ = segment
    if length == 1 and seq == forward.nextseq and reverse.window == 0:
        return _PROBE
    marks = 0
    plain = not flags & _LIMITING
    if plain and window == 0:
        marks |= int(Mark.ZERO_WINDOW)
    if forward.nextseq and _after(seq, forward.nextseq) and not flags & RST:
        marks |= _LOST
    if plain and length <= 1 and seq == (forward.nextseq - 1) & _MASK:
        marks |= _ALIVE
    if plain and length and reverse.scale != _UNKNOWN_SCALE:
        edge = reverse.lastack + (reverse.window << max(reverse.scale, 0))
        if (seq + length) & _MASK == edge & _MASK:
            marks |= int(Mark.WINDOW_FULL)
    if plain and length == 0 and seq == forward.nextseq and ack == forward.lastack:
        marks |= _bare_ack(window, forward, reverse)
    return marks


def _bare_ack(window: int, forward: Side, reverse: Side) -> int:
    """Judge a segment without data that repeats the last acknowledgment."""
    if window != forward.window:
        return _UPDATE if window else 0
    if window and reverse.last_marks & _ALIVE:
        return _ALIVE_ACK
    if not window:
        return _PROBE_ACK if reverse.last_marks & _PROBE else 0
    forward.duplicates += 1
    return int(Mark.DUPLICATE_ACK)


def _acknowledged_unseen(segment: Segment, forward: Side, reverse: Side) -> int:
    _, _, seq, ack, _, _, _, _ = segment
    reopened = ack == (forward.lastack + 1) & _MASK and seq == forward.nextseq and reverse.last_marks & _PROBE
    if reopened:
        return _UPDATE
    left = right = 0
    for start, end in reversed(reverse.unacked):
        if left == right:
            left, right = start, end
        if _after(start, ack):
            left, right = (start, right) if end == left else (start, end)
    # The hole is reported once: what was acknowledged, and what follows it without a gap, counts as seen.
    reverse.highest = right if ack == left and _after(right, ack) else ack
    return _ACK_LOST


def _advance(segment: Segment, forward: Side, reverse: Side, marks: int) -> None:
    _, time, seq, ack, flags, window, length, _ = segment
    following = (seq + length) & _MASK
    if length or flags & (SYN | FIN):
        if flags & (SYN | FIN):
            following = (following + 1) & _MASK
        if len(forward.unacked) < _MAX_UNACKED:
            forward.unacked.append([seq, following])
    if not marks & _PROBE:
        if not forward.nextseq or _after(following, forward.nextseq):
            forward.nextseq, forward.nextseq_time = following, time
        if not forward.highest or (seq == forward.highest and not marks & _LOST):
            forward.highest = forward.nextseq
    moved = ack != forward.lastack
    forward.window, forward.lastack, forward.lastack_time = window, ack, time
    forward.last_marks = marks
    if reverse.unacked and moved:
        reverse.unacked = [
            [ack if _after(ack, start) else start, end] for start, end in reverse.unacked if _after(end, ack)
        ]
