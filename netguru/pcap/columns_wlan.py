"""IEEE 802.11 data frames of many packets at once, with and without a radiotap header."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from netguru.pcap.columns import LLC

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netguru.pcap.columns import Cursor

    Rows = NDArray[np.int64]

_DATA, _TO_DS, _FROM_DS, _PROTECTED, _ORDER = 2, 1, 2, 0x40, 0x80
_SUBTYPE_NULL, _SUBTYPE_QOS = 4, 8
_HEADER, _FOURTH_ADDRESS, _QOS, _HT_CONTROL = 24, 6, 2, 4


def decode_radiotap(cursor: Cursor, rows: Rows) -> None:
    """Pass over the radiotap header, whose length is little-endian."""
    kept = cursor.have(rows, 8)
    cursor.position[kept] += cursor.read(kept, 2, 1) | cursor.read(kept, 3, 1) << 8
    decode_wlan(cursor, kept)


def decode_wlan(cursor: Cursor, rows: Rows) -> None:
    """Read the header of unprotected data frames; other frames are left undecoded."""
    kept = cursor.have(rows, _HEADER)
    control, flags = cursor.read(kept, 0, 1), cursor.read(kept, 1, 1)
    subtype = control >> 4
    data = ((control >> 2 & 3) == _DATA) & ((subtype & _SUBTYPE_NULL) == 0) & ((flags & _PROTECTED) == 0)
    kept, flags, subtype = kept[data], flags[data], subtype[data]
    to_ds, from_ds = (flags & _TO_DS) != 0, (flags & _FROM_DS) != 0
    qos = (subtype & _SUBTYPE_QOS) != 0
    ordered = qos & ((flags & _ORDER) != 0)
    size = _HEADER + _FOURTH_ADDRESS * (to_ds & from_ds) + _QOS * qos + _HT_CONTROL * ordered
    # IEEE 802.11, table 9-30: where destination and source stand depends on the two DS bits.
    cursor.put("eth_dst", kept, np.where(to_ds, cursor.read_mac(kept, 16), cursor.read_mac(kept, 4)))
    source = np.where(from_ds, cursor.read_mac(kept, 16), cursor.read_mac(kept, 10))
    cursor.put("eth_src", kept, source)
    relayed = cursor.have(kept[to_ds & from_ds], _HEADER + _FOURTH_ADDRESS)
    cursor.put("eth_src", relayed, cursor.read_mac(relayed, _HEADER))
    cursor.position[kept] += size
    cursor.kind[kept] = LLC
