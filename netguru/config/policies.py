"""Route maps and prefix lists of Cisco-like systems as terms and rules that routes can be held against."""

from __future__ import annotations

import re
from ipaddress import ip_network
from typing import TYPE_CHECKING

from netguru.model.config import PolicyTerm, PrefixRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.config import ConfigLine

_MAP = re.compile(r"route-map (?P<policy>\S+)(?: (?P<action>permit|deny))?(?: (?P<sequence>\d+))?$")
_LIST = re.compile(r"(?:ip|ipv6) prefix-list (?P<name>\S+)(?: (?P<rest>.+))?$")
_RULE = re.compile(
    r"(?:seq )?(?:\d+ )?(?P<action>permit|deny) (?P<prefix>\S+)"
    r"(?: eq (?P<eq>\d+))?(?: ge (?P<ge>\d+))?(?: le (?P<le>\d+))?$"
)
_CLAUSE = re.compile(
    r"(?P<verb>match|set) (?P<kind>(?:ip|ipv6) (?:address|next-hop)(?: prefix-list)?|as-path(?: prepend)?|\S+)"
    r"(?: (?P<value>.+))?$"
)


def policy_terms(tree: tuple[ConfigLine, ...]) -> tuple[PolicyTerm, ...]:
    """Give the terms of all route maps in the order in which they are tried."""
    found = [(match, line) for line in tree if line.text.startswith("route-map ") and (match := _MAP.match(line.text))]
    terms = [_term(match, line) for match, line in found]
    return tuple(sorted(terms, key=lambda term: (term.policy, term.sequence)))


def _term(match: re.Match[str], line: ConfigLine) -> PolicyTerm:
    clauses = [clause for child in line.children if (clause := _CLAUSE.match(child.text))]

    def of(verb: str) -> tuple[tuple[str, str], ...]:
        return tuple((clause["kind"], clause["value"] or "") for clause in clauses if clause["verb"] == verb)

    return PolicyTerm(
        policy=match["policy"],
        action=match["action"] or "permit",
        sequence=int(match["sequence"] or 10),
        matches=of("match"),
        sets=of("set"),
        lines=tuple(item.number for item in line.walk()),
    )


def prefix_rules(tree: tuple[ConfigLine, ...]) -> tuple[PrefixRule, ...]:
    """Give the rules of all prefix lists in the order of the file."""
    return tuple(rule for line in tree if " prefix-list " in line.text for rule in _rules(line))


def _rules(line: ConfigLine) -> Iterator[PrefixRule]:
    heading = _LIST.match(line.text)
    if heading is None:
        return
    every = "::/0" if line.text.startswith("ipv6") else "0.0.0.0/0"
    for text, number in [
        (heading["rest"] or "", line.number),
        *((child.text, child.number) for child in line.children),
    ]:
        match = _RULE.match(text)
        rule = _rule(heading["name"], match, number, every) if match else None
        if rule is not None:
            yield rule


def _rule(name: str, match: re.Match[str], number: int, every: str) -> PrefixRule | None:
    anything = match["prefix"] == "any"
    try:
        network = ip_network(every if anything else match["prefix"], strict=False)
    except ValueError:
        return None
    least = int(match["eq"] or match["ge"] or network.prefixlen)
    open_ended = anything or (match["ge"] and not match["le"])
    most = int(match["eq"] or match["le"] or (network.max_prefixlen if open_ended else network.prefixlen))
    return PrefixRule(name=name, action=match["action"], prefix=str(network), least=least, most=most, lines=(number,))
