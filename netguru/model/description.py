"""Description: what a file of a network says, in words that can be searched, each line with its place in the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Lines that are read together under headings; `lines` are (number in the file, text).

    `stated` says that the lines stand in the file as they are given; others tell about it, and are numbered from 1
    in the order of the description.
    """

    path: tuple[str, ...]
    lines: tuple[tuple[int, str], ...]
    kind: Literal["code", "list", "table"] = "code"
    stated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What is said of one file, or of a network; `platform` names the system that it is of, empty when unknown."""

    title: str
    passages: tuple[Passage, ...]
    device: str = ""
    platform: str = ""
