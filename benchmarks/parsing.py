"""How many real documents give text: python benchmarks/parsing.py FOLDER

Indexes FOLDER and prints, by format, how many files gave text, and what became of the others. A scan that is reported
as one counts as read; crashes and time-outs are counted apart.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

from docmind.agents.library.index import Library
from docmind.agents.library.sync import Failure, sync
from docmind.agents.settings import LibrarySettings

TEXTLESS = ("no text", "needs a password")
"""Reasons that are the right answer: nobody can read text there."""
HARD = ("crashed", "took longer")


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as data:
        index = Path(data) / "parsing.db"
        report = sync([folder], index, LibrarySettings())
        kinds = Counter(Path(document.path).suffix.lower() for document in Library(index).documents())
    lost = [failure for failure in report.failed if not _is(failure, TEXTLESS)]
    for kind in sorted({*kinds, *(Path(failure.path).suffix.lower() for failure in report.failed)}):
        failed = sum(Path(failure.path).suffix.lower() == kind for failure in report.failed)
        print(f"{kind or '(none)':12} {kinds[kind]:4} with text {failed:4} without")
    for failure in report.failed:
        print(f"  {failure.path}: {failure.reason}")
    hold_text = report.files + len(lost)
    print(f"text from {report.files} of {hold_text} files that hold any: {report.files / hold_text:.1%} (reach: 95 %)")
    print(f"no text to read: {len(report.failed) - len(lost)}; left out: {report.skipped}; {report.seconds} s")
    print(f"crashes and time-outs: {sum(_is(failure, HARD) for failure in report.failed)} (reach: 0)")


def _is(failure: Failure, signs: tuple[str, ...]) -> bool:
    return any(sign in failure.reason for sign in signs)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
