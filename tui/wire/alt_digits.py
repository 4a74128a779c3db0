"""Alt with a digit, on terminals without kitty's keyboard protocol."""

from typing import cast

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS


def restore_alt_digits() -> None:
    """Textual reads ESC 2 as the ™ that one terminal on macOS means by it; everywhere else it is Alt+2."""
    table = cast("dict[str, object]", ANSI_SEQUENCES_KEYS)
    for digit in "123456789":
        table.pop(f"\x1b{digit}", None)
