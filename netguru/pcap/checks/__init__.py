"""Checks of captures: control plane, services, link layer, security and the quality of the capture itself.

Importing this package registers them, and how packet evidence is read again.
"""

from netguru.pcap import reread
from netguru.pcap.checks import (
    access_control,
    addresses,
    bgp,
    dhcp,
    dhcpv6,
    discovery,
    dns,
    eigrp,
    gateways,
    http,
    ipsec,
    loops,
    ntp,
    ospf,
    quality,
    remote_services,
    security,
    silence,
    storms,
    stp,
    voice,
)

__all__ = [
    "access_control",
    "addresses",
    "bgp",
    "dhcp",
    "dhcpv6",
    "discovery",
    "dns",
    "eigrp",
    "gateways",
    "http",
    "ipsec",
    "loops",
    "ntp",
    "ospf",
    "quality",
    "remote_services",
    "reread",
    "security",
    "silence",
    "storms",
    "stp",
    "voice",
]
