"""The tree: rendering gives back the text, numbers are those of the file, values over several lines stay whole."""

from __future__ import annotations

import pytest
from config_support import LAB, SHARED, ios, junos, read, shared
from hypothesis import given, settings
from hypothesis import strategies as st

from netguru.config.parsing import parse_text
from netguru.config.platforms import platforms
from netguru.config.tree import path_of, render, walk
from netguru.errors import NetGuruError

_LAB_FILES = sorted(LAB.glob("*/*/configs/*"))
_SHARED_FILES = sorted((SHARED / "configs").glob("*/*")) if SHARED.exists() else []
_WORDS = st.sampled_from(
    [
        "interface Gi0/1", " ip address 10.0.0.1 255.255.255.0", "!", "router ospf 1", " address-family ipv4", "exit",
        " exit-address-family", "banner motd ^C", "^C", "certificate ca 01", "quit", "system {", "}", "a b;", '"', "[",
        "]", "{", "set interfaces xe-0/0/0 unit 0", "deactivate protocols", "/* x", "*/", "#", "\t x", "macro name y",
        "@", "  --More-- \x08\x08\x08 ip route 0.0.0.0 0.0.0.0 1.1.1.1", "vlan 1-", "vlan 5-3,9", "ip prefix-list A",
        "neighbor 1.2.3.4 remote-as 99999999999", "line vty 0 4", " exec-timeout 0", "router bgp 1.1", "ip route",
        " standby ip", "switchport trunk allowed vlan 1-4094", " ip address 999.1.1.1 255.0.255.0", "no", "no ",
    ]
)  # fmt: skip
_ENDS = st.sampled_from(["\n", "\r\n", "\r"])


@pytest.mark.parametrize("path", _LAB_FILES, ids=lambda p: "-".join(p.parts[-4:]))
def test_rendering_gives_back_the_lab_files(path):
    config = read(path)

    assert render(config) == config.piece.text


@pytest.mark.parametrize("path", _SHARED_FILES, ids=lambda p: "-".join(p.parts[-2:]))
def test_rendering_gives_back_third_party_files(path):
    config = read(path)

    assert render(config) == config.piece.text
    assert len(config.modelled) + len(config.unmodelled) == config.coverage.total


@pytest.mark.parametrize("path", _LAB_FILES + _SHARED_FILES, ids=lambda p: "-".join(p.parts[-3:]))
def test_every_statement_is_in_its_lines_and_in_order(path):
    config = read(path)
    lines = config.piece.lines
    last = 0

    for statement in walk(config.tree):
        assert statement.number >= last
        last = statement.number
        place = "\n".join(lines[statement.number - 1 : statement.end])
        assert all(word.strip("\"'") in place for word in statement.text.split())


@settings(max_examples=150, deadline=None)
@given(lines=st.lists(st.tuples(_WORDS | st.text(max_size=30), _ENDS)), platform=st.sampled_from(sorted(platforms())))
def test_any_text_is_read_and_rendered(lines, platform):
    text = "".join(line + end for line, end in lines)
    try:
        config = parse_text(text, platform=platform)
    except NetGuruError:
        return

    assert render(config) == text
    assert config.coverage.total == len(config.modelled) + len(config.unmodelled)


def test_banner_is_one_statement():
    config = ios("hostname r1\nbanner motd ^C\ninterface Gi0/1\n shutdown\n^C\nend\n")
    banner = config.tree[1]

    assert (banner.number, banner.end, banner.children) == (2, 5, ())
    assert config.interfaces == ()


def test_banner_without_end_does_not_swallow_the_rest():
    config = ios("banner motd ^C\nhello\ninterface Gi0/1\n shutdown\n")

    assert [item.name for item in config.interfaces] == ["Gi0/1"]


def test_certificate_is_one_statement():
    config = ios("crypto pki certificate chain A\n certificate ca 01\n  3082\n  0A\n  \tquit\ninterface Gi0/1\n")

    assert config.tree[0].children[0].end == 5
    assert config.interfaces[0].lines == (6,)


def test_old_address_family_holds_the_lines_at_its_own_indentation():
    text = """router bgp 1
 address-family ipv4 vrf A
 neighbor 1.1.1.1 remote-as 2
 exit-address-family
 timers bgp 1 3
"""
    config = ios(text)

    assert [line.text for line in config.tree[0].children] == ["address-family ipv4 vrf A", "timers bgp 1 3"]
    assert config.bgp is not None
    assert config.bgp.neighbors[0].vrf == "A"


def test_pager_leftovers_are_no_part_of_a_statement():
    config = ios("interface Gi0/1\n --More-- \x08\x08\x08\x08\x08\x08\x08\x08\x08        \x08\x08 mtu 1400\n")

    assert config.interfaces[0].mtu == 1400


def test_line_ends_of_windows():
    config = ios("hostname r1\r\ninterface Gi0/1\r\n mtu 1400\r\n")

    assert config.hostname == "r1"
    assert config.interfaces[0].lines == (2, 3)


def test_lists_in_brackets_are_one_statement_a_member():
    braces = junos("protocols {\n bgp {\n  group A {\n   import [ X Y ];\n  }\n }\n}\n")
    commands = junos("set protocols bgp group A import [ X Y ]\nset system host-name r1\n")

    assert [path_of(line) for line in walk(braces.tree) if not line.children] == [
        "protocols bgp group A import X",
        "protocols bgp group A import Y",
    ]
    assert [path_of(line) for line in commands.tree][:2] == [
        "protocols bgp group A import X",
        "protocols bgp group A import Y",
    ]


def test_inactive_statements_are_not_read():
    braces = junos("interfaces {\n inactive: xe-0/0/0 {\n  mtu 9000;\n }\n xe-0/0/1 {\n  mtu 9000;\n }\n}\n")
    commands = junos(
        "set interfaces xe-0/0/0 mtu 9000\nset interfaces xe-0/0/1 mtu 9000\ndeactivate interfaces xe-0/0/0\n"
    )

    assert [item.name for item in braces.interfaces] == ["xe-0/0/1"]
    assert [item.name for item in commands.interfaces] == ["xe-0/0/1"]


@pytest.mark.parametrize("name", ["edge1", "edge2"])
@pytest.mark.parametrize("state", ["healthy", "faulty"])
def test_braces_and_set_commands_have_the_same_paths(name, state):
    folder = LAB / "campus" / state / "configs"
    braces, commands = read(folder / f"{name}.cfg"), read(folder / f"{name}.set")

    left = {path_of(line) for line in walk(braces.tree) if not line.children}
    right = {path_of(line) for line in walk(commands.tree)}
    assert left == right


@pytest.mark.parametrize("name", ["cross_term_match_dut", "community_delete_sender"])
def test_third_party_twins_agree(name):
    braces = read(shared("configs", "junos_curly", f"labval_{name}.cfg"))
    commands = read(shared("configs", "junos_set", f"labval_{name}.set"))

    left = {path_of(line) for line in walk(braces.tree) if not line.children}
    right = {path_of(line) for line in walk(commands.tree)}
    assert left <= right
