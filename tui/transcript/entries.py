"""The rows that a chat is made of: each renders itself at a width, and remembers its lines for the last one."""

from collections.abc import Callable, Sequence

from rich.text import Text

from docmind.agents.protocol import SourceState
from docmind.agents.records import Citation, Passage
from docmind.agents.text import one_line

from ..places import place
from ..sources import source
from ..stale import SIGNS
from .blocks import Block
from .lines import Line, Look, indented, wrap
from .markdown import render
from .turn import Turn

_MOST_SHOWN = 20_000
"""Characters of a thought, or of a passage below a tool call, that are shown."""


class Entry:
    """One of them. Subclasses give `_render` and `text`."""

    stop = False
    """Whether the keys halt at it."""
    text = ""
    """What is searched, and copied where nothing is shown."""

    def __init__(self) -> None:
        self.gap = True
        """Whether an empty line stands before it."""
        self._drawn: tuple[int, int, bool] | None = None
        self._lines: Sequence[Line] = ()

    def lines(self, width: int, look: Look) -> Sequence[Line]:
        """At most `width` cells wide; the same list until something changes."""
        key = (width, id(look), self.gap)
        if key != self._drawn:
            self._drawn = key
            self._lines = [Line(Text(""))] * self.gap + self._render(width, look)
        return self._lines

    def is_drawn(self, width: int, look: Look) -> bool:
        """Whether its lines are known."""
        return self._drawn == (width, id(look), self.gap)

    def forget(self) -> None:
        """Lets the lines go; they are rendered again when they are needed."""
        self._drawn, self._lines = None, ()

    def estimate(self, width: int) -> int:
        """About how many lines it has."""
        return self.gap + sum(1 + len(line) // max(width, 1) for line in self.text.split("\n"))

    def _render(self, width: int, look: Look) -> list[Line]:
        raise NotImplementedError


class Question(Entry):
    """What the user asked, as it was typed."""

    stop = True

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self._branch = text, ""

    def show_branch(self, branch: str) -> None:
        """Which one it is of those in its place, such as `2 of 3`."""
        if branch != self._branch:
            self._branch = branch
            self.forget()

    def _render(self, width: int, look: Look) -> list[Line]:
        you = Text("You", look["you"])
        you.append(f"   {self._branch}" if self._branch else "", look["muted"])
        return [Line(you), *wrap(Text(self.text, look["question"]), width)]

    def estimate(self, width: int) -> int:
        return super().estimate(width) + 1


class Markdown(Entry):
    """A block of the answer."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self.block, self.gap, self.text = block, block.gap, block.source
        self.stop = block.source.lstrip().startswith(("```", "~~~")) and not block.before

    def _render(self, width: int, look: Look) -> list[Line]:
        return render(self.block, width, look)


class Quiet(Entry):
    """A line that may be overlooked: a note, what is being done, the summary of an answer."""

    def __init__(self, text: str, role: str = "muted") -> None:
        super().__init__()
        self.text, self._role = text, role

    def _render(self, width: int, look: Look) -> list[Line]:
        margin = Text("  ")
        return indented(wrap(Text(self.text, look[self._role]), max(width - 2, 8)), margin, margin)


class Foldable(Entry):
    """One line that opens to more."""

    stop = True

    def __init__(self, title: str, inside: Callable[[], str] | None, result: str = "") -> None:
        """`inside` is asked for the text while it is open; None: it does not open.

        `result` stands behind the title, which is cut where both do not fit.
        """
        super().__init__()
        self.title, self.result = title, f"   {result}" if result else ""
        self._inside, self.open = inside, False

    @property
    def inside(self) -> str:
        """What it opens to."""
        return self._inside()[:_MOST_SHOWN] if self._inside else ""

    @property
    def text(self) -> str:  # type: ignore[override]
        told = self.title + self.result
        return f"{told}\n{self.inside}" if self.open else told

    def toggle(self) -> None:
        """Opens or closes it."""
        if self._inside:
            self.open = not self.open
            self.forget()

    def _render(self, width: int, look: Look) -> list[Line]:
        sign = (" ▾" if self.open else " ▸") if self._inside else ""
        title = Text(f"  {self.title}", look["muted"])
        title.truncate(max(width - len(self.result) - len(sign), 12), overflow="ellipsis")
        title.append(self.result)
        title.append(sign, look["sign"])
        title.truncate(width)
        if not self.open:
            return [Line(title)]
        margin = Text("    ")
        inside = indented(wrap(Text(self.inside, look["inside"]), max(width - 4, 8)), margin, margin)
        return [Line(title), *inside]


class SourceLine(Entry):
    """A cited passage below the answer."""

    stop = True

    def __init__(self, turn: Turn, citation: Citation, passage: Passage, *, first: bool) -> None:
        super().__init__()
        self.citation, self._turn = citation, turn
        self._hash = hash(passage)
        self.gap, self._first = first, first
        self.became: SourceState = "current"
        """As far as it is known."""

    @property
    def text(self) -> str:  # type: ignore[override]
        cited = self.citation
        return f"[{cited.n}] {place(cited.path, cited.page, cited.lines)} {cited.quote}"

    @property
    def passage(self) -> Passage:
        """As the model saw it."""
        return self._turn.passages[self.citation.n]

    def cites(self, passage: Passage) -> bool:
        """Whether it is this one."""
        return self._hash == hash(passage) and self.passage == passage

    def _render(self, width: int, look: Look) -> list[Line]:
        became, answer = SIGNS.get(self.became, ""), self._turn.answer
        told = source(self.citation, self.passage.heading, answer, max(width - 2, 20), became)
        mark = len(f"[{self.citation.n}]")
        line = Text.assemble("  ", (told[:mark], look["citation"]), (told[mark:], look["source"]))
        if not self.citation.verified:
            line.highlight_words(["unverified"], look["warning"])
        return [*([Line(Text("Sources", look["you"]))] if self._first else []), Line(line)]


def passages_told(passages: list[Passage]) -> str:
    """The passages that a tool returned, to be read below its line."""
    return "\n\n".join(
        f"[{passage.n}] {place(one_line(passage.path, 200), passage.page, passage.lines)}\n{passage.text}"
        for passage in passages
    )
