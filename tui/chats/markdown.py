"""A chat as Markdown: questions, answers, the seams in them, and the sources with their quotes and places."""

from collections.abc import Collection, Iterator, Sequence

from docmind.agents.protocol import Answered, ChatInfo, Failed, KeptTurn
from docmind.agents.records import Citation, Passage
from docmind.agents.text import clean, one_line

from ..places import place
from ..telling import step, summary
from ..transcript.parts import Answer, Call, Note
from ..transcript.turn import Turn
from .opened import SHORT, folders_of, moment

_STOPPED = "Stopped before its end."
_BROKEN = "Broke off before its end."


def as_markdown(chat: ChatInfo, turns: Sequence[KeptTurn], path: Collection[str]) -> str:
    """The turns on the path; how many there are besides is said at the end."""
    shown = [turn for turn in turns if turn.run in path]
    lines = [f"# {one_line(chat.title) or 'Untitled'}", ""]
    lines += [f"Chat {chat.id[:SHORT]} on {folders_of(chat) or 'no folder'}, {moment(chat.made_at)}.", ""]
    for turn in shown:
        lines += _turn(turn)
    if left := len(turns) - len(shown):
        lines += [f"*{left:,} more on other branches; the JSON export holds them.*", ""]
    return clean("\n".join(lines))


def _turn(kept: KeptTurn) -> Iterator[str]:
    turn = Turn.recalled(kept, 0.0)
    yield f"## {moment(kept.asked_at)}"
    yield ""
    yield from (f"> {line}".rstrip() for line in kept.question.split("\n"))
    yield ""
    for part in turn.parts:
        yield from _part(part)
    yield from _end(turn)


def _part(part: object) -> Iterator[str]:
    match part:
        case Call(called, returned) if returned:
            yield from (f"*{step(called, returned)}*", "")
        case Note(text):
            yield from (f"*{text}*", "")
        case Answer(text=text) if text.strip():
            yield from (text.strip(), "")


def _end(turn: Turn) -> Iterator[str]:
    match turn.end:
        case Answered() as answered:
            if turn.sources:
                yield from ("Sources", "")
                yield from (_source(citation, passage) for citation, passage in turn.sources)
                yield ""
            yield from (f"*{summary(answered)}*", "")
        case Failed() as failed:
            why = _STOPPED if turn.stopped else f"{_BROKEN} {failed.message} [{failed.code}]"
            yield from (f"*{one_line(why, 500)}*", "")
        case None:
            yield from (f"*{_BROKEN}*", "")


def _source(citation: Citation, passage: Passage) -> str:
    spot = place(one_line(citation.path), citation.page, citation.lines)
    heading = f" > {one_line(passage.heading)}" if passage.heading and not (citation.page or citation.lines) else ""
    mark = "" if citation.verified else " (unverified)"
    return f"- [{citation.n}] {spot}{heading}{mark}: “{one_line(citation.quote, len(citation.quote) + 1)}”"
