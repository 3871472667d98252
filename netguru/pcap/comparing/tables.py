"""What lies between two points as rows: ways, losses, rewritten fields, conversations of one point alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from netguru import resources
from netguru.pcap.addresses import address_text, endpoint
from netguru.pcap.compare_results import Alone, ClockRelation, Losing, Rewritten, Way
from netguru.pcap.comparing.packets import LEVELS, limits

if TYPE_CHECKING:
    from netguru.pcap.comparing.path import Path

WAYS = {"ab": "A to B", "ba": "B to A"}
_MS = 1e6
_NOTES = {
    "both directions": "the least time there and back is exact; the offset takes both ways for equally fast at best",
    "one direction": "packets went one way only: times are those above the fastest packet, the offset is not known",
    "stated as one clock": "both captures are taken to have been stamped by one clock",
    "none": "no packet was seen at both points",
}


def clock_relation(path: Path) -> ClockRelation:
    """Say how the clocks stand to each other."""
    clock = path.clock
    known = clock.method in ("both directions", "stated as one clock")
    return ClockRelation(
        method=clock.method,
        ahead_ms=clock.offset_ns / _MS if known else None,
        drift_ppm=round(clock.drift * 1e6, 3),
        there_and_back_ms=None if clock.there_and_back_ns is None else clock.there_and_back_ns / _MS,
        note=_NOTES[clock.method],
    )


def ways(path: Path) -> tuple[Way, ...]:
    """Count each way: sent and arrived, delays in milliseconds, routers by what the TTL lost."""
    made = []
    for name, alone in (("ab", path.only_a), ("ba", path.only_b)):
        pairs = path.pairs.filter(pl.col("way") == name)
        if not pairs.height:
            continue
        fates = {row["fate"]: row["len"] for row in alone.group_by("fate").len().to_dicts()}
        other = path.only_b if name == "ab" else path.only_a
        copies = other.filter(pl.col("fate") == "doubled", pl.col("way") == name).height
        delay = pairs["delay_ns"]
        fell = (pairs["ttl"].cast(pl.Int16) - pairs["ttl_b"]).median() or 0
        lost, missed = fates.get("lost", 0), fates.get("missed", 0)
        made.append(
            Way(
                way=WAYS[name],
                sent=pairs.height + lost + missed,
                arrived=pairs.height,
                lost=lost,
                doubled=copies,
                missed=missed,
                overtaken=overtaken(pairs, name).height,
                routers=abs(int(fell)),  # type: ignore[arg-type]  # of integers
                least_ms=_ms(delay.min()),
                median_ms=_ms(delay.median()),
                p95_ms=_ms(delay.quantile(0.95, "nearest")),
                longest_ms=_ms(delay.max()),
            )
        )
    return tuple(made)


def _ms(nanoseconds: Any) -> float:
    return round(float(nanoseconds) / _MS, 3)


def overtaken(pairs: pl.DataFrame, way: str) -> pl.DataFrame:
    """Give the pairs of one way that arrived behind a later packet of their conversation (RFC 4737 section 3.3)."""
    sent, came = ("number", "number_b") if way == "ab" else ("number_b", "number")
    latest = pl.col(sent).cum_max().over("flow", "from_client")
    return pairs.sort(came).filter(pl.col(sent) < latest)


def losses(path: Path) -> tuple[Losing, ...]:
    """List the conversations that lost packets, those with the most first."""
    made: list[Losing] = []
    for name, alone, side in (("ab", path.only_a, ""), ("ba", path.only_b, "_b")):
        lost = alone.filter(pl.col("fate") == "lost")
        arrived = path.pairs.filter(pl.col("way") == name).group_by(pl.col(f"flow{side}").alias("flow")).len("arrived")
        table = (
            lost.group_by("flow", maintain_order=True)
            .agg(pl.len().alias("lost"), pl.col("number").sort().head(_EXAMPLES), pl.first(*_ENDS))
            .join(arrived, on="flow", how="left")
            .with_columns(pl.col("arrived").fill_null(0))
        )
        for row in table.to_dicts():
            client, server = ends(row)
            made.append(
                Losing(
                    way=WAYS[name],
                    client=client,
                    server=server,
                    protocol=protocol(row["protocol"]),
                    sent=row["lost"] + row["arrived"],
                    lost=row["lost"],
                    packets=tuple(row["number"]),
                )
            )
    return tuple(sorted(made, key=lambda item: (-item.lost, item.way, item.client, item.server)))[: _most()]


_EXAMPLES = 8
_ENDS = ("ip_version", "src_hi", "src_lo", "dst_hi", "dst_lo", "src_port", "dst_port", "from_client", "protocol")


def _most() -> int:
    return int(limits()["rows"])


def protocol(number: int) -> str:
    """Name an IP protocol."""
    names: dict[str, str] = resources.table("pcap.toml")["ip_protocols"]
    return names.get(str(number), str(number))


def ends(row: dict[str, Any], side: str = "") -> tuple[str, str]:
    """Give client and server of a packet's conversation with their ports."""
    two = [
        endpoint(
            address_text(row[f"ip_version{side}"], row[f"{end}_hi{side}"] or 0, row[f"{end}_lo{side}"] or 0),
            row[f"{end}_port{side}"],
        )
        for end in ("src", "dst")
    ]
    return (two[0], two[1]) if row[f"from_client{side}"] else (two[1], two[0])


def alone(path: Path) -> tuple[Alone, ...]:
    """List conversations that one point saw and the other did not, those between hosts that both know first."""
    made = []
    for point, rows in (("A", path.only_a), ("B", path.only_b)):
        for row in conversations_alone(path, rows, "" if point == "A" else "_b").to_dicts():
            client, server = ends(row)
            made.append(
                Alone(
                    point=point,
                    client=client,
                    server=server,
                    protocol=protocol(row["protocol"]),
                    packets=row["packets"],
                    first_packet=row["number"],
                    both_hosts_known=row["known"],
                )
            )
    return tuple(sorted(made, key=lambda item: (not item.both_hosts_known, -item.packets, item.point)))[: _most()]


def conversations_alone(path: Path, rows: pl.DataFrame, side: str) -> pl.DataFrame:
    """Give one row a conversation of one point alone; `known` when both its hosts speak past both points elsewhere."""
    hosts = pl.concat(
        [
            path.pairs.select(pl.col(f"{end}_hi{side}").alias("hi"), pl.col(f"{end}_lo{side}").alias("lo"))
            for end in ("src", "dst")
        ]
    ).unique()
    there = hosts.select("hi", "lo", there=True)
    table = (
        rows.filter(pl.col("fate") == "elsewhere")
        .group_by("flow", maintain_order=True)
        .agg(pl.len().alias("packets"), pl.first("number", *_ENDS))
    )
    for end in ("src", "dst"):
        table = table.join(
            there.rename({"hi": f"{end}_hi", "lo": f"{end}_lo", "there": f"{end}_there"}),
            on=[f"{end}_hi", f"{end}_lo"], how="left", maintain_order="left",
        )  # fmt: skip
    return table.with_columns((pl.col("src_there") & pl.col("dst_there")).fill_null(value=False).alias("known"))


_FIELDS = {
    "DSCP": "dscp",
    "ECN": "ecn",
    "VLAN": "vlan",
    "MSS": "tcp_mss",
    "window scale": "tcp_window_scale",
    "SACK permitted": "tcp_sack_permitted",
}


def rewritten(path: Path) -> tuple[Rewritten, ...]:
    """List the fields that differ between the points, addresses and ports first, then by packets."""
    made = [*_translated(path.pairs), *_by_level(path.pairs)]
    for words, name in _FIELDS.items():
        changed = path.pairs.filter(pl.col(name).ne_missing(pl.col(f"{name}_b")))
        made += _grouped(changed, words, pl.col(name), pl.col(f"{name}_b"))
    return tuple(made[: _most()])


def _grouped(changed: pl.DataFrame, words: str, at_a: pl.Expr, at_b: pl.Expr) -> list[Rewritten]:
    rows = (
        changed.group_by("way", at_a.alias("at_a"), at_b.alias("at_b"))
        .agg(pl.len().alias("packets"), pl.col("flow").n_unique().alias("flows"), pl.first("number", "number_b"))
        .sort("packets", "way", "at_a", "at_b", descending=[True, False, False, False])
    )
    return [
        Rewritten(
            field=words, way=WAYS.get(row["way"], "either way"), at_a=_shown(row["at_a"]), at_b=_shown(row["at_b"]),
            packets=row["packets"], conversations=row["flows"], example_a=row["number"], example_b=row["number_b"],
        )
        for row in rows.head(_most()).to_dicts()
    ]  # fmt: skip


def _shown(value: Any) -> str:
    return "none" if value is None else ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _translated(pairs: pl.DataFrame) -> list[Rewritten]:
    """List translated addresses, and ports where the address stays."""
    made: list[Rewritten] = []
    for end, words in (("src", "source"), ("dst", "destination")):
        moved = pairs.filter(
            (pl.col(f"{end}_hi") != pl.col(f"{end}_hi_b")) | (pl.col(f"{end}_lo") != pl.col(f"{end}_lo_b"))
        )
        made += _grouped(moved, f"{words} address", _address(end, ""), _address(end, "_b"))
        stays = pairs.join(moved.select("a"), on="a", how="anti")
        ports = stays.filter(pl.col(f"{end}_port") != pl.col(f"{end}_port_b"))
        made += _grouped(ports, f"{words} port", pl.col(f"{end}_port"), pl.col(f"{end}_port_b"))
    return made


def _address(end: str, side: str) -> pl.Expr:
    from netguru.pcap.addresses import address_column

    return address_column(f"{end}_hi{side}", f"{end}_lo{side}")


def _by_level(pairs: pl.DataFrame) -> list[Rewritten]:
    """List what a device rewrote in every packet, known by the level at which the packets were recognised."""
    made: list[Rewritten] = []
    for at, (words, _, _) in enumerate(LEVELS):
        if at:
            rows = pairs.filter(pl.col("level") == at)
            made += _grouped(rows, words, pl.lit("as sent"), pl.lit("rewritten"))
    return made
