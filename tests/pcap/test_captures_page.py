"""The page on captures says what the schema says, and its example prints what it shows."""

from __future__ import annotations

import contextlib
import io
import re
from pathlib import Path

import pytest

from netguru.pcap.schema import FLOWS, INNER

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "captures.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("columns", [INNER, FLOWS], ids=["packets", "flows"])
def test_every_column_is_told_in_order(columns):
    rows = []
    for item in columns:
        field = f"`{item.wireshark}`" if item.wireshark else ""
        rows.append(f"| `{item.name}` | {item.kind} | {item.unit} | {item.meaning} | {field} |")
    assert "\n".join(rows) in PAGE


def test_the_example_runs(monkeypatch):
    monkeypatch.chdir(ROOT)
    code, shown = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE, re.DOTALL).groups()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(code, {})  # noqa: S102 - the page's own example
    assert said.getvalue() == shown
