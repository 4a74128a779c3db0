"""Checks the citations [n] of an answer against the passages that were shown."""

import re
from collections.abc import Mapping, Sequence

from .backends.base import Rarity
from .excerpts import Excerpt, closest
from .library.terms import content, stems
from .marks import UNKNOWN, cited, claims, find
from .records import Citation, Passage
from .support import quotations, supports

LONGEST = 100_000
"""Characters of an answer that is checked; no model means a longer one, and it would take minutes."""
_PLACE = re.compile(r"\b(?:pages?|pp?\.|lines?)\s*\d+(?:\s*[-–]\s*\d+)?", re.I)
# Stems of words that introduce citations and claim nothing: "Sources: [1], [2]".
_LABELS = {"sourc", "refer", "citat", "see", "passag", "document"}


def check(answer: str, shown: Mapping[int, Passage], rarity: Rarity) -> tuple[str, list[Citation]]:
    """The answer with unknown numbers marked, and one Citation for each known number in order of appearance.

    A passage that is cited several times is `verified` when it supports the words of every citation. `quote` is the
    part of the passage that is closest to the first of them; `lines` span the parts that are closest to each.
    """
    if len(answer) > LONGEST:
        return answer, []
    made: dict[int, list[str]] = {}
    for claim in claims(answer):
        for n in claim.cites:
            if n in shown:
                made.setdefault(n, []).append(_bare(claim.text, shown[n]))
    return _marked(answer, shown), [_citation(n, shown[n], texts, rarity) for n, texts in made.items()]


def _marked(answer: str, shown: Mapping[int, Passage]) -> str:
    for mark in reversed(find(answer)):
        numbers = cited(mark)
        if not all(n in shown for n in numbers):
            new = "".join(f"[{n}]" if n in shown else UNKNOWN for n in numbers)
            answer = answer[: mark.start()] + new + answer[mark.end() :]
    return answer


def _bare(claim: str, passage: Passage) -> str:
    """The claim without the passage's path and places in it: "[1] manual.pdf p. 12" claims nothing.

    A quotation is left as it is: it may hold such words itself.
    """
    return claim if quotations(claim) else _PLACE.sub(" ", claim.replace(passage.path, " "))


def _citation(n: int, passage: Passage, texts: Sequence[str], rarity: Rarity) -> Citation:
    said = [text for text in texts if content(stems([text])[0]) - _LABELS]
    parts = [part for text in said or [passage.heading] if (part := _closest(passage, text, rarity))]
    return Citation(
        n=n,
        path=passage.path,
        page=passage.page,
        lines=_lines(passage, parts) if parts else passage.lines,
        quote=parts[0].text if parts else "",
        verified=bool(said) and all(supports(passage, text, rarity) for text in said),
    )


def _closest(passage: Passage, claim: str, rarity: Rarity) -> Excerpt | None:
    return closest(passage, " ".join(quotations(claim)) or claim, rarity)


def _lines(passage: Passage, parts: Sequence[Excerpt]) -> tuple[int, int] | None:
    """From the first line of the parts to the last, if the passage's lines are those of its file."""
    if passage.lines is None or passage.text.count("\n") > passage.lines[1] - passage.lines[0]:
        return passage.lines
    start, end = min(part.span[0] for part in parts), max(part.span[1] for part in parts)
    first = passage.lines[0] + passage.text.count("\n", 0, start)
    return first, first + passage.text.count("\n", start, end)
