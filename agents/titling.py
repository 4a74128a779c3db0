"""A title of a few words for a chat, by the model that answered in it: no agent, no documents, no second try."""

import asyncio
import re
from contextlib import aclosing

from llama_index.core.llms import ChatMessage

from .backends.base import Delta
from .routing.breaker import Breaker
from .routing.calling import Calling, unrecorded
from .routing.candidate import Candidate
from .text import one_line

LONGEST = 80
"""Characters of a title; what is longer is none."""
MOST_WORDS = 12
"""What has more is no title, but an answer."""
MOST_READ = 1000
"""Characters of the question, and of the answer, that the model gets."""
LONGEST_S = 30.0
"""A model that has given no title by then gives none."""
PROMPT = """\
Write a title for this conversation: at most six words, in the language of the question, on one line, without quotation
marks. Write the title and nothing else.

Question: {question}

Answer: {answer}"""
_DECORATION = " \t#*_`\"'“”„‘’«».:,;…。"
_LABEL = re.compile(
    r"^\W*(?:thought\b.*?\banswer|(?:final )?answer|(?:\w+ )?title|titel|titre|título|titolo)\W*:", re.I
)
"""What models write before a title; agents have made some of them used to give reasons first."""
_NO_TITLE = re.compile(r"^\W*(?:(?:thought|action|action input|observation)\W*:|i can answer\b)|:\W*$", re.I)
"""A step of an agent, or the announcement of what follows."""
_MARKDOWN = re.compile(r"^\s*(?:[-+•]|1[.)])\s+|[*`]|__|(?<!\w)_|_(?!\w)|\[(?=[^\]]*\]\()|(?<=\])\([^)]*\)|\](?=\()")


async def title(candidate: Candidate, question: str, answer: str) -> str:
    """Empty where what the model said is none. Raises DocmindError."""
    prompt = PROMPT.format(question=one_line(question, MOST_READ), answer=one_line(answer, MOST_READ))
    until, said = asyncio.get_running_loop().time() + LONGEST_S, ""
    alone = candidate._replace(breaker=Breaker())  # a title decides for no question
    calling = Calling("", alone, unrecorded, until)
    async with aclosing(calling.stream([ChatMessage(role="user", content=prompt)], [])) as items:
        async for item in items:
            said += item.text if isinstance(item, Delta) else ""
            if tidy(said.lstrip().rpartition("\n")[0]) or len(said) > MOST_READ:
                break
    return tidy(said)


def tidy(said: str) -> str:
    """The first line that tells something, without what models put around a title; empty where it is no title."""
    for line in (one_line(line, MOST_READ) for line in said.splitlines()):
        told = _LABEL.sub("", line)
        if told.strip(_DECORATION) and not _NO_TITLE.search(told):
            title = _MARKDOWN.sub("", told).strip(_DECORATION)
            return title if len(title.split()) <= MOST_WORDS and len(title) <= LONGEST else ""
    return ""
