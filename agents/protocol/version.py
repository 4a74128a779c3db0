"""Which protocol this is."""

PROTOCOL = 4
"""Raised with every incompatible change; client and engine must agree."""
