"""What the checks need of a capture beside messages and TCP: gathered in the same pass, kept for the capture.

Selections are the packets that fit a condition, of a large capture the first ones.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from netguru.pcap.identities import Identities
from netguru.pcap.kept_rows import KeptRows
from netguru.pcap.messages import limit

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.chunks import Chunk

_TCP, _UDP, _BGP = 6, 17, 179
_LOGINS = (21, 23)
_SNMP = (161, 162)
_ENDS = ("number", "time_ns", "interface", "ip_version", "src_hi", "src_lo", "dst_hi", "dst_lo", "src_port", "dst_port")
_COLUMNS = {
    "bgp": (*_ENDS, "flow", "tcp_seq", "tcp_ack", "tcp_flags", "tcp_has_md5", "payload_length"),
    "logins": _ENDS,
    "snmp": (*_ENDS, "payload_head"),
}


def _fitting(chunk: Chunk) -> dict[str, NDArray[np.bool_]]:
    """Say of each selection which rows of a chunk fit."""
    source, target, protocol = (chunk.values(name) for name in ("src_port", "dst_port", "protocol"))
    captured = (chunk.values("tunnel") == 0) & chunk.has("ports")
    tcp = captured & (protocol == _TCP)
    loaded = chunk.has("payload") & (chunk.values("payload_length") > 0)
    return {
        "bgp": tcp & ((source == _BGP) | (target == _BGP)) & chunk.has("tcp"),
        "logins": tcp & (np.isin(source, _LOGINS) | np.isin(target, _LOGINS)) & loaded,
        "snmp": captured & (protocol == _UDP) & np.isin(target, _SNMP),
    }


class Selections:
    """Collect the captured packets that fit conditions, at most `most` of each (None: all)."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._bits = {name: 1 << place for place, name in enumerate(_COLUMNS)}
        self._rows = KeptRows(dict.fromkeys(column for columns in _COLUMNS.values() for column in columns))
        self.counts = dict.fromkeys(_COLUMNS, 0)

    def take(self, chunk: Chunk) -> None:
        """Take a chunk."""
        bits = np.zeros(chunk.count, np.uint64)
        for name, fits in _fitting(chunk).items():
            rows = np.flatnonzero(fits)
            room = None if self._most is None else max(self._most - self.counts[name], 0)
            self.counts[name] += rows.size
            bits[rows[:room]] |= np.uint64(self._bits[name])
        self._rows.add(chunk, bits)

    def rows(self, name: str) -> pl.DataFrame:
        """Give the packets of a selection: bgp (TCP segments), logins (data of FTP and Telnet), snmp."""
        return self._rows.rows(self._bits[name], _COLUMNS[name])

    def notes(self) -> tuple[str, ...]:
        """Say which selections are not whole."""
        return tuple(
            f"{name}: the first {self._most:,} of {count:,} packets were looked at"
            for name, count in self.counts.items()
            if self._most is not None and count > self._most
        )


class Survey:
    """What one pass gathers for the checks."""

    def __init__(self, capture: CaptureFile) -> None:
        self.selections = Selections(None if capture.small else limit("messages", "checked"))
        self.identities = Identities()
        capture.survey(self.selections, self.identities)

    def notes(self, capture: CaptureFile) -> tuple[str, ...]:
        """Say what was left out of the checks."""
        return (*capture.messages().notes(), *self.selections.notes(), *capture.tcp_events().notes())


_kept: WeakKeyDictionary[CaptureFile, Survey] = WeakKeyDictionary()
_lock = RLock()


def survey(capture: CaptureFile) -> Survey:
    """Pass over a capture for all checks, once."""
    with _lock:
        if capture not in _kept:
            _kept[capture] = Survey(capture)
        return _kept[capture]
