"""Evidence: the place in a source that a claim rests on, with a short quotation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

EvidenceKind = Literal["packet", "line", "passage", "cell"]

QUOTATION_LIMIT = 400
"""Characters of a quotation: enough to recognise the place, short enough for a table."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Evidence:
    """Tie a claim to packets, lines, a passage or a table cell of one source.

    `source` is the path relative to the input that was analysed, `sha256` the digest of the
    file's bytes, `start` and `end` the first and last packet number (Wireshark's frame.number)
    or line number, both counted from 1 and both included. `text` is the quotation: for lines a
    verbatim part of them, for packets a part of the canonical description of a packet in the
    range. An absence is proven by the whole range that was searched.

    >>> Evidence(source="r1.cfg", sha256="", kind="line", start=3, end=4, text="mtu 1400").where
    'r1.cfg lines 3-4'
    """

    source: str
    sha256: str
    kind: EvidenceKind
    start: int
    end: int
    text: str

    def __post_init__(self) -> None:
        if self.start > self.end:
            msg = f"evidence ends before it starts: {self.start}-{self.end}"
            raise ValueError(msg)

    @property
    def where(self) -> str:
        """Name the place in words."""
        plural = "" if self.start == self.end else "s"
        span = str(self.start) if self.start == self.end else f"{self.start}-{self.end}"
        return f"{self.source} {self.kind}{plural} {span}"

    @property
    def wireshark_filter(self) -> str:
        """Give the display filter that selects the packets, empty for other kinds."""
        if self.kind != "packet":
            return ""
        span = str(self.start) if self.start == self.end else f"{self.start}..{self.end}"
        return f"frame.number in {{{span}}}"

    def to_dict(self) -> dict[str, Any]:
        """Give the JSON form, with `filter` for packets."""
        plain: dict[str, Any] = {
            "source": self.source,
            "sha256": self.sha256,
            "kind": self.kind,
            "start": self.start,
            "end": self.end,
            "text": self.text,
        }
        if self.kind == "packet":
            plain["filter"] = self.wireshark_filter
        return plain


def wireshark_filter(evidence: tuple[Evidence, ...]) -> str:
    """Join the packet evidence of one source into a single display filter.

    >>> packets = [Evidence(source="a.pcap", sha256="", kind="packet", start=n, end=n, text="") for n in (4, 9)]
    >>> wireshark_filter(tuple(packets))
    'frame.number in {4, 9}'
    """
    spans = sorted({(item.start, item.end) for item in evidence if item.kind == "packet"})
    if not spans:
        return ""
    inside = ", ".join(str(a) if a == b else f"{a}..{b}" for a, b in spans)
    return f"frame.number in {{{inside}}}"
