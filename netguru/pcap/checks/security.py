"""Security: obsolete TLS, fatal alerts, and logins in the clear. Credentials are never quoted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from netguru.checks import check, finding
from netguru.pcap.addresses import destination, source
from netguru.pcap.checks.common import counted, grouped, messages, numbers, subject, told, vlans
from netguru.pcap.protocols.base import named
from netguru.pcap.protocols.tls import FATAL
from netguru.pcap.survey import survey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.finding import Finding
    from netguru.pcap.capture import CaptureFile as Capture

_OBSOLETE = {"SSL 3.0", "TLS 1.0", "TLS 1.1"}
# BER: tags, and lengths from 128 on that take more bytes.
_SEQUENCE, _INTEGER, _OCTETS, _LONG_LENGTH, _TWO_BYTES = 0x30, 0x02, 0x04, 0x80, 0x82


@check("capture", "tls.obsolete-version", "tls.alert", profile="security")
def tls(capture: Capture) -> Iterator[Finding]:
    """Report sessions that chose an obsolete version, and fatal alerts."""
    obsolete = (pl.col("message") == "server_hello") & pl.col("version").is_in(list(_OBSOLETE))
    chosen = messages(capture, "tls", obsolete)
    for (server, port, version), hellos in grouped(chosen, "src", "src_port", "version").items():
        yield finding(
            "tls.obsolete-version",
            evidence=capture.evidence(numbers(hellos), limit=4),
            subject=subject(server, vlans=vlans(hellos)),
            server=f"{server} port {port}",
            version=version,
            times=counted(len(hellos), "session"),
        )
    names = dict(told(capture, "tls").filter(pl.col("sni") != "").select("flow", "sni").iter_rows())
    fatal = messages(capture, "tls", (pl.col("message") == "alert") & (pl.col("alert_level") == FATAL))
    for (sender, receiver, alert), alerts in grouped(fatal, "src", "dst", "alert_name").items():
        wanted = sorted({names[row["flow"]] for row in alerts if row["flow"] in names})
        yield finding(
            "tls.alert",
            evidence=capture.evidence(numbers(alerts), limit=4),
            subject=subject(sender, receiver, vlans=vlans(alerts)),
            symptoms=[f"the client asked for {name}" for name in wanted[:3]],
            sender=sender,
            receiver=receiver,
            alert=alert,
        )


@check("capture", "security.cleartext-login", profile="security")
def cleartext(capture: Capture) -> Iterator[Finding]:
    """Report passwords that anybody on the way can read: Telnet, FTP, HTTP basic, SNMP communities."""
    basic = messages(capture, "http", pl.col("authorization").str.to_lowercase() == "basic")
    for (server, port), rows in grouped(basic, "dst", "dst_port").items():
        yield finding(
            "security.cleartext-login",
            evidence=capture.evidence(numbers(rows), limit=3),
            subject=subject(server, *(row["src"] for row in rows), vlans=vlans(rows)),
            service="HTTP basic authentication",
            server=f"{server} port {port}",
        )
    for port in (21, 23):
        yield from _sessions(capture, port)
    yield from _communities(capture)


def _communities(capture: Capture) -> Iterator[Finding]:
    """Report SNMP messages of versions 1 and 2c: a sequence, the integer 0 or 1, then the community."""
    head = [(pl.col("payload_head") // (1 << shift)) % 256 for shift in (56, 48, 40, 32, 24, 16, 8)]
    short = (head[1] < _LONG_LENGTH) & (head[2] == _INTEGER) & (head[4] <= 1) & (head[5] == _OCTETS)
    two = (head[1] == _TWO_BYTES) & (head[4] == _INTEGER) & (head[6] <= 1)
    packets = survey(capture).selections.rows("snmp").filter((head[0] == _SEQUENCE) & (short | two)).to_dicts()
    by_server: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in packets:
        by_server.setdefault((destination(row), row["dst_port"]), []).append(row)
    for (server, port), rows in by_server.items():
        yield finding(
            "security.cleartext-login",
            evidence=capture.evidence(numbers(rows), limit=3),
            subject=subject(server, *{source(row) for row in rows}),
            service="SNMP version 1 or 2c",
            server=f"{server} port {port}",
        )


def _sessions(capture: Capture, port: int) -> Iterator[Finding]:
    """Report sessions in which both sides sent data to and from the port."""
    ports = (pl.col("src_port") == port) | (pl.col("dst_port") == port)
    rows = survey(capture).selections.rows("logins").filter(ports).to_dicts()
    by_server: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_server.setdefault(source(row) if row["src_port"] == port else destination(row), []).append(row)
    for server, seen in by_server.items():
        if len({row["src_port"] == port for row in seen}) > 1:
            yield finding(
                "security.cleartext-login",
                evidence=capture.evidence(numbers(seen), limit=3),
                subject=subject(server),
                service=named("security", "port", port),
                server=f"{server} port {port}",
            )
