"""What the checks need of a capture beside messages and TCP: gathered in the same pass, kept for the capture.

Selections are the packets that fit a condition, of a large capture the first ones.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import polars as pl

from netguru.pcap.identities import Identities
from netguru.pcap.messages import limit

if TYPE_CHECKING:
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


def _port(*numbers: int) -> pl.Expr:
    return pl.col("src_port").is_in(numbers) | pl.col("dst_port").is_in(numbers)


def _conditions() -> dict[str, pl.Expr]:
    tcp = pl.col("protocol") == _TCP
    return {
        "bgp": tcp & _port(_BGP) & pl.col("tcp_seq").is_not_null(),
        "logins": tcp & _port(*_LOGINS) & (pl.col("payload_length") > 0),
        "snmp": (pl.col("protocol") == _UDP) & pl.col("dst_port").is_in(_SNMP),
    }


class Selections:
    """Collect the captured packets that fit conditions, at most `most` of each (None: all)."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._conditions = {name: each.fill_null(value=False) for name, each in _conditions().items()}
        self._needed = {"tunnel", *(name for each in self._conditions.values() for name in each.meta.root_names())}
        self._parts: dict[str, list[pl.DataFrame]] = {name: [] for name in self._conditions}
        self.counts = dict.fromkeys(self._conditions, 0)

    def take(self, chunk: Chunk) -> None:
        """Take a chunk."""
        captured = pl.col("tunnel") == ""
        fits = chunk.frame(self._needed).select(
            (captured & each).alias(name) for name, each in self._conditions.items()
        )
        for name in self._conditions:
            rows = fits[name].arg_true().to_numpy().astype("int64")
            room = None if self._most is None else max(self._most - self.counts[name], 0)
            self.counts[name] += rows.size
            if rows[:room].size:
                self._parts[name].append(chunk.frame(_COLUMNS[name], rows[:room]))

    def rows(self, name: str) -> pl.DataFrame:
        """Give the packets of a selection: bgp (TCP segments), logins (data of FTP and Telnet), snmp."""
        from netguru.pcap.schema import packet_types

        types = packet_types()
        nothing = pl.DataFrame(schema={column: types[column] for column in _COLUMNS[name]})
        return pl.concat([nothing, *(part.select(_COLUMNS[name]) for part in self._parts[name])])

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
