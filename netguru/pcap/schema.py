"""The columns of the packet table and the flow table, each declared once.

`packets()` and `flows()` give exactly these columns in this order. A column is null where the
packet does not have the field, or was cut before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import polars as pl

Kind = Literal["u8", "u16", "u32", "u64", "i64", "f64", "bool", "text"]


@dataclass(frozen=True, slots=True)
class Column:
    """Declare a column: name, type, unit ("" where there is none), meaning, Wireshark's field."""

    name: str
    kind: Kind
    unit: str
    meaning: str
    wireshark: str = ""

    @property
    def dtype(self) -> pl.DataType:
        """Give the polars type."""
        import polars as pl

        types: dict[Kind, pl.DataType] = {
            "u8": pl.UInt8(),
            "u16": pl.UInt16(),
            "u32": pl.UInt32(),
            "u64": pl.UInt64(),
            "i64": pl.Int64(),
            "f64": pl.Float64(),
            "bool": pl.Boolean(),
            "text": pl.String(),
        }
        return types[self.kind]


PACKETS: tuple[Column, ...] = (
    Column("number", "u32", "", "place in the file, from 1", "frame.number"),
    Column("time_ns", "i64", "ns", "time of capture since the epoch; null in blocks without time", "frame.time_epoch"),
    Column("interface", "u16", "", "index of the capture interface, over all sections", "frame.interface_id"),
    Column("link_type", "u16", "", "LINKTYPE number of the interface"),
    Column("length", "u32", "bytes", "length on the wire", "frame.len"),
    Column("captured", "u32", "bytes", "bytes that were captured", "frame.cap_len"),
    Column("offset", "u64", "bytes", "place of the first captured byte in the (unpacked) file"),
    Column("eth_src", "u64", "", "source hardware address", "eth.src"),
    Column("eth_dst", "u64", "", "destination hardware address", "eth.dst"),
    Column("ethertype", "u16", "", "last EtherType after VLAN, MPLS and PPPoE; null for LLC", "eth.type"),
    Column("llc_dsap", "u8", "", "destination SAP of IEEE 802.2", "llc.dsap"),
    Column("llc_ssap", "u8", "", "source SAP of IEEE 802.2", "llc.ssap"),
    Column("snap_oui", "u32", "", "organisation of a SNAP header that is not EtherType's", "llc.oui"),
    Column("snap_pid", "u16", "", "protocol of a SNAP header that is not EtherType's", "llc.pid"),
    Column("vlan", "u16", "", "outermost VLAN", "vlan.id"),
    Column("vlan_priority", "u8", "", "priority code point of the outermost VLAN tag", "vlan.priority"),
    Column("inner_vlan", "u16", "", "second VLAN of a double-tagged frame", "vlan.id"),
    Column("mpls_label", "u32", "", "outermost MPLS label", "mpls.label"),
    Column("network_offset", "u16", "bytes", "place of the layer 3 header (IP, ARP, LLC payload) in the frame"),
    Column("network_length", "u32", "bytes", "layer 3 length by IP or IEEE 802.3 length, else by the frame's length"),
    Column("arp_opcode", "u16", "", "operation of ARP and RARP (RFC 826)", "arp.opcode"),
    Column("arp_src_mac", "u64", "", "hardware address of the sender", "arp.src.hw_mac"),
    Column("arp_src_ip", "u32", "", "IPv4 address of the sender", "arp.src.proto_ipv4"),
    Column("arp_dst_mac", "u64", "", "hardware address of the target", "arp.dst.hw_mac"),
    Column("arp_dst_ip", "u32", "", "IPv4 address of the target", "arp.dst.proto_ipv4"),
    Column("ip_version", "u8", "", "4, 6, or 0 for other packets", "ip.version"),
    Column("src_hi", "u64", "", "upper half of the source address; 0 for IPv4"),
    Column("src_lo", "u64", "", "lower half of the source address, all of an IPv4 address", "ip.src"),
    Column("dst_hi", "u64", "", "upper half of the destination address; 0 for IPv4"),
    Column("dst_lo", "u64", "", "lower half of the destination address, all of an IPv4 address", "ip.dst"),
    Column("protocol", "u8", "", "protocol after all IPv6 extension headers", "ip.proto"),
    Column("ttl", "u8", "hops", "time to live or hop limit", "ip.ttl"),
    Column("ip_id", "u32", "", "IPv4 identification; that of the fragment header for IPv6", "ip.id"),
    Column("dscp", "u8", "", "differentiated services code point", "ip.dsfield.dscp"),
    Column("ecn", "u8", "", "congestion notification bits", "ip.dsfield.ecn"),
    Column("dont_fragment", "bool", "", "may not be fragmented (IPv4)", "ip.flags.df"),
    Column("more_fragments", "bool", "", "more fragments follow", "ip.flags.mf"),
    Column("fragment_offset", "u16", "bytes", "place of the fragment in the whole", "ip.frag_offset"),
    Column("ip_length", "u32", "bytes", "length of the IP packet with its headers", "ip.len"),
    Column("transport_offset", "u16", "bytes", "place of the layer 4 header in the frame; null in later fragments"),
    Column("src_port", "u16", "", "source port of TCP, UDP, SCTP", "tcp.srcport"),
    Column("dst_port", "u16", "", "destination port of TCP, UDP, SCTP", "tcp.dstport"),
    Column("icmp_type", "u8", "", "type of ICMP or ICMPv6", "icmp.type"),
    Column("icmp_code", "u8", "", "code of ICMP or ICMPv6", "icmp.code"),
    Column("tcp_seq", "u32", "", "sequence number as sent", "tcp.seq_raw"),
    Column("tcp_ack", "u32", "", "acknowledgment number as sent", "tcp.ack_raw"),
    Column("tcp_flags", "u16", "", "the twelve flag bits", "tcp.flags"),
    Column("tcp_window", "u16", "", "window field, not scaled", "tcp.window_size_value"),
    Column("tcp_mss", "u16", "bytes", "maximum segment size option", "tcp.options.mss_val"),
    Column("tcp_window_scale", "u8", "bits", "window scale option", "tcp.options.wscale.shift"),
    Column("tcp_sack_permitted", "bool", "", "SACK permitted option is there", "tcp.options.sack_perm"),
    Column("tcp_has_md5", "bool", "", "MD5 signature option is there (RFC 2385)", "tcp.options.md5"),
    Column("tcp_tsval", "u32", "", "timestamp value option", "tcp.options.timestamp.tsval"),
    Column("tcp_tsecr", "u32", "", "timestamp echo reply option", "tcp.options.timestamp.tsecr"),
    Column("tcp_sack_blocks", "u8", "", "blocks of the SACK option (RFC 2018)", "tcp.options.sack.count"),
    Column("tcp_sack_left", "u32", "", "left edge of the first SACK block, as sent", "tcp.options.sack_le"),
    Column("tcp_sack_right", "u32", "", "right edge of the first SACK block, as sent", "tcp.options.sack_re"),
    Column(
        "payload_offset",
        "u32",
        "bytes",
        "place of the payload of TCP, UDP, SCTP or of another IP protocol in the frame",
    ),
    Column("payload_length", "u32", "bytes", "payload by the IP length, captured or not", "tcp.len"),
    Column("payload_head", "u64", "", "first eight captured payload bytes, zeros after its end"),
    Column("flow", "u32", "", "conversation, from 0 by first packet; null without IP"),
    Column("stream", "u32", "", "TCP or UDP conversation as Wireshark counts them, from 0", "tcp.stream"),
    Column("from_client", "bool", "", "sent by the client of the conversation"),
    Column("tcp_marks", "u16", "", "bits of the TCP analysis (`tcp_wireshark.Mark`)", "tcp.analysis"),
)

INNER = (
    *PACKETS,
    Column("tunnel", "text", "", "what the packet was found in: gre, vxlan, ..., or icmp for a quoted packet"),
    Column("tunnel_id", "u32", "", "GRE key, VXLAN or Geneve network identifier, GTP tunnel, ERSPAN session"),
)
"""The columns of packets inside tunnels; `number` is that of the packet around them."""

FLOWS: tuple[Column, ...] = (
    Column("flow", "u32", "", "conversation number, from 0 by first packet"),
    Column("protocol", "u8", "", "IP protocol number", "ip.proto"),
    Column("ip_version", "u8", "", "4 or 6", "ip.version"),
    Column("client_hi", "u64", "", "upper half of the address that sent first"),
    Column("client_lo", "u64", "", "lower half of the address that sent first"),
    Column("client_port", "u16", "", "port of the side that sent first"),
    Column("server_hi", "u64", "", "upper half of the other address"),
    Column("server_lo", "u64", "", "lower half of the other address"),
    Column("server_port", "u16", "", "port of the other side"),
    Column("packets", "u32", "", "packets both ways"),
    Column("bytes", "u64", "bytes", "frame lengths both ways"),
    Column("client_packets", "u32", "", "packets of the client"),
    Column("server_packets", "u32", "", "packets of the server"),
    Column("client_bytes", "u64", "bytes", "frame lengths of the client"),
    Column("server_bytes", "u64", "bytes", "frame lengths of the server"),
    Column("client_payload", "u64", "bytes", "payload of the client"),
    Column("server_payload", "u64", "bytes", "payload of the server"),
    Column("first_ns", "i64", "ns", "time of the first packet"),
    Column("last_ns", "i64", "ns", "time of the last packet"),
    Column("first_packet", "u32", "", "number of the first packet", "frame.number"),
    Column("last_packet", "u32", "", "number of the last packet", "frame.number"),
    Column("interfaces", "u16", "", "capture interfaces that saw it"),
    Column("syn", "u32", "", "SYN without ACK"),
    Column("syn_ack", "u32", "", "SYN with ACK"),
    Column("fin", "u32", "", "segments with FIN"),
    Column("reset", "u32", "", "segments with RST"),
)


def packet_types() -> dict[str, pl.DataType]:
    """Give the polars types of the packet table by column."""
    return {column.name: column.dtype for column in PACKETS}


def flow_types() -> dict[str, pl.DataType]:
    """Give the polars types of the flow table by column."""
    return {column.name: column.dtype for column in FLOWS}
