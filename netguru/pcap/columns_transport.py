"""TCP, UDP, SCTP and ICMP headers of many packets at once, and where their payload lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netguru.pcap.counting import one_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netguru.pcap.columns import Cursor

    Rows = NDArray[np.int64]

ICMP, TCP, UDP, DCCP, ICMPV6, SCTP, UDP_LITE = 1, 6, 17, 33, 58, 132, 136
_TCP_HEADER, _UDP_HEADER, _SCTP_HEADER = 20, 8, 12
_END, _NOP, _MSS, _SCALE, _SACK_PERMITTED, _SACK, _TIMESTAMP, _MD5 = 0, 1, 2, 3, 4, 5, 8, 19
_MAX_OPTIONS = 40
# The option block of nearly every data segment: two NOPs and a timestamp of ten bytes (RFC 7323, appendix A).
_USUAL_TIMESTAMP = 0x0101080A


def decode_transport(cursor: Cursor, rows: Rows) -> None:
    """Read the transport headers of unfragmented packets and first fragments."""
    protocol = cursor.kind[rows]
    _tcp(cursor, rows[protocol == TCP])
    _udp(cursor, rows[one_of(protocol, (UDP, UDP_LITE))])
    _ports_only(cursor, rows[protocol == SCTP], _SCTP_HEADER)
    _ports_only(cursor, rows[protocol == DCCP], _SCTP_HEADER)
    icmp = cursor.have(rows[one_of(protocol, (ICMP, ICMPV6))], 2)
    cursor.put("icmp_type", icmp, cursor.read(icmp, 0, 1))
    cursor.put("icmp_code", icmp, cursor.read(icmp, 1, 1))
    _payload(cursor, rows[~one_of(protocol, (TCP, UDP, UDP_LITE, SCTP, DCCP))], 0)


def _payload(cursor: Cursor, rows: Rows, header: int | NDArray[np.int64]) -> None:
    """Note where the payload begins, how long it was on the wire, and its first bytes."""
    start = cursor.position[rows] + header
    cursor.put("payload_offset", rows, start - cursor.batch.start[rows])
    cursor.put("payload_length", rows, np.maximum(cursor.limit[rows] - start, 0))
    captured = np.minimum(cursor.end[rows], cursor.limit[rows]) - start
    some = captured > 0
    rows, start, captured = rows[some], start[some], np.minimum(captured[some], 8)
    beyond = (np.uint64(8) - captured.astype(np.uint64)) * np.uint64(8)
    # Bits beyond the captured payload are cleared; a shift by all 64 bits does not occur (captured > 0).
    cursor.put("payload_head", rows, cursor.read_wide(start) >> beyond << beyond)


def _ports(cursor: Cursor, rows: Rows) -> None:
    kept = cursor.have(rows, 4)
    cursor.put("src_port", kept, cursor.read(kept, 0, 2))
    cursor.put("dst_port", kept, cursor.read(kept, 2, 2))


def _ports_only(cursor: Cursor, rows: Rows, header: int) -> None:
    _ports(cursor, rows)
    _payload(cursor, cursor.have(rows, header), header)


def _udp(cursor: Cursor, rows: Rows) -> None:
    _ports(cursor, rows)
    rows = cursor.have(rows, _UDP_HEADER)
    length = cursor.read(rows, 4, 2)
    # Zero means "by the IP length" (RFC 2675); another length below the header's own is nonsense.
    sane = (length == 0) | (length >= _UDP_HEADER)
    rows, length = rows[sane], length[sane]
    stated = np.where(length >= _UDP_HEADER, cursor.position[rows] + length, cursor.limit[rows])
    cursor.limit[rows] = np.minimum(cursor.limit[rows], stated)
    _payload(cursor, rows, _UDP_HEADER)


def _tcp(cursor: Cursor, rows: Rows) -> None:
    _ports(cursor, rows)
    rows = cursor.have(rows, _TCP_HEADER)
    cursor.put("tcp_seq", rows, cursor.read(rows, 4, 4))
    cursor.put("tcp_ack", rows, cursor.read(rows, 8, 4))
    control = cursor.read(rows, 12, 2)
    cursor.put("tcp_flags", rows, control & 0xFFF)
    cursor.put("tcp_window", rows, cursor.read(rows, 14, 2))
    cursor.put("tcp_sack_permitted", rows, np.bool_(False))
    cursor.put("tcp_has_md5", rows, np.bool_(False))
    header = (control >> 12) * 4
    sane = header >= _TCP_HEADER
    rows, header = rows[sane], header[sane]
    _payload(cursor, rows, header)
    _options(cursor, rows, cursor.position[rows] + header)


def _options(cursor: Cursor, rows: Rows, ends: NDArray[np.int64]) -> None:
    """Walk the TCP options of all segments side by side."""
    ends = np.minimum(ends, cursor.end[rows])
    places = cursor.position[rows] + _TCP_HEADER
    room = ends - places
    usual = room >= 12  # noqa: PLR2004 - the length of the usual block
    usual[usual] = cursor.read_at(places[usual], 4) == _USUAL_TIMESTAMP
    cursor.put("tcp_tsval", rows[usual], cursor.read_at(places[usual] + 4, 4))
    cursor.put("tcp_tsecr", rows[usual], cursor.read_at(places[usual] + 8, 4))
    places[usual] += 12
    for _ in range(_MAX_OPTIONS):
        active = places < ends
        if not active.any():
            return
        rows, places, ends = rows[active], places[active], ends[active]
        kind = cursor.read_at(places, 1)
        single = kind <= _NOP
        length = np.where(single, 1, cursor.read_at(places + 1, 1))
        length[kind == _END] = _MAX_OPTIONS
        # An option shorter than its own header, or longer than the block, ends the list.
        broken = ~single & ((length < 2) | (places + length > ends))  # noqa: PLR2004 - kind and length
        length[broken] = _MAX_OPTIONS
        _store(cursor, rows, places, np.where(broken, _NOP, kind), length)
        places = places + length


def _store(
    cursor: Cursor, rows: Rows, places: NDArray[np.int64], kind: NDArray[np.int64], length: NDArray[np.int64]
) -> None:
    for wanted, size, name, at, width in (
        (_MSS, 4, "tcp_mss", 2, 2),
        (_SCALE, 3, "tcp_window_scale", 2, 1),
        (_TIMESTAMP, 10, "tcp_tsval", 2, 4),
        (_TIMESTAMP, 10, "tcp_tsecr", 6, 4),
    ):
        found = (kind == wanted) & (length == size)
        cursor.put(name, rows[found], cursor.read_at(places[found] + at, width))
    blocks = (kind == _SACK) & (length >= 10)  # noqa: PLR2004 - one block
    cursor.put("tcp_sack_blocks", rows[blocks], (length[blocks] - 2) >> 3)
    cursor.put("tcp_sack_left", rows[blocks], cursor.read_at(places[blocks] + 2, 4))
    cursor.put("tcp_sack_right", rows[blocks], cursor.read_at(places[blocks] + 6, 4))
    cursor.put("tcp_sack_permitted", rows[kind == _SACK_PERMITTED], np.bool_(True))
    cursor.put("tcp_has_md5", rows[kind == _MD5], np.bool_(True))
