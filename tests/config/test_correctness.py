"""Correctness inside one device: what is found, and what looks like it and is right."""

from __future__ import annotations

import tomllib

import pytest
from config_support import CASES, ios

from netguru.checks import run
from netguru.config.checks.correctness import overlapping_subnets
from netguru.config.parsing import parse_text

_HOST = "hostname r1\n"
_CASES = tomllib.loads((CASES / "questions" / "correctness.toml").read_text(encoding="utf-8"))["case"]


def _found(text, check):
    return [item for item in run("config", ios(_HOST + text)) if item.check == check]


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["check"])
def test_correctness(case):
    found = _found(case["text"], case["check"])

    assert [item.start for row in found for item in row.evidence] == case["lines"]


def test_a_line_that_is_covered_by_its_like_is_a_note():
    worse = _found("ip access-list extended X\n permit ip any any\n deny tcp any any\n", "acl.unreachable-line")
    same = _found("ip access-list extended X\n deny ip any any\n deny tcp any any\n", "acl.unreachable-line")

    assert [str(row.severity) for row in (*worse, *same)] == ["warning", "note"]


def test_overlaps_are_found_in_one_pass_over_many_ports():
    text = "\n".join(
        f"interface Gi{n}\n ip address 10.{n // 256}.{n % 256}.1 255.255.255.0" for n in range(5000)
    )  # fmt: skip
    wide = "interface Gi9999\n ip address 10.3.0.9 255.255.254.0"
    found = list(overlapping_subnets(parse_text(f"{_HOST}{text}\n{wide}\n", platform="ios")))

    assert [sorted(port for _, port in item.subject.interfaces) for item in found] == [
        ["Gi768", "Gi9999"],
        ["Gi769", "Gi9999"],
    ]
