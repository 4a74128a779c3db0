"""The agent's three read-only tools. They see the library's index and nothing else: no file is opened here.

Every passage that a tool shows gets a number, and keeps it for the whole question; the answer cites that number.
"""

import asyncio
import dataclasses
import re
import time
from collections.abc import Awaitable, Callable, Sequence

import msgspec
from llama_index.core.tools import FunctionTool

from . import passages
from .errors import Code, DocmindError
from .library.index import Library
from .records import Passage

MOST_LISTED = 100


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """What a tool returns: the text for the model, and the passages for the screen and the citations."""

    text: str
    passages: Sequence[Passage] = ()
    seconds: float = 0.0

    def __str__(self) -> str:
        return self.text


class LookUps:
    """The tools of one question.

    `most` passages and `budget` characters are the limits of what one call shows, so that it fits the context window;
    the budget is asked for when it is needed: the backend in use is known then, and has told its window.
    """

    def __init__(self, library: Library, most: int, budget: Callable[[], Awaitable[int]]) -> None:
        self._library, self._most, self._budget = library, most, budget
        self.shown: dict[int, Passage] = {}
        """By number; those of a former attempt keep theirs."""

    def tools(self) -> list[FunctionTool]:
        """For the agent; the docstrings below are what the model reads."""
        functions = (self.search_documents, self.read_document, self.list_documents)
        return [FunctionTool.from_defaults(async_fn=function) for function in functions]

    async def search_documents(self, query: str) -> Found:
        """Search all documents by keywords. Returns numbered passages."""
        return await self._show(lambda: self._library.search(str(query), self._most))

    async def read_document(
        self, path: str = "", page: int | None = None, lines: str | None = None, around: int | None = None
    ) -> Found:
        """Read more of one document: a page, or lines like "10-40", or the text around passage number `around`."""
        return await self._show(lambda: self._read(str(path), _number(page), _range(lines), _number(around)))

    async def list_documents(self, pattern: str = "") -> Found:
        """List the documents whose path contains `pattern`; empty lists all."""
        return await asyncio.to_thread(self._list, str(pattern or ""))

    def _read(
        self, path: str, page: int | None, lines: tuple[int, int] | None, around: int | None
    ) -> Sequence[Passage]:
        if around is None:
            return self._library.read(path, page=page, lines=lines)
        if around not in self.shown:
            raise DocmindError(Code.OUTSIDE, f"There is no passage [{around}].", "Use a number that a tool has shown.")
        return self._library.around(self.shown[around])

    def _list(self, pattern: str) -> Found:
        documents = self._library.documents(pattern)
        rows = [f"{document.path} ({document.size:,} bytes)" for document in documents[:MOST_LISTED]]
        if len(documents) > MOST_LISTED:
            rows.append(f"... and {len(documents) - MOST_LISTED} more; give a pattern to see fewer.")
        return Found("\n".join(rows) or "No document matches.")

    async def _show(self, look_up: Callable[[], Sequence[Passage]]) -> Found:
        start = time.perf_counter()
        found = await asyncio.to_thread(look_up)
        numbered = [self._numbered(passage) for passage in _fitting(found, await self._budget())]
        return Found(passages.render(numbered), numbered, time.perf_counter() - start)

    def _numbered(self, passage: Passage) -> Passage:
        """With the number it already has, else the next one."""
        where = (passage.path, passage.page, passage.lines, passage.text)
        for known in self.shown.values():
            if (known.path, known.page, known.lines, known.text) == where:
                return known
        passage = msgspec.structs.replace(passage, n=len(self.shown) + 1)
        self.shown[passage.n] = passage
        return passage


def parameters(tools: Sequence[FunctionTool]) -> dict[str, list[str]]:
    """The parameter names of each tool."""
    return {str(tool.metadata.name): list(tool.metadata.get_parameters_dict().get("properties", {})) for tool in tools}


def _fitting(found: Sequence[Passage], budget: int) -> list[Passage]:
    """The first passages within `budget` characters; the first one always, cut if need be."""
    fitting: list[Passage] = []
    for passage in found:
        if fitting and len(passage.text) > budget:
            break
        fitting.append(msgspec.structs.replace(passage, text=_cut(passage.text, budget)))
        budget -= len(passage.text)
    return fitting


def _cut(text: str, most: int) -> str:
    """At most so many characters; where there are spaces, to the end of a word, so that its words are found again."""
    if len(text) <= most or text[most].isspace():
        return text[:most]
    return text[:most].rpartition(" ")[0].rstrip() or text[:most]


def _number(value: object) -> int | None:
    """A number as models write it: 12, "12", "p. 12", "[12]"; the first nine digits of an absurd one."""
    digits = re.search(r"\d{1,9}", str(value)) if value is not None else None
    return int(digits[0]) if digits else None


def _range(value: object) -> tuple[int, int] | None:
    """Lines as models write them: "10-40", "10", 10, [10, 40]."""
    numbers = [int(number) for number in re.findall(r"\d{1,9}", str(value))] if value is not None else []
    return (numbers[0], max(numbers[0], numbers[-1])) if numbers else None
