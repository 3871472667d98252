"""SQL over the tables of a capture: packets, flows, and the messages of every protocol.

Only tables that the query names are made, and of the packet table only the columns that it needs.
The query cannot leave the tables: functions that read files are refused, before and after parsing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from time import sleep
from typing import TYPE_CHECKING, Any

import polars as pl
from polars.exceptions import PanicException, PolarsError

from netguru.errors import InputError
from netguru.pcap.addresses import address_column, address_text, mac_text, text_column
from netguru.pcap.inspect_results import QueryRows
from netguru.pcap.protocols.base import protocols
from netguru.pcap.protocols.wire import clean

if TYPE_CHECKING:
    from netguru.operations.context import CancelToken
    from netguru.pcap.capture import CaptureFile

# polars' SQL has table functions that read files (read_csv, read_parquet, ...): no query needs such a word.
_READS_FILES = re.compile(r"\b(?:read|scan)_\w+", re.IGNORECASE)
# The nodes of a plan that read a file.
_FILE_SCAN = re.compile(r"^(?!.*\bPYTHON SCAN\b).*\bSCAN\b\s*\[.*", re.IGNORECASE | re.MULTILINE)
_WORD = re.compile(r"[A-Za-z_]\w*")
_MESSAGE_LIMIT = 300
_POLL_S = 0.05
_MAC = ("eth_src", "eth_dst", "arp_src_mac", "arp_dst_mac")
_IPV4 = ("arp_src_ip", "arp_dst_ip")


def table_names() -> tuple[str, ...]:
    """Name the tables of a query: packets, inside (packets in tunnels and ICMP errors), flows, names, the protocols."""
    return ("packets", "inside", "flows", "names", *sorted(protocols()))


def query_tables(capture: CaptureFile, sql: str, *, top: int, cancel: CancelToken) -> QueryRows:
    """Run a query and give at most `top` rows; raises InputError with what polars says is wrong."""
    if top < 1:
        raise InputError(f"--top: {top} is below 1")
    foreign = _READS_FILES.search(sql)
    if foreign:
        raise InputError(f"a query reads the tables of the capture only, not {foreign[0]}", hint=_hint())
    named = {word.lower() for word in _WORD.findall(sql)}
    tables = tuple(name for name in table_names() if name in named)
    if not tables:
        raise InputError("the query names no table of the capture", hint=_hint())
    frame = _run(capture, sql, tables, top, cancel)
    rows = frame.head(top)
    coverage = capture.coverage
    if frame.height > top:
        coverage = replace(coverage, notes=(*coverage.notes, f"the query gives more than {top} rows (--top)"))
    return QueryRows(
        source=capture.source.name,
        tables=tables,
        columns={name: str(kind) for name, kind in frame.schema.items()},
        rows=tuple(rows.to_dicts()),
        coverage=coverage,
    )


def _hint() -> str:
    return f"tables: {', '.join(table_names())}"


def _run(capture: CaptureFile, sql: str, tables: tuple[str, ...], top: int, cancel: CancelToken) -> pl.DataFrame:
    own = {name: _table(capture, name) for name in tables}
    context = pl.SQLContext(own, eager=False)
    try:
        lazy = context.execute(sql).head(top + 1)
        # An indexed capture's own tables are files too.
        if _scans(lazy) - {scan for table in own.values() for scan in _scans(table)}:
            raise InputError("a query reads the tables of the capture only", hint=_hint())
        running: Any = lazy.collect(engine="streaming", background=True)
        while (frame := running.fetch()) is None:
            if cancel.cancelled:
                running.cancel()
            cancel.check()
            sleep(_POLL_S)
    except (PolarsError, PanicException) as error:
        # A panic is an error of polars that it has no name for.
        raise InputError(f"the query fails: {_said(error)}", hint=_hint_for(error, tables)) from None
    assert isinstance(frame, pl.DataFrame)  # noqa: S101 - what a finished query gives
    return frame


def _scans(frame: pl.LazyFrame) -> set[str]:
    """Give the files that a plan reads, as the plan writes them."""
    return {found[0].strip() for found in _FILE_SCAN.finditer(frame.explain(optimized=False))}


def _said(error: BaseException) -> str:
    """Give the first line of what polars says: below it stands its plan."""
    return clean(str(error).split("\n\nResolved plan", 1)[0], _MESSAGE_LIMIT)


def _hint_for(error: BaseException, tables: tuple[str, ...]) -> str:
    return f"ask {tables[0]} for * with limit 1 to see its columns" if "find column" in str(error) else _hint()


def _table(capture: CaptureFile, name: str) -> pl.LazyFrame:
    if name == "flows":
        return _flows(capture.flows())
    if name == "names":
        return capture.names().lazy()
    if name == "packets":
        return _packets(capture.packets())
    return _packets(capture.inside()) if name == "inside" else capture.protocol(name).lazy()


def _packets(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Show addresses as text: src and dst beside the numbers they are made of, the others in their place."""
    ends = [address_column(f"{end}_hi", f"{end}_lo").alias(end) for end in ("src", "dst")]
    texts = [text_column(name, mac_text) for name in _MAC]
    texts += [text_column(name, lambda value: address_text(4, 0, value)) for name in _IPV4]
    return frame.with_columns(*ends, *texts)


def _flows(frame: pl.LazyFrame) -> pl.LazyFrame:
    """Add the addresses as text: client and server."""
    return frame.with_columns(address_column(f"{end}_hi", f"{end}_lo").alias(end) for end in ("client", "server"))
