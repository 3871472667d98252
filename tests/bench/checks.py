"""Hold the checks of captures, tshark's expert information and netverdict against the library of faults.

    python tests/bench/checks.py [--lists]

Every case of the library, composed and recorded ones apart, and captures without a fault (`checks_clean.toml`). A fault
is named when all its checks speak at their severity; a warning is right when the case says so (`checks`, `also`).
Wireshark must select as many packets as each case says. netverdict is looked for in out/netverdict or the path; without
it, or without ../shared/data, their rows are left out, and named. `--lists` also names the faults that the others
do not. Ends with status 1 when a goal is missed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(HERE.parent / "lab")]

from fault_library import Entry, Sharkd, entries, lay, place

from netguru import pcap
from netguru.model import Severity

CLEAN = tomllib.loads((HERE / "checks_clean.toml").read_text("utf-8"))
PEERS: dict[str, dict[str, Any]] = tomllib.loads((HERE / "checks_peers.toml").read_text("utf-8"))
CAPTURES = ROOT.parent / "shared" / "data" / "captures"
WANTED = 0.95
# What an expert item of tshark is when it is no mere note: PI_WARN and PI_ERROR.
LOUD = "_ws.expert.severity >= 0x600000"
# Verdicts of netverdict that blame nobody: nothing to report, ambiguous.
CALM = {"RAS", "AMBIGU"}


def say(line: str = "") -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")


@dataclass
class Score:
    """What one tool said of one group of captures."""

    faults: int = 0
    named: int = 0
    loud: int = 0
    right: int = 0
    quiet: int = 0
    alarms: int = 0
    missed: list[str] = field(default_factory=list)
    false: list[str] = field(default_factory=list)

    def positive(self, label: str, *, named: bool) -> None:
        """Count a capture with a fault."""
        self.faults += 1
        self.named += named
        if not named:
            self.missed.append(label)

    def negative(self, label: str, said: list[str]) -> None:
        """Count a capture without a fault, and what was said of it all the same."""
        self.quiet += 1
        self.alarms += bool(said)
        if said:
            self.false.append(f"{label}: {', '.join(said)}")

    @property
    def recall(self) -> float:
        """Give the share of the faults that are named."""
        return self.named / self.faults if self.faults else 1.0

    @property
    def precision(self) -> float:
        """Give the share of the warnings that are right."""
        return self.right / self.loud if self.loud else 1.0


def ours(entry: Entry | None, file: Path, label: str, score: Score) -> None:
    """Let NetGuru check a capture."""
    findings = pcap.check(file, top=1000).findings
    loud = [item.check for item in findings if item.severity >= Severity.WARNING]
    expected = {*entry.case.checks, *entry.case.also} if entry is not None and entry.case.kind == "positive" else set()
    score.loud += len(loud)
    score.right += sum(check in expected for check in loud)
    if entry is not None and entry.case.kind == "positive":
        least = Severity.parse(entry.case.severity)
        score.positive(
            label, named=set(entry.case.checks) <= {item.check for item in findings if item.severity >= least}
        )
        wrong = [check for check in loud if check not in expected]
        if wrong:
            score.false.append(f"{label}: {', '.join(wrong)}")
    else:
        score.negative(label, loud)


def experts(entry: Entry | None, file: Path, label: str, score: Score, sharkd: Sharkd) -> None:
    """Let tshark's dissectors analyse a capture."""
    if entry is not None and entry.case.kind == "positive":
        filters = [PEERS.get(check, {}).get("tshark", "") for check in entry.case.checks]
        score.positive(label, named=all(text and sharkd.count(file, text) for text in filters))
    else:
        said = sharkd.count(file, LOUD)
        score.negative(label, [f"{said} packets with a warning"] if said else [])


def verdicts(entry: Entry | None, file: Path, label: str, score: Score, program: str) -> None:
    """Let netverdict analyse a capture; what it cannot read it says nothing of."""
    done = subprocess.run([program, "analyze", str(file), "--json"], capture_output=True, text=True, check=False)
    told = json.loads(done.stdout) if done.stdout.startswith("{") else {}
    matches = [match for kind in ("flows", "dns", "udp") for item in told.get(kind, ()) for match in item["matches"]]
    rules = Counter(match["rule"] for match in matches)
    if entry is not None and entry.case.kind == "positive":
        wanted = [PEERS.get(check, {}).get("netverdict", ()) for check in entry.case.checks]
        score.positive(label, named=all(any(rule in rules for rule in names) for names in wanted))
    else:
        score.negative(label, sorted({match["rule"] for match in matches if match["verdict"] not in CALM}))


def show(title: str, groups: dict[str, Score]) -> None:
    """Print a tool's rows of the table."""
    for group, score in groups.items():
        named = f"{score.named} of {score.faults} ({score.recall:.1%})" if score.faults else ""
        precision = f"{score.right} of {score.loud} ({score.precision:.1%})" if score.loud else ""
        say(f"| {title} | {group} | {named} | {precision} | {score.alarms} of {score.quiet} |")


def work(folder: Path, program: str | None) -> tuple[dict[str, dict[str, Score]], list[str]]:
    """Judge every capture by every tool; give the scores, and what contradicts the library itself."""
    groups = ("composed", "recorded", "clean")
    tools = ["NetGuru", "tshark's experts", *(["netverdict"] if program else [])]
    scores = {tool: {group: Score() for group in groups} for tool in tools}
    sharkd, wrong = Sharkd(), []
    cases: list[tuple[str, Entry | None, Path, str]] = [
        (entry.origin, entry, place(entry, folder), entry.label) for entry in entries()
    ]
    cases += [("clean", None, CAPTURES / name, name) for name in CLEAN["clean"] if CAPTURES.is_dir()]
    for group, entry, file, label in cases:
        if entry is not None and sharkd.count(file, entry.case.filter) != entry.case.count:
            wrong.append(f"{label}: Wireshark does not select {entry.case.count} packets by {entry.case.filter}")
        if entry is None and sharkd.count(file, " || ".join(f"({sign})" for sign in CLEAN["signs"])):
            wrong.append(f"{label}: Wireshark shows a sign of a fault")
        ours(entry, file, label, scores["NetGuru"][group])
        experts(entry, file, label, scores["tshark's experts"][group], sharkd)
        if program:
            verdicts(entry, file, label, scores["netverdict"][group], program)
    sharkd.close()
    return scores, wrong


def main(arguments: list[str]) -> int:
    """Print the table and what is behind it; give the exit status."""
    if shutil.which("sharkd") is None:
        say("sharkd is missing (Debian: tshark): nothing can prove the library")
        return 2
    own = ROOT / "out" / "netverdict" / "bin" / "netverdict"
    program = str(own) if own.exists() else shutil.which("netverdict")
    with tempfile.TemporaryDirectory() as scratch:
        lay(Path(scratch))
        scores, wrong = work(Path(scratch), program)
    say("| tool | captures | faults named | warnings that are right | without a fault, yet a warning |")
    say("|---|---|---|---|---|")
    for tool, groups in scores.items():
        show(tool, groups)
    say()
    for absent in [*([] if program else ["netverdict"]), *([] if CAPTURES.is_dir() else ["../shared/data/captures"])]:
        say(f"left out, not here: {absent}")
    for line in wrong:
        say(f"library: {line}")
    for group, score in scores["NetGuru"].items():
        for line in [*(f"missed: {label}" for label in score.missed), *(f"false: {line}" for line in score.false)]:
            say(f"{group}: {line}")
    if "--lists" in arguments:
        for tool, groups in list(scores.items())[1:]:
            for group, score in groups.items():
                say(f"{tool}, {group}, not named: {', '.join(score.missed) or 'none'}")
    mine = scores["NetGuru"].values()
    well = all(score.recall >= WANTED and score.precision >= WANTED and not score.alarms for score in mine)
    return 0 if well and not wrong else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
