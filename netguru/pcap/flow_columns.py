"""Columns of the flow table, each made from the state of conversations when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netguru.pcap.chunks import TUNNELS
from netguru.pcap.kernels import flows as layout
from netguru.pcap.schema import flow_types

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import polars as pl
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

_SIDES = {"client": 0, "server": 1}
_HALVES = {"hi": (layout.A_HI, layout.B_HI), "lo": (layout.A_LO, layout.B_LO)}


def flow_table(rows: Rows, handshakes: Callable[[Rows], Rows] | None, columns: Collection[str] = ()) -> pl.DataFrame:
    """Make the flow table, or some columns of it, from the state of conversations."""
    import polars as pl

    types = flow_types()
    state = _State(rows, handshakes)
    return pl.DataFrame(
        {name: pl.Series(name, state.column(name)).cast(types[name]) for name in types if name in (columns or types)}
    )


def marked(flows: NDArray[np.bool_], numbers: NDArray[Any]) -> NDArray[np.bool_]:
    """Say which numbers of conversations are marked; those beyond the marks are not."""
    here = numbers < flows.size
    here[here] = flows[numbers[here]]
    return here


def among(part: pl.DataFrame, columns: Collection[str], flows: NDArray[np.bool_] | None) -> pl.DataFrame:
    """Leave some columns of a part of the flow table, and of its rows those of marked conversations."""
    if flows is not None:
        part = part.filter(marked(flows, part["flow"].to_numpy()))
    return part.select(name for name in part.columns if name in columns) if columns else part


class _State:
    """The state of some conversations."""

    def __init__(self, rows: Rows, handshakes: Callable[[Rows], Rows] | None) -> None:
        self._rows = rows
        self._handshakes = handshakes
        self._about = rows[:, layout.ABOUT]
        self._b_first = (self._about & layout.CLIENT_IS_B).astype(bool)

    def column(self, name: str) -> Any:
        """Give the values of a column of the flow table."""
        side, _, what = name.partition("_")
        if side in _SIDES:
            return self._of_side(_SIDES[side], what)
        if name in _PLAIN:
            return _PLAIN[name](self._rows)
        if name == "interfaces":
            return np.bitwise_count(self._about >> layout.INTERFACES_AT)
        return {"vlan": self._vlan, "tunnel": self._tunnel, "handshake_ns": self._handshake}[name]()

    def _of_side(self, side: int, what: str) -> Any:
        rows = self._rows
        if what in _HALVES:
            ends = _HALVES[what]
            return np.where(self._b_first, rows[:, ends[1 - side]], rows[:, ends[side]]).view(np.uint64)
        if what == "port":
            key = rows[:, layout.KEY]
            return np.where(self._b_first ^ bool(side), key, key >> 16) & 0xFFFF
        return _OF_SIDE[what](rows, side)

    def _vlan(self) -> pl.Series:
        vlan = (self._about >> layout.VLAN_AT & 0x1FFF) - 1
        return _some(vlan, vlan >= 0)

    def _tunnel(self) -> pl.Series:
        import polars as pl

        return pl.Series("tunnel", TUNNELS, pl.String).gather(self._about >> layout.TUNNEL_AT & 15)

    def _handshake(self) -> pl.Series:
        took = np.zeros(self._rows.shape[0], np.int64)
        segments = (self._rows[:, layout.NUMBERED] >> 32) - 1
        if self._handshakes is not None:
            took[segments >= 0] = self._handshakes(segments[segments >= 0])
        return _some(took, took > 0)


def _stream(rows: Rows) -> pl.Series:
    stream = (rows[:, layout.NUMBERED] & layout.M32) - 1
    return _some(stream, stream >= 0)


def _time(rows: Rows, column: int) -> pl.Series:
    return _some(rows[:, column], rows[:, column] != layout.NO_TIME)


def _some(values: Rows, there: NDArray[np.bool_]) -> pl.Series:
    import polars as pl

    return pl.Series(values).set(pl.Series(~there), None)


_PLAIN: dict[str, Callable[[Rows], Any]] = {
    "flow": lambda rows: rows[:, layout.FLOW],
    "stream": _stream,
    "protocol": lambda rows: rows[:, layout.KEY] >> 32 & 0xFF,
    "ip_version": lambda rows: rows[:, layout.KEY] >> 40 & 15,
    "packets": lambda rows: (rows[:, layout.PACKETS] & layout.M32) + (rows[:, layout.PACKETS] >> 32 & layout.M32),
    "bytes": lambda rows: rows[:, layout.BYTES] + rows[:, layout.BYTES + 1],
    "first_ns": lambda rows: _time(rows, layout.FIRST_NS),
    "last_ns": lambda rows: _time(rows, layout.LAST_NS),
    "first_packet": lambda rows: rows[:, layout.SPAN] >> 32 & layout.M32,
    "last_packet": lambda rows: rows[:, layout.SPAN] & layout.M32,
    "syn": lambda rows: rows[:, layout.SYNS] & layout.M32,
    "syn_ack": lambda rows: rows[:, layout.SYNS] >> 32,
    "fin": lambda rows: rows[:, layout.ENDS] & layout.M32,
    "reset": lambda rows: rows[:, layout.ENDS] >> 32,
}
_OF_SIDE: dict[str, Callable[[Rows, int], Any]] = {
    "packets": lambda rows, side: rows[:, layout.PACKETS] >> 32 * side & layout.M32,
    "bytes": lambda rows, side: rows[:, layout.BYTES + side],
    "payload": lambda rows, side: rows[:, layout.PAYLOAD + side],
    "head": lambda rows, side: np.ascontiguousarray(rows[:, layout.HEAD + side]).view(np.uint64),
    "data": lambda rows, side: rows[:, layout.DATA + side] >> layout.DATA_BITS,
    "data_length": lambda rows, side: rows[:, layout.DATA + side] & ((1 << layout.DATA_BITS) - 1),
}
