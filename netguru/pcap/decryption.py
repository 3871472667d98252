"""Decryption secrets that a pcapng file holds: counted by what they are, never shown.

They are of use to Wireshark, which reads them again from an exported file.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from netguru import resources

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LINE_ENDS = b"\r\n"


def count_secrets(secrets: Iterable[tuple[int, bytes]]) -> dict[str, int]:
    r"""Count the entries of secrets by what they are; `secrets` as `framing.Found` has them.

    An entry is a line of a key log that is neither empty nor a comment, of other kinds a whole block.

    >>> count_secrets([(0x544C534B, b"# made by curl\nCLIENT_RANDOM 00 11\n")])
    {'lines of TLS key log': 1}
    """
    kinds: dict[str, dict[str, str]] = resources.table("pcap.toml")["secret_kinds"]
    counts: Counter[str] = Counter()
    for kind, data in secrets:
        known = kinds.get(f"0x{kind:08x}", kinds["other"])
        counts[known["name"]] += _lines(data) if known["entry"] == "line" else 1
    return dict(counts)


def _lines(data: bytes) -> int:
    lines = (line.strip(_LINE_ENDS + b" \t") for line in data.split(b"\n"))
    return sum(1 for line in lines if line and not line.startswith(b"#"))


def secrets_text(counts: Mapping[str, int]) -> str:
    """Say how many entries of which kind there are.

    >>> secrets_text({"lines of TLS key log": 4})
    '4 lines of TLS key log'
    """
    return ", ".join(f"{count} {name}" for name, count in counts.items())
