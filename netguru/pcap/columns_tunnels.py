"""Packets inside packets: where tunnels and ICMP errors hold another frame.

What is found is decoded like a captured frame, so that a stream inside a tunnel is a stream.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from netguru.pcap.columns_transport import ICMP, ICMPV6, UDP
from netguru.pcap.counting import one_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from netguru.pcap.columns import Cursor
    from netguru.pcap.framing import Batch

    Rows = NDArray[np.int64]

_ETHERNET, _RAW, _PPP = 1, 101, 9
_IP_IN_IP, _IPV6_IN_IP, _GRE, _ETHER_IP = 4, 41, 47, 97
_GTP, _GENEVE = 2152, 6081
_VXLAN = (4789, 8472)
# Destination unreachable, source quench, redirect, time exceeded, parameter problem; ICMPv6 errors 1-4.
_ICMP_ERRORS, _ICMPV6_ERRORS = (3, 4, 5, 11, 12), (1, 2, 3, 4)
_GRE_CHECKSUM, _GRE_ROUTING, _GRE_KEY, _GRE_SEQUENCE, _GRE_ACK = 0x8000, 0x4000, 0x2000, 0x1000, 0x80
_GRE_VERSION = 7
_ERSPAN_2, _ERSPAN_3, _BRIDGED, _PPTP = 0x88BE, 0x22EB, 0x6558, 0x880B
_GTP_DATA = 255


def inner_batches(cursor: Cursor) -> Iterator[tuple[str, Rows, Batch, Rows]]:
    """Give, by encapsulation, the rows that hold another frame, the batch of these frames, and their identifiers.

    The identifier (GRE key, network identifier, tunnel endpoint, ERSPAN session) is -1 where there is none.
    """
    protocol = np.where(cursor.present["transport_offset"], cursor.values["protocol"].astype(np.int64), -1)
    for name, candidates, header, link_types, identities in _found(cursor, protocol):
        start = cursor.position[candidates] + header
        inside = start < cursor.end[candidates]
        rows, start = candidates[inside], start[inside]
        if rows.size:
            link_type = np.broadcast_to(np.asarray(link_types, np.int64), inside.shape)[inside]
            identity = np.broadcast_to(np.asarray(identities, np.int64), inside.shape)[inside]
            yield name, rows, _batch(cursor, rows, start, link_type), identity


def _batch(cursor: Cursor, rows: Rows, start: Rows, link_type: Rows) -> Batch:
    batch = cursor.batch
    return replace(
        batch,
        start=start,
        captured=cursor.end[rows] - start,
        length=np.maximum(cursor.limit[rows], cursor.end[rows]) - start,
        time_ns=batch.time_ns[rows],
        interface=batch.interface[rows],
        link_type=np.ascontiguousarray(link_type),
    )


# name, rows, bytes before the frame inside, its link type, its identifier
_Found = tuple[str, "Rows", "int | Rows", "int | Rows", "int | Rows"]


def _found(cursor: Cursor, protocol: Rows) -> Iterator[_Found]:
    yield "ipip", np.flatnonzero(protocol == _IP_IN_IP), 0, _RAW, -1
    yield "6in4", np.flatnonzero(protocol == _IPV6_IN_IP), 0, _RAW, -1
    yield "etherip", np.flatnonzero(protocol == _ETHER_IP), 2, _ETHERNET, -1
    for numbers, kinds in ((ICMP, _ICMP_ERRORS), (ICMPV6, _ICMPV6_ERRORS)):
        errors = (protocol == numbers) & cursor.present["icmp_type"] & one_of(cursor.values["icmp_type"], kinds)
        yield "icmp", np.flatnonzero(errors), 8, _RAW, -1
    yield _gre(cursor, np.flatnonzero(protocol == _GRE))
    udp = np.flatnonzero((protocol == UDP) & cursor.present["payload_offset"])
    ports = cursor.values["dst_port"][udp]
    yield _vxlan(cursor, udp[one_of(ports, _VXLAN)])
    yield _gtp(cursor, udp[ports == _GTP])
    yield _geneve(cursor, udp[ports == _GENEVE])


def _vxlan(cursor: Cursor, rows: Rows) -> _Found:
    """RFC 7348, section 5."""
    identity = np.full(rows.size, -1, np.int64)
    whole = cursor.position[rows] + 16 <= cursor.end[rows]
    identity[whole] = cursor.read(rows[whole], 12, 4) >> 8
    return "vxlan", rows, 16, _ETHERNET, identity


def _gre(cursor: Cursor, rows: Rows) -> _Found:
    """RFC 2784, 2890; PPTP: RFC 2637; ERSPAN: draft-foschiano-erspan."""
    rows = cursor.have(rows, 4)
    flags, kind = cursor.read(rows, 0, 2), cursor.read(rows, 2, 2)
    version = flags & _GRE_VERSION
    optional = (_GRE_CHECKSUM, _GRE_KEY, _GRE_SEQUENCE)
    size = 4 + sum(((flags & bit) != 0).astype(np.int64) * 4 for bit in optional)
    size += ((version == 1) & ((flags & _GRE_ACK) != 0)) * 4
    identity = _gre_key(cursor, rows, flags)
    numbered = (flags & _GRE_SEQUENCE) != 0
    _erspan_session(cursor, rows, size, numbered & (kind == _ERSPAN_2), identity, room=4)
    _erspan_session(cursor, rows, size, kind == _ERSPAN_3, identity, room=12)
    # ERSPAN type I has no header of its own, which shows in the missing sequence number.
    size += np.where((kind == _ERSPAN_2) & numbered, 8, 0)
    erspan3 = (kind == _ERSPAN_3) & (cursor.position[rows] + size + 12 <= cursor.end[rows])
    size[erspan3] += 12 + 8 * (cursor.read_at(cursor.position[rows][erspan3] + size[erspan3] + 11, 1) & 1)
    link = np.full(rows.size, -1, np.int64)
    for kinds, link_type in (((0x0800, 0x86DD), _RAW), ((_BRIDGED, _ERSPAN_2, _ERSPAN_3), _ETHERNET), ((_PPTP,), _PPP)):
        link[one_of(kind, kinds)] = link_type
    known = (link >= 0) & ((flags & _GRE_ROUTING) == 0)
    return "gre", rows[known], size[known], link[known], identity[known]


def _gre_key(cursor: Cursor, rows: Rows, flags: Rows) -> Rows:
    identity = np.full(rows.size, -1, np.int64)
    at = 4 + ((flags & _GRE_CHECKSUM) != 0) * 4
    keyed = ((flags & _GRE_KEY) != 0) & (cursor.position[rows] + at + 4 <= cursor.end[rows])
    identity[keyed] = cursor.read(rows[keyed], at[keyed], 4)
    return identity


def _erspan_session(
    cursor: Cursor, rows: Rows, size: Rows, chosen: NDArray[np.bool_], identity: Rows, *, room: int
) -> None:
    """Put the session of mirrored frames, ten bits of the second word, in the place of the key."""
    chosen = chosen & (cursor.position[rows] + size + room <= cursor.end[rows])
    identity[chosen] = cursor.read(rows[chosen], size[chosen] + 2, 2) & 0x3FF


def _gtp(cursor: Cursor, rows: Rows) -> _Found:
    """3GPP TS 29.281, section 5: user data, one extension header looked through."""
    rows = cursor.have(rows, 8 + 12)
    flags, message = cursor.read(rows, 8, 1), cursor.read(rows, 9, 1)
    data = (message == _GTP_DATA) & (flags >> 5 == 1)
    rows, flags = rows[data], flags[data]
    size = 16 + np.where((flags & 7) != 0, 4, 0)
    extended = ((flags & 4) != 0) & (cursor.read(rows, 8 + 11, 1) != 0)
    room = extended & (cursor.position[rows] + size < cursor.end[rows])
    size[room] += 4 * cursor.read_at(cursor.position[rows][room] + size[room], 1)
    return "gtp", rows, size, _RAW, cursor.read(rows, 12, 4)


def _geneve(cursor: Cursor, rows: Rows) -> _Found:
    """RFC 8926, section 3.4."""
    rows = cursor.have(rows, 8 + 8)
    size = 16 + 4 * (cursor.read(rows, 8, 1) & 0x3F)
    kind = cursor.read(rows, 8 + 2, 2)
    link = np.where(kind == _BRIDGED, _ETHERNET, np.where(one_of(kind, (0x0800, 0x86DD)), _RAW, -1))
    return "geneve", rows[link >= 0], size[link >= 0], link[link >= 0], cursor.read(rows[link >= 0], 12, 4) >> 8
