"""How a place in a document is written: `manual.pdf p. 12`, `changes.md 40-44`."""


def place(path: str, page: int | None, lines: tuple[int, int] | None) -> str:
    """The path with its page or its lines, if it has any."""
    if page:
        return f"{path} p. {page}"
    if lines:
        first, last = lines
        return f"{path} {first}" if first == last else f"{path} {first}-{last}"
    return path
