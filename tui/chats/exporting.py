"""`docmind export` and `docmind chats export`: chats as Markdown or JSON, one answer as a run file."""

import contextlib
import json
import os
import re
from argparse import Namespace
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from docmind.agents.errors import Code, DocmindError
from docmind.agents.text import one_line

from ..arguments import CommandParser, Subparsers, load_settings
from ..resume import last
from ..terminal import DIM, notice, say, say_json
from .opened import opened

if TYPE_CHECKING:
    from docmind.agents.chats.secrets import Secrets
    from docmind.agents.chats.store import ChatStore
    from docmind.agents.protocol import ChatInfo, KeptTurn

_AT_ONCE = 1000
_BEYOND_ASCII = re.compile(r"[^\x00-\x7e]+")


def add_parsers(commands: Subparsers) -> None:
    """Adds `export`."""
    export = commands.add_parser("export", help="write a chat, or with --run one answer, into a file")
    export.add_argument("--run", action="store_true", dest="one", help="one answer with its prompts and all its events")
    add_options(export, "RUN|CHAT")
    export.set_defaults(run=run_export)


def add_options(parser: CommandParser, named: str) -> None:
    """What `docmind export` and `docmind chats export` share."""
    parser.add_argument(
        "what", nargs="?", default="", metavar=named, help="its name, or the beginning (default: the last)"
    )
    parser.add_argument(
        "file", nargs="?", default="", metavar="FILE", help="with a dot or a slash in it (default, and -: stdout)"
    )
    parser.add_argument("--all", action="store_true", help="all chats but the deleted ones")
    parser.add_argument("--force", action="store_true", help="replace a file that is there")
    parser.add_argument("--json", action="store_true", help="as JSON, which loses nothing; also for a FILE.json")


def run_export(args: Namespace) -> int:
    """Raises DocmindError: USAGE, NO_CHAT, DISK, and as the store does."""
    if args.what and not args.file and any(sign in args.what for sign in "./"):
        args.what, args.file = "", args.what
    args.what, args.file = ("" if given == "-" else given for given in (args.what, args.file))
    one = getattr(args, "one", False)
    if args.all and (args.what or one):
        raise DocmindError(Code.USAGE, "--all goes with neither a name nor --run.", "Leave one of them out.")
    with opened(args) as store:
        if one:
            turn = _answer(store, args.what)
            _write(args, _run_file(turn, args), turn.run)
            return 0
        chats = list(_all(store)) if args.all else [store.chat(args.what) if args.what else last(store)]
        as_json = args.json or args.file.endswith(".json")
        _write(args, _json(store, chats, args) if as_json else _markdown(store, chats, args), "", len(chats))
    return 0


def _all(store: "ChatStore") -> "Iterator[ChatInfo]":
    """Those in the list, then the archived ones."""
    for archived in (False, True):
        offset = 0
        while chats := store.chats(archived=archived, limit=_AT_ONCE, offset=offset):
            yield from chats
            offset += len(chats)


def _answer(store: "ChatStore", named: str) -> "KeptTurn":
    """The answer with this name, else the last one of the chat with it, else of the last chat."""
    if not named:
        return store.turn(last(store).head or "")
    for find in (store.turn, lambda name: store.turn(store.chat(name).head or "")):
        with contextlib.suppress(DocmindError):
            return find(named)
    message = f"There is no answer and no chat that begins with {one_line(named)!r}, or there are several."
    raise DocmindError(Code.NO_CHAT, message, "`docmind chats list` and `docmind chats show CHAT --json` name them.")


def _json(store: "ChatStore", chats: "Iterable[ChatInfo]", args: Namespace) -> Iterator[bytes]:
    from docmind.agents.chats.chat_file import kept, pieces

    return pieces((kept(store, chat) for chat in chats), secrets(args))


def _markdown(store: "ChatStore", chats: "Iterable[ChatInfo]", args: Namespace) -> Iterator[bytes]:
    from .markdown import as_markdown

    hidden = secrets(args)
    for chat in chats:
        path = [turn.run for turn in store.path(chat.id, events=False)]
        yield hidden.hide(as_markdown(chat, store.turns(chat.id), path)).encode(errors="replace")


def _run_file(turn: "KeptTurn", args: Namespace) -> Iterator[bytes]:
    from docmind.agents.chats.run_file import encode

    if turn.state == "going on":
        notice("This answer is still on its way: the file ends where it is now.", DIM)
    yield encode(turn, secrets(args))


def secrets(args: Namespace) -> "Secrets":
    """What must not leave docmind: secrets of the environment, and the keys of the settings where they can be read."""
    from docmind.agents.chats.secrets import Secrets, of_environment
    from docmind.agents.configuration import api_keys

    values = of_environment(os.environ)
    with contextlib.suppress(DocmindError):
        values |= set(api_keys(load_settings(args).settings, os.environ).values())
    return Secrets(values)


def _write(args: Namespace, pieces: Iterable[bytes], run: str, chats: int = 0) -> None:
    if not args.file:
        for piece in pieces:
            say(_in_one_line(piece.decode()) if run or args.json else piece.decode(), end="")
        say(end="\n" if run or args.json else "")
        return
    file = Path(args.file)
    size = _save(file, pieces, replace=args.force)
    _check_size(file, size)
    if args.json:
        say_json({"file": str(file)} | ({"run": run} if run else {"chats": chats}))
    else:
        say(f"{one_line(str(file), 500)}: {size:,} bytes")


def _in_one_line(text: str) -> str:
    """JSON in ASCII: on its way to the terminal nothing is taken out of it."""
    return _BEYOND_ASCII.sub(lambda found: json.dumps(found[0])[1:-1], text.replace("\n", ""))


def _check_size(file: Path, size: int) -> None:
    from docmind.agents.chats.foreign import LARGEST

    if size > LARGEST:
        limit = f"`docmind chats import` takes at most {LARGEST >> 20} MiB"
        notice(f"{one_line(str(file))} is too large to be taken in again: {limit}. Export fewer chats into one.", DIM)


def _save(file: Path, pieces: Iterable[bytes], replace: bool) -> int:
    """Writes all of it or nothing, for its owner only; how many bytes. Raises DocmindError: USAGE, DISK."""
    if not replace and os.path.lexists(file):
        raise DocmindError(Code.USAGE, f"{one_line(str(file))} is there already.", "Name another file, or add --force.")
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        try:
            with open(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as output:
                size = sum(map(output.write, pieces))
                output.flush()
                os.fsync(output.fileno())
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        message = f"{one_line(str(file))} cannot be written: {error.strerror}."
        raise DocmindError(Code.DISK, message, "Make room, or name another place.") from error
    return size
