"""How many packets hold each protocol, counted chunk by chunk, by Wireshark's filter names.

Each row gets eight bytes, one for each way in which a header names a protocol; equal bytes are
counted together, and names are looked up for the few different ones at the end. A packet with
others inside counts once for every name that is found in any of its layers.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from netguru import resources
from netguru.pcap.counting import counted, distinct

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netguru.pcap.chunks import Chunk

    Rows = NDArray[np.int64]
    Codes = NDArray[np.uint8]

_TCP, _UDP = 6, 17
# The eight bytes of a row; the last holds a bit for each header that is named by its presence.
_LINK, _KIND, _LLC, _SNAP, _CARRIED, _PORT, _HEAD, _HEADERS = range(8)
_PRESENT = (("vlan", "vlan"), ("mpls", "mpls"), ("llc", "llc"))


class ProtocolCounts:
    """Count protocols."""

    def __init__(self) -> None:
        self._single: Counter[int] = Counter()
        self._layered: Counter[int] = Counter()
        self._names = _Names.shared()

    def take(self, chunk: Chunk) -> None:
        """Count the protocols of a chunk."""
        codes = self._codes(chunk)
        numbers = chunk.values("number")
        inner = chunk.values("tunnel") != 0
        layered = inner.copy()
        layered[:-1] |= inner[1:]
        if not layered.any():
            _count(self._single, codes.view(np.uint64)[:, 0])
            return
        _count(self._single, codes[~layered].view(np.uint64)[:, 0])
        rows = np.flatnonzero(layered)
        pairs = [numbers[rows].astype(np.int64) << 8 | codes[rows, place] for place in range(_HEADERS)]
        for bit, (_, name) in enumerate(_PRESENT):
            there = rows[codes[rows, _HEADERS] >> bit & 1 > 0]
            pairs.append(numbers[there].astype(np.int64) << 8 | self._names.code(name))
        _count(self._layered, distinct(np.concatenate(pairs)) & 0xFF)

    def counts(self) -> dict[str, int]:
        """Give the packets of each protocol, sorted by name."""
        total: Counter[str] = Counter()
        for key, count in self._single.items():
            parts = int(key).to_bytes(8, "little")
            found = {self._names.names[code] for code in parts[:_HEADERS]}
            found |= {name for bit, (_, name) in enumerate(_PRESENT) if parts[_HEADERS] >> bit & 1}
            for name in found:
                total[name] += count
        for code, count in self._layered.items():
            total[self._names.names[code]] += count
        del total[""]
        return dict(sorted(total.items()))

    def _codes(self, chunk: Chunk) -> Codes:
        names = self._names
        codes = np.zeros((chunk.count, 8), np.uint8)
        captured = chunk.values("tunnel") == 0
        codes[:, _LINK] = np.where(
            captured, names.links[chunk.values("link_type")], np.where(chunk.has("eth_src"), names.code("eth"), 0)
        )
        codes[:, _KIND] = np.where(chunk.has("ethertype"), names.kinds[chunk.values("ethertype")], 0)
        codes[:, _LLC] = np.where(chunk.has("llc"), names.saps[chunk.values("llc_dsap")], 0)
        snap = np.flatnonzero(chunk.has("snap"))
        if snap.size:
            keys = chunk.values("snap_oui")[snap].astype(np.int64) << 16 | chunk.values("snap_pid")[snap]
            codes[snap, _SNAP] = [names.snaps.get(key, 0) for key in keys.tolist()]
        for bit, (group, _) in enumerate(_PRESENT):
            codes[:, _HEADERS] |= chunk.has(group).astype(np.uint8) << np.uint8(bit)
        self._transport(chunk, codes)
        return codes

    def _transport(self, chunk: Chunk, codes: Codes) -> None:
        names = self._names
        whole = chunk.datagrams
        protocol = np.where(whole, chunk.values("protocol"), 0)
        codes[:, _CARRIED] = np.where(whole, names.carried[chunk.values("protocol")], 0)
        loaded = whole & (chunk.values("payload_length") > 0) & chunk.has("payload")
        ports = np.maximum(chunk.ports, 0)
        low, high = np.minimum(ports >> 16, ports & 0xFFFF), np.maximum(ports >> 16, ports & 0xFFFF)
        for number, table in ((_TCP, names.tcp), (_UDP, names.udp)):
            rows = np.flatnonzero(loaded & (protocol == number))
            # The well-known port is the lower one in nearly every conversation; the other is asked second.
            first = table[low[rows]]
            codes[rows, _PORT] = np.where(first > 0, first, table[high[rows]])
        rows = np.flatnonzero((protocol == _TCP) & chunk.has("head") & (chunk.values("fragment_offset") == 0))
        heads = chunk.values("payload_head")[rows]
        for size, starts in names.heads.items():
            start = heads >> np.uint64(64 - 8 * size)
            for value, code in starts.items():
                codes[rows[start == value], _HEAD] = code


def _count(counter: Counter[int], values: NDArray[Any]) -> None:
    found, counts = counted(values)
    counter.update(dict(zip(found.tolist(), counts.tolist(), strict=True)))


class _Names:
    """The names of `data/tables/pcap.toml` as tables by number."""

    def __init__(self) -> None:
        tables: dict[str, Any] = resources.table("pcap.toml")
        self.names = [""]
        self._codes: dict[str, int] = {"": 0}
        self.links = self._table(tables["link_protocols"], 1 << 16)
        self.kinds = self._table(tables["ethertypes"], 1 << 16)
        self.saps = self._table(tables["llc"], 1 << 8)
        self.carried = self._table(tables["ip_protocols"], 1 << 8)
        self.udp = self._table(tables["udp_ports"], 1 << 16)
        self.tcp = self._table(tables["tcp_ports"], 1 << 16)
        self.snaps = {
            int(key.split()[0], 16) << 16 | int(key.split()[1], 16): self.code(name)
            for key, name in tables["snap"].items()
        }
        self.heads: dict[int, dict[int, int]] = {}
        for digits, name in tables["tcp_heads"].items():
            self.heads.setdefault(len(digits) // 2, {})[int(digits, 16)] = self.code(name)
        for _, name in _PRESENT:
            self.code(name)
        self.code("eth")

    @staticmethod
    @cache
    def shared() -> _Names:
        return _Names()

    def code(self, name: str) -> int:
        if name not in self._codes:
            self._codes[name] = len(self.names)
            self.names.append(name)
        return self._codes[name]

    def _table(self, names: dict[str, str], size: int) -> Codes:
        table = np.zeros(size, np.uint8)
        for key, name in names.items():
            table[int(key, 0)] = self.code(name)
        return table
