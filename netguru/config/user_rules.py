"""A user's own rules for configurations, in a small YAML form: lines that must, must not, or alone may be there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from netguru.checks import finding
from netguru.config.platforms import platform, platforms
from netguru.config.quoting import absence, heading, proof
from netguru.config.secrets import without_secret
from netguru.config.tree import path_of, walk
from netguru.errors import FileRejectedError, InputError
from netguru.model.finding import Finding, Severity, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from netguru.model.config import ConfigLine, DeviceConfig, Lines

_LISTS = (
    "platform",
    "role",
    "device",
    "must_have",
    "must_have_regex",
    "must_not_have",
    "must_not_have_regex",
    "allowed_regex",
)
_TEXTS = ("id", "section", "within", "title", "why", "remedy", "severity")
_KEYS = frozenset({*_LISTS, *_TEXTS, "extra_lines"})
_ID = re.compile(r"[a-z0-9][a-z0-9.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRule:
    """One rule, for the top level or for every block that `section` selects.

    A block is selected by its heading, in Junos by the beginning of paths. With `extra_lines` False only
    the wanted and the allowed lines may stand there; `within` narrows that to lines that match it.
    """

    id: str
    lists: dict[str, tuple[str, ...]]
    section: re.Pattern[str] | None = None
    within: re.Pattern[str] | None = None
    extra_lines: bool = True
    texts: dict[str, str] = field(default_factory=dict)
    severity: Severity = Severity.WARNING

    def applies(self, config: DeviceConfig, roles: dict[str, tuple[str, ...]]) -> bool:
        """Say whether a rule is for a device: by platform, by role, by name."""
        name = config.hostname
        wanted = self.lists.get("role", ())
        in_role = any(fnmatchcase(name, pattern) for role in wanted for pattern in roles[role])
        return (
            (not self.lists.get("platform") or config.platform in self.lists["platform"])
            and (not wanted or in_role)
            and (not self.lists.get("device") or any(fnmatchcase(name, item) for item in self.lists["device"]))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of a file and the roles that they name."""

    rules: tuple[UserRule, ...] = ()
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Block:
    """The statements of one block, or of the top level when `title` is empty, each with its lines."""

    title: str
    lines: Lines
    statements: tuple[tuple[str, Lines], ...]


def read_rules(file: Path) -> Rules:
    """Read a file of rules; raises InputError that names the rule and what is wrong with it."""
    import yaml

    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileRejectedError(f"cannot be read: {error.strerror or error}", place=str(file)) from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise FileRejectedError(f"is no YAML: {error}", place=str(file)) from None
    if not isinstance(document, dict) or set(document) - {"rules", "roles"} or not _is_list(document.get("rules")):
        raise FileRejectedError("is no file of rules", place=str(file), hint="it has `rules:` and may have `roles:`")
    roles = document.get("roles") or {}
    if not isinstance(roles, dict):
        raise FileRejectedError("`roles` are names with patterns of devices", place=str(file))
    known = {str(name): _texts(value, f"{file.name} role {name}") for name, value in roles.items()}
    rules = tuple(_rule(row, f"{file.name} rule {place}", known) for place, row in enumerate(document["rules"], 1))
    return Rules(rules=rules, roles=known)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _texts(value: Any, place: str) -> tuple[str, ...]:
    rows = value if isinstance(value, list) else [value]
    if not all(isinstance(row, (str, int)) for row in rows):
        message = "must be a text or a list of texts"
        raise InputError(message, place=place)
    return tuple(str(row) for row in rows)


def _rule(row: Any, place: str, roles: dict[str, tuple[str, ...]]) -> UserRule:
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not _ID.fullmatch(row["id"]):
        message = "needs an id of small letters, digits, dots and dashes"
        raise InputError(message, place=place)
    place = f"{place} ({row['id']})"
    unknown = sorted(str(key) for key in set(row) - _KEYS)
    if unknown:
        message = f"{unknown[0]!r} is no key of a rule"
        raise InputError(message, place=place, hint=f"keys: {', '.join(sorted(_KEYS))}")
    lists = {name: _texts(row[name], f"{place} {name}") for name in _LISTS if name in row}
    for name, known in (("role", roles), ("platform", platforms())):
        wrong = [item for item in lists.get(name, ()) if item not in known]
        if wrong:
            message = f"{name} {wrong[0]!r} is not known"
            raise InputError(message, place=place, hint=f"known: {', '.join(sorted(known))}")
    texts = {name: _texts(row[name], f"{place} {name}")[0] for name in _TEXTS if name in row}
    for name in ("must_have_regex", "must_not_have_regex", "allowed_regex"):
        for text in lists.get(name, ()):
            _pattern(text, place)
    return UserRule(
        id=row["id"],
        lists=lists,
        section=_pattern(texts["section"], place) if "section" in texts else None,
        within=_pattern(texts["within"], place) if "within" in texts else None,
        extra_lines=row.get("extra_lines", True) is not False,
        texts={name: texts[name] for name in ("title", "why", "remedy") if name in texts},
        severity=_severity(texts.get("severity", "warning"), place),
    )


def _pattern(text: str, place: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        message = f"{text!r} is no regular expression: {error}"
        raise InputError(message, place=place) from None


def _severity(text: str, place: str) -> Severity:
    try:
        return Severity.parse(text)
    except KeyError:
        message = f"{text!r} is no severity"
        raise InputError(message, place=place, hint="info, note, warning, error or critical") from None


def check_rules(configs: Iterable[DeviceConfig], rules: Rules) -> Iterator[Finding]:
    """Hold configurations against the rules that are for them; a rule for sections that are absent says nothing."""
    for config in configs:
        for rule in rules.rules:
            if rule.applies(config, rules.roles):
                for block in blocks(config, rule.section):
                    yield from _judge(config, rule, block)


def blocks(config: DeviceConfig, section: re.Pattern[str] | None) -> Iterator[Block]:
    """Give the blocks that a pattern selects by their headings, or the top level."""
    if platform(config.platform).style == "braces":
        yield from _junos_blocks(config, section)
    elif section is None:
        yield Block("", (), tuple(_statement(line) for line in config.tree))
    else:
        for line in walk(config.tree):
            if section.fullmatch(_plain(line.text)):
                numbers = tuple(number for item in line.walk() for number in range(item.number, item.end + 1))
                below = tuple(_statement(item) for child in line.children for item in child.walk())
                yield Block(_plain(line.text), numbers, below)


def _junos_blocks(config: DeviceConfig, section: re.Pattern[str] | None) -> Iterator[Block]:
    """Group the statements by the beginning of their paths that the section's pattern matches."""
    found: dict[str, list[tuple[str, Lines]]] = {}
    for line in walk(config.tree):
        if line.children:
            continue
        path = _plain(path_of(line))
        match = section.match(path) if section is not None else None
        if section is not None and (match is None or path[match.end() : match.end() + 1].strip()):
            continue
        title = match[0] if match is not None else ""
        rest = path[len(title) :].strip()
        found.setdefault(title, []).append((rest, tuple(range(line.number, line.end + 1))))
    for title, rows in found.items():
        yield Block(title, tuple(number for _, numbers in rows for number in numbers), tuple(rows))


def _statement(line: ConfigLine) -> tuple[str, Lines]:
    return _plain(line.text), tuple(range(line.number, line.end + 1))


def _plain(text: str) -> str:
    return " ".join(text.split())


def _judge(config: DeviceConfig, rule: UserRule, block: Block) -> Iterator[Finding]:
    texts = {text for text, _ in block.statements}
    missing = [line for line in rule.lists.get("must_have", ()) if _plain(line) not in texts]
    missing += [
        text
        for text in rule.lists.get("must_have_regex", ())
        if not any(re.fullmatch(text, line) for line, _ in block.statements)
    ]
    for wanted in missing:
        evidence = heading(config, block.lines) if block.lines else absence(config)
        yield _finding("user.must-have", config, rule, block, wanted, evidence)
    forbidden = {_plain(line) for line in rule.lists.get("must_not_have", ())}
    patterns = rule.lists.get("must_not_have_regex", ())
    for line, numbers in block.statements:
        if line in forbidden or any(re.fullmatch(text, line) for text in patterns):
            yield _finding("user.must-not-have", config, rule, block, line, proof(config, numbers))
        elif not rule.extra_lines and _is_extra(rule, line):
            yield _finding("user.extra-line", config, rule, block, line, proof(config, numbers))


def _is_extra(rule: UserRule, line: str) -> bool:
    if rule.within is not None and not rule.within.fullmatch(line):
        return False
    wanted = {_plain(item) for item in rule.lists.get("must_have", ())}
    patterns = (*rule.lists.get("must_have_regex", ()), *rule.lists.get("allowed_regex", ()))
    return line not in wanted and not any(re.fullmatch(text, line) for text in patterns)


def _finding(kind: str, config: DeviceConfig, rule: UserRule, block: Block, wanted: str, evidence: Any) -> Finding:
    ports = tuple(
        (config.hostname, item.name) for item in config.interfaces if block.lines and item.lines[:1] == block.lines[:1]
    )
    made = finding(
        kind,
        device=config.hostname,
        rule=rule.id,
        wanted=without_secret(wanted),
        where=f" in '{block.title}'" if block.title else "",
        subject=Subject(devices=(config.hostname,), interfaces=ports),
        severity=rule.severity,
        evidence=evidence,
    )
    title = made.title
    if "title" in rule.texts:
        title = f"{config.hostname}: {rule.texts['title']}: {title.split(': ', 1)[1]}"
    return replace(
        made,
        check=f"user.{rule.id}",
        title=title,
        why=rule.texts.get("why", made.why),
        remedy=rule.texts.get("remedy", made.remedy),
    )
