"""Flows: which packets belong to one conversation, and the table of conversations.

A conversation is a pair of addresses with ports and a protocol, both directions together, over all
interfaces. A TCP SYN with a new initial sequence number on known ports begins a new one, as
Wireshark numbers its streams. Fragments follow their first fragment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from netguru.pcap.columns_transport import TCP, UDP
from netguru.pcap.schema import flow_types

if TYPE_CHECKING:
    from collections.abc import Iterable

FIN, SYN, RST, ACK = 1, 2, 4, 16
_KEY = ("ip_version", "protocol", "a_hi", "a_lo", "a_port", "b_hi", "b_lo", "b_port")
_PIECE = ("ip_version", "protocol", "src_hi", "src_lo", "dst_hi", "dst_lo", "ip_id")


def assign_flows(packets: pl.DataFrame) -> pl.DataFrame:
    """Fill the column `flow` of a packet table, numbered in the order of its rows."""
    indexed = packets.with_row_index("row")
    keyed = _keys(indexed)
    if keyed.is_empty():
        return packets
    keyed = _incarnations(keyed)
    names = [*_KEY, "incarnation"]
    numbered = keyed.group_by(names, maintain_order=True).agg().with_row_index("flow")
    flows = keyed.join(numbered, on=names, how="left", maintain_order="left", nulls_equal=True).select(
        "row", pl.col("flow").cast(pl.UInt32)
    )
    return indexed.drop("flow").join(flows, on="row", how="left", maintain_order="left").select(packets.columns)


def _keys(packets: pl.DataFrame) -> pl.DataFrame:
    """Give the IP packets with their conversation key: the lower end is `a`."""
    ip = (
        packets.lazy()
        .filter((pl.col("ip_version") > 0) & pl.col("protocol").is_not_null())
        .select(
            "row",
            *_PIECE,
            "src_port",
            "dst_port",
            "fragment_offset",
            "more_fragments",
            "tcp_flags",
            "tcp_seq",
            "tcp_ack",
        )
        .collect()
    )
    ip = _join_fragments(ip)
    src_port, dst_port = pl.col("src_port").fill_null(0), pl.col("dst_port").fill_null(0)
    forward = (
        pl.when(pl.col("src_hi") != pl.col("dst_hi"))
        .then(pl.col("src_hi") < pl.col("dst_hi"))
        .when(pl.col("src_lo") != pl.col("dst_lo"))
        .then(pl.col("src_lo") < pl.col("dst_lo"))
        .otherwise(src_port <= dst_port)
    )
    ip = ip.with_columns(forward.alias("forward"))
    ends = {
        "hi": (pl.col("src_hi"), pl.col("dst_hi")),
        "lo": (pl.col("src_lo"), pl.col("dst_lo")),
        "port": (src_port, dst_port),
    }
    return ip.with_columns(
        *(pl.when("forward").then(src).otherwise(dst).alias(f"a_{part}") for part, (src, dst) in ends.items()),
        *(pl.when("forward").then(dst).otherwise(src).alias(f"b_{part}") for part, (src, dst) in ends.items()),
    )


def _join_fragments(ip: pl.DataFrame) -> pl.DataFrame:
    """Give later fragments the ports of their first fragment."""
    later = ip.filter(pl.col("fragment_offset") > 0)
    if later.is_empty():
        return ip
    first = (
        ip.filter((pl.col("fragment_offset") == 0) & pl.col("more_fragments") & pl.col("src_port").is_not_null())
        .select(*_PIECE, pl.col("src_port").alias("first_src"), pl.col("dst_port").alias("first_dst"))
        .unique(subset=_PIECE, keep="first", maintain_order=True)
    )
    joined = ip.join(first, on=_PIECE, how="left", maintain_order="left")
    is_later = pl.col("fragment_offset") > 0
    return joined.with_columns(
        pl.when(is_later).then("first_src").otherwise("src_port").alias("src_port"),
        pl.when(is_later).then("first_dst").otherwise("dst_port").alias("dst_port"),
    ).drop("first_src", "first_dst")


def _incarnations(keyed: pl.DataFrame) -> pl.DataFrame:
    """Number the connections that used one pair of ports after each other."""
    keyed = keyed.with_columns(pl.lit(0, pl.UInt32).alias("incarnation"))
    tcp = keyed.filter((pl.col("protocol") == TCP) & pl.col("tcp_flags").is_not_null())
    opens = tcp.filter((pl.col("tcp_flags") & (SYN | ACK)) == SYN)
    # Only ports with SYNs of more than one number, or a SYN after other packets, can be reused.
    suspects = (
        opens.group_by(_KEY)
        .agg(pl.col("row").max().alias("last_open"))
        .join(tcp.group_by(_KEY).agg(pl.col("row").min().alias("first")), on=_KEY)
    )
    suspects = suspects.filter(pl.col("last_open") > pl.col("first")).select(*_KEY)
    if suspects.is_empty():
        return keyed
    rows = tcp.join(suspects.with_row_index("port_pair"), on=_KEY, how="inner", maintain_order="left")
    columns = (rows["row"], rows["port_pair"], rows["forward"], rows["tcp_flags"], rows["tcp_seq"], rows["tcp_ack"])
    counted = _count_incarnations(zip(*(column.to_list() for column in columns), strict=True))
    counts = pl.DataFrame({"row": rows["row"], "count": pl.Series(counted, dtype=pl.UInt32)})
    return (
        keyed.join(counts, on="row", how="left", maintain_order="left")
        .with_columns(pl.col("count").fill_null(0).alias("incarnation"))
        .drop("count")
    )


def _count_incarnations(rows: Iterable[tuple[int, int, bool, int, int, int]]) -> list[int]:
    """Follow Wireshark's rule: a SYN whose number differs from its side's first number opens a new stream."""
    bases: dict[tuple[int, bool], int] = {}
    counts: dict[int, int] = {}
    result = []
    for _, pair, forward, flags, seq, ack in rows:
        side, other = (pair, forward), (pair, not forward)
        if flags & (SYN | ACK) == SYN and bases.get(side, seq) != seq:
            counts[pair] = counts.get(pair, 0) + 1
            bases.pop(side)
            bases.pop(other, None)
        bases.setdefault(side, seq if flags & SYN else seq - 1)
        if flags & ACK:
            bases.setdefault(other, ack - 1)
        result.append(counts.get(pair, 0))
    return result


def flow_table(packets: pl.DataFrame) -> pl.DataFrame:
    """Make the table of conversations (`schema.FLOWS`) from a packet table."""
    rows = (
        packets.lazy()
        .filter(pl.col("flow").is_not_null())
        .select(
            "flow",
            "number",
            "time_ns",
            "length",
            "interface",
            "protocol",
            "ip_version",
            "payload_length",
            "tcp_flags",
            "src_hi",
            "src_lo",
            "src_port",
            "dst_hi",
            "dst_lo",
            "dst_port",
        )
    )
    first = rows.unique(subset="flow", keep="first", maintain_order=True)
    # A conversation whose first packet is a SYN-ACK was opened by the other side.
    answered = (pl.col("tcp_flags").fill_null(0) & (SYN | ACK)) == SYN | ACK
    ends = first.select(
        "flow",
        "protocol",
        "ip_version",
        *(
            pl.when(answered).then(f"{there}_{part}").otherwise(f"{here}_{part}").alias(f"{side}_{part}")
            for side, here, there in (("client", "src", "dst"), ("server", "dst", "src"))
            for part in ("hi", "lo", "port")
        ),
    )
    from_client = (
        (pl.col("src_hi") == pl.col("client_hi"))
        & (pl.col("src_lo") == pl.col("client_lo"))
        & (pl.col("src_port").is_null() | (pl.col("src_port") == pl.col("client_port")))
    )
    flags = pl.col("tcp_flags")
    counted = (
        rows.join(ends, on="flow")
        .with_columns(from_client.alias("client"))
        .group_by("flow")
        .agg(
            pl.len().alias("packets"),
            pl.col("length").sum().alias("bytes"),
            pl.col("client").sum().alias("client_packets"),
            (~pl.col("client")).sum().alias("server_packets"),
            *(
                pl.col(column).filter(mine).sum().alias(f"{side}_{name}")
                for column, name in (("length", "bytes"), ("payload_length", "payload"))
                for side, mine in (("client", pl.col("client")), ("server", ~pl.col("client")))
            ),
            pl.col("time_ns").min().alias("first_ns"),
            pl.col("time_ns").max().alias("last_ns"),
            pl.col("number").min().alias("first_packet"),
            pl.col("number").max().alias("last_packet"),
            pl.col("interface").n_unique().alias("interfaces"),
            ((flags & (SYN | ACK)) == SYN).sum().alias("syn"),
            ((flags & (SYN | ACK)) == SYN | ACK).sum().alias("syn_ack"),
            ((flags & FIN) != 0).sum().alias("fin"),
            ((flags & RST) != 0).sum().alias("reset"),
        )
    )
    types = flow_types()
    return (
        ends.join(counted, on="flow")
        .sort("flow")
        .select(pl.col(name).cast(kind) for name, kind in types.items())
        .collect()
    )


def stream_counts(packets: pl.DataFrame) -> tuple[int, int]:
    """Count the TCP and UDP conversations of which a whole header was seen.

    A fragmented datagram counts when all its fragments are there, as in Wireshark.
    """
    header = pl.col("tcp_flags").is_not_null() | ((pl.col("protocol") == UDP) & pl.col("payload_offset").is_not_null())
    whole = packets.filter(header & (pl.col("fragment_offset") == 0) & ~pl.col("more_fragments"))
    flows = pl.concat((whole.select("protocol", "flow"), reassembled(packets).select("protocol", "flow"))).unique()
    return flows.filter(pl.col("protocol") == TCP).height, flows.filter(pl.col("protocol") == UDP).height


def reassembled(packets: pl.DataFrame) -> pl.DataFrame:
    """Give the fragmented datagrams that are complete, by the number of their last fragment."""
    pieces = packets.filter(pl.col("more_fragments") | (pl.col("fragment_offset") > 0))
    start = pl.col("network_length") - (pl.col("transport_offset") - pl.col("network_offset")).fill_null(0)
    size = pl.when(pl.col("fragment_offset") > 0).then("payload_length").otherwise(start).cast(pl.Int64)
    at = pl.col("fragment_offset").cast(pl.Int64)
    end = at + size
    return (
        pieces.sort("fragment_offset")
        .group_by(_PIECE)
        .agg(
            pl.col("flow").first(),
            pl.col("number").max(),
            pl.col("src_port").max(),
            pl.col("dst_port").max(),
            (~pl.col("more_fragments")).any().alias("ends"),
            # Every fragment begins where those before it end, or earlier.
            (at <= end.cum_max().shift(1).fill_null(0)).all().alias("joined"),
        )
        .filter(pl.col("ends") & pl.col("joined") & pl.col("src_port").is_not_null())
        .select("protocol", "flow", "number", "src_port", "dst_port", pl.lit(1).alias("payload_length"))
    )
