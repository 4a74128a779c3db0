"""Which docmind this is: its version, and where and when its files were installed."""

import contextlib
import functools
import hashlib
import os
from pathlib import Path

from docmind import __version__


@functools.cache
def build() -> str:
    """Differs between two installations, and before and after a change of one, also where the version stays the same.

    An engine that was started before an update imports some modules only when they are needed: from files that may be
    gone, or be others.
    """
    package = Path(__file__).parent
    newest = 0
    for entry in package.rglob("*.py"):
        with contextlib.suppress(OSError):  # it is just being replaced
            newest = max(newest, entry.stat().st_mtime_ns)
    place = hashlib.blake2b(f"{os.fspath(package)}\n{newest}".encode(errors="surrogateescape"), digest_size=4)
    return f"{__version__}+{place.hexdigest()}"


def is_outdated() -> bool:
    """Whether the files have changed since this process first asked for its build."""
    return build.__wrapped__() != build()
