"""Stems, numbers and names of a text: what quotes are chosen by and citations are checked with.

Stems come from SQLite's own tokenizer, so that they are exactly the terms of the search index.
"""

import re
import sqlite3
import threading
import unicodedata
from collections.abc import Sequence
from functools import cache

from .sentences import ABBREVIATIONS, is_abbreviated
from .stopwords import STOP_WORDS

TOKENIZER = "porter unicode61"
"""FTS5 tokenizer of the index; stems of other tokenizers could not be looked up in it."""

# Digits in groups of three (1,000; 1 000; 1'000), else digits with points or commas.
_GROUPED = r"\d{1,3}(?P<mark>[,'’\u00a0\u202f\u2009 ])\d{3}(?:(?P=mark)\d{3})*(?:\.\d+)?(?![,.]?\d)"
_NUMBER = re.compile(rf"(?<![\w.,])(?:(?P<grouped>{_GROUPED})|\d+(?:[.,]\d+)*)")
_NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

_WORD = re.compile(r"[^\W\d_][^\W_]*")
_BULLETS = " \t*#>|•+-"
# What may stand before a capital that is no name.
_OPENERS = "“‘„«‹\"'([{*_#|>–—:;/.!?…\n"

_one_at_a_time = threading.Lock()


def stems(texts: Sequence[str]) -> list[list[str]]:
    """The terms of each text in their order, as the index holds them: stemmed, small, without accents."""
    found: list[list[tuple[int, str]]] = [[] for _ in texts]
    with _one_at_a_time:
        database = _database()
        database.execute("INSERT INTO text(text) VALUES ('delete-all')")
        database.executemany("INSERT INTO text(rowid, words) VALUES (?, ?)", enumerate(texts))
        for doc, offset, term in database.execute("SELECT doc, offset, term FROM terms"):
            found[doc].append((offset, term))
    return [[term for _, term in sorted(pairs)] for pairs in found]


@cache
def _database() -> sqlite3.Connection:
    """In memory, made once: that takes longer than stemming a few sentences."""
    database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    database.execute(f"CREATE VIRTUAL TABLE text USING fts5(words, content='', tokenize='{TOKENIZER}')")
    database.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(text, instance)")
    return database


def content(terms: Sequence[str]) -> set[str]:
    """The terms without those of stop words."""
    return set(terms) - _stop_stems()


@cache
def _stop_stems() -> frozenset[str]:
    return frozenset(stems([" ".join(STOP_WORDS)])[0])


def numbers(text: str) -> set[str]:
    """The numbers of `text` in one spelling: 1,000 and 1 000 are "1000", 3,5 is "3.5"; units are left out."""
    return {number for match in _NUMBER.finditer(text) for number in _spelled(match)}


def readings(text: str) -> set[str]:
    """Every number that `text` can be read to hold: `numbers`, their parts ("12,18"), and "three" as 3."""
    words = set(re.findall(r"[a-z]+", text.lower()))
    spelled = {str(value) for value, word in enumerate(_NUMBER_WORDS, 1) if word in words}
    return numbers(text) | {_plain(part) for part in re.findall(r"\d+", text)} | spelled


def _spelled(match: re.Match[str]) -> list[str]:
    """The match in plain spelling; with several points or commas (a date, a list) its parts."""
    if match["grouped"]:
        return [_plain(re.sub(r"[^\d.]", "", match[0]))]
    parts = re.split("[.,]", match[0])
    return [_plain(".".join(parts))] if len(parts) <= 2 else [_plain(part) for part in parts]


def _plain(number: str) -> str:
    whole, dot, rest = unicodedata.normalize("NFKC", number).partition(".")
    return (whole.lstrip("0") or "0") + dot + rest


def names(sentence: str) -> set[str]:
    """Its proper names, word by word: capitals within the sentence, acronyms and model numbers (NASA, H100) anywhere.

    A capital at the start of the sentence, of a quotation or after a colon proves nothing. German nouns count as names.
    """
    return {match[0] for match in _WORD.finditer(sentence) if _is_name(match[0], sentence[: match.start()].rstrip(" "))}


def _is_name(word: str, before: str) -> bool:
    if len(word) > 1 and any(letter.isupper() or letter.isdigit() for letter in word[1:]):
        return True
    if len(word) == 1 or not word[0].isupper() or word.lower() in STOP_WORDS | ABBREVIATIONS:
        return False
    before = before.lstrip(_BULLETS)
    return bool(before) and (before[-1] not in _OPENERS or (before[-1] == "." and is_abbreviated(before[:-1])))
