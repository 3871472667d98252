"""Configurations: platform tables, the tree of numbered lines, vendor-neutral views, checks, facts."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOME = {
    "check": "netguru.config.operations",
    "compare_ports": "netguru.config.between",
    "coverage": "netguru.config.coverage_operations",
    "diff": "netguru.config.diff_operations",
    "detect": "netguru.config.platforms",
    "facts_of": "netguru.config.facts",
    "parse": "netguru.config.operations",
    "parse_piece": "netguru.config.parsing",
    "query": "netguru.config.questions",
    "parse_text": "netguru.config.parsing",
    "remediation": "netguru.config.diff_operations",
    "render": "netguru.config.tree",
    "table": "netguru.config.coverage_operations",
    "to_ciscoconfparse": "netguru.config.bridge",
}

__all__ = sorted(_HOME)  # noqa: PLE0605 - one list of names, sorted


def __getattr__(name: str) -> Any:
    if name == "parse_piece":
        return import_module("netguru.config.parsing").parse
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return list(__all__)
