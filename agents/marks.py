"""Finds the citations [n] of an answer and the words that each is attached to.

That is the sentence, list item or table row that it stands in or behind; where several citations share one, the words
since the citation before.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from .library.sentences import Span, blocks, sentences
from .library.terms import content, stems
from .support import QUOTATION, quotations

_NUMBERS = r"\d{1,3}(?:\s*(?:[,;]|-|–|and|&)\s*\d{1,3})*"
# [1], [1, 2], [1-3], 【1】, 【1†source】; neither a Markdown link nor the definition of one.
_MARK = re.compile(rf"[\[【]\s*({_NUMBERS})\s*(?:†[^】\n]*)?[\]】](?!\]?\(|:\s*\w+://)")
_FOLLOWS = re.compile(rf"[\s.,;]*{_MARK.pattern}")
_FENCED = re.compile(r"(?ms)^[ \t]*(```|~~~).*?(?:^[ \t]*\1|\Z)")
_INLINE = re.compile(r"`[^`\n]+`")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,2}[.)])\s|\s*\|")
_ORDINAL = re.compile(r"\s*\d{1,2}[.)]\s")
"""The number of a list item: a fact of the list, not of the passage."""
_LEAD = re.compile(r"[\s*#>|•+-]*(?:\d{1,2}[.)]\s*)?")
_BETWEEN = re.compile(r"[\s,;]*")
_WIDEST_RANGE = 20
_FEWEST_WORDS = 3
"""A stretch of fewer content words says too little by itself ("As [1] and [2] show, ..."): its sentence counts."""


UNKNOWN = "[?]"
"""Stands in place of a citation whose number was never shown."""


class Claim(msgspec.Struct, frozen=True):
    """Words of an answer, and the numbers that they cite."""

    text: str
    cites: list[int]


def find(answer: str) -> list[re.Match[str]]:
    """The citations, without those in code, and without those of a quotation, which are the document's own."""
    masked = _without_code(answer)
    quoted = list(QUOTATION.finditer(masked))
    return [mark for mark in _MARK.finditer(masked) if not any(_is_own(mark, words) for words in quoted)]


def without(answer: str) -> str:
    """The answer without its citations, and without the marks that stand for unknown ones."""
    for mark in reversed(find(answer)):
        answer = answer[: mark.start()].rstrip(" ") + answer[mark.end() :]
    return answer.replace(f" {UNKNOWN}", "")


def cited(mark: re.Match[str]) -> list[int]:
    """The numbers of one citation: [1, 3-5] cites 1, 3, 4 and 5."""
    found: list[int] = []
    for part in re.split(r"\s*(?:[,;]|and|&)\s*", mark[1]):
        first, *rest = (int(number) for number in re.split(r"\s*[-–]\s*", part))
        last = rest[-1] if rest else first
        found += range(first, last + 1) if 0 <= last - first <= _WIDEST_RANGE else (first, last)
    return list(dict.fromkeys(found))


def claims(answer: str) -> list[Claim]:
    """The cited parts of the answer, in order."""
    marks = find(answer)
    made: list[Claim] = []
    for start, end in _units(answer, marks):
        groups = _groups(answer, [mark for mark in marks if start <= mark.start() < end])
        whole = _blanked(answer, (start, end), marks)
        for span, group in zip(_stretches(answer, (start, end), groups), groups, strict=True):
            text = _blanked(answer, span, marks)
            made.append(Claim(text if _says_enough(text) else whole, [n for mark in group for n in cited(mark)]))
    return made


def _without_code(answer: str) -> str:
    """As long as the answer; code is blanked, so that nothing in it looks like a citation."""
    text = _FENCED.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), answer)
    return _INLINE.sub(lambda code: "x" * len(code[0]), text)


def _is_own(mark: re.Match[str], quotation: re.Match[str]) -> bool:
    """Part of the quoted words; at their very end it cites them, unless a citation follows the quotation."""
    if not quotation.start() < mark.start() < quotation.end():
        return False
    is_last = not re.search(r"\w", mark.string[mark.end() : quotation.end()])
    return not is_last or _FOLLOWS.match(mark.string, quotation.end()) is not None


def _units(answer: str, marks: Sequence[re.Match[str]]) -> list[Span]:
    """Sentences, and whole list items and rows; one that is nothing but citations belongs to the one before."""
    text = _without_code(answer)
    text = QUOTATION.sub(lambda quoted: re.sub(r"[.!?…。！？\n]", ",", quoted[0][:-2]) + quoted[0][-2:], text)
    units: list[Span] = []
    for start, end in (unit for block in blocks(text) for unit in _split(text, block)):
        if units and not re.search(r"\w", _blanked(answer, (start, end), marks)):
            units[-1] = units[-1][0], end
        else:
            units.append((start, end))
    return units


def _split(text: str, block: Span) -> Iterator[Span]:
    if _ITEM.match(text, *block):
        ordinal = _ORDINAL.match(text, *block)
        yield (ordinal.end() if ordinal else block[0]), block[1]
    else:
        yield from ((block[0] + start, block[0] + end) for start, end in sentences(text[slice(*block)]))


def _groups(answer: str, marks: Sequence[re.Match[str]]) -> list[list[re.Match[str]]]:
    """Citations side by side, like [1][2], are one group."""
    groups: list[list[re.Match[str]]] = []
    for mark in marks:
        if groups and _BETWEEN.fullmatch(answer, groups[-1][-1].end(), mark.start()):
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return groups


def _stretches(answer: str, unit: Span, groups: Sequence[Sequence[re.Match[str]]]) -> Iterator[Span]:
    """The words of each group: those before it, and behind the last one too; those behind it where a group leads."""
    if not groups:
        return
    before = [unit[0], *(group[-1].end() for group in groups)]
    behind = [*(group[0].start() for group in groups), unit[1]]
    leads = _LEAD.fullmatch(answer, unit[0], groups[0][0].start()) is not None
    for i in range(len(groups)):
        last = i == len(groups) - 1
        yield (before[i + 1], behind[i + 1]) if leads else (before[i], unit[1] if last else behind[i])


def _blanked(answer: str, span: Span, marks: Sequence[re.Match[str]]) -> str:
    """The words of the span without its citations."""
    text, at = "", span[0]
    for mark in marks:
        if span[0] <= mark.start() < span[1]:
            text, at = f"{text}{answer[at : mark.start()]} ", mark.end()
    return text + answer[at : span[1]]


def _says_enough(text: str) -> bool:
    return bool(quotations(text)) or len(content(stems([text])[0])) >= _FEWEST_WORDS
