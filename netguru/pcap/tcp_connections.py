"""Connections as the checks see them: who opened, who answered and how, with packet numbers.

Attempts are a table, a row for each conversation with a SYN; of those that failed some are looked at singly.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from netguru.pcap.addresses import client, server
from netguru.pcap.messages import limit
from netguru.pcap.tcp_events import ACCEPTED, ANSWERED, DATA, QUOTED, RESET, SIGNED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.tcp_events import TcpEvents

_TCP = 6
_HALF = (1 << 64) - 1
_CLIENT = ("ip_version", "client_hi", "client_lo")
ENDS = ("ip_version", "client_hi", "client_lo", "server_hi", "server_lo", "server_port")
_KEPT = ("flow", *ENDS, "client_port", "interfaces", "first_packet", "last_packet")
_BITS = {"accepted": ACCEPTED, "answered": ANSWERED, "data": DATA, "signed": SIGNED, "reset": RESET, "quoted": QUOTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One connection that failed: its SYNs on the interface that saw most of them, and the reset of the server."""

    flow: int
    client: str
    server: str
    port: int
    syns: tuple[int, ...]
    reset: int | None
    answered: bool
    signed: bool
    quoted: bool


def ends(capture: CaptureFile) -> pl.LazyFrame:
    """Give the two ends of every TCP connection (`ENDS` by `flow`) with what is known of it."""
    from netguru.pcap.schema import flow_types

    events = capture.tcp_events()
    if events.ends is None:
        # Made from parts of bounded size: the whole flow table takes four times the memory.
        nothing = pl.DataFrame(schema=flow_types())
        parts = [
            part.filter(pl.col("protocol") == _TCP).select(_KEPT)
            for part in chain((nothing,), capture.conversations.parts())
        ]
        bits = pl.col("flow").map_batches(_bits(events), pl.UInt8).alias("bits")
        whole = pl.concat(parts, rechunk=True)
        del parts
        events.ends = (whole if whole["flow"].is_sorted() else whole.sort("flow")).with_columns(bits)
    return events.ends.lazy().with_columns(((pl.col("bits") & bit) != 0).alias(name) for name, bit in _BITS.items())


def _bits(events: TcpEvents) -> Any:
    def look(flows: pl.Series) -> pl.Series:
        at = flows.to_numpy()
        known = at < events.bits.size
        bits = np.zeros(at.size, np.uint8)
        bits[known] = events.bits[at[known]]
        return pl.Series(bits)

    return look


def attempts(capture: CaptureFile) -> pl.DataFrame:
    """Give the connections with a SYN of those clients of which some failed.

    With ends, the time of the first SYN, how many came, and whether it failed.
    """
    failed = ~pl.col("accepted") & ~pl.col("data") & (~pl.col("answered") | pl.col("reset"))
    every = ends(capture).with_columns(failed.alias("failed"))
    unlucky = every.filter("failed").select(_CLIENT).unique()
    tried = every.join(unlucky, on=_CLIENT, how="semi").collect()
    syns = capture.tcp_events().events("syns").join(tried.select("flow"), on="flow", how="semi", maintain_order="left")
    opened = syns.group_by("flow").agg(pl.col("time_ns").first().alias("opened_ns"))
    seen = (
        syns.join(_best(syns), on=("flow", "interface"), how="semi", maintain_order="left")
        .group_by("flow")
        .agg(
            pl.len().alias("syns"),
            pl.col("number").first().alias("first_syn"),
            pl.col("number").last().alias("last_syn"),
        )
    )
    return tried.join(opened, on="flow").join(seen, on="flow").sort("flow")


def _best(syns: pl.DataFrame) -> pl.DataFrame:
    """Choose the interface that saw most SYNs of a flow: others saw the same packets pass."""
    seen = syns.group_by("flow", "interface").agg(pl.len().alias("count"))
    best = seen.sort(["count", "interface"], descending=[True, False])
    return best.unique("flow", keep="first", maintain_order=True).select("flow", "interface")


def failures(capture: CaptureFile, rows: pl.DataFrame) -> list[Attempt]:
    """Look at failed connections (rows of `attempts`) singly, in order of their numbers."""
    events = capture.tcp_events()
    syns, resets = events.events("syns"), events.events("resets")
    mine = syns.join(rows, on="flow", how="semi")
    mine = mine.join(_best(mine), on=("flow", "interface"), how="semi")
    numbers = {row[0]: tuple(row[1]) for row in mine.group_by("flow").agg("number").iter_rows()}
    first = resets.filter(~pl.col("client")).unique("flow", keep="first", maintain_order=True)
    by_server = dict(first.join(rows, on="flow", how="semi").select("flow", "number").iter_rows())
    return [
        Attempt(
            flow=row["flow"],
            client=client(row),
            server=server(row),
            port=row["server_port"],
            syns=numbers[row["flow"]],
            reset=by_server.get(row["flow"]),
            answered=row["answered"],
            signed=row["signed"],
            quoted=row["quoted"],
        )
        for row in rows.sort("flow").iter_rows(named=True)
    ]


def any_answered(capture: CaptureFile) -> bool:
    """Say whether any client was answered: whether the recording shows both directions at all."""
    return bool((capture.tcp_events().bits & ANSWERED).any())


def accepting(capture: CaptureFile, items: Collection[Attempt]) -> set[tuple[str, int]]:
    """Give those services of failed connections that accept others."""
    ports = {item.port for item in items}
    mine = pl.col("server_port").is_in(ports) & pl.col("server_lo").is_in(_lower(item.server for item in items))
    rows = ends(capture).filter(pl.col("accepted") & mine)
    services = rows.select("ip_version", "server_hi", "server_lo", "server_port").unique().collect()
    return {(server(row), row["server_port"]) for row in services.iter_rows(named=True)}


def met(capture: CaptureFile, items: Iterable[Attempt]) -> set[tuple[frozenset[str], int]]:
    """Give the hosts and ports of failed connections between which another one came up, opened by either."""
    wanted = {(frozenset((item.client, item.server)), item.port) for item in items}
    if not wanted:
        return set()
    ports = {port for _, port in wanted}
    hosts = _lower(host for pair, _ in wanted for host in pair)
    mine = pl.col("server_port").is_in(ports) & pl.col("server_lo").is_in(hosts) & pl.col("client_lo").is_in(hosts)
    rows = ends(capture).filter(pl.col("answered") & ~pl.col("reset") & mine)
    pairs = rows.select(ENDS).unique().collect()
    found = {(frozenset((client(row), server(row))), row["server_port"]) for row in pairs.iter_rows(named=True)}
    return found & wanted


def _lower(addresses: Iterable[str]) -> pl.Series:
    """Give the lower halves of addresses: few other connections have these too."""
    halves = {int(ip_address(address)) & _HALF for address in addresses}
    return pl.Series(sorted(halves), dtype=pl.UInt64).implode()


def breaks(capture: CaptureFile) -> pl.DataFrame:
    """Give who ended open connections by resets: ends, `client` (it did), `numbers`, `count` of connections."""
    resets = capture.tcp_events().events("resets")
    if resets.is_empty():
        return resets
    cut = resets.filter("cut").lazy().join(ends(capture).select("flow", *ENDS), on="flow")
    groups = cut.sort("number").group_by(*ENDS, "client", maintain_order=True)
    every = groups.agg(pl.col("number").alias("numbers"), pl.col("flow").n_unique().alias("count"))
    return every.sort("count", descending=True, maintain_order=True).head(limit("findings", "groups")).collect()
