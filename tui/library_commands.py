"""`docmind index` and `docmind search`."""

import argparse
import contextlib
import functools
import sys
import textwrap
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docmind.agents.errors import Code, DocmindError
from docmind.agents.text import clean, one_line

from .arguments import Subparsers, at_least_one, load_settings
from .places import place
from .progress_line import ProgressLine
from .terminal import BOLD, DIM, notice, say, say_json, width

if TYPE_CHECKING:  # these are imported when a command runs: `docmind --help` does without
    from docmind.agents.library.index import Library
    from docmind.agents.library.sync import Failure, Report
    from docmind.agents.records import Passage
    from docmind.agents.settings import LibrarySettings

_EXCERPT = 600
"""Most characters of a passage that `docmind search` prints."""
_INDENT = "    "
_REASONS = 3
"""Most files that an error names."""


def add_parsers(commands: Subparsers) -> None:
    """Add the commands `index` and `search`."""
    index = commands.add_parser("index", help="read the documents of folders into their index")
    index.add_paths()
    index.add_argument("--rebuild", action="store_true", help="throw the index away and read everything again")
    index.add_argument("--json", action="store_true", help="print one JSON object")
    index.set_defaults(run=run_index)
    search = commands.add_parser("search", help="find passages by their words, without a model")
    search.add_argument("words", nargs="?", help='what to look for; "words in quotation marks" are a phrase')
    search.add_paths()
    search.add_argument("--queries", metavar="FILE", help="instead of words: one query a line (-: stdin)")
    search.add_argument("-k", type=at_least_one, default=10, metavar="N", help="most results (default: 10)")
    search.add_argument("--json", action="store_true", help="print one JSON object")
    search.set_defaults(run=run_search)


def run_index(args: argparse.Namespace) -> int:
    """Bring the index up to date and say what was done; exit status 3 when it holds no documents."""
    from docmind.agents.library.sync import sync

    settings, roots, file = _library(args)
    with ProgressLine() as line:
        report = sync(roots, file, settings, line.show, args.rebuild)
    if args.json:
        say_json(_as_json(report))
    else:
        _say_report(report)
    if report.files:
        return 0
    error = _no_documents("Name a folder with documents.")
    notice(f"docmind: {error}", BOLD)  # not raised: with --json the report is the one object on stdout
    return error.exit_status


def run_search(args: argparse.Namespace) -> int:
    """Print the best passages, or those for each line of a file. An index that is not up to date is updated first."""
    from docmind.agents.library.index import Library
    from docmind.agents.library.sync import sync

    if args.queries and args.words is not None:  # then every positional argument is a folder
        args.paths = [Path(args.words), *args.paths]
    elif not args.queries and not args.words:
        raise DocmindError(Code.USAGE, "There is nothing to search for.", 'Say `docmind search "words" FOLDER`.')
    settings, roots, file = _library(args)
    _refresh(settings, roots, file)
    with contextlib.closing(Library(file)) as library:
        if not library.counts()[0]:
            failed = sync(roots, file, settings, wait=False).failed
            raise _no_documents("Name a folder with documents; `docmind index` says what it left out.", failed)
        _search(library, args)
    return 0


def _search(library: "Library", args: argparse.Namespace) -> None:
    words = clean(args.words or "")
    if args.queries:
        for query in _lines(args.queries):
            say_json({"query": query, **_answer(library, query, args.k)})
    elif args.json:
        say_json(_answer(library, words, args.k))
    else:
        _say_results(library, words, library.search(words, args.k))


def _library(args: argparse.Namespace) -> "tuple[LibrarySettings, list[Path], Path]":
    from docmind.agents.library.store import library_file

    loaded = load_settings(args)
    roots = args.paths or [Path()]
    return loaded.settings.library, roots, library_file(loaded.data_dir, roots)


def _refresh(settings: "LibrarySettings", roots: list[Path], file: Path) -> None:
    """Old results mislead, and looking for changes is cheap: so a search reads what is new first, and says so."""
    from docmind.agents.library.sync import pending, sync

    if not pending(roots, file, settings):
        return
    first = _is_empty(file)
    if first:
        notice("These folders are not indexed yet: reading them first.", DIM)
    try:
        with ProgressLine() as line:
            sync(roots, file, settings, line.show, wait=first)
    except DocmindError as error:
        if first or error.code not in (Code.INDEX_BUSY, Code.DISK):
            raise
        busy = error.code == Code.INDEX_BUSY
        why = "Another docmind is updating this index" if busy else error.message.rstrip(".")
        notice(f"{why}: searching what is there by now.", DIM)


def _is_empty(file: Path) -> bool:
    """Whether there is nothing to search yet; also while the first update, or a rebuild, has only begun."""
    from docmind.agents.library.index import Library
    from docmind.agents.library.store import exists

    if not exists(file):
        return True
    with contextlib.closing(Library(file)) as library:
        return not library.counts()[0]


def _lines(name: str) -> Iterator[str]:
    try:
        with open(0 if name == "-" else name, encoding="utf-8", errors="replace") as file:
            for line in file:
                if query := line.strip():
                    yield query
    except OSError as error:
        raise DocmindError(Code.USAGE, f"Cannot read the queries in {one_line(name)}: {error.strerror}.") from error


def _answer(library: "Library", query: str, k: int) -> dict[str, Any]:
    start = time.perf_counter()
    found = library.search(query, k)
    took = round((time.perf_counter() - start) * 1000, 2)
    fields = ("path", "page", "lines", "heading", "score", "text")
    return {"results": [{field: getattr(passage, field) for field in fields} for passage in found], "took_ms": took}


def _as_json(report: "Report") -> dict[str, Any]:
    import msgspec

    return dict(msgspec.to_builtins(report))


def _say_report(report: "Report") -> None:
    changes = (("new", report.added), ("changed", report.updated), ("removed", report.removed))
    unchanged = "nothing changed" if report.files else "nothing read"
    done = ", ".join(f"{count:,} {what}" for what, count in changes if count) or unchanged
    say(f"{report.files:,} documents, {report.chunks:,} passages: {done}, {report.seconds:.1f} s")
    for reason, count in report.skipped.items():
        say(f"  left out: {count:,} {reason}", DIM)
    for failure in report.failed:
        say(f"  not read: {failure.path}: {failure.reason}")


def _say_results(library: "Library", words: str, found: "list[Passage]") -> None:
    """Each passage's place, and the part of it that is closest to the words; wrapped on a terminal."""
    from docmind.agents.excerpts import closest
    from docmind.agents.library.rarity import rarity

    if not found:
        say("Nothing found.")
    for passage in found:
        say("   ".join(filter(None, [place(passage.path, passage.page, passage.lines), passage.heading])), BOLD)
        excerpt = closest(passage, words, functools.partial(rarity, library))
        say(_indented(one_line(excerpt.text if excerpt else passage.text, _EXCERPT)) + "\n")


def _indented(text: str) -> str:
    if not sys.stdout.isatty():
        return _INDENT + text
    return textwrap.fill(text, width(), initial_indent=_INDENT, subsequent_indent=_INDENT, break_on_hyphens=False)


def _no_documents(hint: str, failed: "Sequence[Failure]" = ()) -> DocmindError:
    reasons = "; ".join(f"{failure.path}: {failure.reason}" for failure in failed[:_REASONS])
    message = f"There are no documents to read here{': ' if reasons else ''}{reasons}."
    return DocmindError(Code.NO_DOCUMENTS, message, hint)
