"""Which application a conversation carries: told by the first bytes of each side, else by its ports.

Works on the flow table (`schema.FLOWS`) with columns alone; the signs and ports are data
(`data/tables/applications.toml`). A guess says what it rests on: payload or port.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import polars as pl

from netguru import resources
from netguru.pcap.flow_hosts import hosts

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["application_columns", "guess", "hosts", "signs"]

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
    return flows.select(application_columns()[0]).to_series()


def application_columns() -> tuple[pl.Expr, pl.Expr]:
    """Give the expressions of the columns `application` and `application_by` (payload, port) of the flow table."""
    by_payload, by_port = _by_payload(), _by_port()
    known = by_payload.is_not_null()
    basis = pl.when(known).then(pl.lit("payload")).when(by_port.is_not_null()).then(pl.lit("port"))
    return (pl.coalesce(by_payload, by_port).alias("application"), basis.alias("application_by"))


def _by_payload() -> pl.Expr:
    chain: Any = pl
    for sign in signs():
        chain = chain.when(_fits(sign)).then(pl.lit(sign.application))
    expression: pl.Expr = chain.otherwise(None)
    return expression


def _fits(sign: Sign) -> pl.Expr:
    condition = pl.col("protocol") == sign.protocol
    if sign.client is not None:
        condition = condition & _begins("client", *sign.client)
    if sign.server is not None:
        condition = condition & _begins("server", *sign.server)
    if sign.either is not None:
        condition = condition & (_begins("client", *sign.either) | _begins("server", *sign.either))
    if sign.ports:
        condition = condition & (pl.col("server_port").is_in(sign.ports) | pl.col("client_port").is_in(sign.ports))
    return condition


def _begins(side: str, value: int, mask: int) -> pl.Expr:
    # A head of zeros also stands for a side without payload.
    head = pl.col(f"{side}_head") & pl.lit(mask, dtype=pl.UInt64)
    return (head == pl.lit(value, dtype=pl.UInt64)) & (pl.col(f"{side}_data_length") > 0)


def _by_port() -> pl.Expr:
    names = pl.lit(None, dtype=pl.String)
    for transport, number in _NUMBERS.items():
        known = _ports(transport)
        # Who sent first is the client; where the capture began later, its port may be that of the service.
        either = pl.coalesce(
            pl.col(port).replace_strict(known, default=None, return_dtype=pl.String)
            for port in ("server_port", "client_port")
        )
        names = pl.when(pl.col("protocol") == number).then(either).otherwise(names)
    return names


@cache
def _ports(transport: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for name, row in resources.table("applications.toml").items():
        for port in row.get(transport, ()):
            found.setdefault(port, name)
    return found


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
