"""Colours code by the theme's roles. Pygments reads it."""

from functools import cache
from typing import TYPE_CHECKING

from rich.text import Text

from .lines import Look

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_ROLES = {
    "Token.Keyword": "code-keyword",
    "Token.Name.Function": "code-name",
    "Token.Name.Class": "code-name",
    "Token.Name.Tag": "code-keyword",
    "Token.Literal.String": "code-string",
    "Token.Literal.Number": "code-number",
    "Token.Comment": "code-comment",
    "Token.Generic.Deleted": "code-deleted",
    "Token.Generic.Inserted": "code-string",
}


def highlighted(code: str, language: str, look: Look) -> list[Text]:
    """The lines of `code`; without colours where the language is not known."""
    lexer = _lexer(language)
    text = Text(tab_size=4)
    if lexer is None:
        text.append(code)
    else:
        for kind, piece in lexer.get_tokens(code):
            role = _role(str(kind))
            text.append(piece, look[role] if role else None)
    text.expand_tabs(4)
    lines = list(text.split("\n", allow_blank=True))
    return lines[: code.count("\n") + 1]


@cache
def _role(kind: str) -> str:
    """The nearest parent of a kind of token that has a role."""
    while kind and kind not in _ROLES:
        kind = kind.rpartition(".")[0]
    return _ROLES.get(kind, "")


@cache
def _lexer(language: str) -> "Lexer | None":
    if not language:
        return None
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
