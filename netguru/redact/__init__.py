"""Secrets found in any text and replaced in their place: below everyone who stores, shows or sends.

    redact(text).text

The same secret has the same pseudonym, lines keep their numbers. The rules are a table (`data/tables/redact`).
"""

from __future__ import annotations

from netguru.redact.finding import Found, find
from netguru.redact.members import redact_value
from netguru.redact.replacing import Pseudonyms, Redaction, Secret, redact

__all__ = ["Found", "Pseudonyms", "Redaction", "Secret", "find", "redact", "redact_value"]
