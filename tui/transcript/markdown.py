"""Renders a block of Markdown: markdown-it parses it, Rich's text wraps it. No boxes, and no colours but the roles'."""

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from rich.console import JustifyMethod
from rich.style import Style
from rich.text import Text

from docmind.agents.text import clean

from .blocks import Block
from .code import highlighted
from .lines import Line, Look, fold, indented, wrap
from .tables import table

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

CITATION = re.compile(r"\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*|\?)\]")
"""[1], [1, 2], [1-3], and [?] for one that was never shown."""
_DEEPEST = 20
"""Levels of lists and quotes that are rendered; a hostile text has more."""
_SIDES: dict[str, JustifyMethod] = {"text-align:right": "right", "text-align:center": "center"}
"""How markdown-it tells where the cells of a column stand."""


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # at the first answer, not at the start

    return MarkdownIt("commonmark", {"html": False, "maxNesting": _DEEPEST}).enable(["table", "strikethrough"])


def render(block: Block, width: int, look: Look) -> list[Line]:
    """The lines of one block, at most `width` cells wide. What entities (`&#x202e;`) smuggle in is cleaned again."""
    from markdown_it.tree import SyntaxTreeNode

    source = f"{block.before}\n{block.source}" if block.before else block.source
    lines = _Renderer(look, bool(block.before)).children(SyntaxTreeNode(_parser().parse(source)), width)
    if lines and not block.separator:
        lines[0] = lines[0]._replace(join="")
    return lines


class _Renderer:
    """Walks the tree; each method gets a node and a width, and returns lines."""

    def __init__(self, look: Look, continued: bool) -> None:
        self._look, self._continued = look, continued

    def children(self, node: "SyntaxTreeNode", width: int, *, tight: bool = False) -> list[Line]:
        """All blocks inside a node, with empty lines between them unless `tight`."""
        lines: list[Line] = []
        for child in node.children:
            if lines and not tight:
                lines.append(Line(Text("")))
            lines += self._block(child, width)
        return lines

    def _block(self, node: "SyntaxTreeNode", width: int) -> list[Line]:
        methods: dict[str, Callable[[SyntaxTreeNode, int], list[Line]]] = {
            "heading": self._heading,
            "bullet_list": self._list,
            "ordered_list": self._list,
            "blockquote": self._quote,
            "fence": self._code,
            "code_block": self._code,
            "hr": self._rule,
            "table": self._table,
        }
        return methods.get(node.type, self._paragraph)(node, width)

    def _paragraph(self, node: "SyntaxTreeNode", width: int) -> list[Line]:
        return wrap(self._text(node), width)

    def _heading(self, node: "SyntaxTreeNode", width: int) -> list[Line]:
        return wrap(self._text(node, self._look["heading" if node.tag in ("h1", "h2") else "subheading"]), width)

    def _rule(self, node: "SyntaxTreeNode", width: int) -> list[Line]:
        return [Line(Text("─" * min(width, 40), self._look["muted"]))]

    def _list(self, node: "SyntaxTreeNode", width: int) -> list[Line]:
        lines: list[Line] = []
        number = int(node.attrs.get("start", 1))
        for item in node.children:
            mark = f"{number}{item.markup} " if node.type == "ordered_list" else "• "
            number += 1
            inner = self.children(item, max(width - len(mark), 8), tight=True) or [Line(Text(""))]
            lines += indented(inner, Text(mark, self._look["muted"]), Text(" " * len(mark)))
        return lines

    def _quote(self, node: "SyntaxTreeNode", width: int) -> list[Line]:
        bar = Text("▎ ", self._look["muted"])
        lines = indented(self.children(node, max(width - 2, 8)), bar, bar)
        for line in lines:
            line.text.stylize_before(self._look["quote"], 2)
        return lines

    def _code(self, node: "SyntaxTreeNode", width: int) -> list[Line]:
        language = node.info.split(maxsplit=1)[0] if node.info.strip() else ""
        lines = [
            Line(line.text, line.join if number else "\n")
            for text in highlighted(clean(node.content).rstrip("\n"), language, self._look)
            for number, line in enumerate(fold(text, max(width - 2, 8)))
        ]
        margin = Text("  ")
        lines = indented(lines, margin, margin)
        for line in lines:
            line.text.append(" " * max(width - line.text.cell_len, 0))
            line.text.stylize_before(self._look["code"])
        return lines

    def _table(self, node: "SyntaxTreeNode", width: int) -> list[Line]:
        rows = [[self._cell(cell) for cell in row.children] for part in node.children for row in part.children]
        return table(rows, width, self._look, continued=self._continued)

    def _cell(self, node: "SyntaxTreeNode") -> Text:
        text = self._text(node)
        text.justify = _SIDES.get(str(node.attrs.get("style")))
        return text

    def _text(self, node: "SyntaxTreeNode", style: Style | None = None) -> Text:
        text = Text(style=style or "")
        for child in node.children:
            self._inline(child, text, Style())
        return text

    def _inline(self, node: "SyntaxTreeNode", text: Text, style: Style) -> None:
        """Appends what stands in a line, in the style of everything around it."""
        match node.type:
            case "text":
                self._words(clean(node.content), text, style)
            case "code_inline":
                text.append(clean(node.content), style + self._look["inline-code"])
            case "softbreak":
                text.append(" ")
            case "hardbreak":
                text.append("\n")
            case "image":
                text.append(f"[image: {clean(node.content)}]", style + self._look["muted"])
            case "link":
                self._link(node, text, style)
            case "strong" | "em" if node.markup.startswith("_"):  # rather a name such as __init__ than emphasis
                text.append(node.markup, style)
                for child in node.children:
                    self._inline(child, text, style)
                text.append(node.markup, style)
            case kind:
                inner = {"strong": Style(bold=True), "em": Style(italic=True), "s": Style(strike=True)}.get(kind)
                for child in node.children:
                    self._inline(child, text, style + inner if inner else style)

    def _words(self, words: str, text: Text, style: Style) -> None:
        place = 0
        for mark in CITATION.finditer(words):
            text.append(words[place : mark.start()], style)
            text.append(mark[0], style + self._look["citation"])
            place = mark.end()
        text.append(words[place:], style)

    def _link(self, node: "SyntaxTreeNode", text: Text, style: Style) -> None:
        """A link is shown with its target, and never opened."""
        start = len(text)
        for child in node.children:
            self._inline(child, text, style + self._look["link"])
        target = clean(str(node.attrs.get("href", "")))
        if target and target != text.plain[start:]:
            text.append(f" ({target})", style + self._look["muted"])
