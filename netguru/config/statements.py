"""Applying the statement tables: a tree of lines becomes events, each a named record's values with their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from netguru import resources
from netguru.config.tree import path_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from netguru.config.platforms import Platform
    from netguru.config.tree import Grown
    from netguru.model.config import ConfigLine, Lines

_FIRST_WORD = re.compile(r"[A-Za-z0-9_-]+(?= |$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What one statement says: values `own` for a record of a `kind`, under the values of the lines above it."""

    kind: str
    own: Mapping[str, str]
    scope: Mapping[str, str]
    lines: Lines
    text: str
    negated: bool = False
    around: Lines = ()

    def get(self, name: str, default: str = "") -> str:
        """Give a value of the statement or, failing that, of the lines above it."""
        return self.own.get(name) or self.scope.get(name) or default


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of a statement table (explained in `statements/system.toml`)."""

    pattern: re.Pattern[str]
    kind: str
    constants: Mapping[str, str]
    opens: str
    defines: Mapping[str, str]
    uses: Mapping[str, str]
    order: int


@dataclass(slots=True)
class _Context:
    by_word: dict[str, list[Rule]] = field(default_factory=dict)
    others: list[Rule] = field(default_factory=list)

    def add(self, rule: Rule, source: str) -> None:
        match = _FIRST_WORD.match(source)
        if match is None or "|" in source[: match.end() + 1]:
            self.others.append(rule)
        else:
            self.by_word.setdefault(match[0], []).append(rule)

    def candidates(self, text: str) -> Iterator[Rule]:
        """Give the rules that may match, in the order of the table."""
        rules = self.by_word.get(text.split(None, 1)[0], []) + self.others
        yield from sorted(rules, key=lambda rule: rule.order)


@dataclass(frozen=True, slots=True)
class Grammar:
    """All rules of a platform by context; `flat` ones see whole paths and all apply."""

    contexts: Mapping[str, _Context]
    flat: bool


@cache
def grammar(names: tuple[str, ...]) -> Grammar:
    """Read and compile statement tables; a context may be spread over several."""
    contexts: dict[str, _Context] = {}
    flat = False
    order = 0
    for name in names:
        for context, rows in resources.table("platforms", "statements", name).items():
            if context == "flat":
                flat = rows
                continue
            for row in rows:
                order += 1
                contexts.setdefault(context, _Context()).add(_rule(row, context, order), row["match"])
    return Grammar(contexts, flat)


def _rule(row: dict[str, Any], context: str, order: int) -> Rule:
    return Rule(
        pattern=re.compile(row["match"].replace(" ", r"[ \t]+").replace(r"[ \t]+?", r"[ \t]*")),
        kind=row.get("as", "" if context == "top" else context),
        constants=row.get("set", {}),
        opens=row.get("opens", ""),
        defines=row.get("defines", {}),
        uses=row.get("uses", {}),
        order=order,
    )


def apply(grown: Grown, platform: Platform) -> tuple[list[Event], set[int]]:
    """Read a tree with the platform's tables; give the events and the numbers of the lines understood."""
    rules = grammar(platform.statements)
    reader = _Reader(rules, platform)
    if rules.flat:
        reader.read_flat(grown)
    else:
        reader.read(grown.tree, "top", {})
    return reader.events, reader.understood


class _Reader:
    """The state of one pass."""

    def __init__(self, rules: Grammar, platform: Platform) -> None:
        self.rules = rules
        self.platform = platform
        self.events: list[Event] = []
        self.understood: set[int] = set()

    def read(self, lines: Iterable[ConfigLine], context: str, scope: Mapping[str, str]) -> None:
        """Match each line with the rules of its context, and go below it where a rule opens one."""
        table = self.rules.contexts.get(context)
        if table is None:
            return
        for line in lines:
            found = self._match(table, line.text)
            if found is None:
                continue
            rule, own, negated = found
            self.understood.update(range(line.number, line.end + 1))
            self._emit(rule, own, scope, line, negated=negated)
            if line.children and rule.opens and not negated:
                self.read(line.children, rule.opens, {**scope, **own})

    def _match(self, table: _Context, text: str) -> tuple[Rule, dict[str, str], bool] | None:
        text = text.split("\n", 1)[0]
        for rule in table.candidates(text):
            match = rule.pattern.fullmatch(text)
            if match is not None:
                return rule, _own(rule, match), False
        for word in self.platform.negations:
            if not text.startswith(word):
                continue
            rest = text[len(word) :]
            for rule in table.candidates(rest) if rest.strip() else ():
                match = rule.pattern.fullmatch(rest)
                if match is not None:
                    return rule, _own(rule, match), True
        return None

    def read_flat(self, grown: Grown) -> None:
        """Match the whole path of each last statement; every rule that matches applies."""
        table = self.rules.contexts["top"]
        for line, above, path in with_groups(grown):
            if is_inactive(path_of(line), grown.inactive):
                self.understood.update(range(line.number, line.end + 1))
                self.understood.update(item.number for item in above)
                continue
            for rule in table.candidates(path):
                match = rule.pattern.fullmatch(path)
                if match is None:
                    continue
                self.understood.update(range(line.number, line.end + 1))
                self.understood.update(item.number for item in above)
                around = tuple(item.number for item in above[1:])
                self._emit(rule, _own(rule, match), {}, line, around=around)

    def _emit(
        self,
        rule: Rule,
        own: dict[str, str],
        scope: Mapping[str, str],
        line: ConfigLine,
        *,
        negated: bool = False,
        around: Lines = (),
    ) -> None:
        numbers = tuple(range(line.number, line.end + 1))
        if rule.kind:
            self.events.append(
                Event(
                    kind=rule.kind,
                    own=own,
                    scope=scope,
                    lines=numbers,
                    text=line.text,
                    negated=negated,
                    around=around,
                )
            )
        if negated:
            return
        for group, kind in rule.defines.items():
            below = tuple(number for item in line.walk() for number in range(item.number, item.end + 1))
            self._named("structure", kind, own.get(group, ""), line, (*around, *below))
        for group, kinds in rule.uses.items():
            for name in own.get(group, "").split():
                self._named("reference", kinds, name, line, numbers)

    def _named(self, kind: str, kinds: str, name: str, line: ConfigLine, numbers: Lines) -> None:
        if name:
            own = {"kinds": kinds, "name": unquote(name), "context": " > ".join((*line.parents, line.text))}
            self.events.append(Event(kind=kind, own=own, scope={}, lines=numbers, text=line.text))


def _own(rule: Rule, match: re.Match[str]) -> dict[str, str]:
    found = {name: value for name, value in match.groupdict().items() if value is not None}
    return {**rule.constants, **found}


def unquote(text: str) -> str:
    """Drop the quotes around a value.

    >>> unquote('"to core"'), unquote("core")
    ('to core', 'core')
    """
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def _leaves(
    lines: Iterable[ConfigLine], above: tuple[ConfigLine, ...]
) -> Iterator[tuple[ConfigLine, tuple[ConfigLine, ...]]]:
    for line in lines:
        if line.children:
            yield from _leaves(line.children, (*above, line))
        else:
            yield line, above


def with_groups(grown: Grown) -> Iterator[tuple[ConfigLine, tuple[ConfigLine, ...], str]]:
    """Give each last statement with its path; those of groups applied to the whole come first, without the group.

    What a configuration states itself goes before what its groups state, so it must come later.
    Wildcards in groups and groups applied deeper are left as they stand.
    """
    leaves = [(line, above, path_of(line)) for line, above in _leaves(grown.tree, ())]
    applied = {unquote(path.split()[1]) for _, _, path in leaves if path.startswith("apply-groups ")}
    own = []
    for line, above, path in leaves:
        words = path.split(None, 2)
        if words[0] == "groups" and len(words) > 2 and words[1] in applied and "<" not in path:  # noqa: PLR2004 - a path below it
            yield line, above, words[2]
        else:
            own.append((line, above, path))
    yield from own


def is_inactive(path: str, inactive: frozenset[tuple[str, ...]]) -> bool:
    """Say whether a path is at or below one that is deactivated."""
    if not inactive:
        return False
    words = tuple(path.split())
    return any(words[: len(prefix)] == prefix for prefix in inactive)
