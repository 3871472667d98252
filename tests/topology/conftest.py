"""What the tests of this room share: networks written by hand, and folders opened once a session."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from netguru.model.network import Network


@cache
def _open(path: Path) -> Network:
    from netguru.workspace.opening import open_network

    return open_network(path)


@pytest.fixture(scope="session")
def opened() -> Callable[[Path], Network]:
    """Give a function that opens a folder of samples, each once."""
    return _open


@pytest.fixture(scope="session")
def made() -> ModuleType:
    """Give the helpers that write small networks."""
    spec = importlib.util.spec_from_file_location("networks", Path(__file__).with_name("networks.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
