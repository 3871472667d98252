"""Whose conversations and files these are where no server says who is there: the account that runs the program."""

from __future__ import annotations

import getpass
import os


def default_owner() -> str:
    """Name the account; a number where it has no name (in some containers).

    A name that a login at a server gives never equals it.
    """
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return f"local:{name}"
