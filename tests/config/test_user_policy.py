"""A user's own rules and suppressions: what they find, what they hide, until when, and what is refused."""

from __future__ import annotations

from datetime import date

import pytest
from config_support import LAB, ios, junos

from netguru.checks.reread import verify
from netguru.config import check
from netguru.config.suppress import read_suppressions, suppress
from netguru.config.user_rules import check_rules, read_rules
from netguru.diagnosis import run as diagnose
from netguru.errors import InputError

_TEXT = (
    "hostname acc1\nntp server 10.0.0.1\nntp server 10.6.6.6\nlogging host 10.0.0.2\n"
    "interface GigabitEthernet0/1\n description user\n switchport mode access\n spanning-tree portfast\n"
    "interface GigabitEthernet0/2\n description uplink\n switchport mode trunk\n"
)
_RULES = """
roles:
  access: [acc*]
  core: [core*]
rules:
  - id: ntp
    title: the two servers of the house
    severity: error
    must_have: [ntp server 10.0.0.1, ntp server 10.0.0.3]
    within: "ntp server .*"
    extra_lines: false
  - id: access-ports
    role: access
    platform: ios
    section: interface GigabitEthernet.*
    must_have_regex: ["spanning-tree (portfast|guard root)"]
    must_not_have_regex: ["switchport mode trunk"]
  - id: only-core
    role: core
    must_have: [mpls ip]
"""


def _rules(tmp_path, text):
    file = tmp_path / "rules.yaml"
    file.write_text(text, encoding="utf-8")
    return read_rules(file)


def test_rules_find_what_is_missing_forbidden_and_extra(tmp_path):
    found = list(check_rules([ios(_TEXT)], _rules(tmp_path, _RULES)))

    assert [(item.check, str(item.severity), item.evidence[0].start, item.evidence[0].end) for item in found] == [
        ("user.ntp", "error", 1, 11),
        ("user.ntp", "error", 3, 3),
        ("user.access-ports", "warning", 9, 11),
        ("user.access-ports", "warning", 11, 11),
    ]
    assert found[0].title == "acc1: the two servers of the house: ntp wants 'ntp server 10.0.0.3', which is missing"
    assert found[2].subject.interfaces == (("acc1", "GigabitEthernet0/2"),)


@pytest.mark.parametrize("form", ["braces", "set"])
def test_rules_for_junos_mean_the_same_in_both_forms(tmp_path, form):
    text = {
        "set": "set system host-name e1\nset protocols ospf area 0 interface ge-0/0/0.0 passive\n"
        "set protocols ospf area 0 interface ge-0/0/1.0 hello-interval 5\n",
        "braces": "system {\n host-name e1;\n}\nprotocols {\n ospf {\n area 0 {\n interface ge-0/0/0.0 {\n passive;\n"
        " }\n"
        " interface ge-0/0/1.0 {\n hello-interval 5;\n }\n }\n }\n}\n",
    }[form]
    rules = _rules(
        tmp_path,
        "rules:\n  - id: hello\n    section: 'protocols ospf area \\S+ interface \\S+'\n"
        "    must_not_have_regex: [hello-interval .*]\n  - id: name\n    must_have: [system host-name e1]\n",
    )
    found = list(check_rules([junos(text)], rules))

    assert [(item.check, item.evidence[0].text.strip(" ;").endswith("hello-interval 5")) for item in found] == [
        ("user.hello", True)
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rules: 5",
        "rules: [5]",
        "rules: [{id: A B}]",
        "rules: [{id: a, must: x}]",
        "rules: [{id: a, must_have_regex: '('}]",
        "rules: [{id: a, section: '['}]",
        "rules: [{id: a, role: nobody}]",
        "rules: [{id: a, platform: dos}]",
        "rules: [{id: a, severity: bad}]",
        "rules: [{id: a, must_have: {x: y}}]",
        "roles: 5\nrules: []",
        "a: b: c",
        "!!python/object/apply:os.system [ls]",
    ],
)
def test_a_file_that_is_no_rules_gets_one_clear_line(tmp_path, text):
    with pytest.raises(InputError, match=r"rule"):
        _rules(tmp_path, text)


def _suppressions(tmp_path, text):
    file = tmp_path / "suppressions.toml"
    file.write_text(text, encoding="utf-8")
    return file


_ONE = '[[suppress]]\ncheck = "user.ntp"\ndevice = "acc*"\nreason = "migration"\nexpires = 2027-03-31\n'


@pytest.mark.parametrize(
    ("today", "left", "note"),
    [
        (date(2027, 3, 31), 2, "2 suppressed until 2027-03-31"),
        (date(2027, 4, 1), 4, "expired on 2027-03-31, 2 shown again"),
    ],
)
def test_a_suppression_ends_on_its_day(tmp_path, today, left, note):
    found = list(check_rules([ios(_TEXT)], _rules(tmp_path, _RULES)))
    kept = suppress(found, read_suppressions(_suppressions(tmp_path, _ONE)), today)

    assert len(kept.findings) == left
    assert note in kept.notes[0]
    assert "migration" in kept.notes[0]


@pytest.mark.parametrize(
    "text",
    [
        "x",
        "[other]\n",
        "suppress = 5",
        "suppress = [5]",
        '[[suppress]]\ncheck = "a"\nreason = "b"\n',
        '[[suppress]]\ncheck = "a"\nreason = " "\nexpires = 2027-01-01\n',
        '[[suppress]]\nreason = "b"\nexpires = 2027-01-01\n',
        '[[suppress]]\ncheck = "a"\nreason = "b"\nexpires = "2027-01-01"\n',
        '[[suppress]]\ncheck = "a"\nreason = "b"\nexpires = 2027-01-01\nwho = "me"\n',
    ],
)
def test_a_suppression_without_reason_or_end_is_refused(tmp_path, text):
    with pytest.raises(InputError, match=r"suppressions\.toml"):
        read_suppressions(_suppressions(tmp_path, text))


@pytest.mark.parametrize("operation", [check, diagnose])
def test_both_operations_take_them_from_the_folder_and_by_name(tmp_path, operation):
    folder = tmp_path / "net"
    (folder / ".netguru").mkdir(parents=True)
    for file in (LAB / "campus" / "faulty" / "configs").glob("core*.cfg"):
        (folder / file.name).write_bytes(file.read_bytes())
    plain = operation(folder).findings
    rules = tmp_path / "rules.yaml"
    rules.write_text("rules: [{id: mpls, must_have: [mpls ip]}]", encoding="utf-8")
    first = plain[0].check
    text = f'[[suppress]]\ncheck = "{first}"\nreason = "known"\nexpires = 9999-12-31\n'
    other = _suppressions(tmp_path, text)

    named = operation(folder, rules=rules, suppressions=other)
    (folder / ".netguru" / "rules.yaml").write_bytes(rules.read_bytes())
    (folder / ".netguru" / "suppressions.toml").write_bytes(other.read_bytes())
    found = operation(folder)

    assert [item.title for item in found.findings] == [item.title for item in named.findings]
    assert {item.check for item in found.findings} == {item.check for item in plain} - {first} | {"user.mpls"}
    assert any(
        f"suppressed until 9999-12-31 by suppressions.toml [[suppress]] 1 ({first})" in note
        for note in found.coverage.notes
    )
    assert all(verify(proof, folder) for item in found.findings for proof in item.evidence)
