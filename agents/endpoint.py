"""Where the engine of a data folder listens."""

import hashlib
import os
from pathlib import Path

from .folders import runtime_dir


def socket_file(data_dir: Path) -> Path:
    """The Unix socket; short, since the kernel allows about 100 bytes. Raises DocmindError without a private folder."""
    name = hashlib.blake2b(os.fsencode(data_dir.resolve()), digest_size=6).hexdigest()
    return runtime_dir() / f"engine-{name}.sock"
