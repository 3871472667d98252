"""Headers of packets, one packet after the other: the compiled twin of `columns.py`.

It fills the matrices of a chunk (`chunks.Chunk`). It is compiled only: plain Python would be slower
than numpy's many packets at once, which `columns.py` does with the same result. Positions are those
in the buffer; a packet's state is its position, the end of its captured bytes, its end by the
lengths on the wire (`limit`), and what comes next (`kind`: an EtherType, or a state below).
"""

from __future__ import annotations

from typing import Any

from netguru.pcap.chunks import BIT, place
from netguru.pcap.kernels import inlined, kernel

Data = Any
Values = Any
Matrix = Any

DONE, LLC, IP, PPP, ETHERNET, MPLS = -1, -2, -3, -4, -5, -6
TCP, UDP = 6, 17
IPV4, IPV6, ARP, RARP, PPPOE = 0x0800, 0x86DD, 0x0806, 0x8035, 0x8864
FIRST_ETHERTYPE = 0x600
NO_TIME = -(2**63)
NO_NEXT = 59
PLACE = 0xFFFFFFFF
"""Places in a buffer are below it."""
MAX_DEPTH = 4
"""Layers of encapsulation that are decoded, the captured packet included."""

# Rows of the matrices.
TUNNEL, LLC_DSAP, LLC_SSAP, VLAN_PRIORITY = (
    place("tunnel"),
    place("llc_dsap"),
    place("llc_ssap"),
    place("vlan_priority"),
)
IP_VERSION, PROTOCOL, TTL, DSCP, ECN = (
    place("ip_version"),
    place("protocol"),
    place("ttl"),
    place("dscp"),
    place("ecn"),
)
DONT_FRAGMENT, MORE_FRAGMENTS = place("dont_fragment"), place("more_fragments")
ICMP_TYPE, ICMP_CODE, SCALE = place("icmp_type"), place("icmp_code"), place("tcp_window_scale")
SACK_PERMITTED, HAS_MD5, SACK_BLOCKS = place("tcp_sack_permitted"), place("tcp_has_md5"), place("tcp_sack_blocks")
INTERFACE, LINK_TYPE, KIND, SNAP_PID = place("interface"), place("link_type"), place("ethertype"), place("snap_pid")
VLAN, INNER_VLAN, NETWORK_OFFSET = place("vlan"), place("inner_vlan"), place("network_offset")
ARP_OPCODE, FRAGMENT_OFFSET, TRANSPORT_OFFSET = (
    place("arp_opcode"),
    place("fragment_offset"),
    place("transport_offset"),
)
SRC_PORT, DST_PORT, FLAGS, WINDOW, MSS = (
    place("src_port"),
    place("dst_port"),
    place("tcp_flags"),
    place("tcp_window"),
    place("tcp_mss"),
)
NUMBER, LENGTH, CAPTURED, SNAP_OUI, MPLS_LABEL = (
    place("number"),
    place("length"),
    place("captured"),
    place("snap_oui"),
    place("mpls_label"),
)
NETWORK_LENGTH, ARP_SRC_IP, ARP_DST_IP, IP_ID, IP_LENGTH = (
    place("network_length"),
    place("arp_src_ip"),
    place("arp_dst_ip"),
    place("ip_id"),
    place("ip_length"),
)
SEQ, ACK, TSVAL, TSECR = place("tcp_seq"), place("tcp_ack"), place("tcp_tsval"), place("tcp_tsecr")
SACK_LEFT, SACK_RIGHT = place("tcp_sack_left"), place("tcp_sack_right")
PAYLOAD_OFFSET, PAYLOAD_LENGTH, TUNNEL_ID = place("payload_offset"), place("payload_length"), place("tunnel_id")
TIME, OFFSET, ETH_SRC, ETH_DST = place("time_ns"), place("offset"), place("eth_src"), place("eth_dst")
ARP_SRC_MAC, ARP_DST_MAC = place("arp_src_mac"), place("arp_dst_mac")
SRC_HI, SRC_LO, DST_HI, DST_LO = place("src_hi"), place("src_lo"), place("dst_hi"), place("dst_lo")
HEAD = place("payload_head")
# Bits of the presence.
HAS_TIME, HAS_ETH_SRC, HAS_ETH_DST, HAS_KIND = BIT["time"], BIT["eth_src"], BIT["eth_dst"], BIT["ethertype"]
HAS_LLC, HAS_SNAP, HAS_VLAN, HAS_INNER_VLAN = BIT["llc"], BIT["snap"], BIT["vlan"], BIT["inner_vlan"]
HAS_MPLS, HAS_NETWORK, HAS_ARP, HAS_IP, HAS_IP_ID = BIT["mpls"], BIT["network"], BIT["arp"], BIT["ip"], BIT["ip_id"]
HAS_TRANSPORT, HAS_PORTS, HAS_ICMP, HAS_TCP = BIT["transport"], BIT["ports"], BIT["icmp"], BIT["tcp"]
HAS_MSS, HAS_SCALE, HAS_TIMESTAMP, HAS_SACK = BIT["mss"], BIT["scale"], BIT["timestamp"], BIT["sack"]
HAS_PAYLOAD, HAS_HEAD, HAS_TUNNEL_ID = BIT["payload"], BIT["head"], BIT["tunnel_id"]


@kernel
def decode(
    data: Data, base: int, number: int, first: int, packets: int,
    starts: Values, captures: Values, lengths: Values, times: Values, interfaces: Values, links: Values,
    row: int, capacity: int, m8: Matrix, m16: Matrix, m32: Matrix, m64: Matrix, present: Matrix,
) -> tuple[int, int]:  # fmt: skip
    """Decode the packets of a batch from `first` on into rows from `row` on, while there is room.

    `number` is that of the batch's first packet. Gives the index of the first packet not decoded,
    and the next row.
    """
    index = first
    while index < packets and row + MAX_DEPTH <= capacity:
        row &= 0xFFFFFFF
        start, length = starts[index] & 0xFFFFFFFF, lengths[index]
        end = start + captures[index]
        limit = start + max(length, end - start)
        link = links[index]
        tunnel = tunnel_id = 0
        for _ in range(MAX_DEPTH):
            has = 0
            m32[NUMBER, row] = number + index
            m64[TIME, row] = times[index]
            if times[index] != NO_TIME:
                has = HAS_TIME
            m16[INTERFACE, row] = interfaces[index]
            m16[LINK_TYPE, row] = link
            m32[LENGTH, row] = limit - start if tunnel else length
            m32[CAPTURED, row] = end - start
            m64[OFFSET, row] = base + start
            m8[TUNNEL, row] = tunnel
            if tunnel_id >= 0 and tunnel:
                m32[TUNNEL_ID, row] = tunnel_id
                has |= HAS_TUNNEL_ID
            kind, place, limit, has = link_layer(data, start, end, limit, link, row, has, m8, m16, m32, m64)
            protocol, place, end, limit, has = network_layer(
                data, start, place, end, limit, kind, row, has, m8, m16, m32, m64
            )
            has, limit = transport_layer(data, start, place, end, limit, protocol, row, has, m8, m16, m32, m64)
            present[row] = has
            row += 1
            if protocol < 0 or protocol == TCP:
                break
            if protocol == UDP and not tunnel_port(m16[DST_PORT, row - 1] & 0xFFFF):
                break
            start, link, tunnel, tunnel_id = inside(data, place, end, protocol, row - 1, has, m8, m16)
            if start < 0 or start >= end:
                break
            limit = max(limit, end)
        index += 1
    return index, row


@kernel
def u8(data: Data, at: int) -> int:
    """Read a byte; the mask makes a signed number of it for numba."""
    value: int = data[at & PLACE] & 255
    return value


@kernel
def u16(data: Data, at: int) -> int:
    """Read 16 bits; the masks here tell the compiler that a place is not negative, which counts from the end."""
    at &= PLACE
    value: int = (data[at] & 255) << 8 | data[at + 1] & 255
    return value


@kernel
def u32(data: Data, at: int) -> int:
    """Read 32 bits."""
    at &= PLACE
    value: int = (data[at] & 255) << 24 | (data[at + 1] & 255) << 16 | (data[at + 2] & 255) << 8 | data[at + 3] & 255
    return value


@kernel
def u48(data: Data, at: int) -> int:
    """Read a hardware address."""
    return u16(data, at) << 32 | u32(data, at + 2)


@kernel
def u64(data: Data, at: int) -> int:
    """Read 64 bits, as a signed number."""
    return u32(data, at) << 32 | u32(data, at + 4)


@inlined
def tunnel_port(port: int) -> bool:
    """Say whether frames may lie in datagrams to a port: VXLAN (and its old port on Linux), GTP-U, Geneve."""
    return port == 4789 or port == 8472 or port == 2152 or port == 6081


@inlined
def link_layer(
    data: Data, start: int, end: int, limit: int, link: int, row: int, has: int,
    m8: Matrix, m16: Matrix, m32: Matrix, m64: Matrix,
) -> tuple[int, int, int, int]:  # fmt: skip
    """Walk to the layer 3 header; gives what it is, where it begins, its limit and the presence."""
    if link == 1:
        kind, at = ETHERNET, start
    else:
        kind, at, has = other_link(data, start, end, link, row, has, m8, m64)
    for _ in range(12):
        before_kind, before_at = kind, at
        if kind == ETHERNET:
            if at + 14 > end:
                kind = DONE
            else:
                m64[ETH_DST, row] = u48(data, at)
                m64[ETH_SRC, row] = u48(data, at + 6)
                has |= HAS_ETH_DST | HAS_ETH_SRC
                kind = u16(data, at + 12)
                at += 14
                if kind < FIRST_ETHERTYPE:
                    limit, kind = min(limit, at + kind), LLC
        if kind == 0x8100 or kind == 0x88A8 or (kind >= 0x9100 and kind <= 0x9300 and kind & 0xFF == 0):
            if at + 4 > end:
                kind = DONE
            else:
                tag = u16(data, at)
                if has & HAS_VLAN:
                    m16[INNER_VLAN, row] = tag & 0xFFF
                    has |= HAS_INNER_VLAN
                else:
                    m16[VLAN, row] = tag & 0xFFF
                    m8[VLAN_PRIORITY, row] = tag >> 13
                    has |= HAS_VLAN
                kind = u16(data, at + 2)
                at += 4
                if kind < FIRST_ETHERTYPE:
                    limit, kind = min(limit, at + kind), LLC
        if kind == 0x8847 or kind == 0x8848 or kind == MPLS:
            if at + 4 > end:
                kind = DONE
            else:
                entry = u32(data, at)
                if not has & HAS_MPLS:
                    m32[MPLS_LABEL, row] = entry >> 12
                    has |= HAS_MPLS
                at += 4
                kind = IP if entry & 0x100 else MPLS
        if kind == PPPOE:
            if at + 6 > end:
                kind = DONE
            else:
                limit = min(limit, at + 6 + u16(data, at + 4))
                at += 6
                kind = PPP
        if kind == PPP:
            kind, at = ppp(data, at, end)
        if kind == LLC:
            kind, at, has = llc(data, at, end, limit, start, row, has, m8, m16, m32)
        if kind == before_kind and at == before_at:
            break
    if kind != DONE and at <= end:
        m16[NETWORK_OFFSET, row] = at - start
        m32[NETWORK_LENGTH, row] = max(limit - at, 0)
        has |= HAS_NETWORK
        if kind >= FIRST_ETHERTYPE:
            m16[KIND, row] = kind
            has |= HAS_KIND
    return kind, at, limit, has


@kernel
def ppp(data: Data, at: int, end: int) -> tuple[int, int]:
    """Read a PPP protocol number, compressed or not (RFC 1661, section 6.5)."""
    if at + 2 > end:
        return DONE, at
    number = u8(data, at)
    if number & 1:
        at += 1
    else:
        number = u16(data, at)
        at += 2
    if number == 0x0021:
        return IPV4, at
    if number == 0x0057:
        return IPV6, at
    if number == 0x0281 or number == 0x0283:
        return MPLS, at
    if number == 0x0031:
        return ETHERNET, at + 2
    return DONE, at


@kernel
def llc(
    data: Data, at: int, end: int, limit: int, start: int, row: int, has: int, m8: Matrix, m16: Matrix, m32: Matrix
) -> tuple[int, int, int]:
    """Read an IEEE 802.2 header and SNAP."""
    if at + 3 > end:
        return DONE, at, has
    dsap, ssap, control = u8(data, at), u8(data, at + 1), u8(data, at + 2)
    snap = dsap & 0xFE == 0xAA and ssap & 0xFE == 0xAA
    novell = not snap and dsap == 0xFF and ssap == 0xFF
    at += 3 if control & 3 == 3 else 4
    if novell:
        return DONE, at, has
    if snap:
        if at + 5 > end:
            return DONE, at, has
        oui, pid = u32(data, at) >> 8, u16(data, at + 3)
        at += 5
        if (oui == 0 or oui == 0xF8) and pid >= FIRST_ETHERTYPE:
            return pid, at, has
        dsap = ssap = 0xAA
        m32[SNAP_OUI, row] = oui
        m16[SNAP_PID, row] = pid
        has |= HAS_SNAP
    m8[LLC_DSAP, row] = dsap
    m8[LLC_SSAP, row] = ssap
    has |= HAS_LLC
    if at <= end:
        m16[NETWORK_OFFSET, row] = at - start
        m32[NETWORK_LENGTH, row] = max(limit - at, 0)
        has |= HAS_NETWORK
    return DONE, at, has


@kernel
def other_link(
    data: Data, at: int, end: int, link: int, row: int, has: int, m8: Matrix, m64: Matrix
) -> tuple[int, int, int]:
    """Read the link headers other than Ethernet's."""
    if link in (8, 12, 14, 101, 228, 229):
        return (IP if at < end else DONE), at, has
    if link == 51:
        return PPPOE, at, has
    if link == 0 or link == 108:
        kind, at = null_link(data, at, end)
        return kind, at, has
    if link == 9:
        kind, at = ppp_framed(data, at, end)
        return kind, at, has
    if link == 50 or link == 104:
        if at + 2 > end:
            return DONE, at, has
        if link == 50 and u8(data, at) == 0xFF:
            kind, at = ppp_framed(data, at, end)
            return kind, at, has
        return cisco_hdlc(data, at, end, row, has, m8)
    if link == 113 or link == 276:
        return cooked(data, at, end, link, row, has, m64)
    if link == 239:
        kind, at = nflog(data, at, end)
        return kind, at, has
    if link == 127:
        if at + 8 > end:
            return DONE, at, has
        at += u8(data, at + 2) | u8(data, at + 3) << 8
        link = 105
    if link == 105:
        return wlan(data, at, end, row, has, m64)
    return DONE, at, has


@kernel
def null_link(data: Data, at: int, end: int) -> tuple[int, int]:
    """Read the protocol family of BSD loopback, in either byte order, or an EtherType in its place."""
    if at + 4 > end:
        return DONE, at
    family = u32(data, at)
    at += 4
    if family > 0xFFFF:
        if family & 0xFFFF >= FIRST_ETHERTYPE:
            return family & 0xFFFF, at
        family = (family & 0xFF) << 24 | (family & 0xFF00) << 8 | (family >> 8) & 0xFF00 | family >> 24
    if family == 2:
        return IPV4, at
    if family in (10, 24, 28, 30):
        return IPV6, at
    return DONE, at


@kernel
def ppp_framed(data: Data, at: int, end: int) -> tuple[int, int]:
    """Pass over address and control of PPP in HDLC-like framing (RFC 1662)."""
    if at + 2 > end:
        return DONE, at
    if u8(data, at) == 0xFF and u8(data, at + 1) == 3:
        at += 2
    return PPP, at


@kernel
def cisco_hdlc(data: Data, at: int, end: int, row: int, has: int, m8: Matrix) -> tuple[int, int, int]:
    """Read Cisco HDLC."""
    if at + 4 > end:
        return DONE, at, has
    kind = u16(data, at + 2)
    at += 4
    if kind == 0xFEFE:
        if at + 1 <= end:
            m8[LLC_DSAP, row] = 0xFE
            m8[LLC_SSAP, row] = 0xFE
            has |= HAS_LLC
            at += 1
        return kind, at, has
    return (kind if kind >= FIRST_ETHERTYPE else DONE), at, has


@kernel
def cooked(data: Data, at: int, end: int, link: int, row: int, has: int, m64: Matrix) -> tuple[int, int, int]:
    """Read the Linux cooked headers, versions 1 and 2."""
    size, kind_at, length_at, address_at = (16, 14, 4, 6) if link == 113 else (20, 0, 10, 12)
    if at + size > end:
        return DONE, at, has
    length = u16(data, at + length_at) if link == 113 else u8(data, at + 11)
    if length == 6:
        m64[ETH_SRC, row] = u48(data, at + address_at)
        has |= HAS_ETH_SRC
    kind = u16(data, at + kind_at)
    at += size
    if kind < FIRST_ETHERTYPE:
        kind = LLC if kind == 4 else DONE
    return kind, at, has


@kernel
def nflog(data: Data, at: int, end: int) -> tuple[int, int]:
    """Find the packet among the attributes of Linux netfilter logging."""
    if at + 4 > end:
        return DONE, at
    at += 4
    for _ in range(64):
        if at + 4 > end:
            return DONE, at
        length = u8(data, at) | u8(data, at + 1) << 8
        if u8(data, at + 2) == 9:
            return IP, at + 4
        if length < 4:
            return DONE, at
        at += (length + 3) & ~3
    return DONE, at


@kernel
def wlan(data: Data, at: int, end: int, row: int, has: int, m64: Matrix) -> tuple[int, int, int]:
    """Read the header of unprotected IEEE 802.11 data frames."""
    if at + 24 > end:
        return DONE, at, has
    control, flags = u8(data, at), u8(data, at + 1)
    subtype = control >> 4
    if control >> 2 & 3 != 2 or subtype & 4 or flags & 0x40:
        return DONE, at, has
    to_ds, from_ds = flags & 1, flags >> 1 & 1
    size = 24 + 6 * (to_ds & from_ds)
    if subtype & 8:
        size += 2 + 4 * (flags >> 7)
    m64[ETH_DST, row] = u48(data, at + 16) if to_ds else u48(data, at + 4)
    m64[ETH_SRC, row] = u48(data, at + 16) if from_ds else u48(data, at + 10)
    if to_ds and from_ds and at + 30 <= end:
        m64[ETH_SRC, row] = u48(data, at + 24)
    return LLC, at + size, has | HAS_ETH_SRC | HAS_ETH_DST


@inlined
def network_layer(
    data: Data, start: int, at: int, end: int, limit: int, kind: int, row: int, has: int,
    m8: Matrix, m16: Matrix, m32: Matrix, m64: Matrix,
) -> tuple[int, int, int, int, int]:  # fmt: skip
    """Read IP and ARP; gives the protocol (-1: no transport header), its place, the end, the limit, the presence."""
    m8[IP_VERSION, row] = 0
    if kind == IP:
        kind = DONE
        if at < end:
            version = u8(data, at) >> 4
            if version == 4:
                kind = IPV4
            elif version == 6:
                kind = IPV6
    if kind == IPV4:
        return ipv4(data, start, at, end, limit, row, has, m8, m16, m32, m64)
    if kind == IPV6:
        return ipv6(data, start, at, end, limit, row, has, m8, m16, m32, m64)
    if (kind == ARP or kind == RARP) and at + 28 <= end:
        # Ethernet addresses of IPv4 addresses, the one use that is left (RFC 826).
        if u16(data, at + 2) == IPV4 and u8(data, at + 4) == 6 and u8(data, at + 5) == 4:
            m16[ARP_OPCODE, row] = u16(data, at + 6)
            m64[ARP_SRC_MAC, row] = u48(data, at + 8)
            m32[ARP_SRC_IP, row] = u32(data, at + 14)
            m64[ARP_DST_MAC, row] = u48(data, at + 18)
            m32[ARP_DST_IP, row] = u32(data, at + 24)
            has |= HAS_ARP
    return -1, at, end, limit, has


@inlined
def ipv4(
    data: Data, start: int, at: int, end: int, limit: int, row: int, has: int,
    m8: Matrix, m16: Matrix, m32: Matrix, m64: Matrix,
) -> tuple[int, int, int, int, int]:  # fmt: skip
    """Read an IPv4 header (RFC 791)."""
    if at + 20 > end:
        return -1, at, end, limit, has
    first = u8(data, at)
    if first >> 4 != 4 or first & 15 < 5:
        return -1, at, end, limit, has
    header = (first & 15) * 4
    length = u16(data, at + 2)
    if length == 0:
        # Left by cards that cut segments themselves (TSO): the frame tells.
        length = limit - at
    fragment = u16(data, at + 6)
    offset = (fragment & 0x1FFF) * 8 & 0xFFFF
    m8[IP_VERSION, row] = 4
    m8[DSCP, row] = u8(data, at + 1) >> 2
    m8[ECN, row] = u8(data, at + 1) & 3
    m32[IP_LENGTH, row] = length
    m32[IP_ID, row] = u16(data, at + 4)
    m8[DONT_FRAGMENT, row] = fragment >> 14 & 1
    m8[MORE_FRAGMENTS, row] = fragment >> 13 & 1
    m16[FRAGMENT_OFFSET, row] = offset
    m8[TTL, row] = u8(data, at + 8)
    m64[SRC_HI, row] = 0
    m64[SRC_LO, row] = u32(data, at + 12)
    m64[DST_HI, row] = 0
    m64[DST_LO, row] = u32(data, at + 16)
    m16[KIND, row] = IPV4
    has |= HAS_IP | HAS_IP_ID | HAS_KIND
    length = min(length, limit - at)
    limit = at + length
    end = min(end, limit)
    m32[NETWORK_LENGTH, row] = length
    # A total length below the header's own says nothing about what follows.
    total = u16(data, at + 2)
    protocol = u8(data, at + 9) if total == 0 or total >= header else NO_NEXT
    if total == 0 and length < header:
        protocol = NO_NEXT
    at += header
    if protocol == 51 and offset == 0 and at + 8 <= end:
        protocol, at = u8(data, at), at + (u8(data, at + 1) + 2) * 4
    return carried(start, at, end, limit, protocol, offset, row, has, m8, m16, m32)


@kernel
def ipv6(
    data: Data, start: int, at: int, end: int, limit: int, row: int, has: int,
    m8: Matrix, m16: Matrix, m32: Matrix, m64: Matrix,
) -> tuple[int, int, int, int, int]:  # fmt: skip
    """Read an IPv6 header and its extension headers (RFC 8200)."""
    if at + 40 > end or u8(data, at) >> 4 != 6:
        return -1, at, end, limit, has
    payload = u16(data, at + 4)
    # A payload length of zero stands before a jumbogram (RFC 2675) or is left by the card.
    length = payload + 40 if payload else limit - at
    service = u16(data, at) >> 4 & 0xFF
    m8[IP_VERSION, row] = 6
    m8[DSCP, row] = service >> 2
    m8[ECN, row] = service & 3
    m32[IP_LENGTH, row] = length
    m8[DONT_FRAGMENT, row] = 0
    m8[TTL, row] = u8(data, at + 7)
    m64[SRC_HI, row] = u64(data, at + 8)
    m64[SRC_LO, row] = u64(data, at + 16)
    m64[DST_HI, row] = u64(data, at + 24)
    m64[DST_LO, row] = u64(data, at + 32)
    m16[KIND, row] = IPV6
    has |= HAS_IP | HAS_KIND
    length = min(length, limit - at)
    limit = at + length
    end = min(end, limit)
    m32[NETWORK_LENGTH, row] = length
    protocol = u8(data, at + 6)
    at += 40
    offset = more = 0
    for _ in range(16):
        by_eight = protocol == 0 or protocol == 43 or protocol == 60 or protocol in (135, 139, 140)
        if not (by_eight or protocol == 44 or protocol == 51) or at + 8 > end:
            break
        units = u8(data, at + 1)
        size = (units + 1) * 8
        if protocol == 44:
            field = u16(data, at + 2)
            offset, more, size = field & 0xFFF8, field & 1, 8
            m32[IP_ID, row] = u32(data, at + 4)
            has |= HAS_IP_ID
        elif protocol == 51:
            size = (units + 2) * 4
        protocol = u8(data, at)
        at += size
        if offset:
            break
    m8[MORE_FRAGMENTS, row] = more
    m16[FRAGMENT_OFFSET, row] = offset
    return carried(start, at, end, limit, protocol, offset, row, has, m8, m16, m32)


@inlined
def carried(
    start: int, at: int, end: int, limit: int, protocol: int, offset: int, row: int, has: int,
    m8: Matrix, m16: Matrix, m32: Matrix,
) -> tuple[int, int, int, int, int]:  # fmt: skip
    """Note where that begins which IP carries."""
    m8[PROTOCOL, row] = protocol
    if offset:
        m32[PAYLOAD_OFFSET, row] = at - start
        m32[PAYLOAD_LENGTH, row] = max(limit - at, 0)
        return -1, at, end, limit, has | HAS_PAYLOAD
    if protocol == NO_NEXT or at > end:
        return -1, at, end, limit, has
    m16[TRANSPORT_OFFSET, row] = at - start
    return protocol, at, end, limit, has | HAS_TRANSPORT


@inlined
def transport_layer(
    data: Data, start: int, at: int, end: int, limit: int, protocol: int, row: int, has: int,
    m8: Matrix, m16: Matrix, m32: Matrix, m64: Matrix,
) -> tuple[int, int]:  # fmt: skip
    """Read TCP, UDP, SCTP, DCCP and ICMP headers; gives the presence and the limit."""
    if protocol < 0:
        return has, limit
    header = 0
    if protocol == 6 or protocol == 17 or protocol == 132 or protocol == 33 or protocol == 136:
        if at + 4 > end:
            return has, limit
        m16[SRC_PORT, row] = u16(data, at)
        m16[DST_PORT, row] = u16(data, at + 2)
        has |= HAS_PORTS
        if protocol == 6:
            if at + 20 > end:
                return has, limit
            has = tcp(data, at, end, row, has, m8, m16, m32)
            header = (u8(data, at + 12) >> 4) * 4
            if header < 20:
                return has, limit
        elif protocol == 17 or protocol == 136:
            if at + 8 > end:
                return has, limit
            length = u16(data, at + 4)
            # Zero means "by the IP length" (RFC 2675); another length below the header's own is nonsense.
            if 0 < length < 8:
                return has, limit
            if length:
                limit = min(limit, at + length)
            header = 8
        else:
            header = 12
            if at + header > end:
                return has, limit
    elif (protocol == 1 or protocol == 58) and at + 2 <= end:
        m8[ICMP_TYPE, row] = u8(data, at)
        m8[ICMP_CODE, row] = u8(data, at + 1)
        has |= HAS_ICMP
    at += header
    m32[PAYLOAD_OFFSET, row] = at - start
    m32[PAYLOAD_LENGTH, row] = max(limit - at, 0)
    has |= HAS_PAYLOAD
    captured = min(min(end, limit) - at, 8)
    if captured > 0:
        head = 0
        if captured == 8:
            head = u64(data, at)
        else:
            for place in range(captured):
                head |= u8(data, at + place) << (56 - 8 * place)
        m64[HEAD, row] = head
        has |= HAS_HEAD
    return has, limit


@inlined
def tcp(data: Data, at: int, end: int, row: int, has: int, m8: Matrix, m16: Matrix, m32: Matrix) -> int:
    """Read a TCP header and its options (RFC 9293, 7323, 2018, 2385)."""
    m32[SEQ, row] = u32(data, at + 4)
    m32[ACK, row] = u32(data, at + 8)
    control = u16(data, at + 12)
    m16[FLAGS, row] = control & 0xFFF
    m16[WINDOW, row] = u16(data, at + 14)
    m8[SACK_PERMITTED, row] = 0
    m8[HAS_MD5, row] = 0
    has |= HAS_TCP
    stop = min(at + (control >> 12) * 4, end)
    at += 20
    for _ in range(40):
        if at >= stop:
            break
        kind = u8(data, at)
        if kind == 0:
            break
        if kind == 1:
            at += 1
            continue
        if at + 1 >= stop:
            break
        length = u8(data, at + 1)
        if length < 2 or at + length > stop:
            break
        if kind == 8 and length == 10:
            m32[TSVAL, row] = u32(data, at + 2)
            m32[TSECR, row] = u32(data, at + 6)
            has |= HAS_TIMESTAMP
        elif kind == 2 and length == 4:
            m16[MSS, row] = u16(data, at + 2)
            has |= HAS_MSS
        elif kind == 3 and length == 3:
            m8[SCALE, row] = u8(data, at + 2)
            has |= HAS_SCALE
        elif kind == 4:
            m8[SACK_PERMITTED, row] = 1
        elif kind == 5 and length >= 10:
            m8[SACK_BLOCKS, row] = (length - 2) >> 3
            m32[SACK_LEFT, row] = u32(data, at + 2)
            m32[SACK_RIGHT, row] = u32(data, at + 6)
            has |= HAS_SACK
        elif kind == 19:
            m8[HAS_MD5, row] = 1
        at += length
    return has


@kernel
def inside(
    data: Data, at: int, end: int, protocol: int, row: int, has: int, m8: Matrix, m16: Matrix
) -> tuple[int, int, int, int]:
    """Find the frame inside a packet: its start (-1 for none), link type, tunnel code, identifier (-1 for none)."""
    if protocol == 4:
        return at, 101, 1, -1
    if protocol == 41:
        return at, 101, 2, -1
    if protocol == 97:
        return at + 2, 1, 3, -1
    if has & HAS_ICMP:
        kind = m8[ICMP_TYPE, row] & 255
        if (protocol == 1 and kind in (3, 4, 5, 11, 12)) or (protocol == 58 and 1 <= kind <= 4):
            return at + 8, 101, 4, -1
        return -1, 0, 0, -1
    if protocol == 47:
        return gre(data, at, end)
    if protocol != 17 or not has & HAS_PAYLOAD:
        return -1, 0, 0, -1
    port = m16[DST_PORT, row] & 0xFFFF
    if port == 4789 or port == 8472:
        return at + 16, 1, 6, (u32(data, at + 12) >> 8 if at + 16 <= end else -1)
    if port == 2152 and at + 20 <= end:
        return gtp(data, at, end)
    if port == 6081 and at + 16 <= end:
        inner = u16(data, at + 10)
        link = 1 if inner == 0x6558 else 101 if inner == IPV4 or inner == IPV6 else -1
        if link >= 0:
            return at + 16 + 4 * (u8(data, at + 8) & 0x3F), link, 8, u32(data, at + 12) >> 8
    return -1, 0, 0, -1


@kernel
def gre(data: Data, at: int, end: int) -> tuple[int, int, int, int]:
    """Look into GRE (RFC 2784, 2890), PPTP (RFC 2637) and ERSPAN (draft-foschiano-erspan)."""
    if at + 4 > end:
        return -1, 0, 0, -1
    flags, kind = u16(data, at), u16(data, at + 2)
    link = -1
    if kind == IPV4 or kind == IPV6:
        link = 101
    elif kind == 0x6558 or kind == 0x88BE or kind == 0x22EB:
        link = 1
    elif kind == 0x880B:
        link = 9
    if link < 0 or flags & 0x4000:
        return -1, 0, 0, -1
    size = 4
    if flags & 0x8000:
        size += 4
    identity = u32(data, at + size) if flags & 0x2000 and at + size + 4 <= end else -1
    if flags & 0x2000:
        size += 4
    if flags & 0x1000:
        size += 4
    if flags & 7 == 1 and flags & 0x80:
        size += 4
    if kind == 0x88BE and flags & 0x1000:
        if at + size + 4 <= end:
            identity = u16(data, at + size + 2) & 0x3FF
        size += 8
    elif kind == 0x22EB and at + size + 12 <= end:
        identity = u16(data, at + size + 2) & 0x3FF
        size += 12 + 8 * (u8(data, at + size + 11) & 1)
    return at + size, link, 5, identity


@kernel
def gtp(data: Data, at: int, end: int) -> tuple[int, int, int, int]:
    """Look into GTP-U user data (3GPP TS 29.281, section 5), one extension header passed over."""
    flags = u8(data, at + 8)
    if u8(data, at + 9) != 255 or flags >> 5 != 1:
        return -1, 0, 0, -1
    size = 20 if flags & 7 else 16
    if flags & 4 and u8(data, at + 19) != 0 and at + size < end:
        size += 4 * u8(data, at + size)
    return at + size, 101, 7, u32(data, at + 12)
