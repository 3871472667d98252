"""Made-up TCP transfers over a lossy path, recorded at three places, with the truth of every record.

A sender with SACK sends again what was lost; the path loses, delays and doubles packets. Nothing is
delayed by as much as a round trip, and nothing is doubled later than a millisecond.
"""

from __future__ import annotations

import heapq
import itertools
import random
from dataclasses import dataclass, field

MS = 1_000_000
ACK, SYN = 16, 2


@dataclass
class Path:
    """One transfer; `records` has for each place (sender, middle, receiver) what passed, in order of time."""

    seed: int
    segments: int = 60
    loss: tuple[float, float] = (0.05, 0.05)
    jitter_ns: int = 4 * MS
    double: float = 0.02
    stamps: bool = True
    idents: bool = True
    hop_ns: int = 5 * MS
    records: dict[str, list[dict]] = field(default_factory=dict)

    def __post_init__(self):
        self.random = random.Random(self.seed)  # noqa: S311 - a made-up path, the same for each seed
        self.first = (2**32 - self.random.randrange(20_000)) % 2**32
        self.peer = self.random.randrange(2**32)
        self.events, self.order = [], itertools.count()
        self.records = {"sender": [], "middle": [], "receiver": []}
        self.ident, self.sizes = self.random.randrange(1, 2**16), []
        offset = 0
        for _ in range(self.segments):
            size = self.random.choice((1448, 1448, 700, 90))
            self.sizes.append((offset, size))
            offset += size
        self.total = offset
        self.next, self.acked, self.sacked, self.sent_at = 0, 0, set(), {}
        self.have, self.tries = set(), {}
        self._handshake()
        self._run()
        for rows in self.records.values():
            rows.sort(key=lambda row: row["time"])

    def _record(self, place, packet, time):
        self.records[place].append(packet | {"time": time})

    def _handshake(self):
        trip = self.hop_ns
        parts = ((0, 0, SYN), (4 * trip, 1, SYN | ACK), (4 * trip, 0, ACK))
        base = {"size": 0, "stamp": -1, "ident": -1, "sack": None, "packet": None, "try": 0}
        for place, shift in (("sender", 0), ("middle", trip), ("receiver", 2 * trip)):
            for index, (_, side, flags) in enumerate(parts):
                time = (shift, 4 * trip - shift, 4 * trip + shift)[index]
                seq = (self.first - 1, self.peer - 1, self.first)[index] % 2**32
                ack = (0, self.first, self.peer)[index] % 2**32
                self._record(place, base | {"side": side, "flags": flags, "seq": seq, "ack": ack}, time)
        self.start = self.free = 100 * MS

    def _run(self):
        self._at(self.start, self._pump)
        while self.events and self.acked < self.total:
            self.now, _, action, arguments = heapq.heappop(self.events)
            action(*arguments)

    def _at(self, time, action, *arguments):
        heapq.heappush(self.events, (time, next(self.order), action, arguments))

    def _pump(self):
        while self.next < self.segments and self.sizes[self.next][0] - self.acked < 20 * 1448:
            self._send(self.next)
            self.next += 1

    def _send(self, index):
        offset, size = self.sizes[index]
        self.ident = self.ident % 65535 + 1
        self.tries[index] = self.tries.get(index, -1) + 1
        # Packets leave one after the other, never at one time.
        self.free = leaves = max(self.now, self.free) + self.random.randrange(20_000, 200_000)
        packet = {
            "side": 0, "flags": ACK, "seq": (self.first + offset) % 2**32, "ack": self.peer, "size": size, "sack": None,
            "stamp": leaves // MS + 1000 if self.stamps else -1, "ident": self.ident if self.idents else -1,
            "packet": next(self.order), "try": self.tries[index],
        }  # fmt: skip
        self.sent_at[index] = leaves
        self._record("sender", packet, leaves)
        self._hop(packet, index, "middle", 0, leaves)
        self._at(self.now + 16 * self.hop_ns + 60 * MS, self._timeout, index, self.tries[index])

    def _hop(self, packet, index, place, hop, leaves):
        if self.random.random() < self.loss[hop]:
            return
        copies = 2 if self.random.random() < self.double else 1
        time = leaves + self.hop_ns + self.random.randrange(self.jitter_ns + 1)
        for copy in range(copies):
            self._at(time + copy * self.random.randrange(1, MS), self._pass, packet, index, place)

    def _pass(self, packet, index, place):
        self._record(place, packet, self.now)
        if place == "middle":
            self._hop(packet, index, "receiver", 1, self.now)
            return
        again = index in self.have
        self.have.add(index)
        left = right = index
        top = next(number for number in itertools.count() if number not in self.have)
        end = self.sizes[top][0] if top < self.segments else self.total
        if not again:
            while left - 1 in self.have and left > top:
                left -= 1
            while right + 1 in self.have:
                right += 1
        block = self.sizes[left][0], sum(self.sizes[right])
        block = block if again or index > top else None
        answer = {
            "side": 1, "flags": ACK, "seq": self.peer, "ack": (self.first + end) % 2**32, "size": 0, "stamp": -1,
            "ident": -1, "packet": None, "try": 0, "twice": again and block[1] <= end,
            "sack": block and tuple((self.first + edge) % 2**32 for edge in block),
        }  # fmt: skip
        for place_, factor in (("receiver", 0), ("middle", 1), ("sender", 2)):
            self._record(place_, answer, self.now + factor * self.hop_ns)
        self._at(self.now + 2 * self.hop_ns, self._answered, end, frozenset(self.have))

    def _answered(self, end, have):
        self.acked = max(self.acked, end)
        self.sacked |= have
        missing = [index for index in range(self.next) if index not in self.sacked]
        for index in missing:
            above = sum(1 for other in self.sacked if other > index)
            if above >= 3 and self.now - self.sent_at[index] > 6 * self.hop_ns + 2 * self.jitter_ns:
                self._send(index)
        self._pump()

    def _timeout(self, index, tries):
        if index not in self.sacked and self.tries[index] == tries:
            self._send(index)

    def truth(self, place):
        """Give for each record what happened: "", resend, copy, late (overtaken), recovered (sent again), twice."""
        seen, packets, ahead, kinds = set(), set(), [], []
        for row in self.records[place]:
            if row["packet"] is None:
                kinds.append("twice" if row.get("twice") else "")
                continue
            offset = (row["seq"] - self.first) % 2**32
            # The packet that jumped over this one: was it sent later, or before?
            jumper = next((packet for begin, packet in ahead if begin > offset), None)
            if row["packet"] in packets:
                kinds.append("copy")
            elif offset in seen:
                kinds.append("resend")
            elif jumper is not None:
                kinds.append("late" if row["packet"] < jumper else "recovered")
            else:
                kinds.append("")
            packets.add(row["packet"])
            seen.add(offset)
            ahead.append((offset, row["packet"]))
        return kinds

    def missing(self, place):
        """Say whether bytes below the highest seen never came to a place."""
        came = {(row["seq"] - self.first) % 2**32 for row in self.records[place] if row["packet"] is not None}
        return any(offset not in came for offset, _ in self.sizes if offset < max(came, default=0))
