"""Makes a collection of Markdown files: always the same, with words as often as in a language (Zipf's law)."""

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

from docmind.agents.library.stopwords import STOP_WORDS

VOCABULARY = 50_000
_SYLLABLES = [
    onset + rhyme
    for onset in (
        "b",
        "br",
        "c",
        "ch",
        "d",
        "f",
        "fl",
        "g",
        "h",
        "j",
        "k",
        "l",
        "m",
        "n",
        "p",
        "pr",
        "r",
        "s",
        "st",
        "t",
        "v",
    )
    for rhyme in (
        "a",
        "al",
        "an",
        "ar",
        "ate",
        "e",
        "el",
        "ent",
        "er",
        "i",
        "ic",
        "in",
        "ion",
        "o",
        "ol",
        "or",
        "u",
        "um",
        "y",
    )
]


def vocabulary(rng: random.Random) -> list[str]:
    """Words, the most frequent first: the stop words, as in English, then made-up ones."""
    made: dict[str, None] = {}
    while len(made) < VOCABULARY:
        made["".join(rng.choices(_SYLLABLES, k=rng.choice((2, 2, 3, 3, 4))))] = None
    return [*sorted(STOP_WORDS)[:120], *made]


def sections(seed: int = 1, characters: int = 900) -> Iterator[str]:
    """An endless stream of sections of at least so many characters: a heading and sentences."""
    rng = random.Random(seed)
    known = vocabulary(random.Random(0))
    weights = list(itertools.accumulate(1 / (rank + 2.7) for rank in range(len(known))))
    while True:
        parts = [f"## {' '.join(rng.choices(known[120:], k=3)).title()}\n\n"]
        size = len(parts[0])
        while size < characters:
            sentence = " ".join(rng.choices(known, cum_weights=weights, k=rng.randint(8, 20))).capitalize() + ". "
            parts.append(sentence)
            size += len(sentence)
        yield "".join(parts) + "\n\n"


def write(folder: Path, megabytes: float, files: int) -> None:
    """About `megabytes` of Markdown in `files` files, a hundred a folder."""
    source, each = sections(), megabytes * 1e6 / files
    for number in range(files):
        path = folder / f"{number // 100:03}" / f"{number:05}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        text, size = [f"# Document {number}\n\n"], 0
        while size < each:
            text.append(next(source))
            size += len(text[-1])
        path.write_text("".join(text))


def questions(count: int, seed: int = 2) -> list[str]:
    """Long questions in words of the collection, as often as they occur there."""
    rng = random.Random(seed)
    known = vocabulary(random.Random(0))
    weights = list(itertools.accumulate(1 / (rank + 2.7) for rank in range(len(known))))
    return [" ".join(rng.choices(known, cum_weights=weights, k=rng.randint(8, 16))) for _ in range(count)]
