"""Which packet of one capture is which of the other: content first, then conversation, then time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from netguru.pcap.comparing.packets import LEVELS, limits

if TYPE_CHECKING:
    from collections.abc import Sequence

_ROUNDS = 3
"""How often packets that are alike are asked for their nearest; what is left after that has no partner."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Rows are indices: `a` and `b` into the tables of the two points; `level` says by what they were recognised.

    `mapping` has one row a conversation that both saw: `flow` at A, `flow_b` at B, `turned` when the client at
    one point is the server at the other.
    """

    rows: pl.DataFrame
    mapping: pl.DataFrame


def pair(a: pl.DataFrame, b: pl.DataFrame) -> Pairs:
    """Pair the packets of two points.

    Content that is unique at both points ties the conversations together whatever their addresses are. Within
    conversations that belong together, content that occurs more than once is paired by nearness in time.
    """
    left, right = a.with_row_index("a"), b.with_row_index("b")
    found: list[pl.DataFrame] = []
    mapping = _no_mapping()
    for level in range(len(LEVELS)):
        anchors = _anchors(left, right, level, mapping)
        mapping = _mapped(pl.concat([*found, anchors]), a, b)
        agreed = _agreeing(anchors, mapping, a, b)
        if agreed.height:
            found.append(agreed)
            left, right = _without(left, agreed, "a"), _without(right, agreed, "b")
        alike = _alike(left, right, level, mapping, found, (a, b))
        if alike.height:
            found.append(alike)
            left, right = _without(left, alike, "a"), _without(right, alike, "b")
    rows = pl.concat(found).sort("a") if found else _none()
    return Pairs(rows, mapping)


def _none() -> pl.DataFrame:
    return pl.DataFrame(schema={"a": pl.UInt32, "b": pl.UInt32, "level": pl.UInt8})


def _no_mapping() -> pl.DataFrame:
    return pl.DataFrame(schema={"flow": pl.UInt32, "flow_b": pl.UInt32, "turned": pl.Boolean, "votes": pl.UInt32})


def _without(rows: pl.DataFrame, pairs: pl.DataFrame, side: str) -> pl.DataFrame:
    return rows.join(pairs.select(side), on=side, how="anti")


def _anchors(left: pl.DataFrame, right: pl.DataFrame, level: int, mapping: pl.DataFrame) -> pl.DataFrame:
    """Pair what is unique at both points; below the strictest level only within conversations that are known."""
    key = f"key{level}"
    if level:
        names = ["key", "flow_b", "_turned_client"]
        one = left.join(mapping, on="flow").select(
            pl.col(key).alias("key"), "flow_b", (pl.col("from_client") ^ pl.col("turned")).alias(names[2]), "a"
        )
        two = right.select(
            pl.col(key).alias("key"), pl.col("flow").alias("flow_b"), pl.col("from_client").alias(names[2]), "b"
        )
        pairs = _unique(one, names).join(_unique(two, names), on=names)
        fresh = _unique_fresh(left, right, key, mapping)
        return (
            pl.concat([pairs.select("a", "b"), fresh])
            .unique("a")
            .unique("b")
            .select("a", "b", pl.lit(level, pl.UInt8).alias("level"))
        )
    pairs = _unique(left.select(pl.col(key), "a"), [key]).join(_unique(right.select(pl.col(key), "b"), [key]), on=key)
    return pairs.select("a", "b", pl.lit(0, pl.UInt8).alias("level"))


def _unique_fresh(left: pl.DataFrame, right: pl.DataFrame, key: str, mapping: pl.DataFrame) -> pl.DataFrame:
    """Pair unique content of conversations that no level has tied together yet; equal addresses are asked for."""
    names = [key, "src_hi", "src_lo", "dst_hi", "dst_lo"]
    one = left.join(mapping, on="flow", how="anti").select(*names, "a")
    two = right.join(mapping, left_on="flow", right_on="flow_b", how="anti").select(*names, "b")
    return _unique(one, names).join(_unique(two, names), on=names).select("a", "b")


def _unique(rows: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    return rows.filter(pl.struct(names).is_unique())


def _sides(pairs: pl.DataFrame, a: pl.DataFrame, b: pl.DataFrame, *names: str) -> pl.DataFrame:
    """Give columns of both packets of each pair, those of B with `_b`."""
    return pl.concat(
        [
            pairs,
            a[pairs["a"]].select(names),
            b[pairs["b"]].select(pl.col(name).alias(f"{name}_b") for name in names),
        ],
        how="horizontal",
    )


def _mapped(anchors: pl.DataFrame, a: pl.DataFrame, b: pl.DataFrame) -> pl.DataFrame:
    """Let the pairs vote for which conversation of A is which of B."""
    votes = _sides(anchors, a, b, "flow", "from_client")
    counted = (
        votes.with_columns((pl.col("from_client") != pl.col("from_client_b")).alias("turned"))
        .group_by("flow", "flow_b", "turned")
        .agg(pl.len().alias("votes"))
        .sort("votes", "flow", "flow_b", descending=[True, False, False])
    )
    return counted.unique("flow", keep="first", maintain_order=True).unique("flow_b", keep="first", maintain_order=True)


def _agreeing(anchors: pl.DataFrame, mapping: pl.DataFrame, a: pl.DataFrame, b: pl.DataFrame) -> pl.DataFrame:
    """Keep the pairs that follow the vote and lie near their conversation's others in time."""
    sides = _sides(anchors, a, b, "flow", "from_client", "time_ns").join(
        mapping.select("flow", pl.col("flow_b").alias("voted"), "turned"), on="flow"
    )
    kept = sides.filter(
        pl.col("flow_b") == pl.col("voted"), (pl.col("from_client") != pl.col("from_client_b")) == pl.col("turned")
    ).with_columns((pl.col("time_ns_b") - pl.col("time_ns")).alias("delta"))
    apart = int(limits()["apart_s"] * 1e9)
    return kept.filter((pl.col("delta") - pl.col("delta").median()).abs() <= apart).select("a", "b", "level")


def _alike(
    left: pl.DataFrame,
    right: pl.DataFrame,
    level: int,
    mapping: pl.DataFrame,
    found: Sequence[pl.DataFrame],
    tables: tuple[pl.DataFrame, pl.DataFrame],
) -> pl.DataFrame:
    """Pair equal content within a conversation and direction by nearness in time, nearest first."""
    if not found or not mapping.height:
        return _none()
    deltas = _sides(pl.concat(found), *tables, "time_ns", "flow", "from_client").with_columns(
        (pl.col("time_ns_b") - pl.col("time_ns")).alias("delta")
    )
    usual = deltas.group_by("flow_b", "from_client_b").agg(pl.col("delta").median().cast(pl.Int64).alias("usual"))
    overall = int(deltas["delta"].median() or 0)  # type: ignore[arg-type]  # of integers
    names = ["key", "flow_b", "side"]
    one = (
        left.join(mapping, on="flow")
        .select(
            pl.col(f"key{level}").alias("key"), "flow_b", (pl.col("from_client") ^ pl.col("turned")).alias("side"),
            "a", "time_ns",
        )
        .join(usual, left_on=["flow_b", "side"], right_on=["flow_b", "from_client_b"], how="left")
        .with_columns((pl.col("time_ns") + pl.col("usual").fill_null(overall)).alias("at"))
    )  # fmt: skip
    two = right.select(
        pl.col(f"key{level}").alias("key"), pl.col("flow").alias("flow_b"), pl.col("from_client").alias("side"),
        "b", pl.col("time_ns").alias("at"), pl.col("time_ns").alias("at_b"),
    )  # fmt: skip
    pairs = [_none()]
    for _ in range(_ROUNDS):
        nearest = one.sort("at").join_asof(
            two.sort("at"), on="at", by=names, strategy="nearest", tolerance=int(limits()["apart_s"] * 1e9),
            check_sortedness=False,
        )  # fmt: skip
        made = (
            nearest.filter(pl.col("b").is_not_null())
            .with_columns((pl.col("at_b") - pl.col("at")).abs().alias("miss"))
            .sort("miss", "a")
            .unique("b", keep="first", maintain_order=True)
            .select("a", "b", pl.lit(level, pl.UInt8).alias("level"))
        )
        if not made.height:
            break
        pairs.append(made)
        one, two = _without(one, made, "a"), _without(two, made, "b")
    return pl.concat(pairs)
