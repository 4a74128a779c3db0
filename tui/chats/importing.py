"""`docmind chats import`: takes in chats that were exported as JSON, all of them or none."""

from argparse import Namespace

from ..arguments import data_dir
from ..terminal import DIM, notice, say, say_json
from .exporting import secrets
from .opened import as_json, named, say_table, tell_screens


def run_import(args: Namespace) -> int:
    """Raises DocmindError: USAGE, FILE_REFUSED, FILE_NEWER, CHAT_EXISTS, and as the store does."""
    from docmind.agents.chats.chat_file import take_in
    from docmind.agents.chats.foreign import read
    from docmind.agents.chats.schema import chats_file
    from docmind.agents.chats.writing import ChatWriter

    data = read(args.file)
    with ChatWriter(chats_file(data_dir(args))) as store:
        taken = take_in(data, store, secrets(args))
    tell_screens(args, [chat.id for chat in taken.added])
    if args.json:
        say_json({"added": as_json(taken.added, args), "known": as_json(taken.known, args)})
        return 0
    say(f"{len(taken.added):,} taken in.")
    if taken.added:
        say_table(taken.added, args)
    for chat in taken.known:
        notice(f"There already, and left as it is: {named(chat)}", DIM)
        if chat.deleted_at is not None:
            notice(f"It was deleted: docmind chats delete --undo {chat.id} brings it back.", DIM)
    return 0
