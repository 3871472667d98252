"""Which application a conversation carries: told by the first bytes of each side, else by its ports.

Works on columns of the flow table (`schema.FLOWS`); the signs and ports are data
(`data/tables/applications.toml`). A guess says what it rests on: payload or port.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from netguru import resources
from netguru.pcap.flow_hosts import hosts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

__all__ = ["application_columns", "guess", "hosts", "signs", "with_applications"]

_NEEDED = ("protocol client_port server_port client_head server_head client_data_length server_data_length").split()
_NUMBERS = {"tcp": 6, "udp": 17}
_HEAD_DIGITS = 16
_SIDES = ("client", "server", "either")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What the payload of a conversation begins with: (value, mask) of the sides that must fit.

    `either` fits when one of the sides does. `ports` are asked for when they are not empty.
    """

    application: str
    protocol: int
    client: tuple[int, int] | None = None
    server: tuple[int, int] | None = None
    either: tuple[int, int] | None = None
    ports: tuple[int, ...] = ()


def guess(flows: pl.DataFrame) -> pl.Series:
    """Name the application of each flow; null where nothing is known."""
    return with_applications(flows)["application"]


def with_applications(flows: pl.DataFrame) -> pl.DataFrame:
    """Add the columns `application` and `application_by` (payload or port; both null where nothing is known)."""
    found = _by_payload(flows)
    by_payload = found >= 0
    found = np.where(by_payload, found, _by_port(flows))
    names = pl.Series("application", _names(), pl.String).gather(np.maximum(found, 0))
    basis = pl.when(pl.Series(by_payload)).then(pl.lit("payload")).otherwise(pl.lit("port"))
    known = pl.Series(found >= 0)
    return flows.with_columns(
        pl.when(known).then(names).alias("application"), pl.when(known).then(basis).alias("application_by")
    )


def application_columns() -> tuple[pl.Expr, pl.Expr]:
    """Give the same columns as expressions, for a lazy flow table."""
    needed, names = pl.struct(_NEEDED), ("application", "application_by")
    return (
        needed.map_batches(_column(names[0]), pl.String).alias(names[0]),
        needed.map_batches(_column(names[1]), pl.String).alias(names[1]),
    )


def _column(name: str) -> Callable[[pl.Series], pl.Series]:
    return lambda part: with_applications(part.struct.unnest())[name]


@cache
def _names() -> tuple[str, ...]:
    return tuple(resources.table("applications.toml"))


def _by_payload(flows: pl.DataFrame) -> NDArray[np.int64]:
    """Give the place of the application whose sign fits first, -1 for none."""
    found = np.full(flows.height, -1, np.int64)
    protocol = flows["protocol"].to_numpy()
    said = [flows[f"{side}_data_length"].to_numpy() > 0 for side in ("client", "server")]
    for number in _NUMBERS.values():
        # Only flows that are not named yet are looked at: most are after the first signs.
        left = _Left(flows, np.flatnonzero((protocol == number) & (said[0] | said[1])))
        for sign in signs():
            if sign.protocol == number and left.rows.size:
                fits = left.fits(sign)
                if fits.any():
                    found[left.rows[fits]] = _names().index(sign.application)
                    left = _Left(flows, left.rows[~fits])
    return found


class _Left:
    """The flows that have no name yet, with what signs are tried on."""

    def __init__(self, flows: pl.DataFrame, rows: NDArray[np.int64]) -> None:
        self.rows = rows
        self._heads = {side: flows[f"{side}_head"].to_numpy()[rows] for side in ("client", "server")}
        # A head of zeros also stands for a side that said nothing.
        self._said = {side: flows[f"{side}_data_length"].to_numpy()[rows] > 0 for side in ("client", "server")}
        self._ports = [flows[f"{side}_port"].to_numpy()[rows] for side in ("client", "server")]

    def fits(self, sign: Sign) -> NDArray[np.bool_]:
        """Say which of the flows have a sign."""
        fits = np.ones(self.rows.size, np.bool_)
        if sign.client is not None:
            fits &= self._begins("client", sign.client)
        if sign.server is not None:
            fits &= self._begins("server", sign.server)
        if sign.either is not None:
            fits &= self._begins("client", sign.either) | self._begins("server", sign.either)
        if sign.ports:
            fits &= np.isin(self._ports[0], sign.ports) | np.isin(self._ports[1], sign.ports)
        return fits

    def _begins(self, side: str, pattern: tuple[int, int]) -> NDArray[np.bool_]:
        value, mask = pattern
        begins: NDArray[np.bool_] = (self._heads[side] & np.uint64(mask)) == np.uint64(value)
        return begins & self._said[side]


def _by_port(flows: pl.DataFrame) -> NDArray[np.int64]:
    found = np.full(flows.height, -1, np.int64)
    protocol = flows["protocol"].to_numpy()
    for transport, number in _NUMBERS.items():
        known = _ports(transport)
        # Who sent first is the client; where the capture began later, its port may be that of the service.
        server, client = (known[flows[f"{side}_port"].fill_null(0).to_numpy()] for side in ("server", "client"))
        found = np.where(protocol == number, np.where(server >= 0, server, client), found)
    return found


@cache
def _ports(transport: str) -> NDArray[np.int64]:
    """Give the place of the application of every port, -1 for none."""
    known = np.full(1 << 16, -1, np.int64)
    for place, row in enumerate(resources.table("applications.toml").values()):
        ports = [port for port in row.get(transport, ()) if known[port] < 0]
        known[ports] = place
    return known


@cache
def signs() -> tuple[Sign, ...]:
    """Give the signs in the order in which they are tried."""
    table = resources.table("applications.toml")
    return tuple(
        sign for name, row in table.items() for stated in row.get("signs", ()) for sign in _read(name, row, stated)
    )


def _read(name: str, row: dict[str, Any], stated: dict[str, Any]) -> Iterator[Sign]:
    sides: dict[str, Any] = {}
    for side in _SIDES:
        if side in stated:
            sides[side] = pattern(stated[side])
        elif f"{side}_text" in stated:
            sides[side] = pattern(stated[f"{side}_text"].encode().hex())
    over = [stated["over"]] if "over" in stated else [each for each in _NUMBERS if each in row]
    for transport in over:
        ports = tuple(row.get(transport, ())) if stated.get("port") else ()
        yield Sign(application=name, protocol=_NUMBERS[transport], ports=ports, **sides)


def pattern(digits: str) -> tuple[int, int]:
    """Read hexadecimal digits with `?` for any into value and mask of the first eight bytes.

    >>> [f"{number:016x}" for number in pattern("16??01")]
    ['1600010000000000', 'ff00ff0000000000']
    """
    value = digits.replace("?", "0").ljust(_HEAD_DIGITS, "0")
    mask = "".join("0" if digit == "?" else "f" for digit in digits).ljust(_HEAD_DIGITS, "0")
    return int(value, 16), int(mask, 16)
