"""What type of answer a question asks for: a number, a date or a name, as far as its words say it (English only)."""

import re
from collections.abc import Callable

from .library.terms import names

_HOW_MUCH = re.compile(
    r"\bhow (?:many|much|large|big|long|far|old|high|deep|tall|fast|heavy|wide|often)\b"
    r"|\b(?:number|percentage|share|cost|price)\b",
    re.I,
)
_WHEN = re.compile(r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|time|century)\b", re.I)
_WHO = re.compile(
    r"\b(?:who|whom|whose|where|name)\b|\b(?:what|which) (?:city|town|country|company|person|place)\b", re.I
)

_AMOUNT = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|\w+teen|twenty|thirty|forty|fifty|sixty"
    r"|seventy|eighty|ninety|hundreds?|thousands?|millions?|billions?|half|dozens?)\b",
    re.I,
)
_DATE = re.compile(
    r"\b(?:1\d\d\d|20\d\d|Jan|January|Feb|February|March|April|May|June|July|Aug|August|Sept?|September|Oct|October|Nov"
    r"|November|Dec|December|(?i:spring|summer|autumn|winter|century|monday|tuesday|wednesday|thursday|friday))\b"
)


def answer_type(question: str) -> Callable[[str], bool]:
    """A test whether a sentence holds what the question asks for; never true for a question of another type."""
    if _HOW_MUCH.search(question):
        return lambda sentence: bool(_AMOUNT.search(sentence))
    if _WHEN.search(question):
        return lambda sentence: bool(_DATE.search(sentence))
    if _WHO.search(question):
        asked = set(re.findall(r"\w+", question.lower()))
        return lambda sentence: any(name.lower() not in asked for name in names(sentence))
    return lambda _: False
