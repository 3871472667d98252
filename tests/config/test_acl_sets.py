"""Sets of headers: the arithmetic against counting out small spaces, and lines of access lists against packets."""

from __future__ import annotations

import tomllib
from itertools import product

import pytest
from config_support import CASES, ios, junos
from hypothesis import given, settings
from hypothesis import strategies as st

from netguru.config.acl_sets import EMPTY, FULL, Space, copied
from netguru.config.acl_sets_packets import packets, shown
from netguru.config.parsing import parse_text
from netguru.config.questions_filters import filters_of, matching, unreachable

_CASES = tomllib.loads((CASES / "questions" / "filters.toml").read_text(encoding="utf-8"))["case"]
_ATOM = st.one_of(
    st.tuples(st.just("between"), st.sampled_from("ab"), st.integers(0, 7), st.integers(0, 7)),
    st.tuples(st.just("matching"), st.sampled_from("ab"), st.integers(0, 7), st.integers(0, 7)),
)
_SETS = st.recursive(
    _ATOM, lambda inner: st.tuples(st.sampled_from(("both", "either", "minus")), inner, inner), max_leaves=8
)


def _made(space, shape):
    if shape[0] in ("between", "matching"):
        return getattr(space, shape[0])(*shape[1:])
    return getattr(space, shape[0])(_made(space, shape[1]), _made(space, shape[2]))


def _counted(shape):
    everything = set(product(range(8), repeat=2))
    if shape[0] in ("between", "matching"):
        kind, name, first, second = shape
        return {
            pair
            for pair in everything
            for value in [pair["ab".index(name)]]
            if (first <= value <= second if kind == "between" else value & second == first & second)
        }
    left, right = _counted(shape[1]), _counted(shape[2])
    return {"both": left & right, "either": left | right, "minus": left - right}[shape[0]]


@given(_SETS)
def test_sets_hold_what_counting_out_gives(shape):
    space = Space.of(("a", 3), ("b", 3))
    members = _made(space, shape)
    counted = _counted(shape)

    assert {(a, b) for a, b in product(range(8), repeat=2) if space.holds(members, {"a": a, "b": b})} == counted
    assert (members == EMPTY) == (not counted)
    assert (members == FULL) == (len(counted) == 64)
    example = space.example(members)
    assert example is None if not counted else (example["a"], example["b"]) in counted
    other = Space.of(("a", 3), ("b", 3))
    assert copied(other, copied(space, members, other), other) == copied(space, members, other)


# Access lists over two hosts, two protocols, two ports: small enough to try every packet on every line.
_HOSTS = ("10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.3")
_END = st.sampled_from(["any", *(f"host {host}" for host in _HOSTS), "10.0.0.0 0.0.0.1", "10.0.0.0 0.0.0.2"])
_LINE = st.builds(
    lambda action, protocol, src, dst, port: f"{action} {protocol} {src} {dst}{port if protocol != 'ip' else ''}",
    st.sampled_from(("permit", "deny")),
    st.sampled_from(("ip", "tcp", "udp")),
    _END,
    _END,
    st.sampled_from(("", " eq 5", " gt 5", " lt 6", " range 5 6", " neq 5")),
)
_PACKETS = [
    (protocol, src, dst, port)
    for protocol, src, dst, port in product(("tcp", "udp"), range(4), range(4), (4, 5, 6, 7))
]  # fmt: skip


def _hits(line, packet):
    """Try one packet on one line, word by word."""
    protocol, src, dst, port = packet
    words = line.split()[1:]
    if words.pop(0) not in ("ip", protocol):
        return False
    for value in (src, dst):
        first = words.pop(0)
        if first == "host":
            if words.pop(0) != f"10.0.0.{value}":
                return False
        elif first != "any":
            care = 255 ^ int(words.pop(0).rsplit(".", 1)[1])
            if value & care != int(first.rsplit(".", 1)[1]) & care:
                return False
    numbers = [int(word) for word in words[1:]]
    how = words[0] if words else "any"
    return {
        "any": True,
        "eq": port in numbers,
        "neq": port not in numbers,
        "gt": numbers and port > numbers[0],
        "lt": numbers and port < numbers[0],
        "range": numbers and numbers[0] <= port <= numbers[-1],
    }[how]


@given(st.lists(_LINE, min_size=1, max_size=7))
@settings(max_examples=150, deadline=None)
def test_every_packet_meets_the_line_that_trying_one_by_one_finds(lines):
    text = "hostname r1\nip access-list extended X\n" + "".join(f" {line}\n" for line in lines)
    (item,) = filters_of(ios(text))
    first = {
        packet: next((place for place, line in enumerate(lines) if _hits(line, packet)), None) for packet in _PACKETS
    }
    for packet, place in first.items():
        protocol, src, dst, port = packet
        asked = packets(item.space, f"{protocol} 10.0.0.{src}:1000 > 10.0.0.{dst}:{port}")
        (row,) = matching(item, asked)
        assert row["lines"] == ([place + 3] if place is not None else list(range(3, 3 + len(lines))))
        assert row["matches"] == "all"
    dead = {row["lines"][0] - 3 for row in unreachable(item)}
    assert not dead & set(first.values())


def _filter(text, platform="ios"):
    return next(filters_of(parse_text(text, platform=platform)))


@pytest.mark.parametrize("case", _CASES, ids=lambda case: f"{case['platform']} {case['packet']}")
def test_platforms(case):
    item = _filter(case["lines"], case["platform"])
    (row,) = matching(item, packets(item.space, case["packet"]))

    assert (row["action"], row["matches"], row.get("conditions", [])) == (case["action"], "all", [])


def test_a_condition_that_is_not_modelled_is_named_and_hides_no_line():
    text = (
        "ip access-list extended X\n permit tcp any any time-range WORK\n deny tcp any any\n permit tcp any any eq 5\n"
    )
    item = _filter(text)
    rows = list(matching(item, packets(item.space, "tcp 10.0.0.1 > 10.0.0.2:5")))

    assert [(row["action"], row["matches"], row["conditions"]) for row in rows] == [
        ("permit", "some", ["time-range WORK"]),
        ("deny", "all", []),
    ]
    assert [row["lines"] for row in unreachable(item)] == [[4]]


def test_one_blocking_line_is_named_alone_and_several_together():
    text = (
        "ip access-list extended X\n permit ip 10.0.0.0 0.0.0.127 any\n permit ip 10.0.0.128 0.0.0.127 any\n"
        " deny ip 10.0.0.0 0.0.0.255 any\n deny ip host 10.0.0.1 any\n"
    )
    rows = list(unreachable(_filter(text)))

    assert [(row["lines"], row["blocking_lines"], row["other"]) for row in rows] == [
        ([4], [2, 3], True),
        ([5], [2], True),
    ]


def test_braces_and_set_commands_make_the_same_filter():
    braces = junos(
        "firewall {\n family inet {\n filter X {\n term A {\n from {\n source-address {\n 10.0.0.0/8;\n }\n"
        " protocol [ tcp udp ];\n }\n then discard;\n }\n }\n }\n}\n"
    )
    commands = junos(
        "set firewall family inet filter X term A from source-address 10.0.0.0/8\n"
        "set firewall family inet filter X term A from protocol tcp\n"
        "set firewall family inet filter X term A from protocol udp\n"
        "set firewall family inet filter X term A then discard\n"
    )
    (a,), (b,) = filters_of(braces), filters_of(commands)

    assert copied(b.space, b.lines[0].condition.must, a.space) == a.lines[0].condition.must
    assert shown(a.space, packets(a.space, "udp 10.0.0.1 > 10.0.0.2:53")) == "udp 10.0.0.1:0 > 10.0.0.2:53"
