"""Secrets in configurations: comparing them without keeping them, and quoting lines without them."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from functools import cache

from netguru import resources

# The key of the type 7 obfuscation; it is printed in every IOS image and has been public since 1995.
_TYPE7_KEY = b"dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87"
_KEY = secrets.token_bytes(32)

OPAQUE = "opaque"
"""Stands for a password whose stored form is not reversible: it is set, and cannot be compared."""


def decode_type7(text: str) -> str | None:
    """Reverse Cisco's type 7 form; None when the text is none.

    >>> decode_type7("0822455D0A16")
    'cisco'
    """
    if not re.fullmatch(r"\d\d(?:[0-9A-Fa-f]{2})+", text):
        return None
    seed = int(text[:2])
    data = bytes.fromhex(text[2:])
    return bytes(byte ^ _TYPE7_KEY[(seed + place) % len(_TYPE7_KEY)] for place, byte in enumerate(data)).decode(
        "latin-1"
    )


def digest(secret: str, storage: str = "") -> str:
    """Give the HMAC of a secret under a key of this process; OPAQUE when its form is not reversible.

    `storage` is the type that precedes the secret: "" and "0" clear, "7" reversible.
    """
    text = secret.strip()
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1]
    clear: str | None = text
    if storage == "7":
        clear = decode_type7(text)
    elif storage not in ("", "0", "clear"):
        clear = None
    if text.startswith("$") and re.match(r"\$\w+\$", text):
        clear = None
    if clear is None:
        return OPAQUE
    return hmac.new(_KEY, clear.encode(), hashlib.sha256).hexdigest()


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    rows = resources.table("platforms", "_secrets.toml")["secrets"]
    return tuple(re.compile(row, re.IGNORECASE) for row in rows)


def without_secret(line: str) -> str:
    """Give the part of a line before a secret; the whole line when it holds none.

    >>> without_secret("snmp-server community topsecret RO"), without_secret(" mtu 1500")
    ('snmp-server community', ' mtu 1500')
    """
    cut = len(line)
    for pattern in _patterns():
        match = pattern.search(line)
        if match is not None:
            cut = min(cut, match.start("secret"))
    return line if cut == len(line) else line[:cut].rstrip()
