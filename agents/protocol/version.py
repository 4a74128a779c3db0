"""Which protocol this is."""

PROTOCOL = 3
"""Raised with every incompatible change; client and engine must agree."""
