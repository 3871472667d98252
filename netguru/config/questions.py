"""Operations that put questions to the configurations of a folder: rows, each with its file and lines."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from netguru.errors import FileRejectedError, InputError, UnknownNameError
from netguru.model.result import Result
from netguru.operations import operation

if TYPE_CHECKING:
    import polars as pl

    from netguru.model.coverage import Coverage
    from netguru.model.network import Network

QUESTIONS = (
    "undefinedReferences",
    "unusedStructures",
    "namedStructures",
    "fileParseStatus",
    "ipOwners",
    "interfaceProperties",
    "bgpSessionCompatibility",
    "ospfSessionCompatibility",
    "filterLineReachability",
    "testFilters",
    "searchFilters",
    "compareFilters",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(Result):
    """The rows that answer a question; every row names its device, file and lines."""

    schema: ClassVar[str] = "netguru.config.query/1"
    primary: ClassVar[str] = "rows"

    question: str
    rows: tuple[dict[str, Any], ...]
    coverage: Coverage

    def frame(self) -> pl.DataFrame:
        """Give the rows as a polars table."""
        import polars as pl

        return pl.DataFrame(list(self.rows), infer_schema_length=None, strict=False)


@operation("config.query")
def query(
    name: str,
    folder: Path,
    *,
    device: str = "",
    filter_name: str = "",
    packet: str = "",
    action: Literal["permit", "deny"] = "permit",
    reference: Path | None = None,
) -> Rows:
    """Ask the configurations of a folder one of the named questions.

    The names and statuses are those of Batfish's questions. `testFilters` tells which line of each
    filter matches a packet, `searchFilters` whether a filter permits (or denies) any of the packets
    described, with an example, `compareFilters` where the filters of two folders treat packets
    differently, `filterLineReachability` which lines can never match. These four compute with exact
    sets of headers; a condition that is not modelled (a time range) is named in the row.

    Args:
        name: undefinedReferences, unusedStructures, namedStructures, fileParseStatus, ipOwners,
            interfaceProperties, bgpSessionCompatibility, ospfSessionCompatibility, filterLineReachability,
            testFilters, searchFilters or compareFilters.
        folder: A folder with configurations, or one configuration.
        device: Only rows of this device.
        filter_name: Only the filter (access list, firewall filter, prefix list) of this name.
        packet: Headers, "tcp 10.0.0.1 > 10.1.0.0/16:443"; a prefix for prefix lists, "10.0.0.0/24".
        action: What searchFilters looks for.
        reference: The folder that compareFilters compares with: the state before the change.
    """
    from netguru.config import questions_filters, questions_names, questions_ports, questions_sessions
    from netguru.model.names import device_key

    if name not in QUESTIONS:
        raise UnknownNameError("question", name, QUESTIONS)
    network = _network(folder)
    if name in questions_filters.QUESTIONS:
        before = _network(reference).configs if reference is not None else None
        if (before is None) == (name == "compareFilters"):
            message = "compareFilters needs --reference, no other question takes it"
            raise InputError(message)
        rows = questions_filters.answer(
            name, network.configs, before or (), filter_name=filter_name, packet=packet, action=action
        )
    elif name == "fileParseStatus":
        rows = questions_names.file_parse_status(network)
    else:
        answers = {**questions_names.QUESTIONS, **questions_ports.QUESTIONS, **questions_sessions.QUESTIONS}
        rows = answers[name](network.configs)
        if filter_name:
            rows = [row for row in rows if row.get("name") == filter_name]
    wanted = device_key(device) if device else ""
    kept = tuple(row for row in rows if not wanted or device_key(str(row.get("device", ""))) == wanted)
    return Rows(question=name, rows=kept, coverage=network.coverage)


def _network(folder: Path) -> Network:
    from netguru.workspace.opening import open_network

    network = open_network(folder)
    if not network.configs:
        raise FileRejectedError("holds no configuration", place=str(folder))
    return network
