"""The two clocks: which way each packet went, how far the clocks are apart, and how long the way took."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

from netguru.pcap.comparing.packets import limits

Method = Literal["both directions", "one direction", "stated as one clock", "none"]
_BOTH = ("ab", "ba")


@dataclass(frozen=True, slots=True)
class Clock:
    """How the clock of B stands to that of A: `ahead(t)` nanoseconds at A's time `t`.

    `method` says what it rests on. With packets in both directions the least time there and back is exact, and the
    offset is half of what remains under the assumption that both ways take the same least time (RFC 5905 section 8).
    With one direction alone nothing tells delay from offset: delays are then those above the fastest packet.
    """

    method: Method
    offset_ns: int = 0
    drift: float = 0.0
    origin_ns: int = 0
    there_and_back_ns: int | None = None

    def ahead(self, times: pl.Expr) -> pl.Expr:
        """Give how far B's clock is ahead at A's times, in nanoseconds."""
        return (pl.lit(self.offset_ns) + (times - self.origin_ns) * self.drift).round().cast(pl.Int64)


def directed(pairs: pl.DataFrame) -> pl.DataFrame:
    """Add `way` to pairs (`time_ns`, `time_ns_b`, `ttl`, `ttl_b`, `flow`, `from_client`): ab, ba or null.

    Each router takes one from the TTL. Where no router lies between the points, of the two directions of a
    conversation the one that seems to take longer leads from A to B: an offset makes one longer by as much as the
    other shorter, a delay makes only that one longer.
    """
    fell = pl.col("ttl").cast(pl.Int16) - pl.col("ttl_b")
    sides = (
        pairs.with_columns((pl.col("time_ns_b") - pl.col("time_ns")).alias("delta"), fell.alias("fell"))
        .group_by("flow", "from_client")
        .agg(pl.col("fell").median(), pl.col("delta").median(), pl.len().alias("seen"))
    )
    both = sides.join(
        sides.select("flow", (~pl.col("from_client")).alias("from_client"), pl.col("delta").alias("other")),
        on=["flow", "from_client"],
        how="left",
    )
    by_time = (
        pl.when(pl.col("delta") > pl.col("other")).then(pl.lit("ab"))
        .when(pl.col("delta") < pl.col("other")).then(pl.lit("ba"))
    )  # fmt: skip
    way = pl.when(pl.col("fell") > 0).then(pl.lit("ab")).when(pl.col("fell") < 0).then(pl.lit("ba")).otherwise(by_time)
    known = both.select("flow", "from_client", way.alias("way"), "delta")
    return pairs.join(_rest_by_neighbours(known), on=["flow", "from_client"], how="left", maintain_order="left")


def _rest_by_neighbours(known: pl.DataFrame) -> pl.DataFrame:
    """Give conversations that went one way only, without a router between, the way whose usual time is nearer."""
    usual = {way: known.filter(pl.col("way") == way)["delta"].median() for way in _BOTH}
    if any(value is None for value in usual.values()):
        return known.drop("delta")
    near = pl.when(
        (pl.col("delta") - usual["ab"]).abs() <= (pl.col("delta") - usual["ba"]).abs()
    ).then(pl.lit("ab")).otherwise(pl.lit("ba"))  # fmt: skip
    return known.with_columns(pl.col("way").fill_null(near)).drop("delta")


def estimate(pairs: pl.DataFrame, *, same: bool) -> Clock:
    """Estimate the clock from directed pairs; `same` states that one clock stamped both captures."""
    if same:
        return Clock("stated as one clock")
    delta = pairs.with_columns((pl.col("time_ns_b") - pl.col("time_ns")).alias("delta"))
    ab, ba = (delta.filter(pl.col("way") == way) for way in _BOTH)
    if ab.height and ba.height:
        return _two_way(ab, ba)
    if not delta.height:
        return Clock("none")
    fastest = delta["delta"].min() if ab.height or not ba.height else delta["delta"].max()
    return Clock("one direction", offset_ns=int(fastest))  # type: ignore[arg-type]  # of integers


def _two_way(ab: pl.DataFrame, ba: pl.DataFrame) -> Clock:
    origin = int(min(ab["time_ns"].min(), ba["time_ns"].min()))  # type: ignore[type-var, arg-type]  # of integers
    drift = _drift(ab, ba, origin)
    level = pl.col("delta") - ((pl.col("time_ns") - origin) * drift).round().cast(pl.Int64)
    least = int(ab.select(level.min()).item())
    most = int(ba.select(level.max()).item())
    return Clock("both directions", (least + most) // 2, drift, origin, least - most)


def _drift(ab: pl.DataFrame, ba: pl.DataFrame, origin: int) -> float:
    """Give how fast B's clock runs away, in seconds a second; 0 where it cannot be told from jitter.

    The fastest packets of each stretch of time bound the offset from both sides; a line is laid through the middles.
    """
    bounds = limits()
    ends = int(max(ab["time_ns"].max(), ba["time_ns"].max()))  # type: ignore[type-var, arg-type]  # of integers
    width = max((ends - origin) // int(bounds["stretches"]), 1)
    at = ((pl.col("time_ns") - origin) // width).alias("stretch")
    low = ab.group_by(at).agg(pl.col("delta").min().alias("low"), pl.len().alias("n"))
    high = ba.group_by(at).agg(pl.col("delta").max().alias("high"), pl.len().alias("m"))
    both = low.join(high, on="stretch").filter(pl.min_horizontal("n", "m") >= bounds["stretch_packets"])
    if both.height < bounds["stretches_told"]:
        return 0.0
    x = (both["stretch"].to_numpy().astype(float) + 0.5) * width
    y = (both["low"].to_numpy() + both["high"].to_numpy()) / 2
    slope, start = np.polyfit(x, y, 1)
    left_over = float(np.median(np.abs(y - (slope * x + start))))
    # A drift that moves less over the whole capture than the points scatter is no drift.
    return float(slope) if abs(slope) * float(ends - origin) > bounds["drift_over_scatter"] * left_over else 0.0
