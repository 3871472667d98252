"""Export: which packets are chosen by number, flow and filter, and how they are written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl

from netguru.errors import InputError
from netguru.pcap.decryption import secrets_text
from netguru.pcap.inspect_results import Export
from netguru.pcap.number_ranges import number_ranges
from netguru.pcap.slices import batches, form_for, whole_file, write_rows

if TYPE_CHECKING:
    from pathlib import Path

    from netguru.operations.context import CancelToken, Progress
    from netguru.pcap.capture import CaptureFile

_SECRETS_NOTES = {
    "pcapng": "the new file holds the decryption secrets too ({}): who has it can read what they open",
    "pcap": "a pcap file cannot hold decryption secrets ({}): they were left out",
}


def numbers_condition(text: str) -> pl.Expr:
    """Read a list of packet numbers and ranges; raises InputError that names the part in question.

    >>> str(numbers_condition("1-10,15"))
    '[(col("number").is_between([dyn int: 1, dyn int: 10])) | (col("number").is_between([dyn int: 15, dyn int: 15]))]'
    """
    ranges = number_ranges(text, "--packets")
    number = pl.col("number")
    condition: pl.Expr | None = None
    for first, last in ranges:
        one = number >= first if last is None else number.is_between(first, last)
        condition = one if condition is None else condition | one
    assert condition is not None  # noqa: S101 - a text has at least one part
    return condition


def selection(capture: CaptureFile, *, packets: str, flow: int | None, display_filter: str) -> pl.Expr | None:
    """Give the condition on captured packets that the options state; None for all packets."""
    conditions = []
    if packets:
        conditions.append(numbers_condition(packets))
    if flow is not None:
        conditions.append(_of_flow(capture, flow))
    if display_filter:
        conditions.append(_filtered(capture, display_filter))
    return pl.all_horizontal(conditions) if conditions else None


def _of_flow(capture: CaptureFile, flow: int) -> pl.Expr:
    inside = capture.inside().filter(pl.col("flow") == flow).select("number").unique().collect()["number"]
    there = pl.col("flow") == flow
    return (there | pl.col("number").is_in(inside.implode())) if inside.len() else there.fill_null(value=False)


def _filtered(capture: CaptureFile, text: str) -> pl.Expr:
    from netguru.pcap.filters import select

    return pl.col("number").is_in(pl.Series(select(capture, text), dtype=pl.UInt32).implode())


def export_packets(
    capture: CaptureFile, out: Path, *, where: pl.Expr | None, progress: Progress, cancel: CancelToken
) -> Export:
    """Write the packets that fulfil a condition; raises InputError when there is none."""
    types = sorted({item.link_type for item in capture.interfaces})
    if len(types) > 1:
        packets = capture.packets() if where is None else capture.packets().filter(where)
        types = packets.select("link_type").unique().collect(engine="streaming")["link_type"].sort().to_list()
    form = form_for(capture, out, types)

    def tick(done: int) -> None:
        cancel.check()
        progress(done, 0, "packets written")

    with whole_file(out, source=capture.source.path) as stream:
        written = write_rows(capture, batches(capture, where), stream, form, tick)
        if not written.packets:
            raise InputError("no packet is selected, nothing was written", place=capture.source.name)
    notes = [f"{written.untimed} {form.note}"] if written.untimed else []
    if capture.secret_counts:
        notes.append(_SECRETS_NOTES[form.name].format(secrets_text(capture.secret_counts)))
    coverage = replace(capture.coverage, notes=(*capture.coverage.notes, *notes))
    return Export(
        source=capture.source.name,
        out=str(out),
        format=form.name,
        packets=written.packets,
        bytes=written.bytes,
        coverage=coverage,
    )
