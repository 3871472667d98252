"""Records faults from real daemons: python record.py [NAME...] (root, Linux; Debian packages as versions.toml says).

Each recipe makes its hosts, starts their daemons with the fault, without it, or near it, and the recorder writes what
crosses. Captures lie in recorded/NAME.KIND.pcap; faults.toml says what each shows and how tshark proves it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import fault_link  # noqa: E402, F401 - its recipes enter the table
import fault_routing  # noqa: E402, F401
import fault_services  # noqa: E402, F401
import fault_sessions  # noqa: E402, F401
import fault_transport  # noqa: E402, F401
from fault_network import RECIPES, Network, Recipe  # noqa: E402

OUT = HERE / "recorded"
# The recordings wait for timers most of the time; more at once would disturb those that measure time.
AT_ONCE = 14


def record(recipe: Recipe, kind: str) -> str:
    """Record one kind of a fault; give a line that tells how it went."""
    prefix = f"nf{(sorted(RECIPES).index(recipe.name) * 3 + recipe.kinds.index(kind)):03d}"
    with tempfile.TemporaryDirectory(prefix="fault-") as scratch:
        network = Network(prefix, Path(scratch))
        try:
            recipe.make(network, kind)
            problem = ""
        except (RuntimeError, OSError, subprocess.SubprocessError) as error:
            problem = f": {error}"
        finally:
            network.close()
        if problem or not network.capture.exists():
            return f"{recipe.name} {kind} failed{problem}"
        shutil.copyfile(network.capture, OUT / f"{recipe.name}.{kind}.pcap")
    return f"{recipe.name} {kind}: {(OUT / f'{recipe.name}.{kind}.pcap').stat().st_size} bytes"


def version(package: str) -> str:
    """Give the version of a Debian package."""
    command = ["dpkg-query", "-W", "-f", "${Version}", package]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main(names: list[str]) -> int:
    """Record the named faults, or all; give the exit status."""
    unknown = sorted(set(names) - set(RECIPES))
    if unknown:
        sys.stderr.write(f"no recipe for {', '.join(unknown)}; there are {', '.join(sorted(RECIPES))}\n")
        return 2
    chosen = [RECIPES[name] for name in names or sorted(RECIPES)]
    OUT.mkdir(exist_ok=True)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = list(pool.map(lambda pair: record(*pair), [(item, kind) for item in chosen for kind in item.kinds]))
    sys.stdout.write("\n".join(told) + "\n")
    packages = sorted({name for item in RECIPES.values() for name in item.packages} | {"tcpdump", "nftables"})
    lines = [f'{name} = "{version(name)}"' for name in packages]
    kernel = subprocess.run(["uname", "-r"], capture_output=True, text=True, check=True).stdout.split("-")[0].strip()
    text = "# What the recordings were made with: Debian packages, and the kernel.\n"
    (HERE / "versions.toml").write_text(text + "\n".join(lines) + f'\nlinux = "{kernel}"\n')
    return 1 if any("failed" in line for line in told) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
