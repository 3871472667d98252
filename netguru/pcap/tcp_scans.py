"""Scans: bursts of failed connections from one host to many ports or many hosts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from netguru.checks import threshold
from netguru.pcap.addresses import client, server
from netguru.pcap.tcp_connections import attempts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netguru.pcap.capture import CaptureFile

_CLIENT = ("ip_version", "client_hi", "client_lo")
_SERVER = ("server_hi", "server_lo")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One burst: how many ports or hosts were tried, how many connections failed; `target` or `port` is shared."""

    scanner: str
    target: str
    port: int
    subjects: int
    failed: int
    duration_ns: int
    flows: pl.Series
    numbers: pl.Series


def scans(capture: CaptureFile) -> tuple[Scan, ...]:
    """Find port scans (many ports of one host) and sweeps (one port of many hosts); once for a capture."""
    events = capture.tcp_events()
    if events.scans is None:
        capture.release_tables()
        events.scans = tuple(_scans(capture))
    return events.scans


def _scans(capture: CaptureFile) -> list[Scan]:
    ports, hosts = threshold("scan.ports", "ports"), threshold("scan.ports", "hosts")
    # Who failed too seldom for any burst is not looked at further.
    least = threshold("scan.ports", "failed_share") * min(ports, hosts)
    opened = attempts(capture, least)
    if opened.is_empty():
        return []
    return [
        *_bursts(opened, (*_CLIENT, *_SERVER), ("server_port",), ports),
        *_bursts(opened, (*_CLIENT, "server_port"), _SERVER, hosts),
    ]


def _bursts(opened: pl.DataFrame, shared: Sequence[str], subject: Sequence[str], least: float) -> Iterator[Scan]:
    """Cut attempts where the client paused; give the bursts with enough different failures."""
    gap = int(threshold("scan.ports", "gap_ms") * 1e6)
    many = opened.group_by(*shared).agg(pl.len().alias("count")).filter(pl.col("count") >= least)
    rows = opened.join(many, on=shared, how="semi", maintain_order="left").sort("opened_ns", maintain_order=True)
    paused = (pl.col("opened_ns").diff() > gap).fill_null(value=False)
    rows = rows.with_columns(paused.cum_sum().over(*shared).alias("burst"))
    failed = pl.col("failed")
    bursts = rows.group_by(*shared, "burst", maintain_order=True).agg(
        pl.struct(*subject).n_unique().alias("subjects"),
        pl.len().alias("tried"),
        failed.sum().alias("failures"),
        (pl.col("opened_ns").max() - pl.col("opened_ns").min()).alias("duration_ns"),
        pl.col("flow").filter(failed).alias("flows"),
        pl.col("first_syn").filter(failed).alias("numbers"),
        *(pl.col(name).first() for name in ("server_port", *_SERVER) if name not in shared),
    )
    found = bursts.filter(
        (pl.col("subjects") >= least)
        & (pl.col("failures") >= threshold("scan.ports", "failed_share") * pl.col("tried"))
    )
    # A scan may have a hundred thousand connections: their numbers stay columns.
    about = found.drop("flows", "numbers").iter_rows(named=True)
    for row, flows, numbers in zip(about, found["flows"], found["numbers"], strict=True):
        of_one_host = "server_lo" in shared
        yield Scan(
            scanner=client(row),
            target=server(row) if of_one_host else "",
            port=0 if of_one_host else row["server_port"],
            subjects=row["subjects"],
            failed=row["failures"],
            duration_ns=row["duration_ns"],
            flows=flows,
            numbers=numbers,
        )
