"""One place at two times: services that came, went and changed, and the findings of each time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from netguru.pcap.addresses import address_text, endpoint
from netguru.pcap.compare_results import Service
from netguru.pcap.comparing.packets import limits
from netguru.pcap.comparing.tables import protocol

if TYPE_CHECKING:
    from netguru.pcap.capture import CaptureFile

_KEY = ("ip_version", "server_hi", "server_lo", "server_port", "protocol")
_TRANSPORTS = (6, 17, 132)
_MS = 1e6


def services(before: CaptureFile, after: CaptureFile) -> tuple[Service, ...]:
    """List the services of both times, those whose bytes changed most first.

    A service is an address, a port and a protocol that clients of both sides of the change opened conversations with;
    of protocols without ports the conversation's server.
    """
    both = _by_service(before).join(
        _by_service(after), on=_KEY, how="full", coalesce=True, suffix="_after", nulls_equal=True
    )
    rows = both.with_columns(
        (pl.col("bytes_after").fill_null(0).cast(pl.Int64) - pl.col("bytes").fill_null(0)).abs().alias("moved")
    ).sort("moved", *_KEY, descending=[True, *(False for _ in _KEY)])
    return tuple(_service(row) for row in rows.head(int(limits()["rows"])).to_dicts())


def _by_service(capture: CaptureFile) -> pl.DataFrame:
    flows = capture.flows().filter(pl.col("tunnel") == "").select(
        "flow", *_KEY, "packets", "bytes", "handshake_ns",
    ).collect()  # fmt: skip
    return (
        flows.join(_resent(capture), on="flow", how="left")
        .group_by(_KEY)
        .agg(
            pl.len().alias("conversations"),
            pl.col("bytes").sum(),
            pl.col("handshake_ns").median().alias("handshake"),
            (pl.col("resent").fill_null(0).sum() / pl.col("packets").sum()).alias("resent"),
        )
    )


def _resent(capture: CaptureFile) -> pl.DataFrame:
    """Count the packets of each conversation that Wireshark's analysis calls sent again."""
    from netguru.pcap.tcp_wireshark import Mark

    again = int(Mark.RETRANSMISSION | Mark.FAST_RETRANSMISSION | Mark.SPURIOUS_RETRANSMISSION)
    return (
        capture.packets()
        .select("flow", "tcp_marks")
        .filter(pl.col("tcp_marks") & again > 0)
        .group_by("flow")
        .agg(pl.len().alias("resent"))
        .collect()
    )


def _service(row: dict[str, Any]) -> Service:
    address = address_text(row["ip_version"], row["server_hi"], row["server_lo"])
    ported = row["protocol"] in _TRANSPORTS
    tcp = row["protocol"] == _TRANSPORTS[0]
    return Service(
        server=endpoint(address, row["server_port"] if ported else None),
        protocol=protocol(row["protocol"]),
        conversations_before=row["conversations"] or 0,
        conversations_after=row["conversations_after"] or 0,
        bytes_before=row["bytes"] or 0,
        bytes_after=row["bytes_after"] or 0,
        handshake_ms_before=_ms(row["handshake"]),
        handshake_ms_after=_ms(row["handshake_after"]),
        resent_share_before=_share(row["resent"]) if tcp else None,
        resent_share_after=_share(row["resent_after"]) if tcp else None,
    )


def _ms(value: float | None) -> float | None:
    return None if value is None else round(value / _MS, 3)


def _share(value: float | None) -> float | None:
    return None if value is None else round(value, 5)
