"""What is told when docmind itself fails."""

import logging
from pathlib import Path

from .errors import Code
from .protocol import Failed
from .text import one_line

log = logging.getLogger(__name__)


def mistake(run: str, error: Exception, data_dir: Path) -> Failed:
    """The end of a run that ran into a bug, which goes to the engine's log."""
    log.error("unexpected failure", exc_info=error)
    hint = f"The details are in {one_line(str(data_dir / 'engine.log'), 500)}; please report them."
    return Failed(run=run, code=Code.INTERNAL, message=f"docmind made a mistake: {one_line(repr(error))}", hint=hint)
