"""Rows of flows as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from netguru import resources
from netguru.errors import FileRejectedError, InputError
from netguru.pcap.addresses import client, server
from netguru.pcap.results import Flow, Flows
from netguru.pcap.schema import FLOWS
from netguru.pcap.summarize import epoch_text

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.pcap.capture import CaptureFile

_COPIED = (
    "flow", "client_port", "server_port", "packets", "bytes", "client_packets", "server_packets", "client_bytes",
    "server_bytes", "client_payload", "server_payload", "first_packet", "last_packet", "interfaces", "syn", "syn_ack",
    "fin", "reset",
)  # fmt: skip


def list_flows(capture: CaptureFile, *, out: Path | None, top: int) -> Flows:
    """List the largest conversations; write all to a Parquet file when `out` is given."""
    _positive("--top", top)
    table = capture.flows().collect()
    if out is not None:
        _write(table, out)
    shown = table.sort(["bytes", "flow"], descending=[True, False]).head(top)
    names: dict[str, str] = resources.table("pcap.toml")["ip_protocols"]
    return Flows(
        total=table.height,
        flows=tuple(_flow(row, names) for row in shown.iter_rows(named=True)),
        columns={item.name: item.meaning + (f" ({item.unit})" if item.unit else "") for item in FLOWS},
        out=None if out is None else str(out),
        coverage=capture.coverage,
    )


def _flow(row: dict[str, Any], names: dict[str, str]) -> Flow:
    timed = row["first_ns"] is not None
    return Flow(
        protocol=names.get(str(row["protocol"]), str(row["protocol"])),
        client=client(row),
        server=server(row),
        first_time=epoch_text(row["first_ns"]),
        last_time=epoch_text(row["last_ns"]),
        duration=(row["last_ns"] - row["first_ns"]) / 1e9 if timed else 0.0,
        **{name: row[name] for name in _COPIED},
    )


def _write(table: pl.DataFrame, out: Path) -> None:
    rows = list(table.iter_rows(named=True))
    texts = (
        pl.Series("client", [client(row) for row in rows], pl.String),
        pl.Series("server", [server(row) for row in rows], pl.String),
    )
    try:
        table.with_columns(texts).write_parquet(out)
    except OSError as error:
        raise FileRejectedError(f"cannot be written: {error.strerror or error}", place=str(out)) from None


def _positive(option: str, value: int) -> None:
    if value < 1:
        raise InputError(f"{option}: {value} is below 1")
