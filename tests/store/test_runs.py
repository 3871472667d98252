"""Kept findings: they come back as they were, and the difference of two runs is true."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru.errors import UnknownNameError
from netguru.model.evidence import Evidence
from netguru.model.finding import Finding, Severity, Subject, rank
from netguru.operations import use
from netguru.operations.operation import find
from netguru.store import runs

EVIDENCE = (
    Evidence(source="a.pcap", sha256="0" * 64, kind="packet", start=4, end=9, text="ARP \u2192 who has"),
    Evidence(source="r1.cfg", sha256="1" * 64, kind="line", start=1, end=1, text="hostname r1"),
)


def made(check: str = "a.b", title: str = "title", **subject: object) -> Finding:
    return Finding(
        check=check,
        severity=Severity.ERROR,
        title=title,
        why="why",
        remedy="remedy",
        subject=Subject(**subject),
        symptoms=("c.d",),
        evidence=EVIDENCE,
    )


def test_findings_come_back_as_they_were(workspace):
    findings = [
        made(devices=("r1",), interfaces=(("r1", "Gi0/1"),), addresses=("10.0.0.1",), vlans=(7,)),
        replace(made("e.f"), severity=Severity.INFO),
    ]
    number = runs.save("diagnosis.run", "some/folder", findings, workspace=workspace)
    kept = runs.get(number, workspace=workspace)
    assert kept.findings == rank(findings)
    assert (kept.run.operation, kept.run.path, kept.run.worst) == ("diagnosis.run", "some/folder", Severity.ERROR)
    assert kept.run.counts == {"critical": 0, "error": 1, "warning": 0, "note": 0, "info": 1}
    assert runs.recent(workspace=workspace).runs == (kept.run,)


def test_new_gone_and_same(workspace):
    before = [made(devices=("r1.example.net",), title="3 packets"), made(devices=("r2",))]
    after = [made(devices=("R1",), title="8 packets"), made("x.y", devices=("r2",))]
    first = runs.save("op", "p", before, workspace=workspace)
    second = runs.save("op", "p", after, workspace=workspace)
    found = runs.compare(first, second, workspace=workspace)
    assert (found.same, found.new, found.gone) == ((after[0],), (after[1],), (before[1],))
    assert (found.before.id, found.after.id) == (first, second)


def test_the_subject_counts_in_its_comparable_spelling():
    short, long = made(interfaces=(("r1", "Gi0/1"),)), made(interfaces=(("R1.lan", "GigabitEthernet0/1"),))
    assert runs.fingerprint(short) == runs.fingerprint(long)
    assert runs.fingerprint(short) != runs.fingerprint(made(interfaces=(("r1", "Gi0/2"),)))


def test_findings_of_one_subject_are_paired_by_title():
    before = [made(title="flow 1"), made(title="flow 2")]
    after = [made(title="flow 2"), made(title="flow 3"), made(title="flow 4")]
    new, gone, same = runs.changes(before, after)
    assert {item.title for item in same} == {"flow 2", "flow 3"}
    assert ([item.title for item in new], gone) == (["flow 4"], ())


FINDINGS = st.lists(
    st.builds(
        lambda check, title, device: made(check, title, devices=(device,) if device else ()),
        st.sampled_from(["a.b", "c.d"]),
        st.sampled_from(["x", "y", "z"]),
        st.sampled_from(["", "r1", "r2"]),
    ),
    max_size=8,
)


@given(FINDINGS, FINDINGS)
def test_nothing_is_lost_in_a_comparison(before, after):
    new, gone, same = runs.changes(before, after)
    assert Counter(map(runs.fingerprint, [*new, *same])) == Counter(map(runs.fingerprint, after))
    assert Counter(map(runs.fingerprint, [*gone, *same])) == Counter(map(runs.fingerprint, before))
    assert not set(map(runs.fingerprint, new)) & set(map(runs.fingerprint, gone))


@given(FINDINGS)
def test_a_run_compared_with_itself_has_nothing_new(findings):
    assert runs.changes(findings, findings) == ((), (), rank(findings))


def test_the_operations(tmp_path):
    with use(workspace=tmp_path):
        assert find("run.list")().to_dict() == {"schema": "netguru.run.list/1", "runs": []}
        with pytest.raises(UnknownNameError, match="unknown run '5'"):
            find("run.show")(number=5)
        assert list(tmp_path.iterdir()) == [], "looking makes nothing"
        first = runs.save("op", "p", [made()])
        second = runs.save("op", "p", [])
        plain = find("run.compare")(before=first, after=second).to_dict()
    assert (plain["schema"], plain["new"], len(plain["gone"])) == ("netguru.run.compare/1", [], 1)
    assert plain["gone"][0]["evidence"][0]["filter"] == "frame.number in {4..9}"
