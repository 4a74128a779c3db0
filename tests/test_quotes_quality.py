"""What `quotes` answers to questions about a real text that no one here wrote (tests/data)."""

import csv
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from llama_index.core.llms import ChatMessage

from docmind.agents.backends.quotes import NOTHING, Quotes
from docmind.agents.citations import check
from docmind.agents.library.index import Library
from docmind.agents.library.rarity import rarity
from docmind.agents.library.sync import sync
from docmind.agents.passages import render
from docmind.agents.records import Passage
from docmind.agents.settings import AgentSettings, LibrarySettings, Profile

DATA = Path(__file__).parent / "data"
QUOTE = re.compile(r"^“(.+)” \[(\d+)\]$", re.M)

with (DATA / "questions.tsv").open(encoding="utf-8") as file:
    QUESTIONS = list(csv.DictReader(file, delimiter="\t"))
ANSWERABLE = [row for row in QUESTIONS if row["answer"]]
UNANSWERABLE = [row for row in QUESTIONS if not row["answer"]]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    index = tmp_path_factory.mktemp("index") / "library.db"
    sync([DATA / "workshop"], index, LibrarySettings())
    opened = Library(index)
    yield opened
    opened.close()


def search(library: Library, question: str) -> list[Passage]:
    found = library.search(question, AgentSettings().passages)
    return [msgspec.structs.replace(passage, n=n) for n, passage in enumerate(found, 1)]


async def ask(library: Library, question: str, passages: list[Passage]) -> str:
    """What the backend says when the search has shown `passages`."""
    backend = Quotes("quotes", Profile(kind="quotes"), rarity=partial(rarity, library))
    messages = [
        ChatMessage(role="user", content=question),
        ChatMessage(role="assistant", content="Thought: x\nAction: search_documents\nAction Input: {}"),
        ChatMessage(role="user", content=f"Observation: {render(passages)}"),
    ]
    said = "".join([delta.text async for delta in backend.stream(messages)])
    return said.partition("\nAnswer: ")[2]


async def test_nine_of_ten_answers_stand_in_three_short_exact_quotes(library: Library) -> None:
    missed = []
    for row in ANSWERABLE:
        passages = search(library, row["question"])
        quotes = QUOTE.findall(await ask(library, row["question"], passages))
        assert len(quotes) <= 3
        for words, n in quotes:
            assert len(words.split()) <= 60
            assert words in " ".join(passages[int(n) - 1].text.split())
        if not any(row["answer"] in words for words, _ in quotes):
            missed.append(row["question"])
    assert len(ANSWERABLE) == 80
    assert len(missed) <= 8, missed


async def test_questions_that_the_text_does_not_answer_are_mostly_refused(library: Library) -> None:
    answers = [await ask(library, row["question"], search(library, row["question"])) for row in UNANSWERABLE]
    assert len(answers) == 15
    assert answers.count(NOTHING) >= 12, answers


async def test_every_quote_is_a_verified_citation(library: Library) -> None:
    for row in ANSWERABLE:
        passages = search(library, row["question"])
        answer = await ask(library, row["question"], passages)
        marked, citations = check(answer, {passage.n: passage for passage in passages}, partial(rarity, library))
        assert marked == answer
        assert all(citation.verified for citation in citations), (row["question"], answer)
