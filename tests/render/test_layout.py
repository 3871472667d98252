"""What is left out is counted, widths hold, and colours can be read."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl
import pytest

from netguru import render
from netguru.model import Coverage, Evidence, Finding, Findings, Result, Severity
from netguru.render.clean import width_of


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made(Result):
    schema: ClassVar[str] = "netguru.test.made/1"

    number: int = 3
    rows: Any = ()
    empty: str = ""

    def figure(self) -> str:
        """Draw nothing much."""
        return "<svg></svg>"


def _many(count: int) -> Findings:
    evidence = tuple(
        Evidence(source="a.cfg", sha256="", kind="line", start=n, end=n, text=f"line {n}") for n in range(1, 31)
    )
    made = [
        Finding(check=f"c.{n}", severity=Severity.NOTE, title="t", why="w", remedy="r", evidence=evidence)
        for n in range(count)
    ]
    return Findings(findings=tuple(made), coverage=Coverage(unit="files", total=1, read=1))


@pytest.mark.parametrize(
    "rows", [[{"n": n} for n in range(120)], pl.DataFrame({"n": range(120)})], ids=["list", "frame"]
)
def test_rows_left_out_are_counted(rows: Any) -> None:
    made = _Made(rows=rows)

    assert "70 more of 120" in render.text(made)
    assert "70 more of 120" in render.html(made)
    assert "70 more of 120" in render.markdown(made)


def test_findings_and_evidence_left_out_are_counted() -> None:
    made = _many(130)

    assert "30 more of 130 findings" in render.html(made)
    assert "30 more of 130 findings" in render.markdown(made)
    assert "… 20 more places" in render.text(made)
    assert "more findings" not in render.text(made)
    assert "105 more findings of 130" in render.mimebundle(made)["text/plain"]


def test_columns_left_out_are_named() -> None:
    wide = [{f"column_{n}": "x" * 20 for n in range(20)}]

    assert "columns that did not fit: " in render.text(_Made(rows=wide))
    assert "column 19 (--json shows all)" in render.text(_Made(rows=wide))


@pytest.mark.parametrize("width", [60, 100, 160])
def test_tables_keep_the_width(width: int) -> None:
    rows = [{"name": "設備" * 20, "text": "word " * 40, "n": 5}]
    made = render.text(_Made(rows=rows), width=width)

    assert max(width_of(line) for line in made.splitlines()) <= width


def test_forms_of_a_result() -> None:
    bundle = _Made(rows=[{"a": 1}])._repr_mimebundle_()

    assert set(bundle) == {"text/plain", "text/markdown", "text/html"}
    assert "<svg></svg>" in bundle["text/html"]
    assert "test.made" in bundle["text/html"]
    assert "empty" in bundle["text/plain"]


def _rules() -> dict[str, str]:
    return dict(re.findall(r"\.netguru \.ng-(\w+) \{ background: (#\w{6}); \}", render.style()))


def _luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_severities_can_be_read() -> None:
    # WCAG 2.1, success criterion 1.4.3: 4.5 to 1 for text of this size.
    colours = _rules()

    assert set(colours) >= {str(level) for level in Severity}
    assert {
        name: round(_contrast(colour, "#ffffff"), 1)
        for name, colour in colours.items()
        if _contrast(colour, "#ffffff") < 4.5
    } == {}


def test_ink_can_be_read_in_light_and_dark() -> None:
    for block in re.findall(r":root \{([^}]*)\}", render.style()):
        colours = dict(re.findall(r"--ng-(\w+): (#\w{6})", block))
        pairs = itertools.product(
            (colours["ink"], colours["faint"], colours["link"]), (colours["paper"], colours["wash"])
        )
        assert min(_contrast(ink, paper) for ink, paper in pairs) >= 4.5
