"""The console face: `netguru OPERATION ARGUMENTS [--json] [--fail-on SEVERITY] [--workspace DIR]`.

Exit status: 0 done, 1 findings at or above --fail-on (or the operation's own failure), 2 bad input
or usage, 3 a service failed, 130 stopped by the user.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from netguru import __version__
from netguru.errors import InputError, MissingExtraError, NetGuruError, OperationCancelled, ServiceError
from netguru.model.finding import Severity
from netguru.operations import commandline
from netguru.operations.context import use
from netguru.operations.operation import find, operations

if TYPE_CHECKING:
    from collections.abc import Sequence

    from netguru.operations.operation import Operation

DONE, FOUND, BAD_INPUT, SERVICE_FAILED, STOPPED = 0, 1, 2, 3, 130

_COMMON: tuple[click.Parameter, ...] = (
    click.Option(["--json", "cli_json"], is_flag=True, default=None, help="Print one JSON document and nothing else."),
    click.Option(
        ["--brief", "cli_brief"], is_flag=True, default=None, help="Print the ranked list and totals without details."
    ),
    click.Option(
        ["--fail-on", "cli_fail_on"],
        type=click.Choice([str(level) for level in Severity]),
        help="End with status 1 when a finding is at or above this severity.",
    ),
    click.Option(
        ["--workspace", "cli_workspace"],
        type=click.Path(path_type=Path),
        help="The workspace folder; by default the nearest .netguru above, else your own.",
    ),
)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run one command line and end the process with its status."""
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: Sequence[str]) -> int:
    """Run one command line and give its exit status; results go to stdout, all else to stderr."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            # A device's banner in another encoding must not end the program.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        return _dispatch(list(arguments))
    except OperationCancelled as error:
        return _complain(error, STOPPED)
    except (ServiceError, MissingExtraError) as error:
        return _complain(error, SERVICE_FAILED)
    except NetGuruError as error:
        return _complain(error, BAD_INPUT)
    except KeyboardInterrupt:
        return _complain("stopped", STOPPED)
    except BrokenPipeError:
        # The reader of our pipe went away (`| head`): not an error, and nothing more to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE


def _complain(error: object, status: int) -> int:
    click.echo(f"netguru: {error}", err=True)
    return status


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("--help", "-h", "help"):
        if len(arguments) > 1 and arguments[0] == "help":
            click.echo(commandline.usage(find(arguments[1]), _COMMON))
        else:
            click.echo(overview())
        return DONE
    if arguments[0] == "--version":
        click.echo(f"netguru {__version__}")
        return DONE
    if arguments[0].startswith("-"):
        message = f"no such option {arguments[0]!r}"
        raise InputError(message, hint="netguru --help")
    item = find(arguments[0])
    if "cli" in item.without:
        message = f"{item.name} has no command: {item.without['cli']}"
        raise InputError(message)
    if {"--help", "-h"} & set(arguments[1:]):
        click.echo(commandline.usage(item, _COMMON))
        return DONE
    return _run(item, commandline.parse(item, arguments[1:], _COMMON))


def _run(item: Operation, stated: dict[str, Any]) -> int:
    from netguru.logs import setup
    from netguru.redact.logged import hide
    from netguru.settings import settings
    from netguru.workspace.workspace import find_workspace

    as_json = stated.pop("cli_json", False)
    brief = stated.pop("cli_brief", False)
    fail_on = stated.pop("cli_fail_on", None)
    chosen = settings()
    setup(chosen.log_level, "json" if chosen.log_format == "json" else "console", hide=hide)
    workspace = find_workspace(Path.cwd(), stated.pop("cli_workspace", None))
    with use(workspace=workspace.folder, face="cli"):
        result = item(**stated)
    if as_json:
        plain = result.to_dict() if hasattr(result, "to_dict") else result
        click.echo(json.dumps(plain, ensure_ascii=False, indent=1))
    elif result is not None:
        from netguru import render

        click.echo(render.text(result, limits=render.BRIEF) if brief else render.text(result))
    return _status(result, fail_on)


def _status(result: Any, fail_on: str | None) -> int:
    worst = max((finding.severity for finding in getattr(result, "findings", ())), default=None)
    if fail_on is not None and worst is not None and worst >= Severity.parse(fail_on):
        return FOUND
    return int(getattr(result, "exit_status", DONE))


def overview() -> str:
    """Give the list of operations, by room."""
    lines = [
        f"netguru {__version__}: find the truth about a network, with proof",
        "",
        "usage: netguru OPERATION ARGUMENTS [--json] [--fail-on SEVERITY] [--workspace DIR]",
        "       netguru OPERATION --help",
        "",
    ]
    shown = [item for item in operations.values() if "cli" not in item.without]
    width = max((len(item.alias or item.name) for item in shown), default=0) + 2
    lines += [f"  {(item.alias or item.name):<{width}}{item.summary}" for item in shown]
    for error in operations.errors:
        lines += ["", f"  {error}"]
    return "\n".join(lines)
