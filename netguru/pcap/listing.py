"""Rows of flows as they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.errors import InputError
from netguru.pcap.addresses import address_column
from netguru.pcap.applications import with_applications
from netguru.pcap.flow_hosts import hosts
from netguru.pcap.protocols.wire import clean
from netguru.pcap.results import Flow, Flows
from netguru.pcap.schema import FLOWS
from netguru.pcap.slices import whole_file
from netguru.pcap.summarize import epoch_text

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

    from netguru.pcap.capture import CaptureFile

_COPIED = (
    "flow", "stream", "client_port", "server_port", "packets", "bytes", "client_packets", "server_packets",
    "client_bytes", "server_bytes", "client_payload", "server_payload", "first_packet", "last_packet", "interfaces",
    "syn", "syn_ack", "fin", "reset", "vlan", "tunnel", "application", "application_by", "host",
    "host_by",
)  # fmt: skip


def list_flows(capture: CaptureFile, *, out: Path | None, top: int) -> Flows:
    """List the largest conversations; write all to a Parquet file when `out` is given."""
    _positive("--top", top)
    conversations = capture.conversations
    if out is not None:
        _write(capture, out)
    shown, total = conversations.largest(top)
    names: dict[str, str] = resources.table("pcap.toml")["ip_protocols"]
    return Flows(
        total=total,
        flows=tuple(_flow(row, names) for row in _named(capture, shown).iter_rows(named=True)),
        columns={item.name: item.meaning + (f" ({item.unit})" if item.unit else "") for item in FLOWS},
        out=None if out is None else str(out),
        coverage=capture.coverage,
    )


def _named(capture: CaptureFile, flows: pl.DataFrame) -> pl.DataFrame:
    """Add what people read: addresses as text, the application, the host and what its name rests on."""
    import polars as pl

    ends = (address_column(f"{end}_hi", f"{end}_lo").alias(end) for end in ("client", "server"))
    named = with_applications(flows.with_columns(*ends))
    asked = hosts(capture, named).alias("host")
    given = capture.names_of()
    own = pl.Series("own", [clean(given.get(each, [""])[0]) or None for each in named["server"]], pl.String)
    by = pl.when(asked.is_not_null()).then(pl.lit("payload")).when(own.is_not_null()).then(pl.lit("file"))
    return named.with_columns(asked.fill_null(own), by.otherwise(None).cast(pl.String).alias("host_by"))


def _flow(row: dict[str, Any], names: dict[str, str]) -> Flow:
    timed = row["first_ns"] is not None
    return Flow(
        protocol=names.get(str(row["protocol"]), str(row["protocol"])),
        client=row["client"],
        server=row["server"],
        first_time=epoch_text(row["first_ns"]),
        last_time=epoch_text(row["last_ns"]),
        duration=(row["last_ns"] - row["first_ns"]) / 1e9 if timed else 0.0,
        handshake_ms=None if row["handshake_ns"] is None else row["handshake_ns"] / 1e6,
        **{name: row[name] for name in _COPIED},
    )


def _write(capture: CaptureFile, out: Path) -> None:
    """Write all conversations, in parts, as one Parquet file that is there whole or not at all."""
    import pyarrow.parquet as pq

    empty = _named(capture, capture.conversations.largest(0)[0]).to_arrow()
    with whole_file(out, source=capture.source.path) as stream, pq.ParquetWriter(stream, empty.schema) as writer:
        for part in capture.conversations.parts():
            writer.write_table(_named(capture, part).to_arrow().cast(empty.schema))


def _positive(option: str, value: int) -> None:
    if value < 1:
        raise InputError(f"{option}: {value} is below 1")
