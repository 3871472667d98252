"""Connections as the checks see them: who opened, who answered and how, with packet numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from netguru.pcap.addresses import client, server
from netguru.pcap.tcp_wireshark import ACK, FIN, RST, SYN

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One TCP connection, or an attempt; packet numbers of its events, `opened_ns` of its first SYN.

    `syns` are those of the capture interface that saw most of them. `resets` came from the server
    before it accepted; `breaks` are (number, sent by the client) of resets after data without FIN.
    """

    flow: int
    client: str
    server: str
    port: int
    opened_ns: int
    syns: tuple[int, ...]
    accepted: tuple[int, ...]
    resets: tuple[int, ...]
    breaks: tuple[tuple[int, bool], ...]
    signed: bool
    data: bool
    answered: bool

    @property
    def failed(self) -> bool:
        """Say whether the client asked and was not let in."""
        return bool(self.syns) and not self.accepted and not self.data and (not self.answered or bool(self.resets))


def connections(capture: CaptureFile) -> list[Connection]:
    """Give the connections of a capture in the order of their first packets."""
    rows = capture.segments()
    if rows.is_empty():
        return []
    ends = capture.flows().filter(pl.col("flow").is_in(rows["flow"].unique().implode())).collect()
    events = _events(rows, ends)
    return [_connection(row) for row in ends.join(events, on="flow").sort("flow").iter_rows(named=True)]


def _events(rows: pl.DataFrame, ends: pl.DataFrame) -> pl.DataFrame:
    flags, number = pl.col("tcp_flags"), pl.col("number")
    syn = (flags & (SYN | ACK)) == SYN
    sides = ends.select("flow", "client_hi", "client_lo", "client_port")
    mine = (
        (pl.col("src_hi") == pl.col("client_hi"))
        & (pl.col("src_lo") == pl.col("client_lo"))
        & (pl.col("src_port") == pl.col("client_port"))
    )
    joined = rows.join(sides, on="flow", maintain_order="left").with_columns(mine.alias("mine"), syn.alias("syn"))
    # The interface that saw most SYNs speaks for the attempt; others saw the same packets pass.
    seen = joined.group_by("flow", "interface").agg(pl.col("syn").sum().alias("count"))
    best = seen.sort(["count", "interface"], descending=[True, False]).unique("flow", keep="first", maintain_order=True)
    joined = joined.join(best.select("flow", pl.col("interface").alias("best")), on="flow", maintain_order="left")
    reset = (flags & RST) != 0
    loaded = pl.col("payload_length") > 0
    return joined.group_by("flow", maintain_order=True).agg(
        number.filter(syn & (pl.col("interface") == pl.col("best"))).alias("syns"),
        pl.col("time_ns").filter(syn).first().alias("opened_ns"),
        number.filter((flags & (SYN | ACK)) == SYN | ACK).alias("accepted"),
        number.filter(reset & ~pl.col("mine")).alias("resets"),
        pl.struct("number", "mine").filter(reset).alias("all_resets"),
        number.filter(loaded).min().alias("first_data"),
        number.filter((flags & FIN) != 0).min().alias("first_fin"),
        (pl.col("tcp_has_md5") & syn).any().alias("signed"),
        # A client that goes on was answered, even where the answer took a path that was not recorded.
        (~pl.col("mine") | ((flags & (SYN | RST)) == 0)).any().alias("answered"),
    )


def _connection(row: dict[str, Any]) -> Connection:
    first_data, first_fin = row["first_data"], row["first_fin"]
    cut = [
        (item["number"], item["mine"])
        for item in row["all_resets"]
        if first_data is not None and item["number"] > first_data and (first_fin is None or item["number"] < first_fin)
    ]
    return Connection(
        flow=row["flow"],
        client=client(row),
        server=server(row),
        port=row["server_port"],
        opened_ns=row["opened_ns"] or row["first_ns"] or 0,
        syns=tuple(row["syns"]),
        accepted=tuple(row["accepted"]),
        resets=tuple(row["resets"]),
        breaks=tuple(cut),
        signed=bool(row["signed"]),
        data=first_data is not None,
        answered=bool(row["answered"]),
    )
