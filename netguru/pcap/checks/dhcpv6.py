"""DHCPv6: clients without an answer, servers without addresses, and more than one server (RFC 8415)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.checks import check, finding, threshold
from netguru.pcap.checks.common import Row, counted, grouped, listed, messages, numbers, span_s, subject, vlans
from netguru.pcap.protocols.dhcpv6 import ADVERTISE, REPLY, SOLICIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.finding import Finding

_NO_ADDRESSES, _NO_PREFIX = 2, 6


@check("capture", "dhcpv6.no-reply", profile="services")
def no_reply(capture: Capture) -> Iterator[Finding]:
    """Report clients that solicit again and again and hear no server."""
    rows = messages(capture, "dhcpv6")
    answered = {row["client_id"] for row in rows if row["message_type"] in (ADVERTISE, REPLY)}
    seeking = [row for row in rows if row["message_type"] == SOLICIT and row["client_id"] not in answered]
    for (client,), asked in grouped(seeking, "client_id").items():
        # A relay's copy of a message is no second try.
        tries = len({(row["xid"], row["time_ns"] // 500_000_000) for row in asked})
        if client is None or tries < threshold("dhcpv6.no-reply", "tries"):
            continue
        absence = capture.absence(asked[0]["number"], capture.coverage.total, "DHCPv6 advertise")
        yield finding(
            "dhcpv6.no-reply",
            evidence=(*capture.evidence(numbers(asked), limit=6), absence),
            subject=subject(*_senders(asked), vlans=vlans(asked)),
            symptoms=[f"{counted(tries, 'solicit')} in {span_s(asked):.0f} s"],
            client=_client(asked),
            tries=tries,
        )


def _senders(rows: list[Row]) -> set[str]:
    return {row["peer_address"] or row["src"] for row in rows}


def _client(rows: list[Row]) -> str:
    return min(_senders(rows))


@check("capture", "dhcpv6.no-addresses", profile="services")
def no_addresses(capture: Capture) -> Iterator[Finding]:
    """Report servers that say that they have no address or prefix for clients."""
    rows = [row for row in messages(capture, "dhcpv6") if row["status"] in (_NO_ADDRESSES, _NO_PREFIX)]
    for (server, status), told in grouped(rows, "server_id", "status_name").items():
        yield finding(
            "dhcpv6.no-addresses",
            evidence=capture.evidence(numbers(told), limit=4),
            subject=subject(*(row["src"] for row in told), vlans=vlans(told)),
            symptoms=[
                f'the server says: "{text}"' for text in sorted({row["status_text"] for row in told} - {"", None})
            ],
            server=f"{told[0]['src']} (DUID {server or 'unknown'})",
            status=status,
            clients=listed({row["peer_address"] or row["dst"] for row in told}),
        )


@check("capture", "dhcpv6.two-servers", profile="services")
def two_servers(capture: Capture) -> Iterator[Finding]:
    """Report one request that several servers advertise to."""
    offers = [row for row in messages(capture, "dhcpv6") if row["message_type"] == ADVERTISE and row["server_id"]]
    seen: set[tuple[str, ...]] = set()
    for made in grouped(offers, "xid", "client_id").values():
        servers = tuple(sorted({row["server_id"] for row in made}))
        if len(servers) < 2 or servers in seen:  # noqa: PLR2004 - two servers
            continue
        seen.add(servers)
        yield finding(
            "dhcpv6.two-servers",
            evidence=capture.evidence(numbers(made), limit=4),
            subject=subject(*(row["src"] for row in made), vlans=vlans(made)),
            symptoms=[
                f"{row['src']} offers {', '.join((row['addresses'] or []) + (row['prefixes'] or [])) or 'no address'}"
                for row in made
            ],
            servers=" and ".join(sorted({row["src"] for row in made})),
            client=made[0]["peer_address"] or made[0]["dst"],
        )
