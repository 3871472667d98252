"""Planted secrets go, near misses stay; laws of the replacing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru.redact import Pseudonyms, finding, redact

REPEAT = re._constants

CASES = Path(__file__).parents[1] / "cases" / "redact"
MARKED = re.compile("⟦(.*?)⟧")


def lines(name):
    """Give the cases of a file; a comment names what follows."""
    rows = (CASES / name).read_text("utf-8").splitlines()
    return [row for row in rows if "⟦" in row or (row.strip() and row[:2] not in ("# ", "! "))]


PLANTED = lines("planted.txt")
KEPT = lines("kept.txt")
PEM = """-----BEGIN RSA PRIVATE KEY-----
MIIEpAIBAAKCAQEA7bq0b1xQmN3Zk8vY
c29tZSBtb3JlIGJ5dGVzIG9mIGEga2V5
-----END RSA PRIVATE KEY-----
interface Ethernet1
"""


def test_there_are_enough_cases():
    assert sum(len(MARKED.findall(line)) for line in PLANTED) >= 150
    assert len(KEPT) >= 60


@pytest.mark.parametrize("line", PLANTED)
def test_a_planted_secret_is_replaced(line):
    secrets = MARKED.findall(line)
    text = MARKED.sub(lambda found: found[1], line)
    made = redact(text).text
    for secret in secrets:
        assert secret not in made
    # What stands before the first secret is still there to read.
    assert made.startswith(line[: line.index("⟦")].rstrip("'\""))


@pytest.mark.parametrize("line", KEPT)
def test_what_is_no_secret_stays(line):
    assert redact(line).text == line


def test_a_whole_text_of_secrets_keeps_its_lines():
    text = "\n".join(MARKED.sub(lambda found: found[1], line) for line in PLANTED)
    made = redact(text)
    assert made.text.count("\n") == text.count("\n")
    for line in PLANTED:
        for secret in MARKED.findall(line):
            assert not re.search(rf"(?<![\w-]){re.escape(secret)}(?![\w-])", made.text), secret
    again = redact(made.text)
    assert again.text == made.text
    assert not again.secrets


def test_a_private_key_loses_its_body_and_keeps_its_lines():
    made = redact(PEM).text.splitlines()
    assert made[0] == "-----BEGIN RSA PRIVATE KEY-----"
    assert all(re.fullmatch(r"REDACTED-[0-9a-f]{8}", row) for row in made[1:3])
    assert made[3:] == ["-----END RSA PRIVATE KEY-----", "interface Ethernet1"]
    one = redact("key: -----BEGIN PRIVATE KEY-----MIIEpAIBAAKCAQEA-----END PRIVATE KEY----- end").text
    assert "MIIE" not in one
    assert one.endswith(" end")


def test_a_private_key_that_was_cut_off_takes_nothing_else_with_it():
    cut = "\n".join([*PEM.splitlines()[:3], "interface Ethernet1", " mtu 9000"])
    made = redact(cut).text
    assert "MIIE" not in made
    assert "c29t" not in made
    assert made.splitlines()[3:] == ["interface Ethernet1", " mtu 9000"]
    assert redact(made).text == made


@pytest.mark.parametrize(
    "piece", ["password=", "password ", 'password "', "-----BEGIN PRIVATE KEY-----", "key :  ", "http://a:b", "$1$abcd"]
)
def test_work_grows_with_the_text_alone(monkeypatch, piece):
    """Counted, not timed: the characters that are judged as values, at a fourfold text."""
    judged, sizes = finding._is_secret, []

    def counted(value, rule):
        sizes[-1] += len(value)
        return judged(value, rule)

    monkeypatch.setattr(finding, "_is_secret", counted)
    for count in (200, 800):
        sizes.append(0)
        redact(piece * count)
    assert sizes[1] <= 5 * sizes[0] + 5000


def test_a_community_of_a_policy_is_no_secret_and_one_of_snmp_is():
    policy = "policy-options {\n    community RED {\n        members 65001:1;\n    }\n}\n"
    assert redact(policy).text == policy
    assert redact("    community RED { members 65001:1; }").text == "    community RED { members 65001:1; }"
    snmp = redact("snmp {\n    community mouse {\n        authorization read-only;\n    }\n}\n")
    assert "mouse" not in snmp.text
    assert [item.line for item in snmp.secrets] == [2]


def test_the_key_of_a_list_in_a_model_is_no_secret():
    model = '  list interface {\n    key "name";\n    leaf name {\n'
    assert redact(model).text == model


def test_one_secret_has_one_pseudonym_wherever_it_stands():
    names = Pseudonyms()
    text = "enable password S3cr3t-Word\n neighbor 10.0.0.1 password S3cr3t-Word\nhe said S3cr3t-Word twice"
    made = redact(text, pseudonyms=names)
    assert "S3cr3t" not in made.text
    assert len(set(re.findall(r"REDACTED-\w+", made.text))) == 1
    assert [item.line for item in made.secrets] == [1, 2, 3]
    assert "S3cr3t" not in repr(made.secrets)
    assert redact("enable password S3cr3t-Word", pseudonyms=names).text in made.text
    assert redact("enable password S3cr3t-Word", pseudonyms=Pseudonyms()).text not in made.text


@given(st.text(alphabet="passwordkey :=\"'$9[]<>\n\tenable secret7", max_size=200))
def test_any_text_keeps_its_lines_and_is_stable(text):
    made = redact(text).text
    assert made.count("\n") == text.count("\n")
    assert redact(made).text == made


def repetitions(parsed):
    """Give the upper bounds of all repetitions of a pattern."""
    for code, value in parsed:
        if code in (REPEAT.MAX_REPEAT, REPEAT.MIN_REPEAT, REPEAT.POSSESSIVE_REPEAT):
            yield value[1]
            yield from repetitions(value[2])
        elif code is REPEAT.SUBPATTERN:
            yield from repetitions(value[3])
        elif code is REPEAT.BRANCH:
            for branch in value[1]:
                yield from repetitions(branch)
        elif code in (REPEAT.ASSERT, REPEAT.ASSERT_NOT):
            yield from repetitions(value[1])


def test_every_repetition_has_a_bound_so_that_time_grows_with_the_text_alone():
    for rule in finding._rules():
        parsed = re._parser.parse(rule.pattern.pattern, rule.pattern.flags & ~re.UNICODE)
        assert max(repetitions(parsed), default=0) <= 8192, rule
