"""Hold the diagnosis of lab states against their planted faults: recall, precision, evidence, processor seconds.

    python tests/bench/lab.py FOLDER... [--brief]

A folder holds one state with its `truth.json`, or several below it. The diagnosis sees a copy without the truth.
`lab_faults.toml` maps kinds of faults to checks, `lab_reviewed.toml` lists what else is true, each with a proof that
tshark repeats. `--brief` prints no line for a fault that has everything. Ends with status 1 when a goal is missed.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TRUTHS = ("truth.json", "truth_edges.json", "layer1_topology.json")
WANTED, SECONDS = 0.95, 15
LEVELS = ("info", "note", "warning", "error", "critical")
WARNING, ERROR = LEVELS.index("warning"), LEVELS.index("error")
Plain = dict[str, Any]


@dataclass(frozen=True)
class Found:
    """A planted fault and the findings that name it."""

    fault: Plain
    findings: list[Plain]
    missed: list[str] = field(default_factory=list)


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")


def states(paths: list[Path]) -> Iterator[Path]:
    """Find the states in folders: what holds a truth."""
    for path in paths:
        yield from sorted(truth.parent for truth in path.rglob("truth.json"))


def diagnose(folder: Path) -> tuple[list[Plain], float]:
    """Diagnose a copy of a state without its truth, in a process of its own; give findings and processor seconds."""
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / folder.name
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(*TRUTHS))
        command = [sys.executable, "-m", "netguru", "diagnose", str(copy), "--json", "--workspace", f"{scratch}/kept"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout)["findings"], spent


def stem(name: str) -> str:
    """Give a file without its form: text and JSON of one output show the same."""
    return name.rsplit(".", 1)[0]


def stems(finding: Plain) -> set[str]:
    """Name the files of a finding's evidence."""
    return {stem(proof["source"]) for proof in finding["evidence"]}


def names(fault: Plain, finding: Plain, checks: list[str]) -> bool:
    """Say whether a finding is of the checks, on a device of the fault, and proven in a file that shows it.

    A fault of addresses that no file gives to a device can have no device: its file alone decides.
    """
    devices = finding["subject"]["devices"] + [port[0] for port in finding["subject"]["interfaces"]]
    there = bool({stem(item["file"]) for item in fault["evidence"]} & stems(finding))
    return finding["check"] in checks and there and (not devices or bool(set(devices) & set(fault["devices"])))


def judge(fault: Plain, findings: list[Plain], checks: list[str]) -> Found:
    """Hold one fault against the findings: who names it, and what of the truth they leave out."""
    mine = [item for item in findings if names(fault, item, checks)]
    if not mine:
        return Found(fault, [], ["not found"])
    ports = {tuple(port) for item in mine for port in item["subject"]["interfaces"]}
    devices = {device for item in mine for device in item["subject"]["devices"]} | {port[0] for port in ports}
    missed = [f"device {name}" for name in fault["devices"] if name not in devices]
    missed += [f"interface {' '.join(port)}" for port in fault["interfaces"] if tuple(port) not in ports]
    quoted = {source.split("/")[0] for item in mine for source in stems(item)}
    # One kind of source is one folder of a state: configs, linux, show, lldp, logs, captures.
    kinds = {item["type"]: {row["file"].split("/")[0] for row in fault["evidence"] if row["type"] == item["type"]}
             for item in fault["evidence"]}  # fmt: skip
    missed += [f"evidence from {kind}" for kind, folders in kinds.items() if not folders & quoted]
    return Found(fault, mine, missed)


def is_reviewed(finding: Plain, rows: list[Plain], folder: Path) -> str:
    """Say why a finding is true though nothing was planted: a reviewed row whose proof tshark repeats."""
    for row in rows:
        if row["check"] != finding["check"] or stem(row["file"]) not in stems(finding):
            continue
        command = ["tshark", "-n", "-r", str(folder / row["file"]), "-Y", row["filter"]]
        seen = len(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines())
        if seen == row["count"]:
            return str(row["why"])
    return ""


def show(found: Found) -> None:
    """Print what names a fault, with its evidence."""
    fault = found.fault
    say(f"  {fault['id']} {fault['kind']}: {'; '.join(found.missed) or 'found'}")
    for item in found.findings:
        places = sorted({proof["source"] for proof in item["evidence"]})
        say(f"      {item['severity']} {item['check']}: {item['title']}")
        say(f"      {len(item['evidence'])} proofs in {', '.join(places)}")


def extras(folder: Path, truth: Plain, findings: list[Plain], right: list[int]) -> int:
    """Print the findings that nothing planted explains; give how many of them are not reviewed as true."""
    table = tomllib.loads((HERE / "lab_reviewed.toml").read_text("utf-8"))["true"]
    rows = [row for row in table if (row["network"], row["state"]) == (truth["name"], truth["state"])]
    unknown = 0
    for item in findings:
        if LEVELS.index(item["severity"]) < WARNING or id(item) in right:
            continue
        why = is_reviewed(item, rows, folder)
        unknown += not why
        say(f"  extra {item['severity']} {item['check']}: {item['title']}: {why or 'NOT REVIEWED'}")
    return unknown


def score(folder: Path, *, brief: bool) -> bool:
    """Print the score of one state; say whether it reaches the goals."""
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    kinds = tomllib.loads((HERE / "lab_faults.toml").read_text("utf-8"))
    findings, seconds = diagnose(folder)
    say(f"{truth['name']} {truth['state']}: {len(findings)} findings, {seconds:.1f} s of processor")
    unmapped = sorted({fault["kind"] for fault in truth["faults"]} - set(kinds))
    judged = [judge(fault, findings, kinds.get(fault["kind"], {}).get("checks", [])) for fault in truth["faults"]]
    for found in judged:
        if found.missed or not brief:
            show(found)
    right = [id(item) for found in judged for item in found.findings]
    unknown = extras(folder, truth, findings, right)
    errors = sum(LEVELS.index(item["severity"]) >= ERROR for item in findings)
    shown = sum(LEVELS.index(item["severity"]) >= WARNING for item in findings)
    named, whole = sum(bool(found.findings) for found in judged), sum(not found.missed for found in judged)
    recall, precision = whole / (len(judged) or 1), (shown - unknown) / shown if shown else 1.0
    if unmapped:
        say(f"  kinds without a check: {', '.join(unmapped)}")
    if judged:
        say(f"  named {named} of {len(judged)}; with every device, port and kind of evidence {whole} ({recall:.1%})")
    say(f"  warnings and above: {shown}, {unknown} neither planted nor reviewed (precision {precision:.1%})")
    well = recall >= WANTED if judged else not errors and not unknown
    return well and precision >= WANTED and seconds < SECONDS


def main(arguments: list[str]) -> int:
    """Score every state; give the exit status."""
    found = list(states([Path(text) for text in arguments if not text.startswith("--")]))
    if not found:
        say("no truth.json there")
        return 2
    scores = [score(folder, brief="--brief" in arguments) for folder in found]
    return 0 if all(scores) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
