"""Conversations: which packets belong together, counted while they pass.

A conversation is a pair of addresses with ports and a protocol, both directions together, over all
interfaces and VLANs, as Wireshark numbers its streams. It holds `WIDTH` integers in `state`; `table`
is a hash table (open addressing, a power of two) of conversation places plus one, 0 for empty.

Fragments of one datagram meet in `pieces`, which remembers the ports of the first fragment and which
bytes came (RFC 815 keeps holes; here it is one bit for each unit of eight bytes).
"""

from __future__ import annotations

from typing import Any

from netguru.pcap.chunks import BIT
from netguru.pcap.kernels import kernel

Values = Any

WIDTH = 24
"""Integers of one conversation: three cache lines. A packet of a known conversation touches the first two."""
# End `a` is the one with the lower address, then the lower port.
KEY, A_LO, B_LO, ABOUT = 0, 1, 2, 3
# The end that sent first is the client, in the lower halves and the first places; the server follows it.
PACKETS, BYTES, LAST_NS, PAYLOAD, FIRST_NS = 4, 5, 7, 8, 10
# The first packet, above the last. Stream and TCP place plus one, 0 without: stream below, place above.
SPAN, FLOW, NUMBERED, A_HI, B_HI = 11, 12, 13, 14, 15
# Two of each: first sequence numbers of end a and b; first payload bytes, where they lie and how many (16 bits),
# of client and server. Then SYN below SYN-ACK, FIN below RST.
BASE, HEAD, DATA, SYNS, ENDS = 16, 18, 20, 22, 23

# Bits of ABOUT: the client is end b; a whole header was seen; initial sequence numbers are known; then the number
# of the first VLAN plus one (13 bits), the tunnel (4 bits), the interfaces that saw it (28 bits), and whether the
# first payload of client and server is known.
CLIENT_IS_B, WHOLE, BASE_A, BASE_B = 1, 2, 4, 8
VLAN_AT, TUNNEL_AT, INTERFACES_AT, INTERFACES, HEAD_AT = 4, 17, 21, 28, 49
DATA_BITS = 16

# Counters handed over between calls.
FLOWS, PLACES, TCP_STREAMS, UDP_STREAMS, TCP_PLACES = 0, 1, 2, 3, 4
COUNTERS = 5

HAS_IP, HAS_VLAN, HAS_PAYLOAD, HAS_HEAD = BIT["ip"], BIT["vlan"], BIT["payload"], BIT["head"]
HAS_FLOW, HAS_STREAM = BIT["flow"], BIT["stream"]
TCP, UDP, ICMP_QUOTE = 6, 17, 4
# A bit of `directions`: the header was quoted by an ICMP error, and was not received.
QUOTED = 4
M32 = 0xFFFFFFFF
# Places in the state are below it: the mask tells the compiler that they are not negative.
PLACE = 0xFFFFFFFFFF
NO_TIME = -(2**63)

PIECE_SETS, PIECE_WAYS, PIECE_WORDS = 512, 4, 256
PIECE_HEADER = 10
PIECE_WIDTH = PIECE_HEADER + PIECE_WORDS
# The four words of the addresses come first.
PIECE_KEY, PIECE_PORTS, PIECE_END, PIECE_UNITS, PIECE_AGE, PIECE_DONE = 4, 5, 6, 7, 8, 9


@kernel
def mixed(value: int, with_value: int) -> int:
    """Mix 64 bits into a hash of 32."""
    value = ((value ^ (with_value & M32)) * 0x9E3779B1) & M32
    value = ((value ^ (value >> 15) ^ (with_value >> 32 & M32)) * 0x85EBCA6B) & M32
    return value ^ value >> 13


@kernel
def spot_of(key: int, a_hi: int, a_lo: int, b_hi: int, b_lo: int) -> int:
    """Hash what a conversation is known by; the upper halves of IPv4 addresses are 0 and left out."""
    value = mixed(mixed(mixed(0, a_lo), b_lo), key)
    if a_hi != 0 or b_hi != 0:
        value = mixed(mixed(value, a_hi), b_hi)
    return value


@kernel
def assign(
    count: int, counters: Values, state: Values, table: Values, mask: int, present: Values,
    numbers: Values, times: Values, interfaces: Values, lengths: Values, vlans: Values, tunnels: Values,
    versions: Values, protocols: Values, src_hi: Values, src_lo: Values, dst_hi: Values, dst_lo: Values,
    ports: Values, whole: Values, flags: Values, seqs: Values, acks: Values, payloads: Values, heads: Values,
    offsets: Values, payload_offsets: Values, captured: Values,
    flows: Values, streams: Values, sides: Values, slots: Values, directions: Values, reused: Values,
) -> None:  # fmt: skip
    """Give every IP packet its conversation and count it.

    `ports` is source << 16 | destination (of the datagram, also for later fragments; -1 without),
    `whole` says whether the row has or completes a whole TCP (2) or UDP (1) header. Out: `flows` and
    `streams` (where there is one, which `present` is told), `sides` (1: sent by the client), `slots` and
    `directions` of TCP segments (-1 without; `kernels.tcp` says what the bits of a direction mean),
    `reused` (1: a SYN that begins a further connection on ports used before).
    """
    for row in range(count):
        slots[row] = -1
        directions[row] = sides[row] = reused[row] = 0
        has = present[row]
        if not has & HAS_IP:
            continue
        joined = max(ports[row], 0)
        a_port, b_port = joined >> 16, joined & 0xFFFF
        a_hi, a_lo, b_hi, b_lo = src_hi[row], src_lo[row], dst_hi[row], dst_lo[row]
        back = 0
        if a_hi != b_hi:
            back = 1 if a_hi > b_hi else 0
        elif a_lo != b_lo:
            back = 1 if a_lo > b_lo else 0
        elif a_port > b_port:
            back = 1
        if back:
            a_hi, a_lo, b_hi, b_lo = b_hi, b_lo, a_hi, a_lo
            a_port, b_port = b_port, a_port
        key = (versions[row] & 15) << 40 | (protocols[row] & 255) << 32 | a_port << 16 | b_port
        spot = spot_of(key, a_hi, a_lo, b_hi, b_lo) & mask
        place = -1
        base = 0
        while table[spot] != 0:
            base = (table[spot] - 1) * WIDTH & PLACE
            if same(base, state, key, a_hi, a_lo, b_hi, b_lo):
                place = table[spot] - 1
                break
            spot = (spot + 1) & mask
        kind = whole[row]
        if place >= 0 and kind == 2 and flags[row] & 18 == 2:
            # Another initial sequence number on known ports: a further connection begins, the former one stays.
            if state[base + ABOUT] & (BASE_A << back) and state[base + BASE + back] != seqs[row] & M32:
                place = -1
                reused[row] = 1
        if place < 0:
            place = counters[PLACES]
            counters[PLACES] = place + 1
            table[spot] = place + 1
            base = place * WIDTH & PLACE
            begin(base, counters, state, key, a_hi, a_lo, b_hi, b_lo)
            client_is_b = back
            if kind == 2 and flags[row] & 18 == 18:
                client_is_b = 1 - back
            about = client_is_b | tunnels[row] << TUNNEL_AT
            if has & HAS_VLAN:
                about |= (vlans[row] + 1) << VLAN_AT
            state[base + ABOUT] = about
        has |= HAS_FLOW
        flows[row] = state[base + FLOW]
        side = back ^ (state[base + ABOUT] & CLIENT_IS_B)
        sides[row] = 1 - side
        if kind:
            if not state[base + ABOUT] & WHOLE:
                state[base + ABOUT] = state[base + ABOUT] | WHOLE
                number_stream(base, counters, state, protocols[row])
            numbered = state[base + NUMBERED]
            has |= HAS_STREAM
            streams[row] = (numbered & M32) - 1
            if kind == 2:
                slots[row] = (numbered >> 32) - 1
                direction = back | reused[row] << 1
                if tunnels[row] == ICMP_QUOTE:
                    direction |= QUOTED
                else:
                    note_base(base, back, state, flags[row], seqs[row], acks[row])
                directions[row] = direction
        present[row] = has
        if tunnels[row] != ICMP_QUOTE:
            payload = payloads[row] & M32 if has & HAS_PAYLOAD else 0
            add(base, side, state, numbers[row], times[row], interfaces[row], lengths[row], payload)
            if kind == 2:
                add_flags(base, state, flags[row])
            if has & HAS_HEAD and not state[base + ABOUT] >> (HEAD_AT + side) & 1 and heads[row] != 0:
                state[base + ABOUT] = state[base + ABOUT] | 1 << (HEAD_AT + side)
                state[base + HEAD + side] = heads[row]
                begins = payload_offsets[row] & M32
                there = min((captured[row] & M32) - begins, payload) & 0xFFFF
                state[base + DATA + side] = (offsets[row] + begins) << DATA_BITS | there


@kernel
def same(base: int, state: Values, key: int, a_hi: int, a_lo: int, b_hi: int, b_lo: int) -> bool:
    """Say whether a conversation is that of a key and two addresses."""
    if state[base + KEY] != key or state[base + A_LO] != a_lo or state[base + B_LO] != b_lo:
        return False
    return bool(state[base + A_HI] == a_hi and state[base + B_HI] == b_hi)


@kernel
def begin(base: int, counters: Values, state: Values, key: int, a_hi: int, a_lo: int, b_hi: int, b_lo: int) -> None:
    """Set up a conversation."""
    for field in range(WIDTH):
        state[base + field] = 0
    state[base + KEY] = key
    state[base + A_HI] = a_hi
    state[base + A_LO] = a_lo
    state[base + B_HI] = b_hi
    state[base + B_LO] = b_lo
    state[base + FLOW] = counters[FLOWS]
    counters[FLOWS] = counters[FLOWS] + 1
    state[base + FIRST_NS] = state[base + LAST_NS] = NO_TIME


@kernel
def number_stream(base: int, counters: Values, state: Values, protocol: int) -> None:
    """Number a conversation among those of its protocol when its first whole header is seen."""
    if protocol == TCP:
        state[base + NUMBERED] = (counters[TCP_PLACES] + 1) << 32 | (counters[TCP_STREAMS] + 1)
        counters[TCP_STREAMS] = counters[TCP_STREAMS] + 1
        counters[TCP_PLACES] = counters[TCP_PLACES] + 1
    else:
        state[base + NUMBERED] = counters[UDP_STREAMS] + 1
        counters[UDP_STREAMS] = counters[UDP_STREAMS] + 1


@kernel
def note_base(base: int, back: int, state: Values, flags: int, seq: int, ack: int) -> None:
    """Keep the first sequence number of each side, as far as it can be told."""
    about = state[base + ABOUT]
    if not about & (BASE_A << back) or flags & 18 == 18:
        state[base + BASE + back] = (seq if flags & 2 else seq - 1) & M32
        about |= BASE_A << back
    if flags & 16 and not about & (BASE_B >> back):
        state[base + BASE + 1 - back] = (ack - 1) & M32
        about |= BASE_B >> back
    state[base + ABOUT] = about


@kernel
def add(base: int, side: int, state: Values, number: int, time: int, interface: int, length: int, payload: int) -> None:
    """Count a packet."""
    if state[base + PACKETS] == 0:
        state[base + SPAN] = (number & M32) << 32
    state[base + PACKETS] = state[base + PACKETS] + (1 << (32 * side))
    state[base + BYTES + side] = state[base + BYTES + side] + length
    state[base + PAYLOAD + side] = state[base + PAYLOAD + side] + payload
    state[base + SPAN] = state[base + SPAN] & ~M32 | number & M32
    if time != NO_TIME:
        if state[base + FIRST_NS] == NO_TIME or time < state[base + FIRST_NS]:
            state[base + FIRST_NS] = time
        state[base + LAST_NS] = max(state[base + LAST_NS], time)
    bit = 1 << (INTERFACES_AT + min(interface, INTERFACES - 1))
    state[base + ABOUT] = state[base + ABOUT] | bit


@kernel
def add_flags(base: int, state: Values, flags: int) -> None:
    """Count SYN, SYN-ACK, FIN and RST, two counters to an integer."""
    if flags & 7:
        if flags & 18 == 2:
            state[base + SYNS] = state[base + SYNS] + 1
        elif flags & 18 == 18:
            state[base + SYNS] = state[base + SYNS] + (1 << 32)
        if flags & 1:
            state[base + ENDS] = state[base + ENDS] + 1
        if flags & 4:
            state[base + ENDS] = state[base + ENDS] + (1 << 32)


@kernel
def rehash(places: int, state: Values, table: Values, mask: int) -> None:
    """Fill an empty table; of several conversations with one key the last is found."""
    for step in range(places):
        place = places - 1 - step
        base = place * WIDTH & PLACE
        key, a_hi, a_lo = state[base + KEY], state[base + A_HI], state[base + A_LO]
        b_hi, b_lo = state[base + B_HI], state[base + B_LO]
        spot = spot_of(key, a_hi, a_lo, b_hi, b_lo) & mask
        found = False
        while table[spot] != 0 and not found:
            found = same((table[spot] - 1) * WIDTH & PLACE, state, key, a_hi, a_lo, b_hi, b_lo)
            spot = (spot + 1) & mask
        if not found:
            table[spot] = place + 1


@kernel
def piece_of(
    pieces: Values, version: int, protocol: int, identity: int, s_hi: int, s_lo: int, d_hi: int, d_lo: int, age: int
) -> int:
    """Find the place of a datagram in pieces: its own, else (age >= 0) the oldest of its set, made empty; else -1."""
    key = (version & 15) << 40 | (protocol & 255) << 32 | identity
    chosen = mixed(mixed(mixed(mixed(mixed(0, s_lo), d_lo), key), s_hi), d_hi) & (PIECE_SETS - 1)
    oldest = chosen * PIECE_WAYS * PIECE_WIDTH
    for way in range(PIECE_WAYS):
        at = (chosen * PIECE_WAYS + way) * PIECE_WIDTH
        if (
            pieces[at + PIECE_KEY] == key
            and pieces[at] == s_hi
            and pieces[at + 1] == s_lo
            and pieces[at + 2] == d_hi
            and pieces[at + 3] == d_lo
        ):
            return at
        if pieces[at + PIECE_AGE] < pieces[oldest + PIECE_AGE]:
            oldest = at
    if age < 0:
        return -1
    for field in range(PIECE_WIDTH):
        pieces[oldest + field] = 0
    pieces[oldest] = s_hi
    pieces[oldest + 1] = s_lo
    pieces[oldest + 2] = d_hi
    pieces[oldest + 3] = d_lo
    pieces[oldest + PIECE_KEY] = key
    pieces[oldest + PIECE_PORTS] = pieces[oldest + PIECE_END] = -1
    pieces[oldest + PIECE_AGE] = age
    return oldest


@kernel
def collect(
    count: int, pieces: Values, numbers: Values, versions: Values, protocols: Values, identities: Values,
    src_hi: Values, src_lo: Values, dst_hi: Values, dst_lo: Values, starts: Values, sizes: Values, more: Values,
    ports: Values, completes: Values,
) -> None:  # fmt: skip
    """Take up fragments; out: `completes` (1: with this one the datagram is there as a whole).

    `starts` and `sizes` are bytes of the datagram; `ports` is -1 where the fragment has none.
    """
    for row in range(count):
        at = piece_of(
            pieces, versions[row], protocols[row], identities[row],
            src_hi[row], src_lo[row], dst_hi[row], dst_lo[row], numbers[row],
        )  # fmt: skip
        start, size = starts[row], sizes[row]
        if start == 0 and ports[row] >= 0:
            pieces[at + PIECE_PORTS] = ports[row]
        if not more[row]:
            pieces[at + PIECE_END] = (start + size + 7) >> 3
        for unit in range(start >> 3, min((start + size + 7) >> 3, PIECE_WORDS * 32)):
            word = at + PIECE_HEADER + (unit >> 5)
            bit = 1 << (unit & 31)
            if not pieces[word] & bit:
                pieces[word] = pieces[word] | bit
                pieces[at + PIECE_UNITS] = pieces[at + PIECE_UNITS] + 1
        if (
            pieces[at + PIECE_DONE] == 0
            and pieces[at + PIECE_PORTS] >= 0
            and pieces[at + PIECE_END] >= 0
            and pieces[at + PIECE_UNITS] >= pieces[at + PIECE_END]
        ):
            pieces[at + PIECE_DONE] = 1
            completes[row] = 1


@kernel
def resolve(
    count: int, pieces: Values, versions: Values, protocols: Values, identities: Values,
    src_hi: Values, src_lo: Values, dst_hi: Values, dst_lo: Values, starts: Values, ports: Values,
) -> None:  # fmt: skip
    """Give later fragments the ports of their first fragment, where it came before or in the same chunk."""
    for row in range(count):
        if starts[row] > 0:
            at = piece_of(
                pieces, versions[row], protocols[row], identities[row],
                src_hi[row], src_lo[row], dst_hi[row], dst_lo[row], -1,
            )  # fmt: skip
            if at >= 0 and pieces[at + PIECE_PORTS] >= 0:
                ports[row] = pieces[at + PIECE_PORTS]
