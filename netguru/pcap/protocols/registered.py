"""All protocols that NetGuru decodes."""

from __future__ import annotations

from netguru.pcap.protocols import (
    arp,
    bgp,
    cdp,
    dhcp,
    dns,
    eigrp,
    hsrp,
    http,
    icmp,
    icmpv6,
    lldp,
    ntp,
    ospf,
    stp,
    tls,
    vrrp,
)

ALL = (
    arp.PROTOCOL,
    bgp.PROTOCOL,
    cdp.PROTOCOL,
    cdp.TRUNKING,
    cdp.VLANS,
    dhcp.PROTOCOL,
    dns.MULTICAST,
    dns.PROTOCOL,
    eigrp.PROTOCOL,
    hsrp.PROTOCOL,
    http.PROTOCOL,
    icmp.PROTOCOL,
    icmpv6.DISCOVERY,
    icmpv6.PROTOCOL,
    lldp.PROTOCOL,
    ntp.PROTOCOL,
    ospf.PROTOCOL,
    stp.PROTOCOL,
    tls.PROTOCOL,
    vrrp.PROTOCOL,
)
