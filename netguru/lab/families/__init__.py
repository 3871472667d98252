"""Builders of faults, a module a family: each writes the packets of one kind of its fault into a trace."""
