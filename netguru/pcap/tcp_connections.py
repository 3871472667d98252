"""Connections as the checks see them: who opened, who answered and how, with packet numbers.

Attempts are a table, a row for each conversation with a SYN; of those that failed some are looked at singly.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from netguru.pcap.addresses import client, server
from netguru.pcap.flow_columns import marked
from netguru.pcap.messages import limit
from netguru.pcap.schema import flow_types
from netguru.pcap.tcp_events import ACCEPTED, ANSWERED, DATA, QUOTED, RESET, SIGNED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.tcp_events import TcpEvents

_TCP = 6
_HALF = (1 << 64) - 1
_CLIENT = ("ip_version", "client_hi", "client_lo")
ENDS = ("ip_version", "client_hi", "client_lo", "server_hi", "server_lo", "server_port")
_KEPT = ("flow", *ENDS, "client_port", "first_packet", "last_packet")


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


def connections(
    capture: CaptureFile, flows: NDArray[np.bool_], columns: Collection[str] = _KEPT, mine: pl.Expr | None = None
) -> pl.DataFrame:
    """Give some columns of the TCP connections among `flows`, true by their number, in order of these.

    With `mine` those that fit it. Made from parts of bounded size: the whole flow table takes many times the memory.
    """
    wanted = pl.col("protocol") == _TCP if mine is None else (pl.col("protocol") == _TCP) & mine
    nothing = pl.DataFrame(schema={name: kind for name, kind in flow_types().items() if name in columns})
    parts = [
        part.filter(wanted).select(nothing.columns)
        for part in capture.conversations.parts((*columns, "protocol"), flows)
    ]
    whole = pl.concat((nothing, *parts), rechunk=True)
    return whole if whole["flow"].is_sorted() else whole.sort("flow")


def of_flows(flows: pl.Series | NDArray[Any]) -> NDArray[np.bool_]:
    """Mark conversations by their numbers."""
    numbers = np.asarray(flows, np.int64)
    marks = np.zeros(int(numbers.max(initial=-1)) + 1, np.bool_)
    marks[numbers] = True
    return marks


def _failed(events: TcpEvents) -> NDArray[np.bool_]:
    """Mark the connections with a SYN that failed."""
    bits = events.bits
    unanswered = ((bits & ANSWERED) == 0) | ((bits & RESET) != 0)
    opened = np.zeros(bits.size, np.bool_)
    opened[events.column("syns", "flow")] = True
    failed: NDArray[np.bool_] = opened & unanswered & ((bits & (ACCEPTED | DATA)) == 0)
    return failed


def attempts(capture: CaptureFile, least: float) -> pl.DataFrame:
    """Give the connections with a SYN of those clients of which at least some number failed, in order.

    With ends, the time of the first SYN, its number, and whether the connection failed.
    """
    events = capture.tcp_events()
    failed = _failed(events)
    tried = _of_busy(capture, of_flows(events.column("syns", "flow")), failed, least)
    times, numbers = _first_syns(events, of_flows(tried["flow"]))
    return tried.with_columns(
        pl.Series("failed", failed[tried["flow"].to_numpy()], pl.Boolean),
        pl.Series("opened_ns", times, pl.Int64),
        pl.Series("first_syn", numbers, pl.UInt32),
    )


def _first_syns(events: TcpEvents, flows: NDArray[np.bool_]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give the times of the first SYNs of some connections, and their numbers on the interface that saw most."""
    rows = np.flatnonzero(marked(flows, events.column("syns", "flow")))
    if not rows.size:
        return np.zeros(0, np.int64), np.zeros(0, np.uint32)
    flow, interface = (events.column("syns", name)[rows].astype(np.int64) for name in ("flow", "interface"))
    seen, first, counts = np.unique(flow << 16 | interface, return_index=True, return_counts=True)
    begins = np.flatnonzero(np.diff(seen >> 16, prepend=-1))
    # Of several interfaces that saw as many the lowest; the others saw the same packets pass.
    best = np.lexsort((seen, -counts, seen >> 16))[begins]
    times, numbers = events.column("syns", "time_ns"), events.column("syns", "number")
    return times[rows[np.minimum.reduceat(first, begins)]], numbers[rows[first[best]]]


def _of_busy(capture: CaptureFile, opened: NDArray[np.bool_], failed: NDArray[np.bool_], least: float) -> pl.DataFrame:
    """Give the ends of all opened connections of the clients of which enough failed."""
    columns = ("flow", *ENDS)
    # Clients are told apart by hashes: in a flood there is one for each connection.
    flows, clients = [np.zeros(0, np.uint32)], [np.zeros(0, np.uint64)]
    for part in capture.conversations.parts(("flow", *_CLIENT), opened):
        flows.append(part["flow"].to_numpy())
        clients.append(part.select(pl.struct(_CLIENT).hash()).to_series().to_numpy())
    numbers, hashes = np.concatenate(flows), np.concatenate(clients)
    del flows, clients
    unlucky, often = np.unique(hashes[failed[numbers]], return_counts=True)
    busy = np.isin(hashes, unlucky[often >= least])
    return connections(capture, of_flows(numbers[busy]), columns)


def _best(syns: pl.DataFrame) -> pl.DataFrame:
    """Choose the interface that saw most SYNs of a flow: others saw the same packets pass."""
    seen = syns.group_by("flow", "interface").agg(pl.len().alias("count"))
    best = seen.sort(["count", "interface"], descending=[True, False])
    return best.unique("flow", keep="first", maintain_order=True).select("flow", "interface")


def failures(capture: CaptureFile, scanned: Iterable[pl.Series]) -> list[Attempt]:
    """Look at failed connections singly, in order of their numbers, without those that belong to scans."""
    events = capture.tcp_events()
    failed = _failed(events)
    for flows in scanned:
        failed[flows.to_numpy()] = False
    first = np.flatnonzero(failed)[: limit("tcp", "failed")]
    return _attempts(events, connections(capture, of_flows(first)))


def _attempts(events: TcpEvents, rows: pl.DataFrame) -> list[Attempt]:
    syns, resets = events.events("syns"), events.events("resets")
    mine = syns.filter(marked(of_flows(rows["flow"]), syns["flow"].to_numpy()))
    mine = mine.join(_best(mine), on=("flow", "interface"), how="semi")
    numbers = {row[0]: tuple(row[1]) for row in mine.group_by("flow").agg("number").iter_rows()}
    first = resets.filter(~pl.col("client")).unique("flow", keep="first", maintain_order=True)
    by_server = dict(first.join(rows, on="flow", how="semi").select("flow", "number").iter_rows())
    bits = events.bits[rows["flow"].to_numpy()].tolist()
    return [
        Attempt(
            flow=row["flow"],
            client=client(row),
            server=server(row),
            port=row["server_port"],
            syns=numbers[row["flow"]],
            reset=by_server.get(row["flow"]),
            answered=bool(said & ANSWERED),
            signed=bool(said & SIGNED),
            quoted=bool(said & QUOTED),
        )
        for row, said in zip(rows.iter_rows(named=True), bits, strict=True)
    ]


def any_answered(capture: CaptureFile) -> bool:
    """Say whether any client was answered: whether the recording shows both directions at all."""
    return bool((capture.tcp_events().bits & ANSWERED).any())


def accepting(capture: CaptureFile, items: Collection[Attempt]) -> set[tuple[str, int]]:
    """Give those services of failed connections that accept others."""
    ports = {item.port for item in items}
    mine = pl.col("server_port").is_in(ports) & pl.col("server_lo").is_in(_lower(item.server for item in items))
    accepts = (capture.tcp_events().bits & ACCEPTED) != 0
    services = connections(capture, accepts, ("flow", *ENDS), mine).select(ENDS[0], *ENDS[3:]).unique()
    return {(server(row), row["server_port"]) for row in services.iter_rows(named=True)}


def met(capture: CaptureFile, items: Iterable[Attempt]) -> set[tuple[frozenset[str], int]]:
    """Give the hosts and ports of failed connections between which another one came up, opened by either."""
    wanted = {(frozenset((item.client, item.server)), item.port) for item in items}
    if not wanted:
        return set()
    ports = {port for _, port in wanted}
    hosts = _lower(host for pair, _ in wanted for host in pair)
    mine = pl.col("server_port").is_in(ports) & pl.col("server_lo").is_in(hosts) & pl.col("client_lo").is_in(hosts)
    up = (capture.tcp_events().bits & (ANSWERED | RESET)) == ANSWERED
    pairs = connections(capture, up, ("flow", *ENDS), mine).select(ENDS).unique()
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
    cut = resets.filter("cut")
    cut = cut.join(connections(capture, of_flows(cut["flow"]), ("flow", *ENDS)), on="flow")
    groups = cut.sort("number").group_by(*ENDS, "client", maintain_order=True)
    every = groups.agg(pl.col("number").alias("numbers"), pl.col("flow").n_unique().alias("count"))
    return every.sort("count", descending=True, maintain_order=True).head(limit("findings", "groups"))
