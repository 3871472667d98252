"""What is wrong with a filter: one line that quotes the token and says where it stands."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from netguru.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN = 60


def problem(token: str, position: int, message: str, hint: str = "") -> InputError:
    """Make the error of a token; `position` counts characters from 0, the message from 1.

    >>> print(problem("tcp.prot", 4, "is not a field"))
    filter: "tcp.prot" at character 5 is not a field
    """
    shown = token if len(token) <= _SHOWN else token[: _SHOWN - 3] + "..."
    place = f"{_quoted(shown)} at character {position + 1}" if token else "the end of the expression"
    return InputError(f"filter: {place} {message}", hint=hint)


def _quoted(token: str) -> str:
    return token if token.startswith('"') else f'"{token}"'


def unknown_field(token: str, position: int, known: Iterable[str]) -> InputError:
    """Make the error of a name that is neither a field nor a protocol."""
    near = difflib.get_close_matches(token.lower(), sorted(known), n=2)
    advice = f"; did you mean {' or '.join(near)}?" if near else "; docs/display-filters.md lists them"
    return problem(token, position, f"is not a field{advice}")
