"""Display filters select what tshark selects, say what is wrong with a filter, and keep the laws of logic."""

from __future__ import annotations

import json
import shutil
import tomllib
from contextlib import suppress
from functools import cache

import pytest
from filters_by_tshark import CASES, PLACES, by_tshark, numbers_of
from hypothesis import given, settings
from hypothesis import strategies as st

from netguru import pcap as room
from netguru import resources
from netguru.errors import InputError
from netguru.model.source import SourceFile
from netguru.pcap.capture import CaptureFile
from netguru.pcap.filters import fields, reference, select
from netguru.pcap.filters.evaluation import prepare
from netguru.pcap.filters.parser import parse
from netguru.pcap.protocols.base import columns, protocols

LAB = PLACES["lab"]
SAMPLE = "fabric/faulty/captures/boot-spine1-fabric.pcapng"


def cases(name):
    return [(name, case) for case in tomllib.loads((CASES / f"{name}.toml").read_text())["case"]]


@cache
def opened(path):
    return CaptureFile(SourceFile.of(path))


def label(case):
    return f"{case[1]['capture'].rpartition('/')[2]} {case[1]['filter']}"


@pytest.mark.parametrize("case", cases("lab") + cases("shared"), ids=label)
def test_selects_what_tshark_selects(case):
    place, row = case
    file = PLACES[place] / row["capture"]
    if not file.is_file():
        pytest.skip(f"{file} is not there")
    assert select(opened(file), row["filter"]) == numbers_of(row["numbers"])


@pytest.mark.parametrize("case", cases("lab")[::3], ids=label)
def test_the_cases_are_what_tshark_says(case):
    if shutil.which("tshark") is None:
        pytest.skip("tshark is not installed")
    place, row = case
    assert by_tshark(PLACES[place] / row["capture"], row["filter"]) == numbers_of(row["numbers"])


WRONG = json.loads((CASES / "wrong.json").read_text())


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_says_what_is_wrong(text, message):
    with pytest.raises(InputError) as caught:
        prepare(text)
    assert str(caught.value) == f"filter: {message}"


TESTS = st.sampled_from(
    [
        "tcp", "udp", "not ip", "tcp.port == 179", "ip.src == 10.0.0.0/8", "ip.addr != 10.0.0.1", "tcp.flags & 2",
        "eth.src[0:3] == 02:4e:47", "frame.len in {60..90, 200}", "all tcp.port > 1024", "count(ip.addr) > 2",
        'frame contains "a"', "udp.length > 20", "ospf.msg == 1", "ipv6.addr == fe80::/10", "{ip.ttl + 1} * 2 >= 130",
        'string(ip.dst) ~ "^224"', "ip.src#1 == 10.0.0.1", "tcp.srcport > tcp.dstport", "bgp.type in {1, 2}",
        "tcp[0:2] == 00:b3", "!(arp || icmp)", "tcp.seq < 100 && tcp.len > 0", "ip.ttl === 1", "ip.ttl !== 1",
    ]
)  # fmt: skip
EXPRESSIONS = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.builds("not ({})".format, inner),
        st.builds("({}) && ({})".format, inner, inner),
        st.builds("({}) or ({}) or ({})".format, inner, inner, inner),
        st.builds("({}) xor ({})".format, inner, inner),
    ),
    max_leaves=6,
)


@given(EXPRESSIONS)
def test_what_is_written_is_read_again(text):
    tree = parse(text, fields.names())
    assert parse(str(tree), fields.names()) == tree


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_any_text_is_a_filter_or_an_input_error(text):
    with suppress(InputError):
        prepare(text)


WORDS = st.sampled_from(
    [
        *"tcp ip.addr frame eth.src tcp.port dns.qry.name tcp.flags ipv6.src == != < in contains ~ any all".split(),
        *"{ } ( ) [ ] [0:3] #1 .. , & && || not ! + - * / % len( count( string( ' \"".split(),
        *'80 0x10 10.0.0.1/8 fe80::1 "x" r"(" \'a\' aa:bb'.split(),
    ]
)


@given(st.lists(WORDS, max_size=12).map(" ".join))
@settings(max_examples=500)
def test_any_words_are_a_filter_or_an_input_error(text):
    with suppress(InputError):
        assert prepare(text).cost >= 0


@given(EXPRESSIONS, EXPRESSIONS)
@settings(max_examples=25, deadline=None)
def test_the_laws_of_logic_hold(one, two):
    capture = opened(LAB / SAMPLE)
    every = set(range(1, capture.totals.packets + 1))
    first, second = set(select(capture, one)), set(select(capture, two))
    assert set(select(capture, f"not ({one})")) == every - first
    assert set(select(capture, f"({one}) and ({two})")) == first & second
    assert set(select(capture, f"({one}) or ({two})")) == first | second
    assert set(select(capture, f"({one}) xor ({two})")) == first ^ second


def test_the_operation_counts_all_and_lists_some():
    file = LAB / SAMPLE
    whole = select(opened(file), "ospf.msg == 1")
    found = room.packets(file, filter="ospf.msg == 1", top=3)
    assert found.filter == "ospf.msg == 1"
    assert found.total == len(whole)
    assert [packet.number for packet in found.packets] == whole[:3]
    later = room.packets(file, filter="ospf.msg == 1", first=whole[2], last=whole[4])
    assert [packet.number for packet in later.packets] == whole[2:5]


def test_bytes_are_read_of_those_packets_only_that_columns_leave(monkeypatch):
    capture = CaptureFile(SourceFile.of(LAB / SAMPLE))
    read = []
    original = CaptureFile.payloads
    monkeypatch.setattr(CaptureFile, "payloads", lambda self, rows: read.append(rows.height) or original(self, rows))
    select(capture, 'frame contains "x" and frame.number == 7 and frame[0:2] == 01:00')
    assert sum(read) <= 2


def test_the_page_lists_what_there_is():
    page = (LAB.parents[2] / "docs/display-filters.md").read_text()
    assert reference.markdown() in page


def test_every_column_of_a_protocol_is_a_field_or_said_not_to_be():
    used = {(row["protocol"], row["column"]) for row in fields.declared().values() if "protocol" in row}
    for name in set(protocols()) - {"mdns", "nd"}:
        for column in columns(name):
            known = (name, column.name) in used or column.field in fields.declared()
            left_out = f"{name}.{column.name}" in resources.table("filter_fields.toml")["left_out"]
            assert known or left_out or not column.field, f"{name}.{column.name}"
