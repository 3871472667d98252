"""The interactive graph as one HTML file: the view of the notebook with its sheet, and no request to any host."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from netguru.resources import front_end

if TYPE_CHECKING:
    from collections.abc import Mapping

_POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"
_ICON = "data:,"


def page(sheet: Mapping[str, Any], title: str = "Topology") -> str:
    """Give the page of a sheet (`sheet.sheet`); names in it can become no markup."""
    script = front_end("graph.js").read_text(encoding="utf-8").replace("</script", "<\\/script")
    style = front_end("graph.css").read_text(encoding="utf-8")
    # Inside a script no entity counts: the one character that could end it is written as JSON writes it.
    held = json.dumps(sheet, ensure_ascii=True, separators=(",", ":")).replace("<", "\\u003c")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f'<link rel="icon" href="{_ICON}"><title>{escape(title)}</title>'
        f"<style>html{{height:100%}}.ngg{{height:100%}}{style}</style></head>"
        f'<body class="ngg-page"><script type="application/json" id="netguru-sheet">{held}</script>'
        f'<script type="module">{script}</script></body></html>\n'
    )
