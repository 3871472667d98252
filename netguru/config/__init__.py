"""Configurations: platform tables, the tree of numbered lines, vendor-neutral views, checks, facts."""

from __future__ import annotations

from netguru.lazy import lazily

_HOME = {
    "check": "operations",
    "compare_ports": "between",
    "coverage": "coverage_operations",
    "diff": "diff_operations",
    "detect": "platforms",
    "facts_of": "facts",
    "parse": "operations",
    "parse_piece": "parsing:parse",
    "query": "questions",
    "parse_text": "parsing",
    "remediation": "diff_operations",
    "render": "tree",
    "table": "coverage_operations",
    "to_ciscoconfparse": "bridge",
}

__all__ = sorted(_HOME)  # noqa: PLE0605 - one list of names, sorted

__getattr__, __dir__ = lazily(__name__, _HOME)
