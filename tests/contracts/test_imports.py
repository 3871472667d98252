"""`import netguru` costs nothing: no third-party module, and every public name is there."""

from __future__ import annotations

import subprocess
import sys

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


def test_overview_loads_no_heavy_module() -> None:
    probe = "import sys\nfrom netguru.cli import overview\noverview()\nprint(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    heavy = {
        "polars",
        "pandas",
        "numpy",
        "scapy",
        "pyshark",
        "sqlalchemy",
        "IPython",
        "networkx",
        "papermill",
        "openai",
    }

    assert heavy & set(done.stdout.split()) == set()


def test_public_names_are_there() -> None:
    assert [name for name in netguru.__all__ if not hasattr(netguru, name)] == []
    assert list(netguru.__all__) == sorted(netguru.__all__)
