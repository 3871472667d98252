"""What the tests of the configurations room share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from netguru.config.parsing import parse, parse_text
from netguru.model.result import to_plain
from netguru.model.source import Piece, SourceFile
from netguru.workspace.files import HEAD_BYTES, decode

if TYPE_CHECKING:
    from netguru.model.config import DeviceConfig

ROOT = Path(__file__).parents[2]
LAB = ROOT / "data" / "samples" / "lab"
CASES = ROOT / "tests" / "cases" / "config"
SHARED = ROOT.parent / "shared" / "data"


def shared(*parts: str) -> Path:
    """Give third-party data beside the checkout; skip where it is absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"third-party data is not beside the checkout: {path}")
    return path


def read(path: Path) -> DeviceConfig:
    """Parse one file as a whole."""
    file = SourceFile.of(path)
    with path.open("rb") as stream:
        text = decode(file, stream.read(HEAD_BYTES))
    return parse(Piece(file=file, text=text))


def ios(text: str) -> DeviceConfig:
    """Parse a text as IOS."""
    return parse_text(text, platform="ios")


def junos(text: str) -> DeviceConfig:
    """Parse a text as Junos."""
    return parse_text(text, platform="junos")


def views(config: DeviceConfig) -> dict[str, object]:
    """Give the views of a configuration as plain data, without what is empty and without line numbers of values."""
    names = "hostname platform interfaces vlans ospf bgp eigrp static_routes system structures references unmodelled"
    return {name: _plain(to_plain(getattr(config, name))) for name in names.split()}


def _plain(value: object) -> object:
    if isinstance(value, dict):
        kept = {key: _plain(item) for key, item in value.items() if key not in ("at", "password_digest")}
        return {key: item for key, item in kept.items() if item not in (None, "", [], {}, False)}
    return [_plain(item) for item in value] if isinstance(value, list) else value
