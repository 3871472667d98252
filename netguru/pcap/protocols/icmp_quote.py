"""The packet that an ICMP error quotes: its addresses, protocol and ports."""

from __future__ import annotations

from netguru.pcap.protocols.wire import Row, has, ipv4, ipv6, u8, u16

_TCP, _UDP, _ICMP = 6, 17, 1
_IPV4, _IPV6 = 4, 6
_IPV4_HEADER, _IPV6_HEADER = 20, 40
_EXTENSIONS = {0, 43, 60}


def quoted(data: bytes) -> Row:
    """Decode the header that an ICMP error carries; empty when it is not an IP header."""
    version = data[0] >> 4 if data else 0
    if version == _IPV4 and has(data, _IPV4_HEADER):
        header = (data[0] & 15) * 4
        row: Row = {
            "quoted_src": ipv4(data, 12),
            "quoted_dst": ipv4(data, 16),
            "quoted_protocol": data[9],
            "quoted_ttl": data[8],
            "quoted_ip_id": u16(data, 4),
            "quoted_length": u16(data, 2),
        }
    elif version == _IPV6 and has(data, _IPV6_HEADER):
        header = _IPV6_HEADER
        row = {
            "quoted_src": ipv6(data, 8),
            "quoted_dst": ipv6(data, 24),
            "quoted_protocol": data[6],
            "quoted_ttl": data[7],
            "quoted_length": u16(data, 4) + _IPV6_HEADER,
        }
        while row["quoted_protocol"] in _EXTENSIONS and has(data, header + 8):
            row["quoted_protocol"] = u8(data, header)
            header += (u8(data, header + 1) + 1) * 8
    else:
        return {}
    if row["quoted_protocol"] in (_TCP, _UDP) and has(data, header + 4):
        row["quoted_src_port"], row["quoted_dst_port"] = u16(data, header), u16(data, header + 2)
    return row


def words(row: Row) -> str:
    """Put the quoted packet into words, empty when there is none."""
    if not row.get("quoted_dst"):
        return ""
    names = {_TCP: "TCP", _UDP: "UDP", _ICMP: "ICMP", 58: "ICMPv6"}
    protocol = names.get(row["quoted_protocol"], f"protocol {row['quoted_protocol']}")
    ends = [row["quoted_src"], row["quoted_dst"]]
    if row.get("quoted_dst_port") is not None:
        mark = " port " if ":" in ends[0] else ":"
        ends = [f"{ends[0]}{mark}{row['quoted_src_port']}", f"{ends[1]}{mark}{row['quoted_dst_port']}"]
    return f" for {protocol} {ends[0]} > {ends[1]}"
