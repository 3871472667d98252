"""Checks of captures: control plane, services, link layer, security and the quality of the capture itself.

Importing this package registers them, and how packet evidence is read again.
"""

from netguru.pcap import reread
from netguru.pcap.checks import (
    addresses,
    aggregation,
    bfd,
    bgp,
    dhcp,
    discovery,
    dns,
    eigrp,
    gateways,
    groups,
    http,
    isis,
    loops,
    ntp,
    ospf,
    quality,
    security,
    storms,
    stp,
    switches,
)

__all__ = [
    "addresses",
    "aggregation",
    "bfd",
    "bgp",
    "dhcp",
    "discovery",
    "dns",
    "eigrp",
    "gateways",
    "groups",
    "http",
    "isis",
    "loops",
    "ntp",
    "ospf",
    "quality",
    "reread",
    "security",
    "storms",
    "stp",
    "switches",
]
