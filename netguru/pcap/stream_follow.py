"""Following a conversation: its payload in the order in which each side sent it, as Wireshark's "Follow stream" does.

What comes first wins where segments overlap, bytes sent again are left out, segments ahead of
their turn wait. A gap becomes a hole when the other side acknowledges what lies behind it, when too
much waits behind it, or at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT, SERVER = 0, 1
_SYN, _FIN, _ACK = 2, 1, 16
_WAITING_BYTES = 16 << 20
_WAITING_SEGMENTS = 1 << 16
_HALF, _WHOLE = 1 << 31, 1 << 32


@dataclass(frozen=True, slots=True)
class Segment:
    """One TCP segment or UDP datagram: `data` are the captured bytes of its `length` bytes of payload."""

    side: int
    number: int
    time_ns: int | None
    length: int
    data: bytes
    seq: int = 0
    ack: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of what a side sent: `data`, or a hole of `missing` bytes; `start` counts all that lies before it."""

    side: int
    number: int
    time_ns: int | None
    start: int
    data: bytes = b""
    missing: int = 0


@dataclass(slots=True)
class _Side:
    """How far one direction got; sequence numbers count on beyond 32 bits."""

    following: int | None = None
    first: int = 0
    began: bool = False
    ends_at: int | None = None
    holes: bool = False
    size: int = 0
    order: int = 0
    # Segments ahead of their turn by their start, and those whose turn has come by their arrival.
    waiting: list[tuple[int, int, Segment]] = field(default_factory=list)
    ready: list[tuple[int, int, Segment]] = field(default_factory=list)

    def place(self, seq: int) -> int:
        """Give the place of a sequence number near the one that is expected (RFC 9293, section 3.4)."""
        if self.following is None:
            self.following = self.first = seq
        return self.following + (seq - self.following + _HALF) % _WHOLE - _HALF


class TcpStream:
    """Put the segments of one TCP connection into order."""

    def __init__(self) -> None:
        self._sides = (_Side(), _Side())

    @property
    def complete(self) -> bool:
        """Say whether both directions were seen from SYN to FIN without a hole."""
        return all(side.began and not side.holes and side.ends_at == side.following for side in self._sides)

    def take(self, segment: Segment) -> Iterator[Piece]:
        """Take the next segment as captured; gives what can be said in order now."""
        side = self._sides[segment.side]
        start = side.place(segment.seq)
        if segment.flags & _SYN:
            start += 1
            side.began = True
            if side.first == side.following == start - 1:
                # The SYN takes a number of its own before the first byte.
                side.first = side.following = start
        if segment.flags & _FIN:
            side.ends_at = start + segment.length
        if segment.flags & _ACK:
            yield from self._acknowledged(1 - segment.side, segment.ack)
        if not segment.length:
            return
        assert side.following is not None  # noqa: S101 - set by `place`
        side.order += 1
        if start > side.following:
            heappush(side.waiting, (start, side.order, segment))
            side.size += len(segment.data)
        else:
            yield from _said(side, start, segment)
            yield from _fitting(side)
        if side.size > _WAITING_BYTES or len(side.waiting) > _WAITING_SEGMENTS:
            yield from _skip(side, segment)

    def finish(self) -> Iterator[Piece]:
        """Give what still waits behind holes."""
        for side in self._sides:
            while side.waiting:
                yield from _skip(side, side.waiting[0][2])

    def _acknowledged(self, number: int, ack: int) -> Iterator[Piece]:
        side = self._sides[number]
        while side.waiting and side.place(ack) > side.waiting[0][0]:
            yield from _skip(side, side.waiting[0][2])


def _said(side: _Side, start: int, segment: Segment) -> Iterator[Piece]:
    """Give the part of a segment that is new; what was not captured of it is a hole."""
    assert side.following is not None  # noqa: S101 - a segment was placed
    seen = side.following - start
    if segment.length <= seen:
        return
    data = segment.data[seen:]
    at = side.following - side.first
    if data:
        yield Piece(segment.side, segment.number, segment.time_ns, at, data)
    missing = segment.length - seen - len(data)
    if missing > 0:
        side.holes = True
        yield Piece(segment.side, segment.number, segment.time_ns, at + len(data), missing=missing)
    side.following = start + segment.length


def _fitting(side: _Side) -> Iterator[Piece]:
    """Give the waiting segments whose turn has come, those that came first before others."""
    while True:
        while side.waiting and side.waiting[0][0] <= (side.following or 0):
            start, order, segment = heappop(side.waiting)
            side.size -= len(segment.data)
            heappush(side.ready, (order, start, segment))
        if not side.ready:
            return
        _, start, segment = heappop(side.ready)
        yield from _said(side, start, segment)


def _skip(side: _Side, segment: Segment) -> Iterator[Piece]:
    """Give up on the bytes before the first waiting segment."""
    assert side.following is not None  # noqa: S101 - a segment was placed
    start = side.waiting[0][0]
    side.holes = True
    yield Piece(
        segment.side, segment.number, segment.time_ns, side.following - side.first, missing=start - side.following
    )
    side.following = start
    yield from _fitting(side)


class Datagrams:
    """Give the datagrams of a UDP conversation one after the other."""

    complete = False

    def __init__(self) -> None:
        self._sent = [0, 0]

    def take(self, segment: Segment) -> Iterator[Piece]:
        """Give the payload of a datagram; what was not captured of it is a hole."""
        at = self._sent[segment.side]
        if segment.data:
            yield Piece(segment.side, segment.number, segment.time_ns, at, segment.data)
        missing = segment.length - len(segment.data)
        if missing > 0:
            at += len(segment.data)
            yield Piece(segment.side, segment.number, segment.time_ns, at, missing=missing)
        self._sent[segment.side] += segment.length

    def finish(self) -> Iterator[Piece]:
        """Give nothing: no datagram waits."""
        return iter(())
