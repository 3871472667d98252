"""What repeated and stalled segments add up to: lossy pairs, black holes of the path MTU, stalled receivers.

Every measure is taken on one capture interface at a time; of several interfaces that saw the same
hosts the one with most events speaks, so that a packet seen twice is not counted twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from netguru.checks import threshold
from netguru.pcap.addresses import address_text, client, server
from netguru.pcap.flow_columns import marked
from netguru.pcap.messages import limit
from netguru.pcap.tcp_connections import connections, of_flows
from netguru.pcap.tcp_events import sides_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from netguru.pcap.capture import CaptureFile
    from netguru.pcap.tcp_events import TcpEvents

_FEW = 3
_TCP = 6
_PAIR = ("ip_version", "a_hi", "a_lo", "b_hi", "b_lo")
_ENDS = ("ip_version", "client_hi", "client_lo", "server_hi", "server_lo")
_COUNT = pl.UInt32


@dataclass(frozen=True, slots=True, kw_only=True)
class LossyPair:
    """Two hosts between which segments were sent again; `numbers` are packets that show it."""

    a: str
    b: str
    data: int
    resent: int
    from_a: int
    duplicates: int
    numbers: pl.Series


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """A receiver whose window stood at zero."""

    address: str
    port: int
    peer: str
    peer_port: int
    duration_ns: int
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """The pairs with the most segments sent again; of the `others` their number, their segments and first packets."""

    pairs: tuple[LossyPair, ...] = ()
    others: int = 0
    resent: int = 0
    numbers: tuple[int, ...] = ()


def lossy_pairs(capture: CaptureFile) -> Losses:
    """Find pairs of hosts with resent data above the note threshold, most resent first.

    So many are told by themselves as one kind of finding may have (`pcap-limits.toml`).
    """
    from netguru.pcap.tcp_holes import black_holes

    events = capture.tcp_events()
    # A black hole is reported as such.
    buried = [number for hole in black_holes(capture) for number in hole.numbers]
    sent = _without(events.counts(), events, buried)
    resent = sent.filter(pl.col("again") > 0)
    if resent.is_empty():
        return Losses()
    hosts = _pairs(capture, resent["flow"])
    from_a = pl.col("again").filter(pl.col("client") == pl.col("client_is_a"))
    groups = (
        resent.join(hosts, on="flow")
        .group_by("pair", "interface")
        .agg(pl.col("again").sum().cast(pl.Int64).alias("resent"), from_a.sum().cast(pl.Int64).alias("from_a"))
        .filter(pl.col("resent") >= threshold("tcp.loss", "resent_segments"))
    )
    hosts = hosts.join(groups, on="pair", how="semi").select("flow", "pair")
    # Repeated acknowledgments are marked over all interfaces: they count where one alone saw the connection.
    alone = pl.when(pl.col("interfaces") == 1).then(pl.col("duplicates")).otherwise(0)
    counts = (
        sent.join(_pairs(capture, sent["flow"], groups["pair"]), on="flow")
        .group_by("pair", "interface")
        .agg(pl.col("data").sum().cast(pl.Int64), alone.sum().alias("duplicates"))
    )
    found = groups.join(counts, on=("pair", "interface")).filter(
        pl.col("resent") >= threshold("tcp.loss", "note_share") * pl.col("data")
    )
    found = (
        found.join(_addresses(capture, hosts), on="pair")
        .sort(["resent", "interface", *_PAIR], descending=[True] + [False] * 6)
        .unique(subset="pair", keep="first", maintain_order=True)
    )
    return _told(found, events, hosts, buried)


def _told(found: pl.DataFrame, events: TcpEvents, hosts: pl.DataFrame, buried: list[int]) -> Losses:
    """Tell the worst pairs singly, with packets that show it, and the others together.

    Of a very large capture the last repeated segments are counted, not held: a pair of which none is held is among
    the others.
    """
    most = limit("findings", "groups")
    # Twice as many as can be told: few of the worst pairs have no segment that is held.
    worst = found.select("pair", "interface").head(2 * most)
    again = _held(events, hosts.join(worst, on="pair"), buried)
    numbers = again.group_by("pair", "interface").agg("number", pl.col("number").filter("marked").alias("marked"))
    shown = found.join(numbers, on=("pair", "interface"), how="inner", maintain_order="left").head(most)
    rest = found.join(shown, on=("pair", "interface"), how="anti", maintain_order="left")
    ahead = rest.head(_FEW) if rest.height > _FEW else rest
    elsewhere = again.join(ahead, on=("pair", "interface"), how="semi", maintain_order="left")["number"]
    if elsewhere.is_empty() and rest.height:
        some = _held(events, hosts.join(rest.select("pair", "interface"), on="pair"), buried)
        elsewhere = some["number"] if some.height else again["number"]
    # Of one pair there may be very many: their numbers stay columns.
    about = shown.drop("number", "marked").iter_rows(named=True)
    return Losses(
        pairs=tuple(_pair(row, *each) for row, *each in zip(about, shown["number"], shown["marked"], strict=True)),
        others=rest.height,
        resent=int(rest["resent"].sum()),
        numbers=tuple(elsewhere.head(_FEW)),
    )


def _without(sent: pl.DataFrame, events: TcpEvents, buried: list[int]) -> pl.DataFrame:
    """Take the segments of black holes out of what was sent again."""
    if not buried:
        return sent
    rows = _rows_of(events, buried)
    names = ("flow", "interface", "client")
    gone = pl.DataFrame({name: events.column("again", name)[rows] for name in names}).group_by(names).len("gone")
    return (
        sent.join(gone, on=names, how="left", maintain_order="left")
        .with_columns((pl.col("again") - pl.col("gone").fill_null(0)).alias("again"))
        .drop("gone")
    )


def _rows_of(events: TcpEvents, numbers: list[int]) -> NDArray[np.int64]:
    return np.flatnonzero(np.isin(events.column("again", "number"), np.array(numbers, np.uint32)))


def _held(events: TcpEvents, hosts: pl.DataFrame, buried: list[int]) -> pl.DataFrame:
    """Give the repeated segments that are held of some connections, on the interface that speaks for their pair."""
    wanted = marked(of_flows(hosts["flow"]), events.column("again", "flow"))
    wanted[_rows_of(events, buried)] = False
    rows = np.flatnonzero(wanted)
    names = ("number", "flow", "interface", "marked")
    held = pl.DataFrame({name: events.column("again", name)[rows] for name in names})
    return held.join(hosts, on=("flow", "interface"), maintain_order="left").drop("flow")


def _pairs(capture: CaptureFile, flows: pl.Series, wanted: pl.Series | None = None) -> pl.DataFrame:
    """Give the number of the pair of hosts of connections, the same whoever opened; with `wanted` those pairs alone.

    There may be millions of connections: their pairs are told apart by hashes, addresses are looked up for few.
    """
    made = [
        pl.DataFrame(schema={"flow": pl.UInt32, "pair": pl.UInt64, "client_is_a": pl.Boolean, "interfaces": _COUNT})
    ]
    for part in capture.conversations.parts((*_ENDS, "flow", "protocol", "interfaces"), of_flows(flows)):
        narrow = part.filter(pl.col("protocol") == _TCP).select(
            "flow",
            pl.struct("ip_version", *_halves()).hash().alias("pair"),
            _lower().alias("client_is_a"),
            pl.col("interfaces").cast(_COUNT),
        )
        made.append(narrow if wanted is None else narrow.filter(pl.col("pair").is_in(wanted.implode())))
    return pl.concat(made)


def _addresses(capture: CaptureFile, hosts: pl.DataFrame) -> pl.DataFrame:
    """Give the two hosts of each pair, the lower one as a."""
    one_each = hosts.unique("pair", keep="first", maintain_order=True)
    known = connections(capture, of_flows(one_each["flow"]), ("flow", *_ENDS))
    return known.select("flow", "ip_version", *_halves()).join(one_each, on="flow").drop("flow")


def _lower() -> pl.Expr:
    """Say whether the client has the lower address."""
    return (pl.col("client_hi") < pl.col("server_hi")) | (
        (pl.col("client_hi") == pl.col("server_hi")) & (pl.col("client_lo") < pl.col("server_lo"))
    )


def _halves() -> list[pl.Expr]:
    """Give the addresses of both hosts, the lower one as a."""
    one, other = ("client_hi", "client_lo"), ("server_hi", "server_lo")
    return [
        pl.when(_lower()).then(first).otherwise(second).alias(name)
        for names, firsts, seconds in ((_PAIR[1:3], one, other), (_PAIR[3:], other, one))
        for name, first, second in zip(names, firsts, seconds, strict=True)
    ]


def _pair(row: dict[str, Any], numbers: pl.Series, marked: pl.Series) -> LossyPair:
    return LossyPair(
        a=address_text(row["ip_version"], row["a_hi"], row["a_lo"]),
        b=address_text(row["ip_version"], row["b_hi"], row["b_lo"]),
        data=row["data"],
        resent=row["resent"],
        from_a=row["from_a"],
        duplicates=row["duplicates"],
        # Those that Wireshark marks too are shown first, so that its filter finds them.
        numbers=marked if marked.len() >= _FEW else numbers,
    )


def stalled_receivers(capture: CaptureFile, least_ns: float) -> list[Stall]:
    """Find the times at which a side kept its window at zero for long, longest first, one row for each side."""
    events = capture.tcp_events()
    zeros, longest = events.events("zeros"), events.stalls.longest
    if zeros.is_empty() or not longest:
        return []
    sides = np.fromiter(longest, np.int64, len(longest))
    stalls = pl.DataFrame({**sides_of(sides), "duration_ns": pl.Series(list(longest.values()), dtype=pl.Int64)})
    stalls = stalls.filter(pl.col("duration_ns") >= least_ns)
    way = ("flow", "interface", "client")
    rows = stalls.join(zeros.group_by(*way).agg("number"), on=way).sort(
        "duration_ns", *way, descending=[True] + [False] * 3
    )
    known = connections(capture, of_flows(rows["flow"]))
    found: dict[tuple[str, int, str, int], Stall] = {}
    for row in rows.join(known, on="flow", maintain_order="left").iter_rows(named=True):
        stall = _stall(row)
        found.setdefault((stall.address, stall.port, stall.peer, stall.peer_port), stall)
    return sorted(found.values(), key=lambda stall: (-stall.duration_ns, stall.numbers))


def _stall(row: dict[str, Any]) -> Stall:
    here, there = (client(row), row["client_port"]), (server(row), row["server_port"])
    if not row["client"]:
        here, there = there, here
    return Stall(
        address=here[0],
        port=here[1],
        peer=there[0],
        peer_port=there[1],
        duration_ns=row["duration_ns"],
        numbers=tuple(row["number"]),
    )
