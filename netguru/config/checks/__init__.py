"""Checks inside one device's configuration; importing the package registers them."""

from __future__ import annotations

from netguru.config.checks import correctness, hygiene, ports, references

__all__ = ["correctness", "hygiene", "ports", "references"]
