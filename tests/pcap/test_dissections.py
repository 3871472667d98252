"""Several packets taken apart at once are what each of them is alone."""

from __future__ import annotations

import json

import pytest
from made_captures import LAB

from netguru import pcap as room
from netguru import render
from netguru.errors import InputError
from netguru.operations import operations
from netguru.pcap import dissection, tshark, tshark_layers

LOSSY = LAB / "fabric" / "faulty" / "captures" / "lossy-cable.pcap"


@pytest.mark.parametrize("most", [2000, 5], ids=["all that came before", "conversations alone"])
@pytest.mark.parametrize("engine", ["scapy", "tshark"])
def test_several_are_as_each_alone(monkeypatch, engine, most):
    if engine == "tshark" and not tshark.find():
        pytest.skip("tshark is not installed")
    monkeypatch.setattr(tshark_layers, "_MOST_PACKETS", most)
    found = room.dissect(LOSSY, "1,5,10-12,11", engine=engine)
    assert [one.number for one in found.packets] == [1, 5, 10, 11, 12]
    assert list(found.packets) == [room.dissect(LOSSY, one.number, engine=engine) for one in found.packets]


def test_one_number_gives_one_packet_however_it_is_written():
    one = room.dissect(LOSSY, 5, engine="scapy")
    assert json.loads(json.dumps(one.to_dict()))["schema"] == "netguru.pcap.dissect/1"
    run = operations["pcap.dissect"]
    for written in (5, "5", " 5 ", 5.0):
        assert run(file=LOSSY, number=written, engine="scapy") == one
    several = room.dissect(LOSSY, "5-5", engine="scapy")
    assert several.packets == (one,)
    assert several.to_dict()["schema"] == "netguru.pcap.dissections/1"


def test_several_are_written_to_be_read():
    found = room.dissect(LOSSY, "5,10-12", engine="scapy")
    told = render.text(found, width=200).splitlines()
    places = [told.index(f"  packet {one.number}  {one.time}") for one in found.packets]
    assert places == sorted(places)
    for place, one in zip(places, found.packets, strict=True):
        assert told[place + 1].strip() == one.description
        rows = [f"    {layer.name}" for layer in one.layers]
        assert [row for row in told[place + 2 :] if row.startswith("    ") and row[4] != " "][: len(rows)] == rows
    source = found.packets[0].layers[1].fields["src"]
    assert told[places[0] : places[1]].count(f"      src: {source}") == 1
    assert found.engine == found.packets[0].engine


def test_an_open_range_ends_with_the_capture():
    assert [one.number for one in room.dissect(LOSSY, "783-", engine="scapy").packets] == [783, 784]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "no packet 0, the capture has 784"),
        (-1, "no packet -1"),
        ("785", "no packet 785, the capture has 784"),
        ("1,785", "no packet 785, the capture has 784"),
        ("900-", "no packet 900"),
        ("1-9999999999", "no packet 9999999999"),
        ("1,x", "NUMBER: 'x' is no packet number and no range"),
        ("", "NUMBER: '' is no packet number"),
        ("9-3", "'9-3' is no packet number and no range"),
        ("1-", "1- are more than 50 packets"),
        ("1-30,40-61", "more than 50 packets"),
    ],
)
def test_what_cannot_be_taken_apart_is_said(number, said):
    with pytest.raises(InputError, match=said):
        room.dissect(LOSSY, number, engine="scapy")


def test_the_most_are_taken_apart():
    assert len(room.dissect(LOSSY, "1-25,1-50", engine="scapy").packets) == dissection.MOST
