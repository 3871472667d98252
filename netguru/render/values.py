"""Any value of a result as a short text for a cell or a line."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from netguru.model.evidence import Evidence

_CONTAINERS = (Mapping, list, tuple, set, frozenset)
SHOWN_ITEMS = 12
"""Members of a list that a cell shows; how many more there are is said."""


def label(name: str) -> str:
    """Turn a field's name into words.

    >>> label("first_time")
    'first time'
    """
    return name.replace("_", " ").strip()


def is_empty(value: Any) -> bool:
    """Say whether a value says nothing: None, an empty text or container. Zero and False say something."""
    return value is None or (isinstance(value, (str, bytes, tuple, list, dict, set, frozenset)) and not value)


def is_scalar(value: Any) -> bool:
    """Say whether a value fits one cell as it is."""
    if isinstance(value, (str, bytes, bool, int, float, Enum)) or value is None:
        return True
    return (
        not is_dataclass(value)
        and not is_frame(value)
        and not isinstance(value, (Mapping, list, tuple, set, frozenset))
    )


def is_frame(value: Any) -> bool:
    """Say whether a value is a table of columns (a polars frame, known by its methods)."""
    return hasattr(value, "to_dicts") and hasattr(value, "columns") and hasattr(value, "head")


def show(value: Any) -> str:
    """Give a value's short text, not yet cleaned or escaped.

    >>> show((1, 2)), show(True), show(0.25), show(None)
    ('1, 2', 'yes', '0.25', '')
    """
    if is_scalar(value):
        return _scalar(value)
    if isinstance(value, Mapping):
        return _join([f"{show(key)}: {show(item)}" for key, item in value.items()])
    if isinstance(value, (list, tuple)):
        return _join([show(item) for item in value])
    if isinstance(value, (set, frozenset)):
        return _join(sorted(show(item) for item in value))
    return f"{len(value)} rows" if is_frame(value) else _dataclass(value)


def _scalar(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value)


def _float(value: float) -> str:
    if not math.isfinite(value):
        return str(value)
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return text if text not in ("0", "-0") or value == 0 else f"{value:.3g}"


def _join(parts: list[str]) -> str:
    shown = [part for part in parts[:SHOWN_ITEMS] if part]
    more = len(parts) - SHOWN_ITEMS
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")


def _dataclass(value: Any) -> str:
    if isinstance(value, Evidence):
        return value.where
    names = [item.name for item in fields(value)]
    if "__str__" in {name for kind in type(value).__mro__[:-1] for name in vars(kind)}:
        return str(value)
    if "value" in names:
        # A known value with the places that state it: the value is what a table wants.
        return show(value.value)
    stated = {name: getattr(value, name) for name in names if not is_empty(getattr(value, name))}
    if all(isinstance(item, str) for item in stated.values()):
        return " ".join(stated.values())
    return _join([f"{label(name)} {show(item)}" for name, item in stated.items() if not _is_proof(item)])


def _is_proof(value: Any) -> bool:
    return isinstance(value, Evidence) or (isinstance(value, tuple) and bool(value) and isinstance(value[0], Evidence))
