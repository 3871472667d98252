"""TCP analysis: what Wireshark 4.0 says of every segment (default preferences), decided while segments pass.

The rules were read in packet-tcp.c of release 4.0.17 (`dissect_tcp`, `tcp_analyze_sequence_number`).
No list of unacknowledged segments is needed: in that release only times and bytes in flight come from
it, and no flag but for one case: after 10,000 unacknowledged segments of one side Wireshark forgets to
count a SYN or FIN as a byte; this kernel always counts it.

Which connection a segment belongs to is decided before, by the flow kernel. The rule of 4.0.17:

1. The key is both addresses and both ports, either way round, over all interfaces, VLANs and tunnels.
   Of several connections with one key the newest is taken, whatever the time.
2. A segment counts as soon as 16 bytes of its header were captured. Segments that an ICMP error quotes
   are looked up, and begin connections, like any other. A fragment is no segment; the datagram
   counts once, with the fragment that completes it.
3. Each side has an initial sequence number (`base`), set once, by the first of these that happens:
   a segment of that side, not quoted: its number if it is a SYN (with or without ACK), else its
   number less 1; a segment of the other side, not quoted, with ACK: its acknowledgment less 1.
   The segment's own side is set before the other side.
4. A SYN without ACK, on a connection that was found, whose own side has a base: another number than
   that base begins a new connection, and the SYN has the flag of reused ports. This is judged before
   rule 3 is applied to the segment. The same number, or no base yet, stays in the connection found.
5. A SYN with ACK never begins a connection while one with its key is there. If its own side has a base
   and its number is another, that base becomes its number, and it too has the flag of reused ports.

`analyse` keeps bases by rules 3 and 5 and sets the flag by rule 5. The flag of rule 4 is set where the
new connection is made: the row comes here with the bit `REUSED` in its direction.

State of a connection are `CLOCKS` integers of 64 bits in one sequence and `WIDTH` of 32 bits in another,
88 bytes; all zero is a fresh connection, and nothing points into it, so that it may be moved.
"""

from __future__ import annotations

from typing import Any

from netguru.pcap.kernels import kernel

Values = Any

CLOCKS = 6
"""64-bit integers of one connection, times in nanoseconds: two for each side, then the two of the handshake."""
NEXT_NS, ACK_NS, SIDE_CLOCKS, SYN_NS, RTT_NS = 0, 1, 2, 4, 5

WIDTH = 10
"""32-bit integers of one connection, five for each side."""
SIDE = 5
NEXT, HIGHEST, ACKED, BASE, ABOUT = 0, 1, 2, 3, 4
# Bits of ABOUT: window plus one (0: none seen), scale plus two (0: unknown, 1: none used), repeated acknowledgments
# (0, 1, 2 for more, 3 after an acknowledgment of something unseen), then what else is known of the side.
WINDOW, SCALE_AT, SCALE, AGAIN_AT = 0x1FFFF, 17, 31, 22
FIRST_ACK, BASED, LAST_ALIVE, LAST_PROBE = 1 << 24, 1 << 25, 1 << 26, 1 << 27

# Bits of a row's direction: which side sent; a SYN that begins a further connection on used ports; length not known.
REUSED, QUOTED = 2, 4

RETRANSMISSION, FAST, SPURIOUS, DISORDER, DUPLICATE, LOST, ACK_LOST, ZERO = 1, 2, 4, 8, 16, 32, 64, 128
PROBE, FULL, UPDATE, ALIVE, ALIVE_ACK, PROBE_ACK, PORTS = 256, 512, 1024, 2048, 4096, 8192, 16384

FIN, SYN, RST, ACK = 1, 2, 4, 16
M32, HALF = 0xFFFFFFFF, 0x80000000
# Places in the state are below it: the mask tells the compiler that they are not negative.
PLACE = 0xFFFFFFFFFF
DISORDER_NS, FAST_NS = 3_000_000, 20_000_000
NEVER = -(2**62)


@kernel
def analyse(
    count: int, slots: Values, directions: Values, times: Values, seqs: Values, acks: Values, flags: Values,
    windows: Values, lengths: Values, scales: Values, clocks: Values, state: Values, marks: Values,
) -> None:  # fmt: skip
    """Mark segments in the order of the file (`tcp_wireshark.Mark`).

    `slots` is the place of the connection, -1 for a row to pass over; `directions` is 0 or 1 for the
    side that sent, with the bits REUSED and QUOTED; `lengths` is the payload by the IP length, cut at
    the frame's length on the wire; `scales` the window scale option, -1 without. Time less than NEVER
    is a packet without time.
    """
    for row in range(count):
        marks[row] = 0
        if slots[row] < 0:
            continue
        direction = directions[row]
        side = direction & 1
        clock = slots[row] * CLOCKS & PLACE
        forward = slots[row] * WIDTH + side * SIDE & PLACE
        reverse = slots[row] * WIDTH + (1 - side) * SIDE & PLACE
        time = times[row]
        if time < NEVER:
            time = 0
        seq, ack, bits = seqs[row] & M32, acks[row] & M32, flags[row] & 0xFFF
        found = opened(state, forward, seq, bits)
        if direction & REUSED:
            found |= PORTS
        if not direction & QUOTED:
            length, window = lengths[row] & M32, windows[row] & 0xFFFF
            note_bases(state, forward, reverse, seq, ack, bits)
            found |= of_window(state, forward, reverse, seq, ack, bits, window, length)
            found |= of_order(state, clocks, clock, side, forward, reverse, seq, ack, bits, length, time, found)
            advance(state, clocks, clock + side * SIDE_CLOCKS, forward, seq, ack, bits, window, length, time, found)
        marks[row] = found
        if bits & (SYN | ACK):
            shake(state, clocks, clock, forward, reverse, bits, scales[row], time)


@kernel
def opened(state: Values, forward: int, seq: int, bits: int) -> int:
    """Take up a SYN on a connection that is known: restore what a reset may have moved, or take the new base."""
    if not bits & SYN or not state[forward + ABOUT] & BASED:
        return 0
    if not bits & ACK:
        if state[forward + BASE] & M32 == seq:
            state[forward + NEXT] = state[forward + HIGHEST]
        return 0
    if state[forward + BASE] & M32 == seq:
        return 0
    state[forward + BASE] = seq
    return PORTS


@kernel
def note_bases(state: Values, forward: int, reverse: int, seq: int, ack: int, bits: int) -> None:
    """Set the initial sequence numbers that are not known yet."""
    if not state[forward + ABOUT] & BASED:
        state[forward + BASE] = seq if bits & SYN else (seq - 1) & M32
        state[forward + ABOUT] = state[forward + ABOUT] | BASED
    if bits & ACK and not state[reverse + ABOUT] & BASED:
        state[reverse + BASE] = (ack - 1) & M32
        state[reverse + ABOUT] = state[reverse + ABOUT] | BASED


@kernel
def of_window(
    state: Values, forward: int, reverse: int, seq: int, ack: int, bits: int, window: int, length: int
) -> int:
    """Give the marks that come from windows, gaps and repeated acknowledgments; counts these."""
    following, mine, other = state[forward + NEXT] & M32, state[forward + ABOUT] & M32, state[reverse + ABOUT] & M32
    if length == 1 and seq == following and other & WINDOW == 1:
        return PROBE
    found = 0
    plain = bits & (SYN | FIN | RST) == 0
    if plain and window == 0:
        found |= ZERO
    # "Beyond" is a difference of 1 to 2**31 (RFC 9293, section 3.4).
    if following and (following - seq) & M32 >= HALF and not bits & RST:
        found |= LOST
    if not plain:
        return found
    if length <= 1 and seq == (following - 1) & M32:
        found |= ALIVE
    if length:
        scale = other >> SCALE_AT & SCALE
        if scale:
            shift = 0 if scale == 1 or other & FIRST_ACK else scale - 2
            edge = (state[reverse + ACKED] & M32) + ((((other & WINDOW) - 1) & M32) << shift)
            if (seq + length - edge) & M32 == 0:
                found |= FULL
        return found
    if seq != following or ack != state[forward + ACKED] & M32:
        return found
    if mine & WINDOW != window + 1:
        return found | UPDATE if window else found
    if window == 0:
        return found | PROBE_ACK if other & LAST_PROBE else found
    if other & LAST_ALIVE:
        return found | ALIVE_ACK
    again = mine >> AGAIN_AT & 3
    again = 1 if again == 0 or again == 3 else 2
    state[forward + ABOUT] = mine & ~(3 << AGAIN_AT) | again << AGAIN_AT
    return found | DUPLICATE


@kernel
def of_order(
    state: Values, clocks: Values, clock: int, side: int, forward: int, reverse: int,
    seq: int, ack: int, bits: int, length: int, time: int, found: int,
) -> int:  # fmt: skip
    """Give the marks of an acknowledgment beyond what was seen, and of data that do not advance."""
    marks = 0
    acked, other = state[reverse + ACKED] & M32, state[reverse + ABOUT] & M32
    if ack != state[forward + ACKED] & M32:
        state[forward + ABOUT] = state[forward + ABOUT] & ~(3 << AGAIN_AT) & M32
    again = other >> AGAIN_AT & 3
    highest = state[reverse + HIGHEST] & M32
    if bits & ACK and highest and (highest - ack) & M32 >= HALF:
        if (highest - (state[reverse + NEXT] & M32)) & M32 >= HALF:
            state[reverse + HIGHEST] = state[reverse + NEXT]
            marks = ACK_LOST
        else:
            if again == 0:
                marks = ACK_LOST
            again = 3
            state[reverse + ABOUT] = other | 3 << AGAIN_AT
    if found & ALIVE or (length == 0 and bits & (SYN | FIN) == 0):
        return marks
    following = state[forward + NEXT] & M32
    # Behind: the difference as a signed number is below zero.
    behind = following != 0 and (seq - following) & M32 >= HALF
    if length > 1 and seq == (following - 1) & M32:
        behind = False
    if length and acked:
        ahead = (seq + length - acked) & M32
        if ahead == 0 or ahead >= HALF:
            return marks | SPURIOUS
    if not behind:
        return marks
    # Wireshark's differences of time are unsigned: a time before the other counts as far after it.
    since = time - clocks[clock + (1 - side) * SIDE_CLOCKS + ACK_NS]
    if again >= 2 and acked == seq and 0 <= since < FAST_NS:
        return marks | FAST
    limit = clocks[clock + RTT_NS]
    if limit == 0:
        limit = DISORDER_NS
    since = time - clocks[clock + side * SIDE_CLOCKS + NEXT_NS]
    early = since < limit if (since < 0) == (limit < 0) else limit < 0
    end = seq + length + (1 if bits & (SYN | FIN) else 0)
    if early and (following - end) & M32 != 0:
        return marks | DISORDER
    return marks | RETRANSMISSION


@kernel
def advance(
    state: Values, clocks: Values, clock: int, forward: int,
    seq: int, ack: int, bits: int, window: int, length: int, time: int, found: int,
) -> None:  # fmt: skip
    """Keep what the next segments are compared with; `clock` is the place of the side's times."""
    end = (seq + length + (1 if bits & (SYN | FIN) else 0)) & M32
    following = state[forward + NEXT] & M32
    if not found & PROBE:
        if following == 0 or (following - end) & M32 >= HALF:
            following = end
            state[forward + NEXT] = end
            clocks[clock + NEXT_NS] = time
        highest = state[forward + HIGHEST] & M32
        if highest == 0 or highest == seq:
            state[forward + HIGHEST] = following
    state[forward + ACKED] = ack
    clocks[clock + ACK_NS] = time
    about = state[forward + ABOUT] & ~(WINDOW | LAST_ALIVE | LAST_PROBE) & M32 | window + 1
    if found & ALIVE:
        about |= LAST_ALIVE
    if found & PROBE:
        about |= LAST_PROBE
    state[forward + ABOUT] = about


@kernel
def shake(
    state: Values, clocks: Values, clock: int, forward: int, reverse: int, bits: int, scale: int, time: int
) -> None:
    """Follow the handshake: window scaling, its time, and whether the side has acknowledged yet."""
    about = state[forward + ABOUT] & M32
    if scale >= 0:
        about = about & ~(SCALE << SCALE_AT) | (min(scale, 14) + 2) << SCALE_AT
    if bits & SYN:
        other = state[reverse + ABOUT] & M32
        known = about >> SCALE_AT & SCALE
        if known == 0:
            about |= 1 << SCALE_AT
            state[reverse + ABOUT] = other & ~(SCALE << SCALE_AT) | 1 << SCALE_AT
        elif bits & ACK and other >> SCALE_AT & SCALE == 1:
            about = about & ~(SCALE << SCALE_AT) | 1 << SCALE_AT
        about |= FIRST_ACK
        if not bits & ACK:
            clocks[clock + SYN_NS] = time
    else:
        about &= ~FIRST_ACK
        if clocks[clock + SYN_NS] != 0 and clocks[clock + RTT_NS] == 0:
            clocks[clock + RTT_NS] = time - clocks[clock + SYN_NS]
    state[forward + ABOUT] = about
