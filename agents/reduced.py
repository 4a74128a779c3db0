"""Profiles that were made smaller because memory ran out: remembered in the data folder until the user takes it back.

A file for each profile. It counts as long as the profile's own settings are those for which it was made.
"""

import contextlib
import hashlib
import logging
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from .errors import Code, DocmindError
from .settings import Profile
from .text import one_line

Change = dict[str, Any]
"""Setting -> new value; a table for the settings of a table."""
log = logging.getLogger(__name__)


class Reduction(msgspec.Struct, frozen=True, kw_only=True):
    """What a profile runs with instead of its own settings."""

    settings: str
    """Fingerprint of its own settings."""
    change: Change
    why: str
    """What the engine said when memory ran out."""
    at: float
    """Unix time, in seconds."""


class Reductions:
    """Those of a data folder, which several processes may read and change."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / "reduced"

    def of(self, name: str, own: Profile) -> Reduction | None:
        """None: the profile runs with its own settings."""
        try:
            found = msgspec.json.decode(self._file(name).read_bytes(), type=Reduction)
        except (OSError, msgspec.DecodeError):
            return None
        return found if found.settings == _fingerprint(own) and _changed(own, found.change) else None

    def told(self, name: str, own: Profile) -> str:
        """As the function `told`; empty where it runs with its own settings."""
        found = self.of(name, own)
        return told(found.change) if found else ""

    def applied(self, profiles: Mapping[str, Profile]) -> dict[str, Profile]:
        """The profiles as they run. What was made for other settings of one is forgotten."""
        return {name: self._applied(name, own) for name, own in profiles.items()}

    def _applied(self, name: str, own: Profile) -> Profile:
        found = self.of(name, own)
        if found is None:
            self.drop(name)
        return (found and _changed(own, found.change)) or own

    def keep(self, name: str, own: Profile, smaller: Profile, why: str) -> None:
        """From now on. Where it cannot be written, the next load begins at the profile's own settings."""
        reduction = Reduction(
            settings=_fingerprint(own), change=difference(own, smaller), why=one_line(why, 500), at=time.time()
        )
        try:
            self._write(self._file(name), msgspec.json.encode(reduction))
        except OSError as error:
            log.warning("cannot remember the smaller %s: %s", one_line(name), error)

    def forget(self, name: str) -> bool:
        """Whether there was anything to forget. Raises DocmindError (DISK)."""
        try:
            self._file(name).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            message = f"{one_line(str(self._file(name)), 500)} cannot be deleted: {error.strerror}."
            raise DocmindError(Code.DISK, message, "Delete it yourself.") from error
        return True

    def drop(self, name: str) -> None:
        """As `forget`; never raises."""
        with contextlib.suppress(DocmindError):
            self.forget(name)

    def _file(self, name: str) -> Path:
        return self._folder / f"{hashlib.blake2b(name.encode(), digest_size=8).hexdigest()}.json"

    def _write(self, file: Path, content: bytes) -> None:
        """The old content or the new one, never a part, and for its owner only. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, new = tempfile.mkstemp(dir=self._folder)
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        os.replace(new, file)


def _changed(own: Profile, change: Change) -> Profile | None:
    """None where that is no profile: somebody has written into the file."""
    try:
        return msgspec.convert(_merged(msgspec.to_builtins(own), change), Profile)
    except (msgspec.ValidationError, TypeError):
        return None


def difference(old: Profile, new: Profile) -> Change:
    """What is to be changed to make `new` out of `old`."""
    return _difference(msgspec.to_builtins(old), msgspec.to_builtins(new))


def told(change: Change) -> str:
    """`kv_cache = q8_0, options.num_gpu = 0`, as the settings name it."""
    return ", ".join(f"{key} = {value}" for key, value in _flat(change))


def _difference(old: Change, new: Change) -> Change:
    changed = {key: value for key, value in new.items() if old.get(key) != value}
    return {
        key: _difference(old.get(key) or {}, value) if isinstance(value, dict) else value
        for key, value in changed.items()
    }


def _merged(old: Change, change: Change) -> Change:
    return old | {
        key: _merged(old.get(key) or {}, value) if isinstance(value, dict) else value for key, value in change.items()
    }


def _flat(change: Change, within: str = "") -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, value in change.items():
        pairs += _flat(value, f"{within}{key}.") if isinstance(value, dict) else [(f"{within}{key}", value)]
    return pairs


def _fingerprint(own: Profile) -> str:
    """It holds no setting: some are secret."""
    return hashlib.blake2b(msgspec.json.encode(own), digest_size=16).hexdigest()
