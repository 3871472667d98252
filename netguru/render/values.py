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
_RUN = 3
PROVENANCE = frozenset({"at"})
"""Fields that say for every attribute where it was read: the JSON form has them, a table would drown in them."""

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

    >>> show((1, 2)), show([3, 4, 5, 9]), show(True), show(0.25), show(None)
    ('1, 2', '3-5, 9', 'yes', '0.25', '')
    """
    if is_scalar(value):
        return _scalar(value)
    if isinstance(value, Mapping):
        return _join([f"{show(key)}: {show(item)}" for key, item in value.items()])
    if isinstance(value, (list, tuple, set, frozenset)):
        return _sequence(list(value) if isinstance(value, (list, tuple)) else sorted(value, key=show))
    return f"{len(value)} rows" if is_frame(value) else _dataclass(value)


def _sequence(items: list[Any]) -> str:
    if items and is_proof(items):
        more = len(items) - 1
        return f"{items[0].where}{f' and {more} more' if more else ''}"
    if items and all(type(item) is int for item in items):
        return _join(_runs(items))
    return _join([show(item) for item in items])


def _runs(numbers: list[int]) -> list[str]:
    """Write three or more numbers in a row as a range."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [
        part for run in runs for part in ([f"{run[0]}-{run[-1]}"] if len(run) >= _RUN else [str(item) for item in run])
    ]


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
    stated = {
        name: getattr(value, name) for name in names if name not in PROVENANCE and not is_empty(getattr(value, name))
    }
    if all(isinstance(item, str) for item in stated.values()):
        return " ".join(stated.values())
    return _join([f"{label(name)} {show(item)}" for name, item in stated.items() if not is_proof(item)])


def is_proof(value: Any) -> bool:
    """Say whether a value is evidence, or a list of nothing else."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(item, Evidence) for item in value)
    return isinstance(value, Evidence)
