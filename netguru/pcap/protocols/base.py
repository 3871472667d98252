"""Protocol: how the packets of one protocol are chosen, decoded, put into words and matched with each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

from netguru import resources
from netguru.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from netguru.pcap.protocols.wire import Decoder, Row

Layer = Literal["link", "network", "transport"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a protocol's table: `type` is a name of `table.TYPES`, `field` Wireshark's name for it."""

    name: str
    type: str
    meaning: str
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One protocol.

    `layer` says which bytes the decoder gets: those after the link header (with LLC and SNAP cut),
    after the IP header, or after the TCP or UDP header; `decode_tcp` reads segments where they have
    another form. `select` gives the polars expression that
    chooses the packets from their columns. `starts` are byte strings one of which a payload must
    begin with (for protocols that are known by content, not by port). `brief` puts a message into
    words. `match` adds columns over all rows, such as the answer to a request. `likely` tells which of
    too many packets are looked at: those that begin with a message that says something. `confirm` leaves
    those of the chosen packets that their neighbours confirm, for protocols that no port and no mark tells.
    """

    name: str
    layer: Layer
    select: Callable[[], pl.Expr]
    decode: Decoder
    brief: Callable[[Row], str]
    decode_tcp: Decoder | None = None
    starts: tuple[bytes, ...] = ()
    match: Callable[[list[Row]], None] | None = None
    likely: Callable[[], pl.Expr] | None = None
    confirm: Callable[[pl.DataFrame], pl.DataFrame] | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """Give the columns after the common ones, in order."""
        return columns(self.name)


@cache
def columns(name: str) -> tuple[Column, ...]:
    """Read the declared columns of a protocol from `data/tables/protocols`."""
    declared = resources.table("protocols", f"{name}.toml")["columns"]
    return tuple(Column(name=key, **row) for key, row in declared.items())


def named(protocol: str, group: str, value: int | str | None, default: str = "") -> str:
    """Name a coded value by the protocol's table; `default` (or the number) when it is not listed.

    >>> named("arp", "opcode", 1)
    'request'
    """
    if value is None:
        return default
    names: dict[str, Any] = resources.table("protocols", f"{protocol}.toml").get("names", {}).get(group, {})
    return str(names.get(str(value), default or value))


def carried_by(number: int) -> pl.Expr:
    """Select packets by their IP protocol number (IANA)."""
    import polars as pl

    return pl.col("protocol") == number


def on_ports(number: int, *ports: int) -> pl.Expr:
    """Select packets of TCP (6) or UDP (17) with one of some ports on either side."""
    import polars as pl

    return carried_by(number) & (pl.col("src_port").is_in(ports) | pl.col("dst_port").is_in(ports))


def begins(*starts: bytes) -> pl.Expr:
    """Select payloads that begin with one of some byte strings, of which the first eight bytes count."""
    import polars as pl

    head = pl.col("payload_head")
    fits = pl.lit(value=False)
    for start in starts:
        size = min(len(start), 8)
        mask = ((1 << 8 * size) - 1) << 8 * (8 - size)
        wanted = int.from_bytes(start[:8].ljust(8, b"\0"), "big")
        fits = fits | ((head & pl.lit(mask, dtype=pl.UInt64)) == pl.lit(wanted, dtype=pl.UInt64))
    return fits


@cache
def protocols() -> dict[str, Protocol]:
    """Give all protocols by name."""
    from netguru.pcap.protocols import registered  # the decoders import this module

    return {item.name: item for item in registered.ALL}


def find(name: str) -> Protocol:
    """Find a protocol; raises UnknownNameError with the nearest names."""
    found = protocols().get(name.lower())
    if found is None:
        raise UnknownNameError("protocol", name, protocols())
    return found
