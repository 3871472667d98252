"""Conversations of a capture as a whole: pairs of addresses and the largest ones, also when some were closed early."""

from __future__ import annotations

import io
from ipaddress import ip_address

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_captures import ethernet, ipv4, ipv6, pcap, udp

from netguru.pcap.address_pairs import count_pairs
from netguru.pcap.engine import Engine
from netguru.pcap.framing import Found

_FLOWS = 6000


def _flood() -> bytes:
    """Make one packet a conversation: of IPv4 and IPv6 by turns, two ports for each pair, some larger than others."""
    frames = []
    for number in range(_FLOWS):
        pair, data = number // 2, udp(bytes(number % 7), src=1000 + number % 2)
        if pair % 2:
            packet, kind = ipv6(data, 17, src=str(ip_address((0x20010DB8 << 96) + pair))), 0x86DD
        else:
            packet, kind = ipv4(data, 17, src=str(ip_address((10 << 24) + pair))), 0x0800
        frames.append(ethernet(packet, kind))
    return pcap(frames)


def _conversations(*, live: int):
    engine = Engine(io.BytesIO(_flood()), Found(), compiled=True, live=live)
    for _ in engine.chunks():
        pass
    return engine.conversations


@pytest.mark.parametrize("live", [512, 1 << 20], ids=["closed early", "all at hand"])
def test_pairs_and_largest_are_those_of_the_table(live, monkeypatch):
    monkeypatch.setattr("netguru.pcap.engine.ROWS", 301)
    conversations = _conversations(live=live)
    assert bool(conversations.closed_early) == (live < _FLOWS)
    table = conversations.table().collect()
    assert table.height == _FLOWS
    assert conversations.pairs() == _FLOWS // 2
    ordered = table.sort(["bytes", "flow"], descending=[True, False])
    for count in (0, 1, 900, _FLOWS - 1, _FLOWS, 2 * _FLOWS):
        largest, total = conversations.largest(count)
        assert total == _FLOWS
        assert largest.equals(ordered.head(count))


_HALF = st.integers(-(2**63), 2**63 - 1)
_SHORT = st.tuples(st.just(4), st.just(0), st.integers(0, 3), st.just(0), st.integers(2**32 - 3, 2**32 - 1))
_LONG = st.tuples(st.just(6), *(st.one_of(st.integers(-1, 1), _HALF) for _ in range(4)))


@given(st.lists(st.lists(st.one_of(_SHORT, _LONG), max_size=20), max_size=3))
def test_pairs_are_counted_as_a_set_counts_them(parts):
    arrays = [np.array(part, np.int64).reshape(-1, 5) for part in parts]
    assert count_pairs((part[:, 0], part[:, 1:]) for part in arrays) == len({row for part in parts for row in part})


def test_a_pair_closed_early_and_met_again_counts_once(monkeypatch):
    monkeypatch.setattr("netguru.pcap.engine.ROWS", 301)
    sources = [str(ip_address((10 << 24) + number % 2000)) for number in range(4000)]
    # Back again by turns: in the table the other side is the client then.
    frames = [
        ipv4(udp(b"", src=place + 1), 17, src=source) if place % 3 else ipv4(udp(b""), 17, src="10.0.0.2", dst=source)
        for place, source in enumerate(sources)
    ]
    engine = Engine(io.BytesIO(pcap(map(ethernet, frames))), Found(), compiled=True, live=512)
    for _ in engine.chunks():
        pass
    assert engine.conversations.closed_early
    assert engine.conversations.pairs() == 2000
