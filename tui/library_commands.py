"""`docmind index` and `docmind search`."""

import argparse
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docmind.agents.errors import Code, DocmindError
from docmind.agents.text import one_line

from .arguments import Subparsers, load_settings
from .progress_line import ProgressLine
from .terminal import BOLD, DIM, notice, say, say_json

if TYPE_CHECKING:  # these are imported when a command runs: `docmind --help` does without
    from docmind.agents.library.index import Library
    from docmind.agents.library.sync import Report
    from docmind.agents.settings import LibrarySettings

_EXCERPT = 300
"""Characters of a passage that `docmind search` prints."""


def add_parsers(commands: Subparsers) -> None:
    """Add the commands `index` and `search`."""
    index = commands.add_parser("index", help="read the documents of folders into their index")
    index.add_argument("paths", nargs="*", metavar="PATH", help="folders or files (default: the current folder)")
    index.add_argument("--rebuild", action="store_true", help="throw the index away and read everything again")
    index.add_argument("--json", action="store_true", help="print one JSON object")
    index.set_defaults(run=run_index)
    search = commands.add_parser("search", help="find passages by their words, without a model")
    search.add_argument("words", nargs="?", help='what to look for; "words in quotation marks" are a phrase')
    search.add_argument("paths", nargs="*", metavar="PATH", help="folders or files (default: the current folder)")
    search.add_argument("--queries", metavar="FILE", help="instead of words: one query a line (-: stdin)")
    search.add_argument("-k", type=_at_least_one, default=10, metavar="N", help="most results (default: 10)")
    search.add_argument("--json", action="store_true", help="print one JSON object")
    search.set_defaults(run=run_search)


def _at_least_one(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


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
    error = _no_documents(report)  # not raised: with --json the report is the one object on stdout
    notice(f"docmind: {error}", BOLD)
    return error.exit_status


def run_search(args: argparse.Namespace) -> int:
    """Print the best passages, or those for each line of a file. An index that is not up to date is updated first."""
    from docmind.agents.library.index import Library

    if args.queries and args.words is not None:  # then every positional argument is a folder
        args.paths.insert(0, args.words)
    elif not args.queries and not args.words:
        raise DocmindError(Code.USAGE, "There is nothing to search for.", 'Say `docmind search "words" FOLDER`.')
    settings, roots, file = _library(args)
    _refresh(settings, roots, file)
    with contextlib.closing(Library(file)) as library:
        if not library.counts()[0]:
            raise _no_documents()
        _search(library, args)
    return 0


def _search(library: "Library", args: argparse.Namespace) -> None:
    if args.queries:
        for query in _lines(args.queries):
            say_json({"query": query, **_answer(library, query, args.k)})
    elif args.json:
        say_json(_answer(library, args.words, args.k))
    else:
        _say_results(_answer(library, args.words, args.k)["results"])


def _library(args: argparse.Namespace) -> "tuple[LibrarySettings, list[Path], Path]":
    from docmind.agents.library.store import library_file

    loaded = load_settings(args)
    roots = [Path(path) for path in args.paths or ["."]]
    return loaded.settings.library, roots, library_file(loaded.data_dir, roots)


def _refresh(settings: "LibrarySettings", roots: list[Path], file: Path) -> None:
    """Old results mislead, and looking for changes is cheap: so a search reads what is new first, and says so."""
    from docmind.agents.library.sync import pending, sync

    if not pending(roots, file, settings):
        return
    first = not file.exists()
    if first:
        notice("These folders are not indexed yet: reading them first.", DIM)
    try:
        with ProgressLine() as line:
            sync(roots, file, settings, line.show, wait=first)
    except DocmindError as error:
        if error.code != Code.INDEX_BUSY:
            raise
        notice("Another docmind is updating this index: searching what is there by now.", DIM)


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
    done = ", ".join(f"{count:,} {what}" for what, count in changes if count) or "nothing changed"
    say(f"{report.files:,} documents, {report.chunks:,} passages: {done}, {report.seconds:.1f} s")
    for reason, count in report.skipped.items():
        say(f"  left out: {count:,} {reason}", DIM)
    for failure in report.failed:
        say(f"  not read: {failure.path}: {failure.reason}")


def _say_results(results: list[dict[str, Any]]) -> None:
    if not results:
        say("Nothing found.")
    for result in results:
        say(_where(result), BOLD)
        say(f"    {one_line(result['text'], _EXCERPT)}\n")


def _where(result: dict[str, Any]) -> str:
    page, lines = result["page"], result["lines"]
    place = f" p. {page}" if page else f" {lines[0]}-{lines[1]}" if lines else ""
    return f"{result['path']}{place}" + (f"   {result['heading']}" if result["heading"] else "")


def _no_documents(report: "Report | None" = None) -> DocmindError:
    message = "There are no documents to read here."
    if report and (report.failed or report.skipped):
        reasons = [f"{count:,} {reason}" for reason, count in report.skipped.items()]
        reasons += [f"{len(report.failed):,} not readable"] if report.failed else []
        message = f"There are no documents to read here (left out: {', '.join(reasons)})."
    return DocmindError(
        Code.NO_DOCUMENTS, message, "Name a folder with documents; `docmind index` says what it left out."
    )
