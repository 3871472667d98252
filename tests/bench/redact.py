"""The planted secrets and the near misses of tests/cases/redact, before NetGuru and its peers: what each leaves.

NETGURU_BENCH_NETCONAN and NETGURU_BENCH_DETECT_SECRETS name the programs, each in an environment of its own; else they
are looked for on the PATH. A peer that is not there is left out and named.

    python tests/bench/redact.py
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from netguru.redact import redact

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "tests/cases/redact"
SHARED = ROOT.parent / "shared/data"
MARKED = re.compile("⟦(.*?)⟧")
Lines = list[str]


def cases(name: str) -> Lines:
    """Give the lines of a case file without its comments."""
    rows = (CASES / name).read_text("utf-8").splitlines()
    return [row for row in rows if "⟦" in row or (row.strip() and row[:2] not in {"# ", "! "})]


def by_netguru(lines: Lines) -> Lines:
    """Redact the lines as one text."""
    return redact("\n".join(lines)).text.split("\n")


def by_netconan(program: str, lines: Lines) -> Lines:
    """Sanitize the lines' passwords as one file, each line after a blank one: it drops lines that it cannot change."""
    with tempfile.TemporaryDirectory() as name:
        source, out = Path(name, "in"), Path(name, "out")
        source.mkdir()
        for number, line in enumerate(lines):
            (source / f"{number}.cfg").write_text(line + "\n", "utf-8")
        subprocess.run([program, "-i", str(source), "-o", str(out), "-p"], check=True, capture_output=True)
        return [(out / f"{number}.cfg").read_text("utf-8").rstrip("\n") for number in range(len(lines))]


def by_detect_secrets(program: str, lines: Lines) -> Lines:
    """Blank the lines that it flags: it names lines and replaces nothing."""
    with tempfile.TemporaryDirectory() as name:
        file = Path(name, "lines.txt")
        file.write_text("\n".join(lines) + "\n", "utf-8")
        made = subprocess.run([program, "scan", "--all-files", str(file)], check=True, capture_output=True, cwd=name)
        flagged = {row["line_number"] for rows in json.loads(made.stdout)["results"].values() for row in rows}
    return ["" if number in flagged else line for number, line in enumerate(lines, 1)]


def counts(planted: Lines, kept: Lines, clean: Callable[[Lines], Lines]) -> str:
    """Give a row: secrets left, lines with a secret left, lines emptied or dropped, near misses changed."""
    bare = [MARKED.sub(lambda found: found[1], line) for line in planted]
    made = clean(bare)
    left = [sum(secret in new for secret in MARKED.findall(line)) for line, new in zip(planted, made, strict=True)]
    gone = sum(not new.strip() or "dropped" in new.lower() or "scrubbed" in new.lower() for new in made)
    changed = sum(old.rstrip() != new.rstrip() for old, new in zip(kept, clean(kept), strict=True))
    return f"{sum(left)} | {sum(count > 0 for count in left)} | {gone} | {changed}"


def speed() -> None:
    """Print the pace over shared texts, and how it goes with lines made to be slow."""
    for room in ("configs", "cli", "docs"):
        files = [file for file in sorted((SHARED / room).rglob("*")) if file.is_file() and file.suffix != ".pcap"]
        texts = [file.read_text("utf-8", "replace") for file in files]
        if not texts:
            print(f"{room}: ../shared/data is not here")
            continue
        size, begun = sum(map(len, texts)), time.process_time()
        found = sum(len(redact(text).secrets) for text in texts)
        spent = time.process_time() - begun
        lines = sum(text.count("\n") for text in texts)
        print(f"{room}: {size / 1e6:.1f} MB, {lines} lines, {found} replaced, {size / 1e6 / spent:.1f} MB/s")
    for name, piece in SLOW.items():
        paces = []
        for megabytes in (1, 4):
            text = piece * (megabytes * 1_000_000 // len(piece))
            begun = time.process_time()
            redact(text)
            paces.append(time.process_time() - begun)
        print(f"one line of {name}: 1 MB {paces[0]:.2f} s, 4 MB {paces[1]:.2f} s")


SLOW = {
    "password ": "password ",
    "password=": "password=",
    'password "': 'password "',
    "key :": "key :   ",
    "a-a-a-": "a-a-a-",
    "set a password": "set a b c password ",
    "snmp-server host": "snmp-server host a b c d ",
    "-----BEGIN PRIVATE KEY-----": "-----BEGIN PRIVATE KEY-----",
    "//a:b": "//a:b",
    "eyJ": "eyJabcdefghij.",
    "quotes": "\"'",
}


def main() -> None:
    """Print the table."""
    planted, kept = cases("planted.txt"), cases("kept.txt")
    secrets = sum(len(MARKED.findall(line)) for line in planted)
    print(f"{secrets} planted secrets in {len(planted)} lines, {len(kept)} near misses")
    print("program | secrets left | lines with one left | lines emptied or dropped | near misses changed")
    print(f"netguru | {counts(planted, kept, by_netguru)}")
    peers = (("NETCONAN", "netconan", by_netconan), ("DETECT_SECRETS", "detect-secrets", by_detect_secrets))
    for variable, name, clean in peers:
        program = os.environ.get(f"NETGURU_BENCH_{variable}") or shutil.which(name)
        if not program:
            print(f"{name} is not installed (NETGURU_BENCH_{variable} names it)")
            continue
        version = subprocess.run([program, "--version"], check=False, capture_output=True, text=True).stdout.split()[
            -1:
        ]
        print(f"{name} {' '.join(version)} | {counts(planted, kept, lambda lines: clean(program, lines))}")  # noqa: B023 - used at once
    sys.stdout.flush()
    speed()


if __name__ == "__main__":
    main()
