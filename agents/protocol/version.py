"""Which protocol this is."""

PROTOCOL = 1
"""Raised with every incompatible change; client and engine must agree."""
