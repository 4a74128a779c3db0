"""What a user or a model types -> an FTS5 query. Any text is a valid one."""

import re
from collections.abc import Iterable

from .stopwords import STOP_WORDS

_PHRASE = re.compile(r'["\u201c\u201d]([^"\u201c\u201d]+)["\u201c\u201d]')
_WORD = re.compile(r"[^\W_]+")  # the tokenizer's idea of a word
MOST_WORDS = 64
"""More words than this make a search slow and no better."""


def phrases(query: str) -> list[str]:
    """What stands in quotation marks, where that is more than one word."""
    found = (_WORD.findall(match[1]) for match in _PHRASE.finditer(query))
    return [" ".join(phrase) for phrase in found if len(phrase) > 1]


def words(query: str) -> list[str]:
    """The words that carry the meaning, each once, in order; all of them when there are only stop words."""
    every = list(dict.fromkeys(word.lower() for word in _WORD.findall(query)))
    return ([word for word in every if word not in STOP_WORDS] or every)[:MOST_WORDS]


def any_of(terms: Iterable[str]) -> str:
    return " OR ".join(quoted(term) for term in terms)


def quoted(term: str) -> str:
    """A term that is taken literally; `term` holds words and spaces only."""
    return f'"{term}"'
