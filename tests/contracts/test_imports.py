"""A start costs what it needs: `import netguru` no third-party module, a command nothing that others need."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import netguru

_PROBE = """
import sys
before = set(sys.modules)
import netguru
new = {name.split(".")[0] for name in set(sys.modules) - before}
print(" ".join(sorted(new - set(sys.stdlib_module_names) - {"netguru"})))
"""


def test_import_loads_no_third_party_module() -> None:
    done = subprocess.run([sys.executable, "-c", _PROBE], capture_output=True, text=True, check=True)

    assert done.stdout.split() == []


SAMPLES = Path(__file__).parents[2] / "data" / "samples" / "lab" / "fabric" / "healthy"
CAPTURE = next(iter(sorted((SAMPLES / "captures").glob("*.pcap*"))))
CONFIG = SAMPLES / "configs" / "leaf4.conf"
# Each takes longer to load than most commands take.
SELDOM = (
    "IPython", "asyncio", "llvmlite", "networkx", "numba", "openai", "pandas", "papermill", "polars", "pyarrow",
    "pydantic", "pyshark", "scapy", "sqlalchemy", "structlog",
)  # fmt: skip
TEXTS = ("netguru.workspace.opening", "netguru.workspace.transcript")
_RUN = """
import io, json, sys
from contextlib import redirect_stdout
from netguru.cli import run
with redirect_stdout(io.StringIO()) as shown:
    status = run(sys.argv[1:])
print(json.dumps([status, len(shown.getvalue()), list(sys.modules)]))
"""


def loaded_by(*words: object, **variables: str) -> set[str]:
    """Run one command line in a new process without settings; gives the modules that were loaded."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("NETGURU_")}
    command = [sys.executable, "-c", _RUN, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**kept, **variables})
    status, shown, modules = json.loads(done.stdout)
    assert (status, shown > 0) == (0, True)
    return set(modules)


@pytest.mark.parametrize(
    ("words", "needless"),
    [
        (["--help"], ("numpy", "netguru.render", *TEXTS)),
        (["pcap.summary", "--help"], ("numpy", "netguru.render", "netguru.pcap.inspect_results", *TEXTS)),
        (["pcap.summary", CAPTURE], ("netguru.store", "netguru.pcap.sidecar", *TEXTS)),
        (["pcap.summary", CAPTURE, "--json"], ("netguru.render", "netguru.pcap.inspect_results", *TEXTS)),
        (["config.parse", CONFIG], ("numpy", "netguru.pcap.framing", "netguru.store", "netguru.rag")),
    ],
)
def test_a_command_loads_what_it_needs(words, needless, tmp_path):
    seldom = {*SELDOM, *needless} & loaded_by(*words, XDG_CONFIG_HOME=str(tmp_path))

    assert seldom == set()


def test_what_checks_settings_is_loaded_for_one_that_is_stated(tmp_path):
    stated = loaded_by("pcap.summary", CAPTURE, XDG_CONFIG_HOME=str(tmp_path), NETGURU_MAX_FILE_MB="7")

    assert "pydantic" in stated


def test_the_extension_loads_no_heavy_module():
    probe = (
        "import sys\nfrom IPython.core.interactiveshell import InteractiveShell\n"
        "InteractiveShell.instance().run_line_magic('load_ext', 'netguru')\nprint(' '.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    own = {*SELDOM, "numpy", "netguru.pcap.engine", "netguru.store"} - {"IPython", "asyncio"}

    assert own & set(done.stdout.split()) == set()


def test_a_module_is_imported_from_the_package_without_the_operations():
    probe = "import sys\nfrom netguru import resources\nprint(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert "netguru.resources" in done.stdout.split()
    assert "netguru.operations" not in done.stdout.split()


def test_public_names_are_there() -> None:
    assert [name for name in netguru.__all__ if not hasattr(netguru, name)] == []
    assert list(netguru.__all__) == sorted(netguru.__all__)
