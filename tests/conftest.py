"""What all tests share: where the samples are, the user's own folders kept out, how hard properties are tried."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
LAB = ROOT / "data" / "samples" / "lab"
SHARED = ROOT.parent / "shared" / "data"

_QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large)
# Derandomised by default: a red run can be repeated; `make fuzz` looks further.
settings.register_profile("default", max_examples=60, deadline=None, derandomize=True, suppress_health_check=_QUIET)
settings.register_profile("fuzz", max_examples=3000, deadline=None, suppress_health_check=_QUIET)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(autouse=True)
def _own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the user's settings and default workspace out of the tests, and the tests out of them."""
    from netguru.settings import settings as read_settings

    base = tmp_path_factory.mktemp("user")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(base / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(base / "data"))
    for name in [name for name in os.environ if name.startswith("NETGURU_")]:
        monkeypatch.delenv(name)
    # A test that asks has documents of its own; those of the package take seconds to bring in.
    monkeypatch.setenv("NETGURU_SHIPPED_DOCUMENTS", "false")
    read_settings.cache_clear()


@pytest.fixture(scope="session")
def lab() -> Path:
    """Give the folder of the bundled lab networks."""
    return LAB


@pytest.fixture(scope="session")
def shared() -> Path:
    """Give the folder of third-party test data; skip where it is absent."""
    if not SHARED.is_dir():
        pytest.skip("third-party test data (../shared/data) is not here")
    return SHARED
