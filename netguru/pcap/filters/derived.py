"""Values that are worked out of columns: times since another packet, relative numbers of TCP, addresses as text."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

    from netguru.pcap.capture import CaptureFile

_TCP = 6
_FIN, _SYN, _ACK = 1, 2, 16
_WORD = 1 << 32
_SCALE_LIMIT = 14
_UNKNOWN, _UNUSED = -1, -2


def _ipv6(side: str) -> pl.Expr:
    return pl.struct(pl.col(f"{side}_hi").alias("hi"), pl.col(f"{side}_lo").alias("lo"))


def _text(side: str) -> pl.Expr:
    names = ("ip_version", f"{side}_hi", f"{side}_lo")
    return pl.struct(names).map_batches(_texts, return_dtype=pl.String)


def _texts(rows: pl.Series) -> pl.Series:
    frame = rows.struct.unnest()
    frame.columns = ["version", "hi", "lo"]
    different = frame.unique()
    texts = [_address(*row) for row in different.iter_rows()]
    named = different.with_columns(pl.Series("text", texts, pl.String))
    return frame.join(named, on=["version", "hi", "lo"], how="left", nulls_equal=True, maintain_order="left")["text"]


def _address(version: int, hi: int | None, lo: int | None) -> str | None:
    if not version or hi is None or lo is None:
        return None
    return str(IPv4Address(lo)) if version == 4 else str(IPv6Address(hi << 64 | lo))  # noqa: PLR2004 - the version


def _service() -> pl.Expr:
    return pl.col("dscp").cast(pl.Int64) * 4 + pl.col("ecn")


@dataclass(frozen=True, slots=True)
class Made:
    """A value made of `columns`; those named `_...` come from a `Tracker`."""

    columns: tuple[str, ...]
    value: Callable[[], pl.Expr]


MADE: dict[str, Made] = {
    "time_relative": Made(("_time_relative",), lambda: pl.col("_time_relative")),
    "time_delta": Made(("_time_delta",), lambda: pl.col("_time_delta")),
    "interface": Made(("_interface",), lambda: pl.col("_interface")),
    "dsfield": Made(("dscp", "ecn"), _service),
    "ipv6_src": Made(("src_hi", "src_lo"), lambda: _ipv6("src")),
    "ipv6_dst": Made(("dst_hi", "dst_lo"), lambda: _ipv6("dst")),
    "ip_src_text": Made(("ip_version", "src_hi", "src_lo"), lambda: _text("src")),
    "ip_dst_text": Made(("ip_version", "dst_hi", "dst_lo"), lambda: _text("dst")),
    "tcp_seq": Made(("_tcp_seq",), lambda: pl.col("_tcp_seq")),
    "tcp_next": Made(("_tcp_next",), lambda: pl.col("_tcp_next")),
    "tcp_ack": Made(("_tcp_ack",), lambda: pl.col("_tcp_ack")),
    "tcp_window": Made(("_tcp_window",), lambda: pl.col("_tcp_window")),
    "tcp_scale": Made(("_tcp_scale",), lambda: pl.col("_tcp_scale")),
}


_SIDES = (("client", pl.col("from_client")), ("server", ~pl.col("from_client")))


class Interfaces:
    """Add the capture interface where the format of the file numbers them."""

    makes = ("_interface",)
    needs = ("interface",)

    def __init__(self, capture: CaptureFile) -> None:
        self._numbered = capture.format == "pcapng"

    def add(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Work a frame over; frames come in order."""
        number = pl.col("interface") if self._numbered else pl.lit(None, pl.UInt16)
        return frame.with_columns(number.alias("_interface"))


class Times:
    """Add the time since the first packet and since the packet before."""

    makes = ("_time_relative", "_time_delta")
    needs = ("time_ns", "tunnel")

    def __init__(self, capture: CaptureFile) -> None:
        del capture
        self._first: int | None = None
        self._before: int | None = None

    def add(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Work a frame over; frames come in order."""
        times = frame.filter(pl.col("tunnel") == "")["time_ns"]
        if not times.len():
            return frame.with_columns(pl.lit(None, pl.Int64).alias(name) for name in self.makes)
        if self._first is None:
            self._first = times[0]
        before = pl.concat([pl.Series("time_ns", [self._before], pl.Int64), times]).head(times.len())
        if self._before is None and times[0] is not None:
            before = before.scatter(0, times[0])
        self._before = times[-1]
        deltas = times - before
        captured = (frame["tunnel"] == "").arg_true()
        column = pl.Series("_time_delta", [None] * frame.height, pl.Int64).scatter(captured, deltas)
        return frame.with_columns((pl.col("time_ns") - self._first).alias("_time_relative"), column)


class Sequences:
    """Add the sequence numbers relative to the begin of each direction, and the scaled windows.

    Wireshark counts from the sequence number of the SYN, without one so that the first segment has
    number 1. A direction of which only acknowledgments are known begins before the first of them.
    """

    makes = ("_tcp_seq", "_tcp_next", "_tcp_ack", "_tcp_window", "_tcp_scale")
    needs = (
        "stream", "from_client", "protocol", "tcp_seq", "tcp_ack", "tcp_flags", "tcp_window", "tcp_window_scale",
        "payload_length",
    )  # fmt: skip

    def __init__(self, capture: CaptureFile) -> None:
        del capture
        self._bases = pl.DataFrame(schema={"stream": pl.UInt32, "from_client": pl.Boolean, "base": pl.Int64})
        self._scales = pl.DataFrame(schema={"stream": pl.UInt32, "from_client": pl.Boolean, "scale": pl.Int64})

    def add(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Work a frame over; frames come in order."""
        frame = frame.with_row_index("_row")
        segment = (pl.col("protocol") == _TCP) & pl.col("tcp_seq").is_not_null() & pl.col("stream").is_not_null()
        flags = pl.col("tcp_flags")
        rows = frame.filter(segment).select(
            "_row", "stream", "from_client", "tcp_window_scale",
            pl.col("tcp_seq", "tcp_ack", "tcp_window").cast(pl.Int64),
            ((flags & _SYN) > 0).alias("syn"), ((flags & _ACK) > 0).alias("ack"),
            ((flags & (_SYN | _FIN)) > 0).cast(pl.Int64).alias("control"),
            pl.col("payload_length").cast(pl.Int64).fill_null(0),
        )  # fmt: skip
        self._learn_bases(rows)
        rows = self._scaled(rows)
        ends = ["stream", "from_client"]
        rows = rows.join(self._bases, on=ends, how="left", maintain_order="left")
        opposite = self._bases.with_columns(~pl.col("from_client")).rename({"base": "other"})
        rows = rows.join(opposite, on=ends, how="left", maintain_order="left")
        # A SYN begins the count anew, also one that comes again with another number.
        began = {
            side: pl.when(pl.col("syn") & own).then("tcp_seq").forward_fill().over("stream") for side, own in _SIDES
        }
        rows = rows.with_columns(value.alias(side) for side, value in began.items())
        own_base = pl.coalesce(pl.when("from_client").then("client").otherwise("server"), "base")
        other_base = pl.coalesce(pl.when("from_client").then("server").otherwise("client"), "other")
        seq = (pl.col("tcp_seq") - own_base) % _WORD
        ack = pl.when("ack").then((pl.col("tcp_ack") - other_base) % _WORD).otherwise("tcp_ack")
        made = rows.select(
            "_row",
            seq.alias("_tcp_seq"),
            ((seq + pl.col("payload_length") + pl.col("control")) % _WORD).alias("_tcp_next"),
            ack.alias("_tcp_ack"),
            "_tcp_window",
            "_tcp_scale",
        )
        last = rows.select(*ends, own_base.alias("base")).unique(ends, keep="last", maintain_order=True)
        self._bases = pl.concat((self._bases, last)).unique(ends, keep="last", maintain_order=True)
        return frame.join(made, on="_row", how="left", maintain_order="left").drop("_row")

    def _learn_bases(self, rows: pl.DataFrame) -> None:
        own = rows.select(
            "_row", "stream", "from_client", pl.lit(0).alias("order"),
            (pl.col("tcp_seq") - (~pl.col("syn")).cast(pl.Int64)).alias("base"),
        )  # fmt: skip
        other = rows.filter("ack").select(
            "_row", "stream", ~pl.col("from_client"), pl.lit(1).alias("order"), (pl.col("tcp_ack") - 1).alias("base")
        )
        ends = ["stream", "from_client"]
        fresh = (
            pl.concat((own, other))
            .join(self._bases, on=ends, how="anti")
            .sort("_row", "order")
            .unique(ends, keep="first", maintain_order=True)
        )
        self._bases = pl.concat((self._bases, fresh.select(*ends, pl.col("base") % _WORD)))

    def _scaled(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Apply the window scale of the direction's last SYN; -1 is unknown, -2 not used by one of the two."""
        shift = pl.col("tcp_window_scale").cast(pl.Int64).clip(upper_bound=_SCALE_LIMIT).fill_null(_UNUSED)
        ends = ["stream", "from_client"]
        for side, own in _SIDES:
            before = self._scales.filter(own).select("stream", pl.col("scale").alias("before"))
            stated = pl.when(pl.col("syn") & own).then(shift).forward_fill().over("stream")
            rows = (
                rows.join(before, on="stream", how="left", maintain_order="left")
                .with_columns(pl.coalesce(stated, "before", pl.lit(_UNKNOWN)).alias(side))
                .drop("before")
            )
        own_scale = pl.when("from_client").then("client").otherwise("server")
        other = pl.when("from_client").then("server").otherwise("client")
        fresh = rows.select(*ends, own_scale.alias("scale")).filter(pl.col("scale") != _UNKNOWN)
        self._scales = pl.concat((self._scales, fresh)).unique(ends, keep="last", maintain_order=True)
        scale = pl.when((own_scale >= 0) & (other == _UNUSED)).then(_UNUSED).otherwise(own_scale)
        factor = pl.lit(2, pl.Int64).pow(scale.clip(0))
        after = ~pl.col("syn")
        return rows.with_columns(
            pl.when(after & (scale >= 0))
            .then(pl.col("tcp_window") * factor)
            .otherwise("tcp_window")
            .alias("_tcp_window"),
            pl.when(after).then(pl.when(scale >= 0).then(factor).otherwise(scale)).alias("_tcp_scale"),
        )


TRACKERS: tuple[type[Interfaces | Times | Sequences], ...] = (Interfaces, Times, Sequences)
