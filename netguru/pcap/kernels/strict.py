"""Loss told from what only looks like it: which bytes passed a capture interface again, late, or never.

Of each side of a connection on one interface the kernel keeps the first and the last byte seen and the
holes between, each with the segment that jumped over it. Bytes seen before are a resend, or a copy of
the same packet; bytes that fill a hole were overtaken on their way, or were lost before the capture and
sent again. What tells these apart, in this order:

- the timestamp (RFC 7323): a resend carries a newer one than the segment that jumped, an overtaken
  original an older one;
- the IPv4 identification, where the side counts it up: newer, older or the same in the same way;
- time: nothing is sent again sooner than one round trip after the jump (RFC 5681, RFC 8985).

Needless resends are those of bytes that the other side had acknowledged or reported by SACK (RFC 2018)
before, as seen here; D-SACK (RFC 2883) is the other side's word that bytes arrived twice. Keep-alives
and probes of a closed window are neither.

State of a side are `SIDE` integers of 32 bits. Connections without data take no place. A side has at
most `HOLES_MOST` holes, all sides together `POOL_MOST`; a hole beyond these counts as seen.
"""

from __future__ import annotations

from typing import Any

from netguru.pcap.kernels import kernel

Values = Any

SIDE = 7
WIDTH = 2 * SIDE
"""32-bit integers of one connection on one interface."""
START, HIGH, ACKED, SACK_LEFT, SACK_RIGHT, HOLES, ABOUT = 0, 1, 2, 3, 4, 5, 6
# Bits of ABOUT: the last IP identification, how steadily it was counted up (0 to 7), and what is known of the side.
STEADY_AT, STEADY = 16, 7
BEGUN, ANSWERED, SACKED, SHUT, NUMBERED = 1 << 20, 1 << 21, 1 << 22, 1 << 23, 1 << 24

NODE = 7
"""Integers of one hole in the pool; node 0 is none."""
LEFT, RIGHT, LINK, STAMP, IDENT, TIME, NUMBER = 0, 1, 2, 3, 4, 5, 6

# Counters between calls: connections, the first free node, nodes ever used, events in `closed`.
PLACES, FREE, NODES, CLOSED = 0, 1, 2, 3
COUNTERS = 4
HOLES_MOST, POOL_MOST = 64, 1 << 19

RECENT_SPOTS, RECENT = 1 << 14, 2
"""Places of the table of recent segments, and integers of each."""

RESEND, COPY, LATE, RECOVERED, NEEDLESS, TWICE, GAP = 1, 2, 4, 8, 16, 32, 64

# Of the kernel of TCP analysis: integers of a connection and of a side, and where it keeps what is taken from there.
TCP_CLOCKS, TCP_RTT, TCP_WIDTH, TCP_SIDE, TCP_BASE, QUOTED = 6, 5, 10, 5, 3, 4
SYN, RST, PSH, ACK = 2, 4, 8, 16
M32, HALF, FAR = 0xFFFFFFFF, 0x80000000, 1 << 30
EARLY_NS, COPY_NS, LOOP_NS = 3_000_000, 5_000_000, 10_000_000_000
NEVER = -(2**62)
STEADY_STEP, STEADY_FROM = 1024, 3


@kernel
def judge(
    count: int, slots: Values, directions: Values, interfaces: Values, numbers: Values, times: Values, seqs: Values,
    acks: Values, flags: Values, windows: Values, lengths: Values, idents: Values, stamps: Values,
    sacks: Values, lefts: Values, rights: Values, clocks: Values, tcp_state: Values,
    counts: Values, table: Values, mask: int, state: Values, pool: Values, recent: Values, closed: Values,
    kinds: Values,
) -> None:  # fmt: skip
    """Judge segments in the order of the file; out: `kinds` (bits RESEND to GAP).

    `slots`, `directions`, `clocks` and `tcp_state` are those of `kernels.tcp`, which goes first.
    `idents` is the IPv4 identification and `stamps` the timestamp option, -1 without; `sacks` the
    number of SACK blocks, `lefts` and `rights` the first of them. Out in `closed`: the number of a
    packet that jumped, when (a piece of) its hole was filled; less than 0 when its hole became two.
    """
    counts[CLOSED] = 0
    for row in range(count):
        kinds[row] = 0
        slot = slots[row]
        if slot < 0 or directions[row] & QUOTED:
            continue
        bits = flags[row] & 0xFFF
        length = lengths[row] & M32
        loaded = length != 0 and bits & (SYN | RST) == 0
        place = place_of(slot << 16 | interfaces[row] & 0xFFFF, loaded, counts, table, mask)
        if place < 0:
            continue
        side = directions[row] & 1
        forward = place * WIDTH + side * SIDE
        reverse = place * WIDTH + (1 - side) * SIDE
        seq, ack, stamp = seqs[row] & M32, acks[row] & M32, stamps[row]
        time = times[row]
        if time < NEVER:
            time = 0
        ident = idents[row]
        if ident == 0:
            ident = -1
        if ident > 0:
            note_ident(state, forward, ident)
        kind = 0
        if bits & (SYN | RST | ACK) == ACK:
            kind = note_ack(state, forward, ack, windows[row], sacks[row], lefts[row] & M32, rights[row] & M32)
        if loaded:
            trip = clocks[slot * TCP_CLOCKS + TCP_RTT]
            expected = ((tcp_state[slot * TCP_WIDTH + side * TCP_SIDE + TCP_BASE] & M32) + 1) & M32
            about = (length << 12 | bits) * 3 + (ack ^ stamp) * 5 + (ident << 17)
            same = seen_just_now(recent, place * 2 + side, seq, about & M32, time, trip, ident, state[forward + ABOUT])
            kind |= sent(
                state, pool, counts, closed, forward, reverse, seq, length, time, trip, ident, stamp,
                numbers[row], expected, same, bits & PSH,
            )  # fmt: skip
        kinds[row] = kind


@kernel
def place_of(key: int, make: bool, counts: Values, table: Values, mask: int) -> int:
    """Find the place of a connection on an interface, or make it; -1 without."""
    mixed = ((key & M32) * 0x9E3779B1 + (key >> 32)) & M32
    spot = (mixed ^ mixed >> 15) & mask
    while table[2 * spot] != 0:
        if table[2 * spot] == key + 1:
            found: int = table[2 * spot + 1]
            return found
        spot = (spot + 1) & mask
    if not make:
        return -1
    place: int = counts[PLACES]
    counts[PLACES] = place + 1
    table[2 * spot] = key + 1
    table[2 * spot + 1] = place
    return place


@kernel
def enter(key: int, place: int, table: Values, mask: int) -> None:
    """Put a connection that is not there into the table."""
    mixed = ((key & M32) * 0x9E3779B1 + (key >> 32)) & M32
    spot = (mixed ^ mixed >> 15) & mask
    while table[2 * spot] != 0:
        spot = (spot + 1) & mask
    table[2 * spot] = key + 1
    table[2 * spot + 1] = place


@kernel
def refill(old: Values, spots: int, table: Values, mask: int) -> None:
    """Fill an empty table from a former one."""
    for spot in range(spots):
        if old[2 * spot] != 0:
            enter(old[2 * spot] - 1, old[2 * spot + 1], table, mask)


@kernel
def release(place: int, counts: Values, state: Values, pool: Values) -> None:
    """Give back the holes of a connection that is forgotten."""
    for side in range(2):
        at = place * WIDTH + side * SIDE + HOLES
        node = state[at] & M32
        state[at] = 0
        while node != 0:
            following = pool[node * NODE + LINK]
            pool[node * NODE + LINK] = counts[FREE]
            counts[FREE] = node
            node = following


@kernel
def note_ident(state: Values, forward: int, ident: int) -> None:
    """Follow the IP identification of a side, to see whether it is a counter."""
    about = state[forward + ABOUT] & M32
    step = (ident - about) & 0xFFFF
    steady = about >> STEADY_AT & STEADY
    if not about & NUMBERED or STEADY_STEP < step < 0x10000 - STEADY_STEP:
        steady = 0
    elif step == 0 or step > STEADY_STEP:
        return
    elif steady < STEADY:
        steady += 1
    state[forward + ABOUT] = about & ~(0xFFFF | STEADY << STEADY_AT) | steady << STEADY_AT | ident | NUMBERED


@kernel
def note_ack(state: Values, forward: int, ack: int, window: int, sacks: int, left: int, right: int) -> int:
    """Keep what a side says it has; gives TWICE where it says so of bytes that arrived twice."""
    about = state[forward + ABOUT] & M32
    kind = 0
    if sacks > 0:
        if (ack - right) & M32 < HALF:
            kind = TWICE
        else:
            state[forward + SACK_LEFT] = left
            state[forward + SACK_RIGHT] = right
            about |= SACKED
    else:
        about &= ~SACKED
    if not about & ANSWERED or (ack - (state[forward + ACKED] & M32)) & M32 < HALF:
        state[forward + ACKED] = ack
    about |= ANSWERED
    about = about & ~SHUT if window else about | SHUT
    state[forward + ABOUT] = about
    return kind


@kernel
def seen_just_now(
    recent: Values, sender: int, seq: int, about: int, time: int, trip: int, ident: int, known: int
) -> bool:
    """Say whether the very same packet was recorded shortly before, and remember this one."""
    # The product tells every number of a sender from its others.
    mixed = (((sender * 0x85EBCA6B) & M32 ^ seq) * 0x9E3779B1) & M32
    at = (mixed >> 12 & RECENT_SPOTS - 1) * RECENT
    key = about << 31 | mixed >> 1
    same = False
    if recent[at] == key:
        elapsed = time - recent[at + 1]
        # A side that counts its packets gives a resend another number; else nothing is resent within a round trip.
        limit = COPY_NS
        if ident > 0 and known >> STEADY_AT & STEADY >= STEADY_FROM:
            limit = LOOP_NS
        elif 0 < trip < COPY_NS:
            limit = trip * 3 // 4
        same = 0 <= elapsed < limit
    recent[at] = key
    recent[at + 1] = time
    return same


@kernel
def sent(
    state: Values, pool: Values, counts: Values, closed: Values, forward: int, reverse: int,
    seq: int, length: int, time: int, trip: int, ident: int, stamp: int,
    number: int, expected: int, same: bool, push: int,
) -> int:  # fmt: skip
    """Judge a segment with data."""
    about, other = state[forward + ABOUT] & M32, state[reverse + ABOUT] & M32
    end = (seq + length) & M32
    if not about & BEGUN:
        state[forward + ABOUT] = about | BEGUN
        state[forward + START] = seq
        state[forward + HIGH] = end
        missing = (seq - expected) & M32
        # One byte is what a keep-alive before the first data leaves.
        if missing <= 1 or missing >= FAR:
            return 0
        state[forward + START] = expected
        add(state, pool, counts, forward, expected, seq, time, ident, stamp, number)
        return GAP
    high, acked = state[forward + HIGH] & M32, state[reverse + ACKED] & M32
    if length == 1:
        if seq == high and other & SHUT:
            return 0
        # A keep-alive repeats a byte that was acknowledged, and pushes nothing.
        if end == high and other & ANSWERED and acked == high and not push:
            return 0
    if (seq - high) & M32 < HALF:
        move(state, pool, counts, forward, end)
        if seq == high:
            return 0
        add(state, pool, counts, forward, high, seq, time, ident, stamp, number)
        return GAP
    below = (high - seq) & M32
    fresh = 0
    if below < length:
        move(state, pool, counts, forward, end)
    else:
        below = length
    start = state[forward + START] & M32
    first = 0
    if (start - seq - 1) & M32 < HALF:
        fresh = min((start - seq) & M32, below)
        state[forward + START] = seq
    else:
        first = overlapped(state, pool, forward, seq, below)
        if first:
            kind = origin(pool, first, time, trip, ident, stamp, about)
            fresh = fill(state, pool, counts, closed, forward, seq, below)
            if fresh == below:
                return kind
    if fresh == below:
        return LATE
    if same and fresh == 0:
        return COPY
    if other & ANSWERED and (acked - end) & M32 < HALF:
        return RESEND | NEEDLESS
    if other & SACKED:
        left, right = state[reverse + SACK_LEFT] & M32, state[reverse + SACK_RIGHT] & M32
        if (seq - left) & M32 < HALF and (right - end) & M32 < HALF:
            return RESEND | NEEDLESS
    return RESEND


@kernel
def move(state: Values, pool: Values, counts: Values, forward: int, end: int) -> None:
    """Take a new last byte; what lies so far behind that numbers would soon mean something else is forgotten."""
    state[forward + HIGH] = end
    if (end - state[forward + START]) & M32 <= FAR:
        return
    start = (end - FAR // 2) & M32
    state[forward + START] = start
    node = state[forward + HOLES] & M32
    before = 0
    while node != 0 and (pool[node * NODE + LEFT] - start) & M32 < HALF:
        before = node
        node = pool[node * NODE + LINK]
    if before:
        pool[before * NODE + LINK] = 0
    else:
        state[forward + HOLES] = 0
    while node != 0:
        following = pool[node * NODE + LINK]
        pool[node * NODE + LINK] = counts[FREE]
        counts[FREE] = node
        node = following


@kernel
def origin(pool: Values, node: int, time: int, trip: int, ident: int, stamp: int, about: int) -> int:
    """Tell an overtaken original (LATE) from one that was lost and sent again (RECOVERED)."""
    at = node * NODE
    if stamp >= 0 and pool[at + STAMP] >= 0:
        ahead = (stamp - pool[at + STAMP]) & M32
        if ahead:
            return RECOVERED if ahead < HALF else LATE
    if ident > 0 and pool[at + IDENT] > 0 and about >> STEADY_AT & STEADY >= STEADY_FROM:
        ahead = (ident - pool[at + IDENT]) & 0xFFFF
        if ahead:
            return RECOVERED if ahead < 0x8000 else LATE
    limit = trip * 3 // 4 if trip > 0 else EARLY_NS
    return LATE if time - pool[at + TIME] < limit else RECOVERED


@kernel
def add(
    state: Values, pool: Values, counts: Values, forward: int,
    left: int, right: int, time: int, ident: int, stamp: int, number: int,
) -> None:  # fmt: skip
    """Put a hole before all others, and forget the lowest where there are too many."""
    node = taken(pool, counts)
    if node == 0:
        return
    at = node * NODE
    pool[at + LEFT] = left
    pool[at + RIGHT] = right
    pool[at + STAMP] = stamp
    pool[at + IDENT] = ident
    pool[at + TIME] = time
    pool[at + NUMBER] = number
    pool[at + LINK] = state[forward + HOLES] & M32
    state[forward + HOLES] = node
    length = 1
    while pool[node * NODE + LINK] != 0 and length < HOLES_MOST:
        node = pool[node * NODE + LINK]
        length += 1
    last = pool[node * NODE + LINK]
    if last != 0:
        pool[node * NODE + LINK] = pool[last * NODE + LINK]
        pool[last * NODE + LINK] = counts[FREE]
        counts[FREE] = last


@kernel
def taken(pool: Values, counts: Values) -> int:
    """Take a node of the pool; 0 when there are too many."""
    node: int = counts[FREE]
    if node != 0:
        counts[FREE] = pool[node * NODE + LINK]
    elif counts[NODES] < POOL_MOST:
        node = counts[NODES] + 1
        counts[NODES] = node
    return node


@kernel
def overlapped(state: Values, pool: Values, forward: int, seq: int, length: int) -> int:
    """Find the highest hole that a segment touches; 0 for none."""
    node = state[forward + HOLES] & M32
    while node != 0:
        at = node * NODE
        from_left = (seq + length - pool[at + LEFT]) & M32
        if 0 < from_left < HALF:
            return node if 0 < (pool[at + RIGHT] - seq) & M32 < HALF else 0
        node = pool[at + LINK]
    return 0


@kernel
def fill(state: Values, pool: Values, counts: Values, closed: Values, forward: int, seq: int, length: int) -> int:
    """Fill holes with a segment; gives how many bytes came for the first time."""
    fresh = 0
    before = 0
    node = state[forward + HOLES] & M32
    while node != 0:
        at = node * NODE
        following = pool[at + LINK]
        left, right = pool[at + LEFT], pool[at + RIGHT]
        size = (right - left) & M32
        # Where the segment begins and ends, counted from the left of the hole.
        begins = ((seq - left + HALF) & M32) - HALF
        ends = begins + length
        if begins >= size:
            break
        if ends > 0:
            fresh += min(ends, size) - max(begins, 0)
            if begins > 0 and ends < size:
                lower = taken(pool, counts)
                pool[at + LEFT] = (left + ends) & M32
                if lower:
                    for field in range(NODE):
                        pool[lower * NODE + field] = pool[at + field]
                    pool[lower * NODE + LEFT] = left
                    pool[lower * NODE + RIGHT] = seq
                    pool[at + LINK] = lower
                    closed[counts[CLOSED]] = -pool[at + NUMBER]
                    counts[CLOSED] = counts[CLOSED] + 1
                break
            if begins > 0:
                pool[at + RIGHT] = seq
            elif ends < size:
                pool[at + LEFT] = (left + ends) & M32
            else:
                if before:
                    pool[before * NODE + LINK] = following
                else:
                    state[forward + HOLES] = following
                pool[at + LINK] = counts[FREE]
                counts[FREE] = node
                closed[counts[CLOSED]] = pool[at + NUMBER]
                counts[CLOSED] = counts[CLOSED] + 1
                node = before
        before = node
        node = following
    return fresh
