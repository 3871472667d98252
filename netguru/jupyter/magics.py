"""The magic `%netguru OPERATION ARGUMENTS`: the console's grammar, and the result as a value."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import click
from IPython.core.magic import Magics, line_cell_magic, magics_class
from IPython.display import display

from netguru.errors import InputError
from netguru.jupyter.completion import matcher
from netguru.jupyter.questions import asks, keep_question_marks, words_of_question
from netguru.jupyter.surroundings import workspace_here
from netguru.model.result import Result
from netguru.operations import commandline
from netguru.operations.context import use
from netguru.operations.operation import find, operations

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from netguru.operations import Operation

# Its answer is shown while it comes.
_STREAMED = "chat.ask"
_HELP = frozenset({"--help", "-h", "help"})
_COMMON: tuple[click.Parameter, ...] = (
    click.Option(
        ["--workspace", "magic_workspace"],
        type=click.Path(path_type=Path),
        help="The workspace folder; by default the nearest .netguru above, else your own.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview(Result):
    """The operations that the magic knows."""

    schema: ClassVar[str] = "netguru.overview/1"
    primary: ClassVar[str] = "operations"

    usage: str
    operations: tuple[dict[str, str], ...]


@magics_class
class NetGuruMagics(Magics):
    """Hold `%netguru` and `%%netguru`."""

    @line_cell_magic
    def netguru(self, line: str, cell: str | None = None) -> Any:
        """Run an operation: `%netguru OPERATION ARGUMENTS`, as on the console.

        `%netguru` alone lists the operations, `%netguru OPERATION --help` explains one. The result
        is a value: `found = %netguru diagnose FOLDER`. With `%%netguru` the cell holds further
        arguments, one per line; for a question, its words.
        """
        return run(words_of(line, cell))


def words_of(line: str, cell: str | None = None) -> list[str]:
    r"""Split a line as a shell does; each line of the cell is an argument, or options with their values.

    >>> words_of("pcap.check 'my file.pcap'", "--top 3\nanother file")
    ['pcap.check', 'my file.pcap', '--top', '3', 'another file']
    """
    first, _, rest = line.strip().partition(" ")
    item = asks(first)
    if item is not None:
        return [first, *words_of_question(item, f"{rest} {cell or ''}")]
    try:
        words = shlex.split(line)
        for row in filter(None, map(str.strip, (cell or "").splitlines())):
            # A file name needs no quotes here; options and quoted words are split as in the line.
            words += shlex.split(row) if row[0] in "-'\"" else [row]
    except ValueError as error:
        message = f"%netguru: {str(error).lower()}"
        raise InputError(message, hint="quote file names with spaces") from None
    return words


def run(words: list[str]) -> Any:
    """Run the words of a magic; raises InputError for words that fit no operation."""
    if not words or words[0] in _HELP:
        return overview() if len(words) < 2 else explain(find(words[1]))  # noqa: PLR2004 - `help OPERATION`
    item = find(words[0])
    if "magic" in item.without:
        message = f"{item.name} has no magic: {item.without['magic']}"
        raise InputError(message)
    if _HELP & set(words[1:]) - {"help"}:
        return explain(item)
    stated = commandline.parse(item, words[1:], _COMMON)
    with use(workspace=workspace_here(stated.pop("magic_workspace", None)), face="magic"):
        if item.name == _STREAMED:
            from netguru.jupyter.chat_display import ask_in_cell

            return ask_in_cell(stated)
        return item(**stated)


def overview() -> Overview:
    """List the operations that have a magic."""
    return Overview(
        usage="%netguru OPERATION ARGUMENTS, %netguru OPERATION --help",
        operations=tuple(
            {"operation": item.alias or item.name, "does": item.summary}
            for item in operations.values()
            if "magic" not in item.without
        ),
    )


def explain(item: Operation) -> None:
    """Show the usage of an operation."""
    text = commandline.usage(item, _COMMON).replace("Usage: netguru ", "Usage: %netguru ", 1)
    display({"text/plain": text}, raw=True)  # type: ignore[no-untyped-call]  # IPython's function has no types


def load(shell: InteractiveShell) -> None:
    """Register the magic and its completion; loading twice is harmless."""
    import netguru.render  # noqa: F401 - results show themselves

    shell.register_magics(NetGuruMagics)
    if matcher not in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.append(matcher)
    if keep_question_marks not in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.append(keep_question_marks)


def unload(shell: InteractiveShell) -> None:
    """Remove the magic and its completion."""
    for kind in ("line", "cell"):
        shell.magics_manager.magics[kind].pop("netguru", None)
    if matcher in shell.Completer.custom_matchers:
        shell.Completer.custom_matchers.remove(matcher)
    if keep_question_marks in shell.input_transformers_cleanup:
        shell.input_transformers_cleanup.remove(keep_question_marks)
