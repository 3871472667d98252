"""Checks: small pure functions from a subject to findings, and the catalogue of their texts."""

from netguru.checks.catalogue import CheckText, finding, text, threshold
from netguru.checks.run import Check, Scope, check, checks, run

__all__ = ["Check", "CheckText", "Scope", "check", "checks", "finding", "run", "text", "threshold"]
