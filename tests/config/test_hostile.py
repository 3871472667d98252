"""Texts made to break a reader: bottomless nesting, endless ranges, walls of blank lines."""

from __future__ import annotations

import pytest

from netguru.config.parsing import parse_text
from netguru.config.records import numbers_of
from netguru.config.tree import render

_DEEP = 3_000


@pytest.mark.parametrize(
    ("platform", "text"),
    [
        ("ios", "hostname r1\n" + "".join(f"{' ' * depth}x{depth}\n" for depth in range(_DEEP))),
        ("junos", "system {\n host-name r1;\n}\n" + "a {\n" * _DEEP + "}\n" * _DEEP + "protocols { }\n"),
        ("junos", "system { host-name r1; } " + "a { " * _DEEP),
        ("junos", "set system host-name r1\nset " + "a " * _DEEP + "\n"),
    ],
)
def test_nesting_without_a_bottom(platform: str, text: str) -> None:
    config = parse_text(text, platform=platform)

    assert config.hostname == "r1"
    assert render(config) == text


def test_what_follows_deep_braces_stands_at_the_top() -> None:
    config = parse_text("a {\n" * 200 + "}\n" * 200 + "system { host-name r1; }\n", platform="junos")

    assert config.hostname == "r1"
    assert config.tree[-1].text == "system"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1-3,2-5,9", (1, 2, 3, 4, 5, 9)),
        ("5,1-2,5", (1, 2, 5)),
        ("7-3,x,-,4-", (4,)),
        ("1-99999999999", tuple(range(1, 4096))),
        (",".join(["1-4095"] * 50_000), tuple(range(1, 4096))),
    ],
)
def test_overlapping_ranges(text: str, numbers: tuple[int, ...]) -> None:
    assert numbers_of(text) == numbers


def test_a_range_that_is_said_over_and_over_is_one() -> None:
    config = parse_text("hostname r1\n" + "vlan 2-4000\n" * 2_000 + "vlan 10\n name red\n", platform="ios")

    assert len(config.vlans) == 3_999
    assert next(vlan.name for vlan in config.vlans if vlan.id == 10) == "red"


@pytest.mark.parametrize("filling", ["\n" * 200_000, " \n" * 100_000, " " * 200_000, "a\n" * 50_000])
def test_walls_of_nothing(filling: str) -> None:
    config = parse_text(f"hostname r1\n{filling}\ninterface Gi0/1\n mtu 9000\n")

    assert config.interfaces[0].mtu == 9000
