"""DHCP: clients without an offer, refused clients, and more than one server (RFC 2131)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netguru.checks import check, finding, threshold
from netguru.pcap.checks.common import Row, counted, grouped, messages, numbers, span_s, subject, vlans
from netguru.pcap.protocols.dhcp import ACK, DISCOVER, NAK, OFFER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.capture import Capture
    from netguru.model.evidence import Evidence
    from netguru.model.finding import Finding

_NOBODY = "0.0.0.0"  # noqa: S104 - an unset field


@check("capture", "dhcp.no-offer", profile="services")
def no_offer(capture: Capture) -> Iterator[Finding]:
    """Report clients that ask again and again and get no offer."""
    rows = messages(capture, "dhcp")
    answered = {row["client_mac"] for row in rows if row["message_type"] in (OFFER, ACK)}
    seeking = [row for row in rows if row["message_type"] == DISCOVER and row["client_mac"] not in answered]
    for (client,), asked in grouped(seeking, "client_mac").items():
        tries = len({(row["xid"], row["seconds"], row["time_ns"] // 500_000_000) for row in asked})
        if tries < threshold("dhcp.no-offer", "tries"):
            continue
        relays = sorted({row["giaddr"] for row in asked} - {_NOBODY, None})
        reason = f"the relay {', '.join(relays)} forwards them" if relays else "no relay forwards them here"
        yield finding(
            "dhcp.no-offer",
            evidence=(*capture.evidence(numbers(asked), limit=6), _no_reply(capture, asked)),
            subject=subject(client, *relays, vlans=vlans(asked)),
            symptoms=[f"{counted(tries, 'discover')} in {span_s(asked):.0f} s, {reason}"],
            client=client,
            host=next((f" ({row['hostname']})" for row in asked if row["hostname"]), ""),
            tries=tries,
        )


def _no_reply(capture: Capture, asked: list[Row]) -> Evidence:
    return capture.absence(asked[0]["number"], capture.coverage.total, "DHCP offer")


@check("capture", "dhcp.nak", profile="services")
def refused(capture: Capture) -> Iterator[Finding]:
    """Report clients that a server refuses."""
    rows = [row for row in messages(capture, "dhcp") if row["message_type"] == NAK]
    for (client,), told in grouped(rows, "client_mac").items():
        servers = sorted({row["server_id"] or row["src"] for row in told})
        yield finding(
            "dhcp.nak",
            evidence=capture.evidence(numbers(told), limit=4),
            subject=subject(client, *servers, vlans=vlans(told)),
            symptoms=[
                f'the server says: "{text}"' for text in sorted({row["message"] for row in told if row["message"]})
            ],
            client=client,
            servers=", ".join(servers),
        )


@check("capture", "dhcp.two-servers", profile="services")
def two_servers(capture: Capture) -> Iterator[Finding]:
    """Report one request that several servers answer with an offer."""
    offers = [row for row in messages(capture, "dhcp") if row["message_type"] == OFFER and row["server_id"]]
    seen: set[tuple[str, ...]] = set()
    for made in grouped(offers, "xid", "client_mac").values():
        servers = tuple(sorted({row["server_id"] for row in made}))
        if len(servers) < 2 or servers in seen:  # noqa: PLR2004 - two servers
            continue
        seen.add(servers)
        gateways = {row["server_id"]: ", ".join(row["routers"] or ()) or "none" for row in made}
        yield finding(
            "dhcp.two-servers",
            evidence=capture.evidence(numbers(made), limit=4),
            subject=subject(*servers, vlans=vlans(made)),
            symptoms=[f"{server} offers the gateway {gateway}" for server, gateway in sorted(gateways.items())],
            servers=" and ".join(servers),
            client=made[0]["client_mac"],
        )
