"""One path seen from two points: the pairs of packets with their way and delay, and what only one point has."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from netguru.pcap.comparing.clocks import Clock, directed, estimate
from netguru.pcap.comparing.pairing import Pairs, pair

_TCP = 6
_ACK = 0x10
_CARRIED = (
    "number", "time_ns", "length", "flow", "stream", "from_client", "protocol", "vlan", "ttl", "dscp", "ecn", "ip_id",
    "ip_version", "src_hi", "src_lo", "dst_hi", "dst_lo", "src_port", "dst_port", "tcp_flags", "tcp_seq", "tcp_mss",
    "tcp_window_scale", "tcp_sack_permitted", "tcp_tsval", "payload_length",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Path:
    """What two points of one path saw.

    `a` and `b` are the tables of the points, `pairs` one row a packet that both saw: the columns of A's packet, those
    of B's with `_b`, `level` (by what it was recognised), `way` and `delay_ns`. `only_a` and `only_b` are the packets
    that should have been seen at the other point too: `fate` says what became of them.
    """

    a: pl.DataFrame
    b: pl.DataFrame
    pairs: pl.DataFrame
    mapping: pl.DataFrame
    clock: Clock
    only_a: pl.DataFrame
    only_b: pl.DataFrame
    outside: int


def follow_path(a: pl.DataFrame, b: pl.DataFrame, *, same_clock: bool) -> Path:
    """Pair the packets of two points and tell what became of the others."""
    found = pair(a, b)
    pairs = directed(_joined(found, a, b))
    clock = estimate(pairs, same=same_clock)
    pairs = pairs.with_columns(_delay(clock))
    only_a, only_b, outside = _alone(found, a, b, pairs, clock)
    return Path(a, b, pairs, found.mapping, clock, only_a, only_b, outside)


def _joined(found: Pairs, a: pl.DataFrame, b: pl.DataFrame) -> pl.DataFrame:
    one = a[found.rows["a"]].select(_CARRIED)
    two = b[found.rows["b"]].select(pl.col(name).alias(f"{name}_b") for name in _CARRIED)
    return pl.concat([one, two, found.rows], how="horizontal")


def _delay(clock: Clock) -> pl.Expr:
    """Give the time between the points; where the way is not known, as if from A to B."""
    ahead = pl.col("time_ns_b") - pl.col("time_ns") - clock.ahead(pl.col("time_ns"))
    return pl.when(pl.col("way") == "ba").then(-ahead).otherwise(ahead).alias("delay_ns")


def _alone(
    found: Pairs, a: pl.DataFrame, b: pl.DataFrame, pairs: pl.DataFrame, clock: Clock
) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Give the packets without a partner, while both points recorded, and count those of other times."""
    if not pairs.height:
        return a.clear(), b.clear(), 0
    longest = max(int(pairs["delay_ns"].max()), 0)  # type: ignore[arg-type]  # of integers
    there = a.with_columns((pl.col("time_ns") + clock.ahead(pl.col("time_ns"))).alias("at"))
    # B's clock is read at B's times: over one offset a drift moves far less than a stamp's grain.
    back = b.with_columns((pl.col("time_ns") - clock.ahead(pl.col("time_ns") - clock.offset_ns)).alias("at"))
    left = _unpaired(there, found.rows["a"])
    right = _unpaired(back, found.rows["b"])
    # Within one longest delay of an end the partner may have passed before the recording, or after it.
    in_a = left.filter(pl.col("at").is_between(*_span(b, longest)))
    in_b = right.filter(pl.col("at").is_between(*_span(a, longest)))
    turned = found.mapping.select(pl.col("flow_b").alias("flow"), pl.col("flow").alias("flow_b"), "turned")
    ways = pairs.group_by("flow", "from_client").agg(pl.col("way").first())
    ways_b = pairs.group_by(pl.col("flow_b").alias("flow"), pl.col("from_client_b").alias("from_client")).agg(
        pl.col("way").first()
    )
    return (
        _fates(in_a, ways, _Other(b, found.mapping), "ab"),
        _fates(in_b, ways_b, _Other(a, turned), "ba"),
        left.height - in_a.height + right.height - in_b.height,
    )


def _unpaired(rows: pl.DataFrame, taken: pl.Series) -> pl.DataFrame:
    """Give the rows without a partner; `copy` are those whose like, to the identification of the sender, has one."""
    twins = rows[taken].filter(pl.col("ip_id").fill_null(0) > 0).select("key0", copy=True).unique("key0")
    alone = rows.with_row_index("row").filter(~pl.col("row").is_in(taken.implode()))
    return alone.join(twins, on="key0", how="left", maintain_order="left").with_columns(
        pl.col("copy").fill_null(value=False)
    )


def _span(rows: pl.DataFrame, margin: int) -> tuple[int, int]:
    times = rows["time_ns"]
    return int(times.min()) + margin, int(times.max()) - margin  # type: ignore[arg-type]  # of integers


@dataclass(frozen=True, slots=True)
class _Other:
    """The other point, and which of its conversations is which of ours."""

    rows: pl.DataFrame
    mapping: pl.DataFrame


def _fates(alone: pl.DataFrame, ways: pl.DataFrame, other: _Other, leaving: str) -> pl.DataFrame:
    """Say of each packet without a partner what became of it (`fate`).

    doubled: a packet like it, to the last number, has a partner. lost: it travelled towards the other point, which did
    not see it. missed: so did this one, but its bytes were acknowledged there and nobody sent them again, so that the
    other recorder left it out. appeared: it came from the other point's side, which did not see it. elsewhere: the
    other point saw nothing of its conversation. unknown: the way that it took is not known.
    """
    known = alone.join(other.mapping.select("flow", "flow_b", "turned"), on="flow", how="left", maintain_order="left")
    told = known.join(ways, on=["flow", "from_client"], how="left", maintain_order="left")
    fate = (
        pl.when(pl.col("copy")).then(pl.lit("doubled"))
        .when(pl.col("flow_b").is_null()).then(pl.lit("elsewhere"))
        .when(pl.col("way").is_null()).then(pl.lit("unknown"))
        .when(pl.col("way") != leaving).then(pl.lit("appeared"))
        .when(_acknowledged() & ~pl.col("again")).then(pl.lit("missed"))
        .otherwise(pl.lit("lost"))
    )  # fmt: skip
    return _with_answers(told, other.rows).with_columns(fate.alias("fate"))


def _acknowledged() -> pl.Expr:
    """Say whether the last acknowledgment covers the bytes; sequence numbers wrap at 2**32 (RFC 9293 section 3.4)."""
    beyond = (pl.col("last_ack").cast(pl.Int64) - pl.col("tcp_seq") - pl.col("payload_length")) % (1 << 32)
    return ((pl.col("payload_length") > 0) & (pl.col("protocol") == _TCP) & (beyond < 1 << 31)).fill_null(value=False)


def _with_answers(told: pl.DataFrame, other: pl.DataFrame) -> pl.DataFrame:
    """Add what the other point saw of the same bytes (`again`), and the last acknowledgment of them (`last_ack`)."""
    segments = other.filter(pl.col("protocol") == _TCP)
    sides = told.with_columns((pl.col("from_client") ^ pl.col("turned")).alias("side"))
    again = segments.filter(pl.col("payload_length") > 0).select(
        pl.col("flow").alias("flow_b"), pl.col("from_client").alias("side"), "tcp_seq", again=True
    ).unique(["flow_b", "side", "tcp_seq"])  # fmt: skip
    acks = (
        segments.filter(pl.col("tcp_flags") & _ACK > 0)
        .group_by(pl.col("flow").alias("flow_b"), (~pl.col("from_client")).alias("side"))
        .agg(pl.col("tcp_ack").last().alias("last_ack"))
    )
    joined = sides.join(again, on=["flow_b", "side", "tcp_seq"], how="left", maintain_order="left").join(
        acks, on=["flow_b", "side"], how="left", maintain_order="left"
    )
    return joined.with_columns(pl.col("again").fill_null(value=False))
