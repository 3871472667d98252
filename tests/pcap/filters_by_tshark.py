"""Write the packet numbers that tshark selects into the cases of display filters.

Reads the pairs of capture and filter in tests/cases/pcap/filters/*.toml, asks tshark about those
without `numbers` (with --all about every pair), and writes the files anew. It is no test.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
CASES = CHECKOUT / "tests/cases/pcap/filters"
PLACES = {"shared": CHECKOUT.parent / "shared/data/captures", "lab": CHECKOUT / "data/samples/lab"}


def ranges(numbers: list[int]) -> str:
    """Write numbers in order as ranges: 1-3 7."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][1] == number - 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return " ".join(str(low) if low == high else f"{low}-{high}" for low, high in parts)


def numbers_of(text: str) -> list[int]:
    """Read what `ranges` wrote."""
    found: list[int] = []
    for part in text.split():
        low, _, high = part.partition("-")
        found += range(int(low), int(high or low) + 1)
    return found


def by_tshark(capture: Path, text: str) -> list[int]:
    """Ask tshark which packets a filter selects; raises RuntimeError when it refuses the filter."""
    command = ["tshark", "-n", "-r", str(capture), "-Y", text, "-T", "fields", "-e", "frame.number"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    numbers = [int(line) for line in done.stdout.split()]
    # A capture that breaks off is read to the break and reported as an error.
    if done.returncode and not numbers and "cut short" not in done.stderr:
        raise RuntimeError(f"{capture.name}: {text}: {done.stderr.strip()}")
    return numbers


def main() -> None:
    """Write the case files."""
    version = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=True).stdout.split("\n")[0]
    for name, folder in PLACES.items():
        file = CASES / f"{name}.toml"
        lines = [f"by = {json.dumps(version.split(' (')[0])}", ""]
        for case in tomllib.loads(file.read_text())["case"]:
            found = case.get("numbers")
            if found is None or "--all" in sys.argv:
                found = ranges(by_tshark(folder / case["capture"], case["filter"]))
            lines += ["[[case]]", f"capture = {json.dumps(case['capture'])}", f"filter = '''{case['filter']}'''"]
            lines += [f"numbers = {json.dumps(found)}", ""]
        file.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
