"""Counting tokens without the model's tokenizer: an estimate for budgets, never for what is shown as exact."""

CHARS_PER_TOKEN = 3.5
"""English prose has about 4, code 3."""


def estimate(text: str) -> int:
    """About how many tokens `text` takes: outside ASCII 1.5 characters each (CJK has 1 to 2)."""
    ascii_chars = len(text) if text.isascii() else sum(map(str.isascii, text))
    return int(ascii_chars / CHARS_PER_TOKEN + (len(text) - ascii_chars) / 1.5) + 1
