"""Does a passage support the words of a claim? Quotations must stand in it, else enough of the words and all its facts.

Nothing here understands language: a negated or twisted claim made of the passage's words passes.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import lru_cache

from .backends.base import Rarity
from .excerpts import weigh
from .library.terms import content, names, numbers, readings, stems
from .records import Passage

SUPPORT = 0.6
"""Least share of the weight of a claim's content words that must stand in the passage."""

# “a” „a“ «a» "a" 「a」, and ‘a’ when it is too long to be a stressed word or a contraction.
QUOTATION = re.compile(
    r"[“„]([^“”„]+)[”“]|«([^«»]+)»|[「『]([^「」『』]+)[」』]|‘([^‘]{12,}?)’(?!\w)"
    r"|(?<![\w\"])\"((?:[^\"\n]|\n(?!\s*\n)){1,800})\"(?!\w)"
)
_OMISSION = re.compile(r"\[\.\.\.\]|\(\.\.\.\)|\.\.\.")
_ENDS = " .,;:!?'-"
# Quotation marks and accents become ', emphasis and soft hyphens nothing, all Unicode dashes -.
_MARKS = str.maketrans(
    {**dict.fromkeys('"«»`\u00b4\u2032\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u2039\u203a', "'")}
    | dict.fromkeys("*_\u00ad", None)
)
_DASHES = re.compile(r" ?[-\u2010-\u2015\u2212]+ ?")
_HYPHENATED = re.compile(r"(?<=\w)[-\u2010]\s*\n\s*(?=\w)")
_INFLECTION = 2
"""Letters that the end of a word may differ by, for words that the English stemmer leaves alone (Ventil, Ventilen)."""


def supports(passage: Passage, claim: str, rarity: Rarity) -> bool:
    """Whether every quotation in `claim` stands in the passage; where there is none, whether the claim's words do.

    A single quoted word may be mere stress (the “new” pump): then the words have to stand there, too. A number may not.
    """
    quoted = quotations(claim)
    if not stands(quoted, passage.text):
        return False
    return any(" " in words.strip() or numbers(words) for words in quoted) or _says(passage, claim, rarity)


def _says(passage: Passage, claim: str, rarity: Rarity) -> bool:
    """Whether SUPPORT of the claim's words by weight, and all its numbers and names, stand in the passage."""
    there, counted = _held(passage)
    said, *named = stems([claim, *names(claim)])
    wanted = content(said)
    # Numbers have several spellings: they are compared as numbers.
    weights = weigh({stem for stem in wanted if not stem.isdecimal()}, rarity)
    held = sum(weight for stem, weight in weights.items() if _holds(there, stem))
    return (
        bool(wanted)
        and (held >= SUPPORT or not weights)
        and numbers(claim) <= counted
        and all(_holds(there, stem) for name in named for stem in name)
    )


@lru_cache(maxsize=64)
def _held(passage: Passage) -> tuple[frozenset[str], frozenset[str]]:
    """The stems and the numbers of a passage; a word that is hyphenated at the end of a line counts as whole too."""
    joined = _HYPHENATED.sub("", passage.text)
    shown = f"{passage.heading}\n{passage.text}" + (f"\n{joined}" if joined != passage.text else "")
    return frozenset(stems([shown])[0]), frozenset(readings(shown))


def quotations(claim: str) -> list[str]:
    """What stands in quotation marks, without them."""
    return [next(filter(None, match.groups())) for match in QUOTATION.finditer(claim)]


def stands(quoted: Iterable[str], text: str) -> bool:
    """Whether all of `quoted` stand in `text`, at word boundaries.

    Case, white space, kinds of quotation marks and dashes, ligatures, emphasis marks and hyphens at line ends do not
    count; "..." stands for anything left out.
    """
    variants = [_folded(text), _folded(_HYPHENATED.sub("", text))]
    pieces = [piece.strip(_ENDS) for words in quoted for piece in _OMISSION.split(_folded(words))]
    return all(any(_is_in(piece, variant) for variant in variants) for piece in pieces if piece)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text.translate(_MARKS)).casefold()
    return _DASHES.sub("-", " ".join(plain.split()))


def _is_in(piece: str, text: str) -> bool:
    # Scripts without spaces have no word boundaries.
    before = r"(?<!\w)" if piece[0] < "\u2e80" else ""
    after = r"(?!\w)" if piece[-1] < "\u2e80" else ""
    return re.search(before + re.escape(piece) + after, text) is not None


def _holds(there: Collection[str], stem: str) -> bool:
    if stem in there:
        return True
    return len(stem) >= 5 and any(
        len(word) >= 5
        and abs(len(word) - len(stem)) <= _INFLECTION
        and (word.startswith(stem) or stem.startswith(word))
        for word in there
    )
