"""`docmind chats list`, `search` and `show`."""

import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from ..terminal import BOLD, DIM, notice, say, say_json, width
from ..wrapping import Wrapper
from .opened import SHORT, as_json, moment, moment_json, opened, say_table, state_of

if TYPE_CHECKING:
    from docmind.agents.chats.records import Hit
    from docmind.agents.protocol import KeptTurn

_INDENT = "    "


def run_list(args: Namespace) -> int:
    """Raises DocmindError."""
    from docmind.agents.library.finder import resolve

    roots = resolve(args.paths) if args.paths else None
    with opened(args) as store:
        chats = store.chats(roots, archived=args.archived, deleted=args.deleted, limit=args.n + 1)
    more, chats = len(chats) > args.n, chats[: args.n]
    if args.json:
        say_json({"chats": as_json(chats, args), "more": more})
    elif chats:
        say_table(chats, args)
    else:
        say("There is no such chat." if roots or args.archived or args.deleted else "There is no chat yet.")
    if more:
        notice(f"There are more: -n {2 * args.n} shows them, `docmind chats search` finds them.", DIM)
    return 0


def run_search(args: Namespace) -> int:
    """Raises DocmindError."""
    from docmind.agents.chats.search import search

    with opened(args) as store:
        hits = search(store, args.words, args.n)
    if args.json:
        say_json({"hits": [_hit_json(hit) for hit in hits]})
        return 0
    if not hits:
        say("Nothing found.")
    for hit in hits:
        _say_hit(hit)
    return 0


def run_show(args: Namespace) -> int:
    """The chat up to its last turn; as JSON all its branches. Raises DocmindError."""
    from .markdown import as_markdown

    with opened(args) as store:
        chat = store.chat(args.chat)
        turns = store.turns(chat.id)
        path = [turn.run for turn in store.path(chat.id, events=False)]
    if args.json:
        shown = [_turn_json(turn, path, args) for turn in turns]
        say_json({"chat": as_json([chat], args)[0], "turns": shown})
        return 0
    text = as_markdown(chat, turns, path)
    if sys.stdout.isatty():
        wrapper = Wrapper(width())
        text = wrapper.feed(text) + wrapper.close()
    say(text, end="")
    return 0


def _hit_json(hit: "Hit") -> dict[str, Any]:
    return {
        "chat": hit.chat,
        "run": hit.run,
        "title": hit.title,
        "where": hit.where,
        "snippet": hit.snippet,
        "marks": [list(mark) for mark in hit.marks],
        "asked_at": moment_json(hit.asked_at),
    }


def _say_hit(hit: "Hit") -> None:
    say(f"{hit.chat[:SHORT]}  {moment(hit.asked_at)}  {hit.title}", DIM if hit.where != "title" else "")
    say(_INDENT, end="")
    after = 0
    for start, end in hit.marks:
        say(hit.snippet[after:start], end="")
        say(hit.snippet[start:end], BOLD, end="")
        after = end
    say(hit.snippet[after:])


def _turn_json(turn: "KeptTurn", path: list[str], args: Namespace) -> dict[str, Any]:
    import msgspec

    from docmind.agents.protocol import Answered, Failed

    last = turn.events[-1].event if turn.events else None
    citations = msgspec.to_builtins(last.citations) if isinstance(last, Answered) else []
    error = {"code": last.code, "message": last.message, "hint": last.hint} if isinstance(last, Failed) else None
    return {
        "run": turn.run,
        "parent": turn.parent,
        "shown": turn.run in path,
        "question": turn.question,
        "asked_at": moment_json(turn.asked_at),
        "state": state_of(turn.state, args),
        "answer": turn.answer,
        "profile": turn.profile,
        "model": turn.model,
        "citations": citations,
        "error": error,
    }
