"""Say in plain words which values a setting takes, and which one was found."""

from typing import TYPE_CHECKING, Any

from .text import one_line

if TYPE_CHECKING:
    from msgspec import inspect


def expected(kind: Any) -> str:
    """A type in plain words, for example `a whole number above 0`."""
    from msgspec import inspect  # 20 ms, which only an error shall cost

    return _words(inspect.type_info(kind))


def _words(kind: "inspect.Type") -> str:
    from msgspec import inspect

    match kind:
        case inspect.UnionType(types=types):
            return " or ".join(_words(member) for member in types if not isinstance(member, inspect.NoneType))
        case inspect.LiteralType(values=values):
            return "one of " * (len(values) > 1) + ", ".join(f'"{value}"' for value in values)
        case inspect.IntType(gt=above, ge=least):
            return "a whole number" + _bound(above, least)
        case inspect.FloatType(gt=above, ge=least):
            return "a number" + _bound(above, least)
        case inspect.ListType():
            return 'a list of text, such as ["fast", "quotes"]'
        case inspect.BoolType():
            return "true or false"
        case _:
            return "text in quotes"


def _bound(above: float | None, least: float | None) -> str:
    if above is not None:
        return f" above {above:g}"
    return "" if least is None else f" of at least {least:g}"


def found(value: object) -> str:
    """A value as it may stand in a message."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{one_line(value, 60)}"' if isinstance(value, str) else one_line(str(value), 60)
