"""The arguments of a routed operation: what the question names, brought to the operation's parameters."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netguru.chat.entities import speaks
from netguru.chat.inventory import rules
from netguru.chat.scope import networks, too_much
from netguru.errors import InputError
from netguru.model.names import device_key
from netguru.operations.operation import find
from netguru.rag.tokens import fold

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from netguru.chat.entities import Entities
    from netguru.chat.inventory import Item
    from netguru.chat.routing import Route
    from netguru.chat.scope import Scope

_CONFIGS = re.compile(r"conf|cfg|running", re.IGNORECASE)
_TRIED = 4


class NothingToLookAtError(InputError):
    """A question for which something is missing; the message is a sentence of the router's texts."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text)
        self.text = text
        self.values = values


def calls(route: Route, question: str, named: Entities, scope: Scope) -> list[dict[str, Any]]:
    """Give the arguments of the calls that answer, several for several files; raises NothingToLookAtError."""
    row = route.row
    parameter = str(row.get("parameter", ""))
    if row["needs"] == "documents":
        return [{parameter: question}]
    if row["needs"] in _PAIRS:
        pair = _PAIRS[row["needs"]](named, scope, question)
        return [dict(zip(parameter.split(), pair, strict=True))]
    extra = _extra(route, question, named)
    if row["needs"] == "nothing":
        return [extra]
    if row["needs"] == "places":
        folder, a, b = parameter.split()
        one, other = _places(question, named)
        return [{folder: path, a: one, b: other, **extra} for path in _networks(named, scope)]
    chosen = {"network": _networks, "capture": _captures, "config": _configs}[row["needs"]](named, scope)
    return [{parameter: path, **extra} for path in chosen]


def _extra(route: Route, question: str, named: Entities) -> dict[str, Any]:
    made: dict[str, Any] = {}
    by: Mapping[str, str] = route.row.get("by", {})
    for kind, parameter in by.items():
        if kind == "protocol":
            made[parameter] = next((name for name in named.protocols if name != "ip"), "arp")
        elif kind == "platform":
            made[parameter] = _platform(question)
    for parameter, values in route.row.get("choose", {}).items():
        usual = route.row.get("usual", {}).get(parameter)
        value = next((value for value, words in values.items() if speaks(words, question)), usual)
        made |= {} if value is None else {parameter: value}
    return made


def _platform(question: str) -> str:
    """Find the platform that a question names; the most common one else."""
    from netguru.resources import table

    words = {fold(word) for word in re.findall(r"\w+", question)}
    names = [name for name in table("collect.toml") if isinstance(table("collect.toml")[name], dict)]
    return next((name for name in names if {fold(part) for part in re.findall(r"\w+", name)} & words), "ios")


def _places(question: str, named: Entities) -> tuple[str, str]:
    """Give the first two places in the order in which the question names them."""
    text = question.lower()
    found = sorted((*named.devices, *named.addresses), key=lambda name: text.find(name.lower()))
    return found[0], found[1]


def _networks(named: Entities, scope: Scope) -> list[Path]:
    if not scope.stock.items:
        raise NothingToLookAtError("no_files", path=scope.paths[0].name or str(scope.paths[0]))
    chosen = [*networks(scope, named)]
    for path in chosen:
        count = too_much(scope, path)
        if count and not scope.attached:
            raise NothingToLookAtError("too_much", path=path.name, count=count)
    return chosen


def _captures(named: Entities, scope: Scope) -> list[Path]:
    found = [item.path for item in scope.stock.of_kind("capture")]
    stated = [path for path in named.files if path in found]
    if not found:
        raise NothingToLookAtError("need_capture")
    return (stated or _about(scope.stock.of_kind("capture"), named) or found)[: int(rules("scope")["captures"])]


def _about(captures: tuple[Item, ...], named: Entities) -> list[Path]:
    """Give the captures whose names speak of the devices of the question."""
    keys = [device_key(name) for name in named.devices]
    return [item.path for item in captures if any(key in item.path.stem.lower() for key in keys)]


def _configs(named: Entities, scope: Scope) -> list[Path]:
    texts = scope.stock.of_kind("text")
    stated = [path for path in named.files if any(item.path == path for item in texts)]
    keys = {device_key(name) for name in named.devices}
    own = [item.path for item in texts if keys & item.devices]
    chosen = stated or own or ([item.path for item in texts] if scope.attached else [])
    if not chosen:
        raise NothingToLookAtError("need_config")
    # Those that look like configurations first; the first that is one answers.
    likely = sorted(
        chosen, key=lambda path: (not _CONFIGS.search("/".join(path.parts[-2:])), len(path.parts), path.name)
    )
    for path in likely[:_TRIED]:
        if _is_config(path):
            return [path]
    raise NothingToLookAtError("need_config")


def _is_config(path: Path) -> bool:
    try:
        find("config.parse")(file=path)
    except InputError:
        return False
    return True


def _two(named: Entities, scope: Scope, question: str) -> tuple[Path, Path]:
    folders = [path for path in scope.paths if path.is_dir()] if scope.attached else []
    if not folders:
        parents = {parent for item in scope.stock.items for parent in item.path.parents}
        words = set(re.findall(r"[\w.-]+", question.lower()))
        folders = sorted(
            (path for path in parents if path.name.lower() in words and scope.paths[0] in path.parents),
            key=lambda path: question.lower().index(path.name.lower()),
        )
    if len(folders) < 2 and not named.files:  # noqa: PLR2004 - two states
        raise NothingToLookAtError("need_two")
    pair = folders if len(folders) > 1 else _as_named(named, question)
    if len(pair) < 2:  # noqa: PLR2004 - as above
        raise NothingToLookAtError("need_two")
    return pair[0], pair[1]


def _as_named(named: Entities, question: str) -> list[Path]:
    """Give the files in the order in which the question names them: the first is the earlier or nearer one."""
    return sorted(named.files, key=lambda path: question.lower().find(path.name.lower()))


def _two_captures(named: Entities, scope: Scope, question: str) -> tuple[Path, Path]:
    found = [item.path for item in scope.stock.of_kind("capture")]
    stated = [path for path in _as_named(named, question) if path in found]
    pair = stated if len(stated) > 1 else found
    # Two of many are not guessed.
    if len(stated) != len(pair) and len(found) != 2:  # noqa: PLR2004 - two points
        raise NothingToLookAtError("need_captures")
    if len(pair) < 2:  # noqa: PLR2004 - as above
        raise NothingToLookAtError("need_captures")
    return pair[0], pair[1]


def _two_configs(named: Entities, scope: Scope, question: str) -> tuple[Path, Path]:
    texts = {item.path for item in scope.stock.of_kind("text")}
    stated = [path for path in _as_named(named, question) if path in texts]
    if len(stated) > 1:
        return stated[0], stated[1]
    if len(named.devices) > 1:
        one, other = (_configs(replace(named, devices=(name,), files=()), scope)[0] for name in named.devices[:2])
        return one, other
    try:
        return _two(named, scope, question)
    except NothingToLookAtError:
        raise NothingToLookAtError("need_configs") from None


_PAIRS = {"two": _two, "captures": _two_captures, "configs": _two_configs}
