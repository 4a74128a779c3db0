"""Which protocol this is."""

PROTOCOL = 2
"""Raised with every incompatible change; client and engine must agree."""
