"""What the engine does with the chats before anything else: mends them, ends what a kill has cut, tidies up."""

import time
from pathlib import Path

from .. import database
from ..errors import DocmindError
from .salvage import finish, salvage
from .schema import damage_mark
from .writing import ChatWriter


def prepare(file: Path) -> str:
    """Brings the store into order; what the user should know, empty when all is well. Only while no engine runs.

    Afterwards no turn goes on: what a killed engine has left is broken, as far as it had come. Where something cannot
    be done, such as on a full disk, nothing is changed, and whoever reads or writes hears of it, too. Never raises.
    """
    try:
        finish(file)
        if not database.exists(file):
            return ""
        if damage_mark(file).exists():
            return _mended(file)
        try:
            recover(file)
        except DocmindError:
            if not damage_mark(file).exists():
                raise
            return _mended(file)
    except DocmindError as error:
        return f"{error.message} {error.hint}"
    return ""


def _mended(file: Path) -> str:
    notice = salvage(file)
    recover(file)
    return notice


def recover(file: Path) -> None:
    """Ends the turns that go on though no engine runs, as broken ones; removes what was deleted long ago.

    Raises DocmindError.
    """
    with ChatWriter(file) as store:
        for turn in store.unfinished():
            store.finish(turn.run)
        store.purge(time.time())
