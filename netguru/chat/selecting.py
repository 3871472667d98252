"""What of a result fits a question: the findings and rows about the named things, and a few places to cite."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.chat.inventory import rules
from netguru.model.evidence import QUOTATION_LIMIT, Evidence
from netguru.model.finding import Severity
from netguru.model.names import device_key, port_key
from netguru.model.result import to_plain
from netguru.render.clean import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from netguru.chat.entities import Entities
    from netguru.model.finding import Finding


def fitting(findings: Sequence[Finding], named: Entities) -> tuple[Finding, ...]:
    """Give the findings about what a question names, those about all of it and little else first.

    A question that names nothing is about all of them; one about two devices is not answered by what is wrong
    with one of them as long as something is wrong between both.
    """
    checks = _checks(named)
    about = [(finding, _share(finding, named)) for finding in findings]
    if named.devices or named.addresses or named.interfaces or named.vlans:
        most = max((share for _, share in about), default=0.0)
        # What is merely noted about a part of what was asked about is no answer.
        about = [
            (finding, share)
            for finding, share in about
            if share and share == most and (share == 1 or finding.severity >= Severity.WARNING)
        ]
    on_subject = [(finding, share) for finding, share in about if checks and finding.check.startswith(checks)]
    about = on_subject or about
    return tuple(
        finding for finding, _ in sorted(about, key=lambda pair: (-pair[1], -_focus(pair[0], named), -pair[0].severity))
    )


def summary_of(result: Any) -> str:
    """Say in a few words what a run gave."""
    findings = getattr(result, "findings", None)
    return type(result).__name__ if findings is None else f"{len(findings)} findings"


def _checks(named: Entities) -> tuple[str, ...]:
    table = resources.table("chat", "topics.toml")
    # The more special subject decides: OSPF before everything that is a neighbourship.
    rows = [table[name]["checks"] for name in named.topics]
    return tuple(check for row in sorted(rows, key=len) for check in row)


def _share(finding: Finding, named: Entities) -> float:
    """Give how much of what the question names the finding is about."""
    subject = finding.subject
    devices = {device_key(name) for name in subject.devices} | {device_key(name) for name, _ in subject.interfaces}
    ports = {port_key(port) for _, port in subject.interfaces}
    asked = [device_key(name) in devices for name in named.devices]
    asked += [address in subject.addresses for address in named.addresses]
    asked += [port_key(port) in ports for port in named.interfaces]
    asked += [vlan in subject.vlans for vlan in named.vlans]
    return sum(asked) / len(asked) if asked else 0.0


def _focus(finding: Finding, named: Entities) -> float:
    """Give how much of the finding's subject the question names: a report about everybody is about nobody."""
    devices = {device_key(name) for name in finding.subject.devices}
    asked = {device_key(name) for name in named.devices}
    return len(devices & asked) / len(devices) if devices else 0.0


def places(evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Choose a few places: the first of every source before the second of one, lines and packets alike."""
    limits = rules("shown")
    turns: dict[tuple[str, str], int] = {}
    ranked: list[tuple[int, int, Evidence]] = []
    for position, item in enumerate(evidence):
        key = (item.source, item.kind)
        turns[key] = turns.get(key, -1) + 1
        # Packets of one capture speak to each other; lines of one file say the same again.
        ranked.append((turns[key] if item.kind != "packet" else 0, position, item))
    chosen: list[tuple[int, Evidence]] = []
    for packet, most in ((False, int(limits["lines"])), (True, int(limits["packets"]))):
        of_kind = [row for row in sorted(ranked, key=lambda row: row[:2]) if (row[2].kind == "packet") is packet]
        chosen += [(position, item) for _, position, item in of_kind[:most]]
    return tuple(item for _, item in sorted(chosen, key=lambda pair: pair[0]))


def about(result: Any, named: Entities) -> Any:
    """Leave in the tables of a result the rows that name something of the question; all where none does."""
    names = [*named.devices, *named.addresses, *named.interfaces]
    if not names or not is_dataclass(result) or isinstance(result, type):
        return result
    wanted = re.compile("|".join(rf"(?<![\w.-]){re.escape(name)}(?![\w-])" for name in names), re.IGNORECASE)
    kept: dict[str, Any] = {}
    for item in fields(result):
        value = getattr(result, item.name)
        if isinstance(value, tuple) and value and (is_dataclass(value[0]) or isinstance(value[0], dict)):
            rows = tuple(row for row in value if wanted.search(json.dumps(to_plain(row), ensure_ascii=False)))
            if rows and len(rows) < len(value):
                kept[item.name] = rows
    return replace(result, **kept) if kept else result


def evidence_in(value: Any) -> Iterator[Evidence]:
    """Give all evidence inside a result, in its order."""
    if isinstance(value, Evidence):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            yield from evidence_in(getattr(value, item.name))
    elif isinstance(value, dict):
        for inner in value.values():
            yield from evidence_in(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from evidence_in(inner)


def whole(operation: str, arguments: Mapping[str, Any], result: Any) -> Evidence:
    """Make the evidence of a result that has none inside: the operation's own statement, to be run again."""
    text = clean(json.dumps(to_plain(result), ensure_ascii=False))
    name = " ".join([operation, *(str(value) for value in arguments.values() if value not in (None, ""))])
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Evidence(source=name, sha256=digest, kind="cell", start=1, end=1, text=text[:QUOTATION_LIMIT])
