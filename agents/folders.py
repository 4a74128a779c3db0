"""Where docmind keeps things: the platform's folders for settings and data, and a private one for sockets."""

import os
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path

import platformdirs

from .errors import Code, DocmindError
from .text import one_line

APP = "docmind"
LONGEST_RUNTIME = 76
"""Bytes of the path of the folder for sockets: macOS allows 103 for a socket, Linux 107, and the name takes 25."""


def config_file() -> Path:
    """The configuration file that is read when none is named; it may be missing."""
    return platformdirs.user_config_path(APP, appauthor=False) / "config.toml"


def data_folder(named: Path | None, environ: Mapping[str, str]) -> Path:
    """The folder of indexes, chats and logs: the named one, else DOCMIND_DATA_DIR, else the platform's.

    Absolute; it may be missing.
    """
    folder = named or Path(environ.get("DOCMIND_DATA_DIR") or platformdirs.user_data_path(APP, appauthor=False))
    return folder.expanduser().absolute()


def runtime_dir() -> Path:
    """The folder for sockets: made when missing, ours alone (mode 0700).

    Where the platform has none, or one whose path is too long, a folder under the temporary one, named by the user's
    id. Raises DocmindError (ENGINE_START) when that one belongs to somebody else, who could answer in the engine's
    place, or is too long as well.
    """
    preferred, fallback = _platform_folder(), Path(tempfile.gettempdir()) / f"{APP}-{os.getuid()}"
    for folder in filter(None, (preferred, fallback)):
        if len(os.fsencode(folder)) <= LONGEST_RUNTIME and _is_private(folder):
            return folder
    raise DocmindError(
        Code.ENGINE_START,
        f"No private folder for the engine's socket: {one_line(os.fspath(fallback))} is not a folder of this user, "
        "or its path is too long.",
        "Remove it, or set XDG_RUNTIME_DIR to a folder with a short path that only you can enter.",
    )


def _platform_folder() -> Path | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a missing XDG_RUNTIME_DIR: the fallbacks are looked at just as closely
        try:
            return platformdirs.user_runtime_path(APP, appauthor=False)
        except OSError:
            return None


def _is_private(folder: Path) -> bool:
    """Make `folder` if need be; true when it is a real folder of this user that no one else may enter."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            return False
        folder.chmod(0o700)
    except OSError:
        return False
    return True
