"""Asking the user, in one line, whether an operation may do more than read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from netguru.model.result import to_plain
from netguru.render.clean import clip, line

if TYPE_CHECKING:
    from collections.abc import Callable

    from netguru.chat.events import Approval

_YES = frozenset({"y", "yes", "s", "sim"})
_WIDTH = 300
_DOES = {"write": "writes files", "spend": "costs money", "serve": "opens a server"}


def ask_user(approval: Approval, prompt: Callable[[str], str] = input) -> bool:
    """Ask by a prompt; what is no clear yes, or nobody there to answer, is a no."""
    stated = clip(line(json.dumps(to_plain(approval.arguments), ensure_ascii=False)), _WIDTH)
    try:
        said = prompt(f"The model asks to run {approval.name} {stated}, which {_DOES[approval.effect]}. Allow? [y/N] ")
    # A notebook that nobody watches has no input; it says so by a RuntimeError.
    except (EOFError, OSError, RuntimeError):
        return False
    return said.strip().lower() in _YES
