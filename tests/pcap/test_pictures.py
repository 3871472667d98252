"""Pictures: what is drawn is what the tables hold, harmless whatever stands in the capture."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import netguru
from netguru import render
from netguru.errors import InputError
from netguru.render.charts import Bars, Ladder, Plot, Series, Step, ticks
from netguru.workspace import open_capture

LAB = Path(__file__).parents[2] / "data" / "samples" / "lab" / "fabric" / "faulty" / "captures"
LOSSY = LAB / "lossy-cable.pcap"
KINDS = ("throughput", "sequence", "window", "rtt", "ladder", "talkers", "protocols")


@pytest.mark.parametrize("kind", KINDS)
def test_every_picture_has_all_faces(kind: str) -> None:
    made = netguru.pcap.picture(LOSSY, kind)

    root = ET.fromstring(made.figure())  # noqa: S314 - made here
    assert root.find("{http://www.w3.org/2000/svg}title") is not None
    assert root.attrib["role"] == "img"
    assert made.figure() in render.html(made)
    assert made.plain_figure().splitlines()[0] in render.text(made)
    assert made.to_dict()["chart"]["title"]


def test_throughput_counts_every_byte() -> None:
    chart = netguru.pcap.picture(LOSSY, "throughput").chart
    assert isinstance(chart, Plot)
    everything = chart.series[0]
    width = everything.points[1][0] - everything.points[0][0]
    drawn = sum(point[1] for point in everything.points) * width / 8
    lengths = open_capture(LOSSY).packets().select(pl.col("length").cast(pl.Int64).sum()).collect().item()

    assert drawn == pytest.approx(lengths, rel=1e-6)


def test_what_was_sent_again_is_drawn_where_tshark_marks_it() -> None:
    made = netguru.pcap.picture(LOSSY, "sequence")
    again = next(item for item in made.chart.series if item.name.startswith("sent again"))
    capture = open_capture(LOSSY)
    marked = capture.packets().filter(pl.col("flow") == made.flow, pl.col("tcp_marks") & 7 > 0).collect().height

    assert len(again.points) == marked > 0


def test_round_trips_are_after_their_segment_and_positive() -> None:
    chart = netguru.pcap.picture(LOSSY, "rtt").chart
    assert isinstance(chart, Plot)

    assert all(point[1] > 0 for series in chart.series for point in series.points)


def test_a_ladder_names_its_packets_in_order() -> None:
    chart = netguru.pcap.picture(LAB / "dhcp-no-offer.pcapng", "ladder", packets="1-9").chart
    assert isinstance(chart, Ladder)

    assert [step.number for step in chart.steps] == list(range(1, 10))
    assert all(0 <= step.source < len(chart.hosts) for step in chart.steps)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"kind": "sequence", "flow": 9999}, "there is no conversation 9999"),
        ({"kind": "ladder", "packets": "1-100000"}, "there is no packet"),
        ({"kind": "ladder", "packets": "x"}, "no packet number"),
    ],
)
def test_what_is_not_there_is_said(options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        netguru.pcap.picture(LOSSY, **options)


ANY = st.text(min_size=0, max_size=40)
NUMBER = st.floats(-1e12, 1e12)


@given(title=ANY, names=st.lists(ANY, min_size=1, max_size=9), points=st.lists(st.tuples(NUMBER, NUMBER), max_size=20))
def test_drawings_hold_any_text_and_numbers_harmlessly(
    title: str, names: list[str], points: list[tuple[float, float]]
) -> None:
    styles = ("line", "steps", "area", "points", "sticks")
    plot = Plot(
        title=title, x=names[0], y=names[-1],
        series=tuple(
            Series(name=name, points=tuple((*p, p[1]) for p in points), style=styles[at % 5])  # type: ignore[arg-type]
            for at, name in enumerate(names)
        ),
    )  # fmt: skip
    bars = Bars(title=title, names=tuple(names), values=tuple(1.0 for _ in names), texts=tuple(names))
    steps = tuple(
        Step(time="0", source=0, target=at, text=name, number=at, marked=bool(at % 2)) for at, name in enumerate(names)
    )
    for chart in (plot, bars, Ladder(title=title, hosts=tuple(names), steps=steps)):
        root = ET.fromstring(chart.svg())  # noqa: S314 - made here
        assert {item.tag.rpartition("}")[2] for item in root.iter()} <= {"svg", "title", "text", "line", "path", "rect"}
        assert not [name for item in root.iter() for name in item.attrib if name.startswith("on") or "href" in name]
        assert not re.search("[\x00-\x08\x1b\x7f-\x9f\u202a-\u202e\u2066-\u2069]", chart.svg() + chart.plain())


@given(low=NUMBER, span=st.floats(1e-6, 1e12))
def test_ticks_lie_inside_and_are_few(low: float, span: float) -> None:
    # Below the grain of floats there are no steps between two values.
    if abs(low) > span * 1e9:
        return
    found = ticks(low, low + span)

    assert 2 <= len(found) <= 13
    assert all(low - span * 1e-6 <= value <= low + span * (1 + 1e-6) for value in found)
