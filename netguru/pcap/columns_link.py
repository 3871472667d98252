"""The link layer of many packets at once: from the first byte to the layer 3 header.

Every link type ends in an EtherType, in an IEEE 802.2 header or in an IP packet; the states of
`columns` say which comes next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netguru.pcap.columns import DONE, ETHERNET, IP, IPV4, IPV6, LLC, MPLS, PPP
from netguru.pcap.columns_wlan import decode_radiotap, decode_wlan
from netguru.pcap.counting import distinct, one_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from netguru.pcap.columns import Cursor

    Rows = NDArray[np.int64]

_FIRST_ETHERTYPE = 0x600
_VLAN_TAGS = (0x8100, 0x88A8, 0x9100, 0x9200, 0x9300)
_MPLS_TYPES = (0x8847, 0x8848)
_PPPOE_SESSION = 0x8864
# PPP protocol numbers (IANA) -> what they carry.
_PPP_KINDS = {0x0021: IPV4, 0x0057: IPV6, 0x0281: MPLS, 0x0283: MPLS, 0x0031: ETHERNET}
# Protocol families of the null link type: 2 everywhere; IPv6 is 24, 28, 30 on the BSDs, 10 on Linux.
_NULL_KINDS = {2: IPV4, 10: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}
_MAX_TAGS = 12
_NFLOG_PAYLOAD, _NFLOG_MAX_ATTRIBUTES = 9, 64
_LINUX_LLC, _ETHER_ADDRESS = 4, 6
_SAP_SNAP, _SAP_ALL, _UNNUMBERED, _OUI_BRIDGED = 0xAA, 0xFF, 3, 0xF8


def decode_link(cursor: Cursor) -> None:
    """Bring every packet to its layer 3 header and fill the columns of the link layer."""
    cursor.kind[:] = DONE
    link_types = cursor.batch.link_type
    for link_type in distinct(link_types):
        read = _LINKS.get(int(link_type))
        if read is not None:
            read(cursor, np.flatnonzero(link_types == link_type))
    _tags(cursor)
    reached = np.flatnonzero((cursor.kind != DONE) & (cursor.position <= cursor.end))
    cursor.put("network_offset", reached, cursor.frame_offset(reached))
    cursor.put("network_length", reached, np.maximum(cursor.limit[reached] - cursor.position[reached], 0))
    typed = reached[cursor.kind[reached] >= _FIRST_ETHERTYPE]
    cursor.put("ethertype", typed, cursor.kind[typed])


def _tags(cursor: Cursor) -> None:
    """Take off tags and shims until no packet has one."""
    for _ in range(_MAX_TAGS):
        kind = cursor.kind
        moved = False
        for kinds, step in _STEPS:
            rows = np.flatnonzero(one_of(kind, kinds))
            if rows.size:
                moved = True
                step(cursor, rows)
        if not moved:
            return


def _stop(cursor: Cursor, rows: Rows, kept: Rows) -> None:
    """End the walk of the rows that are not kept: they were cut."""
    if kept.size != rows.size:
        cursor.kind[np.setdiff1d(rows, kept, assume_unique=True)] = DONE


def ethernet(cursor: Cursor, rows: Rows) -> None:
    """Read Ethernet II and IEEE 802.3 headers (also inside PPP and pseudowires)."""
    kept = cursor.have(rows, 14)
    _stop(cursor, rows, kept)
    cursor.put("eth_dst", kept, cursor.read_mac(kept, 0))
    cursor.put("eth_src", kept, cursor.read_mac(kept, 6))
    kinds = cursor.read(kept, 12, 2)
    cursor.position[kept] += 14
    _ethertype_or_length(cursor, kept, kinds)


def _ethertype_or_length(cursor: Cursor, rows: Rows, kinds: NDArray[np.int64]) -> None:
    is_length = kinds < _FIRST_ETHERTYPE
    cursor.kind[rows] = np.where(is_length, LLC, kinds)
    short = rows[is_length]
    # What follows the stated length is padding (IEEE 802.3, clause 3.2.7).
    cursor.limit[short] = np.minimum(cursor.limit[short], cursor.position[short] + kinds[is_length])


def _cooked(cursor: Cursor, rows: Rows) -> None:
    kept = cursor.have(rows, 16)
    address = kept[cursor.read(kept, 4, 2) == _ETHER_ADDRESS]
    cursor.put("eth_src", address, cursor.read_mac(address, 6))
    kinds = cursor.read(kept, 14, 2)
    cursor.position[kept] += 16
    cursor.kind[kept] = np.where(kinds >= _FIRST_ETHERTYPE, kinds, np.where(kinds == _LINUX_LLC, LLC, DONE))


def _cooked2(cursor: Cursor, rows: Rows) -> None:
    kept = cursor.have(rows, 20)
    address = kept[cursor.read(kept, 11, 1) == _ETHER_ADDRESS]
    cursor.put("eth_src", address, cursor.read_mac(address, 12))
    kinds = cursor.read(kept, 0, 2)
    cursor.position[kept] += 20
    cursor.kind[kept] = np.where(kinds >= _FIRST_ETHERTYPE, kinds, np.where(kinds == _LINUX_LLC, LLC, DONE))


def _raw(cursor: Cursor, rows: Rows) -> None:
    cursor.kind[cursor.have(rows, 1)] = IP


def _null(cursor: Cursor, rows: Rows) -> None:
    kept = cursor.have(rows, 4)
    big = cursor.read(kept, 0, 4)
    # The family is written in the byte order of the recording machine; no family needs 16 bits.
    swapped = big.astype(np.uint32).byteswap().astype(np.int64)
    family = np.where(big > 0xFFFF, swapped, big)  # noqa: PLR2004 - 16 bits
    cursor.position[kept] += 4
    # Some recorders put an EtherType into the lower half (tshark reads it so).
    typed = (big & 0xFFFF) >= _FIRST_ETHERTYPE
    cursor.kind[kept] = np.where(typed & (big > 0xFFFF), big & 0xFFFF, _translate(family, _NULL_KINDS))  # noqa: PLR2004 - the width of the field


def _translate(numbers: NDArray[np.int64], table: dict[int, int]) -> NDArray[np.int64]:
    kinds = np.full(numbers.size, DONE, np.int64)
    for number, kind in table.items():
        kinds[numbers == number] = kind
    return kinds


def _ppp(cursor: Cursor, rows: Rows) -> None:
    kept = cursor.have(rows, 2)
    framed = cursor.read(kept, 0, 2) == 0xFF03  # noqa: PLR2004 - address and control of RFC 1662
    cursor.position[kept[framed]] += 2
    cursor.kind[kept] = PPP


def _ppp_hdlc(cursor: Cursor, rows: Rows) -> None:
    kept = cursor.have(rows, 2)
    is_ppp = cursor.read(kept, 0, 1) == 0xFF  # noqa: PLR2004 - all stations, RFC 1662
    _ppp(cursor, kept[is_ppp])
    _cisco_hdlc(cursor, kept[~is_ppp])


def _cisco_hdlc(cursor: Cursor, rows: Rows) -> None:
    kept = cursor.have(rows, 4)
    kinds = cursor.read(kept, 2, 2)
    cursor.position[kept] += 4
    # IS-IS comes with the SAP pair doubled and one byte of padding (Cisco HDLC): leave it as LLC.
    cursor.kind[kept] = np.where(kinds >= _FIRST_ETHERTYPE, kinds, DONE)
    osi = kept[kinds == 0xFEFE]  # noqa: PLR2004 - the doubled SAP
    osi = cursor.have(osi, 1)
    cursor.position[osi] += 1
    cursor.put("llc_dsap", osi, 0xFE)
    cursor.put("llc_ssap", osi, 0xFE)


def _pppoe_only(cursor: Cursor, rows: Rows) -> None:
    cursor.kind[rows] = _PPPOE_SESSION


def _nflog(cursor: Cursor, rows: Rows) -> None:
    """Find the packet among the attributes; they are in the byte order of the recording machine."""
    kept = cursor.have(rows, 4)
    cursor.position[kept] += 4
    for _ in range(_NFLOG_MAX_ATTRIBUTES):
        kept = cursor.have(kept, 4)
        if not kept.size:
            return
        length = cursor.read(kept, 0, 1) | cursor.read(kept, 1, 1) << 8
        kind = cursor.read(kept, 2, 1)
        found = kept[kind == _NFLOG_PAYLOAD]
        cursor.position[found] += 4
        cursor.kind[found] = IP
        others = (kind != _NFLOG_PAYLOAD) & (length >= 4)  # noqa: PLR2004 - an attribute's own header
        kept = kept[others]
        cursor.position[kept] += (length[others] + 3) & ~3


def _vlan(cursor: Cursor, rows: Rows) -> None:
    kept = cursor.have(rows, 4)
    _stop(cursor, rows, kept)
    tag = cursor.read(kept, 0, 2)
    tagged = cursor.present["vlan"][kept]
    cursor.put("inner_vlan", kept[tagged], tag[tagged] & 0xFFF)
    cursor.put("vlan", kept[~tagged], tag[~tagged] & 0xFFF)
    cursor.put("vlan_priority", kept[~tagged], tag[~tagged] >> 13)
    kinds = cursor.read(kept, 2, 2)
    cursor.position[kept] += 4
    _ethertype_or_length(cursor, kept, kinds)


def _mpls(cursor: Cursor, rows: Rows) -> None:
    kept = cursor.have(rows, 4)
    _stop(cursor, rows, kept)
    entry = cursor.read(kept, 0, 4)
    first = ~cursor.present["mpls_label"][kept]
    cursor.put("mpls_label", kept[first], entry[first] >> 12)
    cursor.position[kept] += 4
    bottom = (entry >> 8 & 1) == 1
    cursor.kind[kept[~bottom]] = MPLS
    # Nothing says what follows the last label; the first four bits do so in practice (RFC 4385).
    cursor.kind[kept[bottom]] = IP


def _pppoe(cursor: Cursor, rows: Rows) -> None:
    kept = cursor.have(rows, 6)
    _stop(cursor, rows, kept)
    length = cursor.read(kept, 4, 2)
    cursor.position[kept] += 6
    cursor.limit[kept] = np.minimum(cursor.limit[kept], cursor.position[kept] + length)
    cursor.kind[kept] = PPP


def _ppp_protocol(cursor: Cursor, rows: Rows) -> None:
    kept = cursor.have(rows, 2)
    _stop(cursor, rows, kept)
    # A protocol number whose first byte is odd was compressed to this byte (RFC 1661, section 6.5).
    short = (cursor.read(kept, 0, 1) & 1) == 1
    number = np.where(short, cursor.read(kept, 0, 1), cursor.read(kept, 0, 2))
    cursor.position[kept] += np.where(short, 1, 2)
    cursor.kind[kept] = _translate(number, _PPP_KINDS)
    bridged = kept[cursor.kind[kept] == ETHERNET]
    cursor.position[bridged] += 2


def _llc(cursor: Cursor, rows: Rows) -> None:
    kept = cursor.have(rows, 3)
    _stop(cursor, rows, kept)
    cursor.kind[kept] = DONE
    dsap, ssap = cursor.read(kept, 0, 1), cursor.read(kept, 1, 1)
    control = cursor.read(kept, 2, 1)
    snap = ((dsap & 0xFE) == _SAP_SNAP) & ((ssap & 0xFE) == _SAP_SNAP)
    # Novell's raw 802.3 frames have a checksum of ones where the SAPs would be.
    is_plain = ~snap & ~((dsap == _SAP_ALL) & (ssap == _SAP_ALL))
    plain = kept[is_plain]
    cursor.put("llc_dsap", plain, dsap[is_plain])
    cursor.put("llc_ssap", plain, ssap[is_plain])
    # Unnumbered frames have one control byte, the others two (IEEE 802.2).
    cursor.position[kept] += np.where((control & 3) == _UNNUMBERED, 3, 4)
    _place_llc(cursor, plain)
    _snap(cursor, kept[snap])


def _snap(cursor: Cursor, rows: Rows) -> None:
    kept = cursor.have(rows, 5)
    oui = cursor.read(kept, 0, 4) >> 8
    pid = cursor.read(kept, 3, 2)
    cursor.position[kept] += 5
    # OUI 0 and 0000F8 carry an EtherType (RFC 1042, IEEE 802.1H).
    typed = ((oui == 0) | (oui == _OUI_BRIDGED)) & (pid >= _FIRST_ETHERTYPE)
    cursor.kind[kept[typed]] = pid[typed]
    others = kept[~typed]
    cursor.put("llc_dsap", others, _SAP_SNAP)
    cursor.put("llc_ssap", others, _SAP_SNAP)
    cursor.put("snap_oui", others, oui[~typed])
    cursor.put("snap_pid", others, pid[~typed])
    _place_llc(cursor, others)


def _place_llc(cursor: Cursor, rows: Rows) -> None:
    inside = rows[cursor.position[rows] <= cursor.end[rows]]
    cursor.put("network_offset", inside, cursor.frame_offset(inside))
    cursor.put("network_length", inside, np.maximum(cursor.limit[inside] - cursor.position[inside], 0))


_STEPS: tuple[tuple[tuple[int, ...], Callable[[Cursor, Rows], None]], ...] = (
    ((ETHERNET,), ethernet),
    (_VLAN_TAGS, _vlan),
    ((*_MPLS_TYPES, MPLS), _mpls),
    ((_PPPOE_SESSION,), _pppoe),
    ((PPP,), _ppp_protocol),
    ((LLC,), _llc),
)

_LINKS: dict[int, Callable[[Cursor, Rows], None]] = {
    0: _null,
    1: ethernet,
    8: _raw,
    9: _ppp,
    12: _raw,
    14: _raw,
    50: _ppp_hdlc,
    51: _pppoe_only,
    101: _raw,
    104: _cisco_hdlc,
    105: decode_wlan,
    108: _null,
    113: _cooked,
    127: decode_radiotap,
    228: _raw,
    229: _raw,
    239: _nflog,
    276: _cooked2,
}
DECODED_LINK_TYPES = frozenset(_LINKS)
