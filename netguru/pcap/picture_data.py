"""What the pictures of a capture show: rates over time, the life of a TCP conversation, messages of a few packets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from netguru.errors import InputError
from netguru.pcap.addresses import address_text, client, endpoint, server
from netguru.pcap.applications import with_applications
from netguru.pcap.tcp_wireshark import Mark
from netguru.render.charts import Bars, Ladder, Plot, Series, Step, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netguru.pcap.capture import CaptureFile

_TCP = 6
_BINS = 240
_SHOWN = 6
_POINTS = 3000
"""Points of a series; of a longer conversation every n-th is drawn, what went wrong in full."""

MESSAGES = 60
"""Messages of a sequence diagram at most."""

_SECOND = 1e9
_AGAIN = int(Mark.RETRANSMISSION | Mark.FAST_RETRANSMISSION | Mark.SPURIOUS_RETRANSMISSION)
_STALLED = int(Mark.ZERO_WINDOW | Mark.WINDOW_FULL)
_BAD = int(_AGAIN | Mark.OUT_OF_ORDER | Mark.LOST_SEGMENT | Mark.ZERO_WINDOW | Mark.ACK_LOST_SEGMENT)


def throughput(capture: CaptureFile, by: str) -> Plot:
    """Give bits a second over time: all packets, and the largest applications or conversations."""
    first, last = _span(capture)
    width = max((last - first) // _BINS, 1)
    flows = with_applications(capture.flows().filter(pl.col("tunnel") == "").collect())
    names = flows.select("flow", _name(by).alias("name"))
    largest = (
        flows.with_columns(_name(by).alias("name")).group_by("name").agg(pl.col("bytes").sum())
        .sort("bytes", "name", descending=[True, False]).head(_SHOWN)["name"]
    )  # fmt: skip
    binned = (
        capture.packets()
        .select("time_ns", "length", "flow")
        .filter(pl.col("time_ns").is_not_null())
        .with_columns(((pl.col("time_ns") - first) // width).alias("bin"))
        .group_by("bin", "flow")
        .agg(pl.col("length").cast(pl.Int64).sum().alias("bytes"))
        .collect()
        .join(names, on="flow", how="left")
        .with_columns(pl.when(pl.col("name").is_in(largest.implode())).then("name").alias("name"))
    )
    everything = binned.group_by("bin").agg(pl.col("bytes").sum())
    series = [_rate("all packets", everything, width, "area", 5)]
    for at, name in enumerate(largest):
        series.append(
            _rate(
                name,
                binned.filter(pl.col("name") == name).group_by("bin").agg(pl.col("bytes").sum()),
                width,
                "line",
                _PALETTE[at],
            )
        )
    return Plot(title=f"Throughput by {by}", x="seconds", y="bit/s", series=tuple(series))


_PALETTE = (0, 3, 2, 4, 6, 7)


def _name(by: str) -> pl.Expr:
    if by == "application":
        return pl.col("application").fill_null("other")
    return pl.struct(
        "flow", "ip_version", "client_hi", "client_lo", "client_port", "server_hi", "server_lo", "server_port"
    ).map_elements(_conversation, return_dtype=pl.String)


def _conversation(row: dict[str, Any]) -> str:
    one, two = endpoint(client(row), row["client_port"]), endpoint(server(row), row["server_port"])
    return f"{one} - {two}"


def _rate(name: str, bins: pl.DataFrame, width: int, style: Any, colour: int) -> Series:
    """Give a rate with its silences: a bin without packets is a rate of nothing."""
    sums = dict(zip(bins["bin"].to_list(), bins["bytes"].to_list(), strict=True))
    last = max(sums, default=0)
    points = tuple((at * width / _SECOND, sums.get(at, 0) * 8 / (width / _SECOND)) for at in range(last + 1))
    return Series(name=name, points=points, style=style, colour=colour)


def _span(capture: CaptureFile) -> tuple[int, int]:
    ends = capture.packets().select(
        pl.col("time_ns").min().alias("first"), pl.col("time_ns").max().alias("last")
    ).collect()  # fmt: skip
    first, last = ends.row(0)
    if first is None:
        raise InputError("the capture has no packet with a time", place=capture.source.name)
    return int(first), int(last)


def chosen_flow(capture: CaptureFile, flow: int | None, packet: int) -> dict[str, Any] | None:
    """Give the row of a conversation: the one asked for, that of a packet, or the one with the most payload.

    Without a choice TCP comes first; None stands for a capture without conversations.
    """
    flows = capture.flows().filter(pl.col("tunnel") == "")
    if flow is None and packet:
        flow = capture.chosen([packet])["flow"][0]
    if flow is not None:
        rows = flows.filter(pl.col("flow") == flow).collect().to_dicts()
        if not rows:
            raise InputError(
                f"there is no conversation {flow}", place=capture.source.name, hint="pcap.flows lists them"
            )
        return rows[0]
    payload = pl.col("client_payload") + pl.col("server_payload")
    largest = flows.sort(pl.col("protocol") == _TCP, payload, descending=True).head(1).collect().to_dicts()
    return largest[0] if largest else None


def _segments(capture: CaptureFile, flow: dict[str, Any]) -> pl.DataFrame:
    if flow["protocol"] != _TCP:
        # The row says which one; a picture of TCP needs its numbers.
        raise InputError(f"conversation {flow['flow']} is not TCP", place=capture.source.name)
    rows = capture.packets().filter(pl.col("flow") == flow["flow"]).select(
        "number", "time_ns", "from_client", "tcp_seq", "tcp_ack", "tcp_flags", "tcp_window", "tcp_window_scale",
        "payload_length", "tcp_marks",
    ).collect()  # fmt: skip
    start = rows["time_ns"].min()
    return rows.with_columns(((pl.col("time_ns") - start) / _SECOND).alias("at"))


def _sending(flow: dict[str, Any]) -> bool:
    """Say whether the client sends the more data: its direction is drawn."""
    return bool(flow["client_payload"] >= flow["server_payload"])


def _directed(rows: pl.DataFrame, *, from_client: bool) -> tuple[pl.DataFrame, pl.DataFrame, int]:
    """Give the data of one side, the acknowledgments of the other, and the sequence number that both count from."""
    data = rows.filter(pl.col("from_client") == from_client)
    acks = rows.filter(pl.col("from_client") != from_client, pl.col("tcp_flags") & 16 > 0)
    base = int(data["tcp_seq"][0]) if data.height else 0
    relative = ((pl.col("tcp_seq").cast(pl.Int64) - base) % (1 << 32)).alias("seq")
    covered = ((pl.col("tcp_ack").cast(pl.Int64) - base) % (1 << 32)).alias("ack")
    half = 1 << 31
    return (
        data.with_columns(relative).filter(pl.col("seq") < half),
        acks.with_columns(covered).filter(pl.col("ack") < half),
        base,
    )


def _some(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.gather_every(-(-rows.height // _POINTS)) if rows.height > _POINTS else rows


def _scale(rows: pl.DataFrame, *, from_client: bool) -> int:
    """Give the window scale of a side: its option counts when both sides sent one (RFC 7323 section 2.2)."""
    opening = rows.filter(pl.col("tcp_flags") & 2 > 0, pl.col("tcp_window_scale").is_not_null())
    sides = dict(zip(opening["from_client"].to_list(), opening["tcp_window_scale"].to_list(), strict=True))
    return int(sides[from_client]) if len(sides) == 2 else 0  # noqa: PLR2004 - both sides


def time_sequence(capture: CaptureFile, flow: dict[str, Any]) -> Plot:
    """Draw sequence numbers over time as W. R. Stevens and tcptrace do: data as strokes, acknowledgments as steps."""
    rows, sending = _segments(capture, flow), _sending(flow)
    data, acks, _ = _directed(rows, from_client=sending)
    sent = data.filter(pl.col("payload_length") > 0)
    again = sent.filter(pl.col("tcp_marks") & _AGAIN > 0)
    late = sent.filter(pl.col("tcp_marks") & int(Mark.OUT_OF_ORDER) > 0)
    zero = acks.filter(pl.col("tcp_marks") & int(Mark.ZERO_WINDOW) > 0)
    scale = _scale(rows, from_client=not sending)
    edge = acks.filter(pl.col("tcp_flags") & 2 == 0).with_columns(
        (pl.col("ack") + pl.col("tcp_window").cast(pl.Int64) * (1 << scale)).alias("edge")
    )
    strokes = tuple((r["at"], r["seq"], r["seq"] + r["payload_length"]) for r in _some(sent).to_dicts())
    series = [
        Series(name="data", points=strokes, style="sticks", colour=0),
        Series(name="acknowledged", points=_xy(_some(acks), "ack"), style="steps", colour=2),
        Series(name="receive window's end", points=_xy(_some(edge), "edge"), style="steps", colour=5),
        Series(name=f"sent again ({again.height})", points=_xy(again, "seq"), style="points", colour=1),
        Series(name=f"out of order ({late.height})", points=_xy(late, "seq"), style="points", colour=4),
        Series(name=f"window zero ({zero.height})", points=_xy(zero, "ack"), style="points", colour=3),
    ]
    return Plot(
        title=f"Sequence numbers: {_between(flow, sending)}", x="seconds", y="bytes",
        series=tuple(item for item in series if item.points),
    )  # fmt: skip


def window(capture: CaptureFile, flow: dict[str, Any]) -> Plot:
    """Draw the window that the receiver offers, and the bytes that are under way in it."""
    rows, sending = _segments(capture, flow), _sending(flow)
    scale = _scale(rows, from_client=not sending)
    data, acks, _ = _directed(rows, from_client=sending)
    offered = acks.filter(pl.col("tcp_flags") & 2 == 0).with_columns(
        (pl.col("tcp_window").cast(pl.Int64) * (1 << scale)).alias("offered")
    )
    events = pl.concat(
        [
            data.select(
                "number", "at", (pl.col("seq") + pl.col("payload_length")).alias("end"), acked=pl.lit(None, pl.Int64)
            ),
            acks.select("number", "at", end=pl.lit(None, pl.Int64), acked=pl.col("ack").cast(pl.Int64)),
        ],
        how="vertical_relaxed",
    ).sort("number")
    flying = events.with_columns(
        (pl.col("end").cum_max().forward_fill() - pl.col("acked").cum_max().forward_fill()).clip(0).alias("flying")
    ).filter(pl.col("flying").is_not_null())
    stalled = rows.filter(pl.col("tcp_marks") & _STALLED > 0).with_columns(pl.lit(0).alias("level"))
    series = [
        Series(name="window offered", points=_xy(_some(offered), "offered"), style="steps", colour=5),
        Series(name="bytes under way", points=_xy(_some(flying), "flying"), style="steps", colour=0),
        Series(name=f"window zero or full ({stalled.height})", points=_xy(stalled, "level"), style="points", colour=1),
    ]
    return Plot(
        title=f"Window: {_between(flow, sending)}", x="seconds", y="bytes",
        series=tuple(item for item in series if item.points),
    )  # fmt: skip


def round_trips(capture: CaptureFile, flow: dict[str, Any]) -> Plot:
    """Draw the time from each segment to the acknowledgment that covers it, as the capture point sees it.

    Segments sent again are left out: their acknowledgment may be that of the first copy (Karn's rule, RFC 6298
    section 3).
    """
    rows, series = _segments(capture, flow), []
    for side, name, colour in ((True, "client's data", 0), (False, "server's data", 3)):
        data, acks, _ = _directed(rows, from_client=side)
        fresh = data.filter(pl.col("payload_length") > 0, pl.col("tcp_marks").fill_null(0) & _AGAIN == 0)
        asked = fresh.select("number", "at", (pl.col("seq") + pl.col("payload_length")).cast(pl.Int64).alias("end"))
        first = acks.select(pl.col("ack").cast(pl.Int64).alias("end"), pl.col("at").alias("back"), "number")
        covering = asked.sort("end").join_asof(
            first.unique("end", keep="first", maintain_order=True).sort("end").rename({"number": "by"}),
            on="end", strategy="forward",
        )  # fmt: skip
        told = covering.filter(pl.col("back").is_not_null(), pl.col("by") > pl.col("number")).with_columns(
            ((pl.col("back") - pl.col("at")) * 1000).alias("ms")
        )
        if told.height:
            series.append(Series(name=name, points=_xy(_some(told.sort("at")), "ms"), style="points", colour=colour))
    return Plot(title=f"Round trip: {_conversation(flow)}", x="seconds", y="ms", series=tuple(series))


def _xy(rows: pl.DataFrame, name: str) -> tuple[tuple[float, ...], ...]:
    return tuple(zip(rows["at"].to_list(), rows[name].to_list(), strict=True))


def _between(flow: dict[str, Any], sending: bool) -> str:
    one, two = endpoint(client(flow), flow["client_port"]), endpoint(server(flow), flow["server_port"])
    return f"{one} to {two}" if sending else f"{two} to {one}"


def ladder(capture: CaptureFile, numbers: Sequence[int], title: str) -> Ladder:
    """Draw packets as messages between hosts, the first ones of many."""
    rows = capture.chosen(list(numbers)[:MESSAGES])
    texts = capture.quotes.texts(rows["number"].to_list())
    hosts: list[str] = []
    steps, start = [], None
    for row in rows.to_dicts():
        two = _ends(row)
        hosts += [host for host in two if host not in hosts]
        start = row["time_ns"] if start is None else start
        after = 0.0 if row["time_ns"] is None or start is None else (row["time_ns"] - start) / _SECOND
        said = texts[row["number"]].partition(" > ")[2].partition(" ")[2] or texts[row["number"]]
        steps.append(
            Step(
                time=f"{after:.6f}",
                source=hosts.index(two[0]),
                target=hosts.index(two[1]),
                text=said,
                number=row["number"],
                marked=bool((row["tcp_marks"] or 0) & _BAD),
            )
        )
    return Ladder(title=title, hosts=tuple(hosts), steps=tuple(steps))


def _ends(row: dict[str, Any]) -> tuple[str, str]:
    from netguru.pcap.addresses import mac_text

    if row["ip_version"]:
        return (
            address_text(row["ip_version"], row["src_hi"], row["src_lo"]),
            address_text(row["ip_version"], row["dst_hi"], row["dst_lo"]),
        )
    return mac_text(row["eth_src"]) or "?", mac_text(row["eth_dst"]) or "?"


def first_packets(capture: CaptureFile, flow: dict[str, Any] | None) -> list[int]:
    """Give the first packets of a conversation, or of the capture."""
    rows = capture.packets() if flow is None else capture.packets().filter(pl.col("flow") == flow["flow"])
    return rows.select("number").head(MESSAGES).collect()["number"].to_list()


def talkers(capture: CaptureFile, top: int) -> Bars:
    """Give the hosts with the most bytes, sent and received together."""
    flows = capture.flows().filter(pl.col("tunnel") == "")
    sides = [
        flows.select("ip_version", pl.col(f"{side}_hi").alias("hi"), pl.col(f"{side}_lo").alias("lo"), "bytes")
        for side in ("client", "server")
    ]
    sums = (
        pl.concat(sides).group_by("ip_version", "hi", "lo").agg(pl.col("bytes").sum())
        .sort("bytes", "hi", "lo", descending=[True, False, False]).head(top).collect()
    )  # fmt: skip
    names = [address_text(*row[:3]) for row in sums.iter_rows()]
    sizes = sums["bytes"].to_list()
    return Bars(
        title="Top talkers, bytes sent and received",
        names=tuple(names),
        values=tuple(map(float, sizes)),
        texts=tuple(f"{short(size)}B" for size in sizes),
    )


def protocols(capture: CaptureFile, top: int) -> Bars:
    """Give the packets of each protocol; a packet counts for every protocol that it holds."""
    counts = sorted(capture.protocols().items(), key=lambda item: (-item[1], item[0]))[:top]
    return Bars(
        title="Protocols, packets that hold them",
        names=tuple(name for name, _ in counts),
        values=tuple(float(count) for _, count in counts),
        texts=tuple(f"{count:,}" for _, count in counts),
    )
