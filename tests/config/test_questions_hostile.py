"""Texts of any shape: questions, views, coverage and the benchmark raise our errors only."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from netguru.config.coverage_lines import classes
from netguru.config.coverage_tables import frame, names
from netguru.config.parsing import parse_text
from netguru.config.platforms import platforms
from netguru.config.questions_filters import QUESTIONS as FILTER_QUESTIONS
from netguru.config.questions_filters import answer
from netguru.config.questions_names import QUESTIONS as NAME_QUESTIONS
from netguru.config.questions_ports import QUESTIONS as PORT_QUESTIONS
from netguru.config.questions_sessions import QUESTIONS as SESSION_QUESTIONS
from netguru.config.user_benchmark import benchmark
from netguru.errors import NetGuruError

_WORD = st.sampled_from(
    "ip ipv6 ipv4 access-list extended standard permit deny remark tcp udp icmp any host 10.0.0.1 0.0.0.255 "
    "255.255.0.0 2001:db8::/32 ::1 eq range gt lt neq 80 www 70000 -1 established fragments dscp ef precedence log "
    "time-range X object-group network service addrgroup portgroup object X 10 seq 5 prefix-list ge le 8 33"
    " 10.0.0.0/8 300.1.1.1 "
    "match-all +ack -syn echo 8 0 set firewall family inet filter term from then accept source-address except port "
    "1-5 protocol [ ] { } ; policy-options next discard router bgp 1 neighbor remote-as peer-group update-source "
    "Loopback0 listen ospf network area interface address no vrf name hostname r1 inactive: \" '".split()
)
_LINE = st.builds(
    lambda blank, words: " " * blank + " ".join(words), st.integers(0, 2), st.lists(_WORD, min_size=1, max_size=9)
)
_STARTS = ("ip access-list extended X", "ip prefix-list P", "object-group network X", "firewall filter X term A", "")


@given(
    platform=st.sampled_from(sorted(platforms())),
    start=st.sampled_from(_STARTS),
    lines=st.lists(_LINE, max_size=12),
    packet=st.one_of(st.just("tcp 10.0.0.1 > any:80"), st.lists(_WORD, max_size=5).map(" > ".join)),
)
@settings(max_examples=120, deadline=None)
def test_only_our_errors_leave(platform, start, lines, packet):
    config = parse_text("\n".join(["hostname r1", start, *lines]), platform=platform)
    for ask in (*NAME_QUESTIONS.values(), *PORT_QUESTIONS.values(), *SESSION_QUESTIONS.values()):
        ask([config])
    for name in FILTER_QUESTIONS:
        with suppress(NetGuruError):
            answer(name, [config], [config], filter_name="", packet=packet, action="permit")
    assert len(classes(config)) == len(config.piece.lines)
    assert all(item.evidence for item in benchmark([config]))
    for view in names():
        frame(view, [config])
