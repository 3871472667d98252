"""The command-line grammar of an operation, shared by the console and the magics."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from netguru.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netguru.operations.operation import Operation
    from netguru.operations.parameters import Parameter


def _type(parameter: Parameter) -> click.ParamType[Any]:
    if parameter.choices:
        return click.Choice(parameter.choices)
    if parameter.type is Path:
        return click.Path(path_type=Path)
    simple: dict[type, click.ParamType[Any]] = {int: click.INT, float: click.FLOAT, bool: click.BOOL}
    return simple.get(parameter.type, click.STRING)


def _decorate(parameter: Parameter) -> click.Parameter:
    if parameter.positional:
        return click.Argument(
            [parameter.name],
            type=_type(parameter),
            required=parameter.required,
            nargs=-1 if parameter.multiple else 1,
            default=None,
            # Of a choice click would show the choices in place of the name; the description lists them.
            metavar=None if parameter.multiple else parameter.option,
        )
    flag = parameter.type is bool
    name = parameter.option
    if parameter.pairs:
        return click.Option(
            [_short(parameter), name, parameter.name],
            type=(str, str),
            multiple=True,
            required=parameter.required,
            metavar="NAME VALUE",
            help=_help(parameter) or None,
        )
    return click.Option(
        [f"{name}/--no-{name[2:]}" if flag and parameter.default else name, parameter.name],
        type=None if flag else _type(parameter),
        is_flag=flag,
        multiple=parameter.multiple,
        required=parameter.required,
        default=None,
        help=_help(parameter) or None,
        show_default=False,
    )


def _short(parameter: Parameter) -> str:
    return f"-{parameter.name[0]}"


def _split_pairs(item: Operation, arguments: Sequence[str]) -> list[str]:
    """Write `-p NAME=VALUE` as `-p NAME VALUE`."""
    options = {spelling for p in item.parameters if p.pairs for spelling in (_short(p), p.option)}
    words: list[str] = []
    for word in arguments:
        follows = bool(words) and words[-1] in options
        words += word.split("=", 1) if follows and "=" in word else [word]
    return words


def _help(parameter: Parameter) -> str:
    # click would show its own default, which is None: what was not stated is not passed on.
    default = "" if parameter.default in (None, False, "", ()) else f"  [default: {parameter.default}]"
    return f"{parameter.help}{default}"


def command(item: Operation, extra: Sequence[click.Parameter] = ()) -> click.Command:
    """Build the click command of an operation; its callback gives the arguments that were stated."""

    def collect(**values: Any) -> dict[str, Any]:
        return {name: value for name, value in values.items() if value is not None and value != ()}

    text = item.doc.split("\nArgs:", 1)[0].strip()
    return click.Command(
        item.alias or item.name,
        params=[*(_decorate(parameter) for parameter in item.parameters), *extra],
        callback=collect,
        help=text,
        short_help=item.summary,
    )


def parse(item: Operation, arguments: Sequence[str], extra: Sequence[click.Parameter] = ()) -> dict[str, Any]:
    """Read command-line words into arguments; raises InputError with one clear line.

    A request for help raises click.exceptions.Exit after nothing was run: callers show `usage`.
    """
    made = command(item, extra)
    try:
        with made.make_context(f"netguru {made.name}", _split_pairs(item, arguments)) as current:
            stated: dict[str, Any] = made.invoke(current)
            return stated
    except click.ClickException as error:
        raise InputError(f"{made.name}: {error.format_message()}", hint=f"netguru {made.name} --help") from None


def usage(item: Operation, extra: Sequence[click.Parameter] = ()) -> str:
    """Give the help text of an operation."""
    made = command(item, extra)
    return made.get_help(click.Context(made, info_name=f"netguru {made.name}"))
