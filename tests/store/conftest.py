"""Workspaces for the tests of the store: SQLite always, PostgreSQL where it is installed."""

from __future__ import annotations

import importlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest

from netguru.settings import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLUGIN = Path(__file__).parents[1] / "plugin"


def _until(what: Callable[[], object], seconds: float = 60.0) -> object:
    """Wait for something to become true; fails loudly when it never does. Says nothing about how long it took."""
    end = time.monotonic() + seconds
    while not (found := what()):
        if time.monotonic() > end:
            pytest.fail(f"this never came true: {what}")
        Event().wait(0.02)
    return found


@pytest.fixture
def until() -> Callable[..., object]:
    """Give the one way in which these tests wait."""
    return _until


@pytest.fixture(autouse=True)
def clean_settings(monkeypatch, tmp_path_factory) -> Iterator[None]:
    for name in list(os.environ):
        if name.startswith("NETGURU_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def plugin(monkeypatch) -> None:
    """Install the plug-in for this process and for the workers that it starts."""
    monkeypatch.syspath_prepend(str(PLUGIN))
    monkeypatch.setenv("PYTHONPATH", str(PLUGIN), prepend=os.pathsep)
    importlib.import_module("netguru_test_operations")


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Start a PostgreSQL server of our own on a socket in a temporary folder; gives its URL."""
    pytest.importorskip("psycopg", reason="the extra netguru[postgres] is not installed")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    found = programs[-1] if programs else shutil.which("pg_ctl")
    if not found:
        pytest.skip("PostgreSQL is not installed")
    programs_folder = Path(found).parent
    user = None
    if os.geteuid() == 0:
        # PostgreSQL refuses to run as root.
        if "postgres" not in {entry.pw_name for entry in pwd.getpwall()}:
            pytest.skip("running as root, and there is no user postgres")
        user = "postgres"
    folder = Path(tempfile.mkdtemp(prefix="ngpg"))
    if user:
        shutil.chown(folder, user)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs_folder / program, *arguments], check=True, cwd=folder, user=user, stdout=subprocess.DEVNULL
        )

    run("initdb", "-D", f"{folder}/data", "-A", "trust", "-U", "netguru", "--no-sync")
    options = f"-c listen_addresses= -k {folder} -c fsync=off"
    run("pg_ctl", "-D", f"{folder}/data", "-l", f"{folder}/log", "-w", "-o", options, "start")
    try:
        yield f"postgresql+psycopg://netguru:s3cr3t@/postgres?host={folder}"
    finally:
        run("pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)


@pytest.fixture(params=["sqlite", "postgresql"])
def workspace(request, tmp_path, monkeypatch) -> Path:
    """Give a workspace folder, once on SQLite and once on PostgreSQL."""
    if request.param == "postgresql":
        monkeypatch.setenv("NETGURU_DATABASE_URL", request.getfixturevalue("postgresql"))
        settings.cache_clear()
    return tmp_path / "work"
