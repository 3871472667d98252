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
    """Declare a column: name, type, unit ("" where there is none), meaning, Wireshark's field, presence.

    Columns of one `group` are null in the same packets; those of the group "" never are.
    """

    name: str
    kind: Kind
    unit: str
    meaning: str
    wireshark: str = ""
    group: str = ""

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
    Column(
        "time_ns",
        "i64",
        "ns",
        "time of capture since the epoch; null in blocks without time",
        "frame.time_epoch",
        group="time",
    ),
    Column("interface", "u16", "", "index of the capture interface, over all sections", "frame.interface_id"),
    Column("link_type", "u16", "", "LINKTYPE number of the interface"),
    Column("length", "u32", "bytes", "length on the wire", "frame.len"),
    Column("captured", "u32", "bytes", "bytes that were captured", "frame.cap_len"),
    Column("offset", "u64", "bytes", "place of the first captured byte in the (unpacked) file"),
    Column("eth_src", "u64", "", "source hardware address", "eth.src", group="eth_src"),
    Column("eth_dst", "u64", "", "destination hardware address", "eth.dst", group="eth_dst"),
    Column(
        "ethertype", "u16", "", "last EtherType after VLAN, MPLS and PPPoE; null for LLC", "eth.type", group="ethertype"
    ),
    Column("llc_dsap", "u8", "", "destination SAP of IEEE 802.2", "llc.dsap", group="llc"),
    Column("llc_ssap", "u8", "", "source SAP of IEEE 802.2", "llc.ssap", group="llc"),
    Column("snap_oui", "u32", "", "organisation of a SNAP header that is not EtherType's", "llc.oui", group="snap"),
    Column("snap_pid", "u16", "", "protocol of a SNAP header that is not EtherType's", "llc.pid", group="snap"),
    Column("vlan", "u16", "", "outermost VLAN", "vlan.id", group="vlan"),
    Column("vlan_priority", "u8", "", "priority code point of the outermost VLAN tag", "vlan.priority", group="vlan"),
    Column("inner_vlan", "u16", "", "second VLAN of a double-tagged frame", "vlan.id", group="inner_vlan"),
    Column("mpls_label", "u32", "", "outermost MPLS label", "mpls.label", group="mpls"),
    Column(
        "network_offset",
        "u16",
        "bytes",
        "place of the layer 3 header (IP, ARP, LLC payload) in the frame",
        group="network",
    ),
    Column(
        "network_length",
        "u32",
        "bytes",
        "layer 3 length by IP or IEEE 802.3 length, else by the frame's length",
        group="network",
    ),
    Column("arp_opcode", "u16", "", "operation of ARP and RARP (RFC 826)", "arp.opcode", group="arp"),
    Column("arp_src_mac", "u64", "", "hardware address of the sender", "arp.src.hw_mac", group="arp"),
    Column("arp_src_ip", "u32", "", "IPv4 address of the sender", "arp.src.proto_ipv4", group="arp"),
    Column("arp_dst_mac", "u64", "", "hardware address of the target", "arp.dst.hw_mac", group="arp"),
    Column("arp_dst_ip", "u32", "", "IPv4 address of the target", "arp.dst.proto_ipv4", group="arp"),
    Column("ip_version", "u8", "", "4, 6, or 0 for other packets", "ip.version"),
    Column("src_hi", "u64", "", "upper half of the source address; 0 for IPv4", group="ip"),
    Column("src_lo", "u64", "", "lower half of the source address, all of an IPv4 address", "ip.src", group="ip"),
    Column("dst_hi", "u64", "", "upper half of the destination address; 0 for IPv4", group="ip"),
    Column("dst_lo", "u64", "", "lower half of the destination address, all of an IPv4 address", "ip.dst", group="ip"),
    Column("protocol", "u8", "", "protocol after all IPv6 extension headers", "ip.proto", group="ip"),
    Column("ttl", "u8", "hops", "time to live or hop limit", "ip.ttl", group="ip"),
    Column("ip_id", "u32", "", "IPv4 identification; that of the fragment header for IPv6", "ip.id", group="ip_id"),
    Column("dscp", "u8", "", "differentiated services code point", "ip.dsfield.dscp", group="ip"),
    Column("ecn", "u8", "", "congestion notification bits", "ip.dsfield.ecn", group="ip"),
    Column("dont_fragment", "bool", "", "may not be fragmented (IPv4)", "ip.flags.df", group="ip"),
    Column("more_fragments", "bool", "", "more fragments follow", "ip.flags.mf", group="ip"),
    Column("fragment_offset", "u16", "bytes", "place of the fragment in the whole", "ip.frag_offset", group="ip"),
    Column("ip_length", "u32", "bytes", "length of the IP packet with its headers", "ip.len", group="ip"),
    Column(
        "transport_offset",
        "u16",
        "bytes",
        "place of the layer 4 header in the frame; null in later fragments",
        group="transport",
    ),
    Column("src_port", "u16", "", "source port of TCP, UDP, SCTP", "tcp.srcport", group="ports"),
    Column("dst_port", "u16", "", "destination port of TCP, UDP, SCTP", "tcp.dstport", group="ports"),
    Column("icmp_type", "u8", "", "type of ICMP or ICMPv6", "icmp.type", group="icmp"),
    Column("icmp_code", "u8", "", "code of ICMP or ICMPv6", "icmp.code", group="icmp"),
    Column("tcp_seq", "u32", "", "sequence number as sent", "tcp.seq_raw", group="tcp"),
    Column("tcp_ack", "u32", "", "acknowledgment number as sent", "tcp.ack_raw", group="tcp"),
    Column("tcp_flags", "u16", "", "the twelve flag bits", "tcp.flags", group="tcp"),
    Column("tcp_window", "u16", "", "window field, not scaled", "tcp.window_size_value", group="tcp"),
    Column("tcp_mss", "u16", "bytes", "maximum segment size option", "tcp.options.mss_val", group="mss"),
    Column("tcp_window_scale", "u8", "bits", "window scale option", "tcp.options.wscale.shift", group="scale"),
    Column("tcp_sack_permitted", "bool", "", "SACK permitted option is there", "tcp.options.sack_perm", group="tcp"),
    Column("tcp_has_md5", "bool", "", "MD5 signature option is there (RFC 2385)", "tcp.options.md5", group="tcp"),
    Column("tcp_tsval", "u32", "", "timestamp value option", "tcp.options.timestamp.tsval", group="timestamp"),
    Column("tcp_tsecr", "u32", "", "timestamp echo reply option", "tcp.options.timestamp.tsecr", group="timestamp"),
    Column("tcp_sack_blocks", "u8", "", "blocks of the SACK option (RFC 2018)", "tcp.options.sack.count", group="sack"),
    Column(
        "tcp_sack_left", "u32", "", "left edge of the first SACK block, as sent", "tcp.options.sack_le", group="sack"
    ),
    Column(
        "tcp_sack_right", "u32", "", "right edge of the first SACK block, as sent", "tcp.options.sack_re", group="sack"
    ),
    Column(
        "payload_offset",
        "u32",
        "bytes",
        "place of the payload of TCP, UDP, SCTP or of another IP protocol in the frame",
        group="payload",
    ),
    Column("payload_length", "u32", "bytes", "payload by the IP length, captured or not", "tcp.len", group="payload"),
    Column("payload_head", "u64", "", "first eight captured payload bytes, zeros after its end", group="head"),
    Column("flow", "u32", "", "conversation, from 0 by first packet; null without IP", group="flow"),
    Column(
        "stream", "u32", "", "TCP or UDP conversation as Wireshark counts them, from 0", "tcp.stream", group="stream"
    ),
    Column("from_client", "bool", "", "sent by the client of the conversation", group="flow"),
    Column("tcp_marks", "u16", "", "bits of the TCP analysis (`tcp_wireshark.Mark`)", "tcp.analysis", group="marks"),
    Column("tcp_kinds", "u8", "", "bits of what happened to its bytes (`kernels.strict`)", group="marks"),
)

INNER = (
    *PACKETS,
    Column("tunnel", "text", "", "what the packet was found in: gre, vxlan, ..., or icmp for a quoted packet"),
    Column(
        "tunnel_id",
        "u32",
        "",
        "GRE key, VXLAN or Geneve network identifier, GTP tunnel, ERSPAN session",
        group="tunnel_id",
    ),
)
"""The columns of packets inside tunnels; `number` is that of the packet around them."""

FLOWS: tuple[Column, ...] = (
    Column("flow", "u32", "", "conversation number, from 0 by first packet"),
    Column("stream", "u32", "", "number among the TCP or UDP conversations, from 0; null for others", "tcp.stream"),
    Column("protocol", "u8", "", "IP protocol number", "ip.proto"),
    Column("ip_version", "u8", "", "4 or 6", "ip.version"),
    Column("client_hi", "u64", "", "upper half of the address that sent first"),
    Column("client_lo", "u64", "", "lower half of the address that sent first"),
    Column("client_port", "u16", "", "port of the side that sent first"),
    Column("server_hi", "u64", "", "upper half of the other address"),
    Column("server_lo", "u64", "", "lower half of the other address"),
    Column("server_port", "u16", "", "port of the other side"),
    Column("vlan", "u16", "", "outermost VLAN of the first packet; null without", "vlan.id"),
    Column("tunnel", "text", "", "what the first packet was found in: gre, vxlan, ...; empty for none"),
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
    Column("handshake_ns", "i64", "ns", "from the SYN to the ACK that ends the handshake", "tcp.analysis.initial_rtt"),
    Column("client_head", "u64", "", "first eight bytes of the client's first payload; 0 without"),
    Column("server_head", "u64", "", "first eight bytes of the server's first payload; 0 without"),
    Column("client_data", "u64", "bytes", "place of the client's first payload in the (unpacked) file"),
    Column("server_data", "u64", "bytes", "place of the server's first payload in the (unpacked) file"),
    Column("client_data_length", "u16", "bytes", "captured bytes of the client's first payload"),
    Column("server_data_length", "u16", "bytes", "captured bytes of the server's first payload"),
)


def packet_types() -> dict[str, pl.DataType]:
    """Give the polars types of the packet table by column."""
    return {column.name: column.dtype for column in PACKETS}


def inner_types() -> dict[str, pl.DataType]:
    """Give the polars types of the table of packets inside others by column."""
    return {column.name: column.dtype for column in INNER}


def flow_types() -> dict[str, pl.DataType]:
    """Give the polars types of the flow table by column."""
    return {column.name: column.dtype for column in FLOWS}
